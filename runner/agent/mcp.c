/* mcp.c - the provider that is an MCP client on the other end of standard input and
 * output.
 *
 * The loop stays who asks: a client's tools/call is the turn that it is given, the tool's
 * answer comes back with the next ask and becomes the response. So a client has the same
 * tools, budgets, splits and ledger as any model. Reading a resource is a tool call,
 * too. */
#include "runner/agent/mcp.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "runner/agent/mcp_wire.h"
#include "runner/brief/providers.h"
#include "runner/tools/tools.h"

#define PROGRESS_SECONDS 0.1 /* between two notifications, at least */
#define LEVEL_INFO 1

static const char by_tools[] =
    "## How to answer here\nYou have tools. Do not answer with a program in text: "
    "change your "
    "draft by policy_edit or policy_write, try it by run_episodes, and hand it over "
    "by submit, "
    "which answers with the gate's verdict. Then begin again with this prompt, or "
    "failures.";

static const char *mcp_text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void clear_now(struct mcp *m)
{
    pthread_mutex_lock(&m->lock);
    mcp_request_clear(&m->now);
    m->is_cancelled = false;
    m->interrupted = m->outer && *m->outer;
    pthread_mutex_unlock(&m->lock);
    free(m->call_id);
    m->call_id = NULL;
    m->progress = m->last_progress = 0;
}

static json_t *text_content(const char *text)
{
    return json_pack("{s:s, s:s}", "type", "text", "text", text);
}

static json_t *image_content(const struct image *image)
{
    char *data = base64_text("", image->png, image->len);
    json_t *content = json_pack("{s:s, s:s, s:s}", "type", "image", "data", data,
                                "mimeType", "image/png");

    free(data);
    return content;
}

/* The result of tools/call: text, pictures, and the same as data where it did not
 * fail. */
static json_t *tool_result(const char *text, const struct image *images, int n_images,
                           bool is_error)
{
    json_t *content = json_array(), *data = is_error ? NULL : json_loads(text, 0, NULL);
    json_t *result = json_object();

    json_array_append_new(content, text_content(text));
    for (int i = 0; i < n_images; i++)
        json_array_append_new(content, image_content(&images[i]));
    json_object_set_new(result, "content", content);
    if (data)
        json_object_set_new(result, "structuredContent", data);
    json_object_set_new(result, "isError", json_boolean(is_error));
    return result;
}

/* A resource's URI as the tool call that reads it. False: there is none. */
static bool resource_call(const char *uri, const char **tool, json_t **arguments)
{
    static const char policy[] = "ratchet://policy/", replay[] = "ratchet://replay/";
    bool is_replay = !strncmp(uri, replay, strlen(replay));
    const char *number = uri + strlen(replay);

    if (!strcmp(uri, "ratchet://task")) {
        *tool = "task_info";
        *arguments = json_pack("{s:b}", "guide", 1);
    } else if (!strcmp(uri, "ratchet://policy")) {
        *tool = "policy_read";
        *arguments = json_object();
    } else if (!strcmp(uri, "ratchet://failures")) {
        *tool = "failures";
        *arguments = json_object();
    } else if (!strcmp(uri, "ratchet://notes")) {
        *tool = "notes_search";
        *arguments = json_pack("{s:s}", "words", "");
    } else if ((is_replay || !strncmp(uri, policy, strlen(policy))) &&
               strlen(number) > 0 && strlen(number) < 10 &&
               strspn(number, "0123456789") == strlen(number)) {
        *tool = is_replay ? "frames" : "policy_read";
        *arguments = json_pack("{s:i}", is_replay ? "seed" : "iteration", atoi(number));
        if (is_replay)
            json_object_set_new(*arguments, "policy", json_string("current"));
    } else {
        return false;
    }
    return true;
}

static json_t *resource_result(const char *uri, const struct message *answer)
{
    json_t *data = json_loads(answer->text, 0, NULL), *one;
    const char *source = mcp_text_of(data, "source");

    if (answer->n_images) {
        char *blob = base64_text("", answer->images[0].png, answer->images[0].len);
        one = json_pack("{s:s, s:s, s:s}", "uri", uri, "mimeType", "image/png", "blob",
                        blob);
        free(blob);
    } else {
        one = json_pack("{s:s, s:s, s:s}", "uri", uri, "mimeType",
                        source ? "text/x-lua" : "application/json", "text",
                        source ? source : answer->text);
    }
    json_decref(data);
    return json_pack("{s:[o]}", "contents", one);
}

static void no_resource(struct mcp *m, const char *text)
{
    mcp_error(m, m->now.id, m->now.is_modern ? MCP_PARAMS : MCP_NO_RESOURCE, text,
              json_pack("{s:O}", "uri", json_object_get(m->now.params, "uri")));
}

/* What the tool said to the call that waits; a call that was taken back gets nothing. */
static void mcp_answer_call(struct mcp *m, const struct message *answer)
{
    const char *name = mcp_text_of(m->now.params, "name");

    if (m->is_cancelled)
        return;
    if (!strcmp(m->now.method, "resources/read")) {
        if (answer->is_error)
            no_resource(m, answer->text);
        else
            mcp_result(m, &m->now,
                       resource_result(mcp_text_of(m->now.params, "uri"), answer));
    } else if (answer->is_error && !tools_output_schema(name)) {
        mcp_error(m, m->now.id, MCP_PARAMS, answer->text, NULL);
    } else {
        mcp_result(m, &m->now,
                   tool_result(answer->text, answer->images, answer->n_images,
                               answer->is_error));
    }
}

static void answer_pending(struct mcp *m, const struct request *request)
{
    for (int i = request->n_messages - 1; i >= 0 && m->call_id; i--) {
        const struct message *said = &request->messages[i];
        if (said->role != ROLE_TOOL || !said->call_id ||
            strcmp(said->call_id, m->call_id))
            continue;
        mcp_answer_call(m, said);
        clear_now(m);
    }
}

static void answer_prompt(struct mcp *m, const struct request *request)
{
    const char *name = mcp_text_of(m->now.params, "name");
    json_t *messages;
    char *text = NULL;
    size_t len;
    FILE *f;

    if (!name || strcmp(name, "brief")) {
        mcp_error(m, m->now.id, MCP_PARAMS, "there is no such prompt; there is \"brief\"",
                  NULL);
        return;
    }
    messages = json_array();
    f = open_memstream(&text, &len);
    for (int i = 0; i < request->n_messages && request->messages[i].role < ROLE_ASSISTANT;
         i++)
        fprintf(f, "%s\n\n", request->messages[i].text);
    fputs(by_tools, f);
    fclose(f);
    json_array_append_new(
        messages, json_pack("{s:s, s:o}", "role", "user", "content", text_content(text)));
    for (int i = 0; i < request->n_messages && request->messages[i].role < ROLE_ASSISTANT;
         i++)
        for (int k = 0; k < request->messages[i].n_images; k++)
            json_array_append_new(
                messages, json_pack("{s:s, s:o}", "role", "user", "content",
                                    image_content(&request->messages[i].images[k])));
    mcp_result(m, &m->now,
               json_pack("{s:s, s:o}", "description", "what is known of the task",
                         "messages", messages));
    free(text);
}

/* The request as a turn with one call. False: it was answered by an error. */
static bool start_call(struct mcp *m, const struct request *request, struct turn *out)
{
    json_t *arguments = NULL, *given;
    const char *name = NULL, *uri;
    struct tool_call *call;

    if (!strcmp(m->now.method, "resources/read")) {
        uri = mcp_text_of(m->now.params, "uri");
        if (!uri || !resource_call(uri, &name, &arguments)) {
            no_resource(m, "there is no such resource; see resources/list");
            return false;
        }
    } else {
        name = mcp_text_of(m->now.params, "name");
        given = json_object_get(m->now.params, "arguments");
        arguments = given ? json_incref(given) : json_object();
        if (!name || !(json_is_object(arguments) || json_is_string(arguments))) {
            json_decref(arguments);
            mcp_error(m, m->now.id, MCP_PARAMS,
                      "tools/call needs name, a string, and arguments, "
                      "an object",
                      NULL);
            return false;
        }
    }
    m->call_id = xasprintf("mcp_%d_%d", request->iteration, request->turn);
    call = message_add_call(&out->message, m->call_id, name);
    if (json_is_string(arguments)) { /* as models send them, and providers take them */
        tool_call_set_arguments(call, json_string_value(arguments));
        json_decref(arguments);
    } else {
        call->arguments = arguments;
    }
    return true;
}

int mcp_ask(struct mcp *m, const struct request *request, struct turn *out,
            struct error *err)
{
    turn_init(out);
    out->usage.n_tries = 1;
    snprintf(out->model, sizeof(out->model), "mcp");
    answer_pending(m, request);
    if (m->call_id) {
        mcp_error(m, m->now.id, MCP_INTERNAL, "nobody answered", NULL);
        clear_now(m);
    }
    while (mcp_next(m)) {
        if (!strcmp(m->now.method, "prompts/get"))
            answer_prompt(m, request);
        else if (start_call(m, request, out))
            return 0;
        clear_now(m);
    }
    out->is_over = out->is_final_error = true;
    return error_set(err, "the client hung up");
}

/* Of the request that is being worked on, or for which the run is only now begun: a new
 * reference, or NULL. */
static json_t *progress_token(struct mcp *m)
{
    const struct mcp_request *r;
    json_t *token = NULL;

    pthread_mutex_lock(&m->lock);
    r = m->now.id ? &m->now : m->n_queued ? &m->queue[0] : NULL;
    if (r)
        token = json_object_get(json_object_get(r->params, "_meta"), "progressToken");
    token = json_is_string(token) || json_is_integer(token) ? json_incref(token) : NULL;
    pthread_mutex_unlock(&m->lock);
    return token;
}

void mcp_progress(void *self, const char *purpose, int done, int n)
{
    struct mcp *m = self;
    json_t *token = progress_token(m);
    char *text;

    if (token)
        m->progress++;
    if (!token || clock_now() - m->last_progress < PROGRESS_SECONDS) {
        json_decref(token);
        return;
    }
    m->last_progress = clock_now();
    text = xasprintf("%s: %d of %d episodes", purpose, done, n);
    mcp_notify(m, "notifications/progress",
               json_pack("{s:o, s:o, s:s}", "progressToken", token, "progress",
                         json_finite(m->progress), "message", text));
    free(text);
}

static void log_news(struct mcp *m, const struct mcp_request *r, json_t *news)
{
    int level = r->is_modern ? r->log_level : m->log_level;

    if ((r->is_modern && r->log_level < 0) || level > LEVEL_INFO)
        return;
    mcp_notify(
        m, "notifications/message",
        json_pack("{s:s, s:s, s:O}", "level", "info", "logger", "gate", "data", news));
}

/* A verdict, or the end: the answer to the call that brought it. */
static void answer_news(struct mcp *m, json_t *news)
{
    const char *name = mcp_text_of(m->now.params, "name");
    json_t *data = json_deep_copy(news);
    char *text;

    log_news(m, &m->now, news);
    json_object_set_new(data, "submitted", json_true());
    text = json_dumps(json_object_get(news, "over") ? news : data, JSON_COMPACT);
    if (name && !strcmp(name, "submit") && !json_object_get(news, "over"))
        mcp_result(m, &m->now, tool_result(text, NULL, 0, false));
    else if (!strcmp(m->now.method, "tools/call"))
        mcp_result(m, &m->now, tool_result(text, NULL, 0, true));
    else
        mcp_error(m, m->now.id, MCP_INTERNAL, text, NULL);
    free(text);
    json_decref(data);
    clear_now(m);
}

void mcp_tell(void *self, json_t *news)
{
    struct mcp *m = self;

    if (m->call_id)
        answer_news(m, news);
    if (!json_object_get(news, "over"))
        return;
    while (mcp_next(m)) /* until the client hangs up: it is told why there is no more */
        answer_news(m, news);
}

void mcp_refuse(void *self, const char *text)
{
    struct mcp *m = self;

    if (!mcp_next(m))
        return;
    if (!strcmp(m->now.method, "tools/call"))
        mcp_result(m, &m->now, tool_result(text, NULL, 0, true));
    else
        mcp_error(m, m->now.id, MCP_INTERNAL, text, NULL);
    clear_now(m);
}

bool mcp_await(void *self)
{
    return mcp_has_next(self);
}

bool mcp_take_cancelled(void *self)
{
    struct mcp *m = self;
    bool is_cancelled;

    pthread_mutex_lock(&m->lock);
    is_cancelled = m->is_cancelled && !(m->outer && *m->outer);
    if (is_cancelled)
        m->interrupted = 0;
    pthread_mutex_unlock(&m->lock);
    return is_cancelled;
}

const volatile sig_atomic_t *mcp_interrupted(void *self)
{
    struct mcp *m = self;

    return &m->interrupted;
}

/* Standard output is the client's from here on: what else is printed goes to stderr. */
static void *provider_create(const struct provider_config *config, struct error *err)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3),
        nothing = open("/dev/null", O_RDONLY);

    if (in < 0 || out < 0 || nothing < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
        dup2(nothing, STDIN_FILENO) < 0) {
        error_set(err, "mcp: standard input and output must be open");
        return NULL;
    }
    close(nothing);
    signal(SIGPIPE, SIG_IGN);
    return mcp_create(in, out, config->interrupted, err);
}

static void provider_destroy(void *self)
{
    mcp_destroy(self);
}

static int provider_ask(void *self, const struct request *request, struct turn *out,
                        struct error *err)
{
    return mcp_ask(self, request, out, err);
}

const struct provider_kind mcp_provider = {
    .name = "mcp",
    .about = "an MCP client on standard input and output; see `ratchet mcp`",
    .argument = "",
    .create = provider_create,
    .destroy = provider_destroy,
    .await = mcp_await,
    .ask = provider_ask,
    .take_cancelled = mcp_take_cancelled,
    .interrupted = mcp_interrupted,
    .progress = mcp_progress,
    .tell = mcp_tell,
    .most_turns = MCP_MOST_TURNS,
};
