/* command.c - the provider whose model is an external coding agent at work in a folder.
 *
 * What the agent asks of the socket in its folder becomes a turn with a tool call, which
 * the loop answers as it answers any model's: counted, within budgets, in the ledger, and
 * kept by
 * --record. When the agent ends, its policy.lua is the last turn. */
#include "runner/brief/providers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/say.h"
#include "runner/agent/agent.h"
#include "runner/agent/cli_usage.h"
#include "runner/agent/copies.h"
#include "runner/agent/workspace.h"
#include "runner/brief/quote.h"
#include "runner/brief/usage.h"
#include "runner/policy/reply.h"

#define MOST_POLICY ((size_t)256 << 10) /* bytes */
#define MOST_CHANGE ((size_t)4 << 10)
#define MOST_LINE ((size_t)1 << 20) /* of a call */
#define MOST_CALLS 60               /* of one iteration */
#define MOST_WORDS 300              /* of what it said last */
#define POLL_MS 50
#define CLIENT_S 10.0 /* for a client to say what it wants */
#define DEFAULT_MINUTES 30

struct command {
    char *text, *folder, *home;
    struct agent_config agent_config;
    struct agent *agent;
    const volatile sig_atomic_t *interrupted;
    double timeout_s, deadline;
    int iteration, n_calls, n_pictures;
    int64_t tokens_in, tokens_out;   /* counted of this iteration, estimates */
    char *start;                     /* the policy that the agent was given */
    int workspace, listener, client; /* descriptors, -1 */
    char *line;                      /* what the client said so far */
    size_t len;
    double client_since;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void drop_client(struct command *c)
{
    close_fd(&c->client);
    c->len = 0;
}

static void command_refuse(struct command *c, const char *why);

static void end_agent(struct command *c)
{
    if (c->client >= 0)
        command_refuse(c, "the iteration is over");
    agent_destroy(c->agent);
    c->agent = NULL;
    drop_client(c);
    close_fd(&c->listener);
    if (c->workspace >= 0)
        workspace_settle(c->workspace);
    close_fd(&c->workspace);
    file_remove_tree(c->home);
    free(c->start);
    c->start = NULL;
}

static void command_destroy(void *self)
{
    struct command *c = self;

    if (!c)
        return;
    end_agent(c);
    free(c->line);
    free(c->home);
    free(c->text);
    free(c->folder);
    free(c);
}

/* What an earlier try left there, killed before its end, is made harmless, too. */
static int command_make_folder(const char *path, struct error *err)
{
    int fd;

    if (file_make_private(path, err) != 0)
        return -1;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, "%s: %s", path, strerror(errno));
    workspace_settle(fd);
    close(fd);
    return 0;
}

static void *command_create(const struct provider_config *config, struct error *err)
{
    struct command *c;
    char why[512] = "", *folder;

    if (!config->name || !*config->name || !config->folder) {
        error_set(err, "command: name a program: --model command:'claude -p ...'");
        return NULL;
    }
    folder = realpath(config->folder, NULL);
    if (!folder) {
        error_set(err, "%s: %s", config->folder, strerror(errno));
        return NULL;
    }
    c = xcalloc(1, sizeof(*c));
    c->workspace = c->listener = c->client = -1;
    c->text = xstrdup(config->name);
    c->folder = xasprintf("%s/agent", folder);
    c->home = xasprintf("%s/home", c->folder);
    c->line = xcalloc(MOST_LINE + 1, 1);
    c->interrupted = config->interrupted;
    c->timeout_s = 60 *
                   (config->agent_minutes > 0 ? config->agent_minutes : DEFAULT_MINUTES);
    c->agent_config = (struct agent_config){ .command = c->text,
                                             .folder = c->folder,
                                             .has_network = config->agent_has_network,
                                             .readable = config->agent_reads,
                                             .names = config->agent_env,
                                             .copies = config->agent_copies,
                                             .logs = config->logs };
    free(folder);
    if (command_make_folder(c->folder, err) != 0) {
        command_destroy(c);
        return NULL;
    }
    file_remove_tree(c->home); /* of a run that was killed */
    c->agent_config.is_sealed = agent_can_seal(&c->agent_config, why, sizeof(why));
    if (!c->agent_config.is_sealed && !config->agent_may_unseal) {
        error_set(err,
                  "command: the agent cannot be sealed: %s. With --unsealed it runs all the "
                  "same, and the run is marked so",
                  why);
        command_destroy(c);
        return NULL;
    }
    if (!c->agent_config.is_sealed)
        say_to(stderr, "ratchet: the agent runs UNSEALED, the run is marked so: %s\n",
               why);
    return c;
}

static bool command_is_sealed(void *self)
{
    return ((struct command *)self)->agent_config.is_sealed;
}

/* Since the run began another one may have come into what the agent may read. */
static int check_hidden(const struct command *c, struct turn *out, struct error *err)
{
    char why[512] = "";

    if (!c->agent_config.is_sealed ||
        agent_is_hidden(&c->agent_config, why, sizeof(why)))
        return 0;
    out->is_final_error = true;
    return error_set(err, "command: the run is sealed, and now %s", why);
}

static int command_begin(struct command *c, const struct request *request,
                         struct error *err)
{
    const char *policy = json_string_value(json_object_get(request->facts, "policy"));
    char *path = xasprintf("%s/%03d", c->folder, request->iteration);
    char *log = xasprintf("%s.log", path);
    struct agent_config config = c->agent_config;

    end_agent(c);
    c->iteration = request->iteration;
    c->n_calls = c->n_pictures = 0;
    c->start = xstrdup(policy ? policy : "");
    c->workspace = workspace_create(path, request, err);
    if (c->workspace >= 0)
        c->listener = workspace_listen(c->workspace, err);
    config.folder = path;
    config.log = log;
    config.home = c->home;
    c->tokens_in = c->tokens_out = 0;
    if (c->listener >= 0 && file_make_private(c->home, err) == 0 &&
        copies_make(config.copies, c->home, err) == 0)
        c->agent = agent_start(&config, err);
    c->deadline = clock_now() + c->timeout_s;
    if (!c->agent)
        end_agent(c);
    free(path);
    free(log);
    return c->agent ? 0 : -1;
}

/* One line of JSON, within a short time: a client that does not read does not hold the
 * run. */
static void answer(struct command *c, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0, done = 0;
    double end = clock_now() + CLIENT_S;

    json_decref(json);
    while (text && done <= len && clock_now() < end) {
        ssize_t n = send(c->client, done < len ? text + done : "\n",
                         done < len ? len - done : 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            break;
        else
            poll(&(struct pollfd){ .fd = c->client, .events = POLLOUT }, 1, POLL_MS);
    }
    free(text);
    drop_client(c);
}

static void command_refuse(struct command *c, const char *why)
{
    answer(c, json_pack("{s:s, s:b}", "text", why, "is_error", 1));
}

/* The loop's answer to the call that the client waits for. */
static void pass_result(struct command *c, const struct request *request)
{
    const struct message *m = &request->messages[request->n_messages - 1];
    char *clean;
    json_t *json;

    if (c->client < 0)
        return;
    if (m->role != ROLE_TOOL) {
        drop_client(c);
        return;
    }
    clean = provider_clean_text(m->text, strlen(m->text));
    json = json_pack("{s:s, s:b, s:[]}", "text", clean, "is_error", m->is_error,
                     "pictures");
    for (int i = 0; i < m->n_images; i++) {
        char name[32];
        snprintf(name, sizeof(name), "picture-%d.png", ++c->n_pictures);
        if (workspace_write(c->workspace, name, m->images[i].png, m->images[i].len,
                            NULL) == 0)
            json_array_append_new(json_object_get(json, "pictures"), json_string(name));
    }
    answer(c, json);
    free(clean);
}

/* 1: the line was a call, which is now the turn's. */
static int command_take_line(struct command *c, struct turn *out)
{
    struct tool_call *call;
    json_t *json, *arguments;
    const char *tool;
    int result = 0;

    copies_hide(c->agent_config.names, c->line, c->len);
    json = json_loadb(c->line, c->len, 0, NULL);
    tool = json_string_value(json_object_get(json, "tool"));
    arguments = json_object_get(json, "arguments");
    if (!tool || !json_is_object(arguments) || json_object_size(json) != 2) {
        command_refuse(c, "a call is one line: {\"tool\": NAME, \"arguments\": {...}}");
    } else if (c->n_calls >= MOST_CALLS) {
        command_refuse(c, "no more calls in this iteration: write policy.lua and end");
    } else {
        c->n_calls++;
        call = message_add_call(&out->message, NULL, tool);
        call->arguments = json_incref(arguments);
        result = 1;
    }
    json_decref(json);
    return result;
}

/* 1: there is a call in the turn. */
static int command_serve(struct command *c, struct turn *out)
{
    ssize_t n;
    char *end;

    if (c->client < 0) {
        c->client = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        c->client_since = clock_now();
        c->len = 0;
    }
    if (c->client < 0)
        return 0;
    n = read(c->client, c->line + c->len, MOST_LINE - c->len);
    if (n > 0) {
        end = memchr(c->line + c->len, '\n', (size_t)n);
        c->len = end ? (size_t)(end - c->line) : c->len + (size_t)n;
        if (end)
            return command_take_line(c, out);
    }
    if (c->len == MOST_LINE)
        command_refuse(c, "the call is longer than a megabyte");
    else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
             clock_now() - c->client_since > CLIENT_S)
        drop_client(c);
    return 0;
}

/* What the iteration used, as the agent's program tells it: the estimates of its calls are part of
 * that, and are not taken back where it tells less. Its money stays unknown if it tells none. */
static void command_count(struct command *c, struct usage *u)
{
    const struct cli_usage *said = agent_usage(c->agent);

    if (!said->is_known)
        return;
    *u = said->sum;
    u->n_tries = 1;
    u->tokens_in = u->tokens_in > c->tokens_in ? u->tokens_in - c->tokens_in : 0;
    u->tokens_out = u->tokens_out > c->tokens_out ? u->tokens_out - c->tokens_out : 0;
    if (u->tokens_cached > u->tokens_in)
        u->tokens_cached = u->tokens_in;
}

/* A call of a tool: no answer of its model that anybody is billed for by itself. */
static void command_estimate(struct command *c, const struct request *request, struct turn *out)
{
    usage_estimate(&out->usage, request, &out->message);
    c->tokens_in += out->usage.tokens_in;
    c->tokens_out += out->usage.tokens_out;
    out->usage.usd = 0;
}

/* Values that the agent was given stay in neither what is kept of a file nor in the file. */
static void command_hide(struct command *c, const char *name, char *text)
{
    size_t n = text ? strlen(text) : 0;
    char *was = text ? xstrdup(text) : NULL;

    if (text)
        copies_hide(c->agent_config.names, text, n);
    if (text && strcmp(text, was) != 0)
        workspace_write(c->workspace, name, text, n, NULL);
    free(was);
}

/* The agent is done: its policy is the turn. */
static int command_finish(struct command *c, struct turn *out, const char *how,
                          struct error *err)
{
    char *policy = workspace_read(c->workspace, "policy.lua", MOST_POLICY, err), *change;
    int status = agent_status(c->agent);
    char *words = quote_line(agent_last_words(c->agent), MOST_WORDS);
    bool is_missing = status == 127 || status == 126;
    int result = 0;

    change = workspace_read(c->workspace, "change.txt", MOST_CHANGE, NULL);
    command_hide(c, "policy.lua", policy);
    command_hide(c, "change.txt", change);
    command_count(c, &out->usage);
    if (change)
        change[strcspn(change, "\n")] = '\0';
    free(out->message.text);
    if (policy && strcmp(policy, c->start) != 0) {
        out->message.text = reply_write(
            change && *change ? change : "The agent's policy.lua.", policy);
    } else {
        out->message.text = xstrdup("");
        if (policy)
            error_set(err,
                      "command: %s (status %d) with policy.lua as it was; it said: %s",
                      how, status, words);
        out->is_final_error = is_missing;
        result = -1;
    }
    free(policy);
    free(change);
    free(words);
    return result;
}

static int work(struct command *c, struct turn *out, struct error *err)
{
    for (;;) {
        bool is_running = agent_is_running(c->agent);
        struct pollfd fds[] = { { .fd = c->client >= 0 ? c->client : c->listener,
                                  .events = POLLIN },
                                { .fd = agent_output(c->agent), .events = POLLIN } };

        if (c->interrupted && *c->interrupted)
            return error_set(err, "command: interrupted");
        if (is_running && command_serve(c, out) == 1)
            return 0;
        if (!is_running)
            return command_finish(c, out, "the agent ended", err);
        if (clock_now() > c->deadline)
            return command_finish(c, out, "the agent's time is over", err);
        poll(fds, 2, POLL_MS);
    }
}

static int command_ask(void *self, const struct request *request, struct turn *out,
                       struct error *err)
{
    struct command *c = self;
    double start = clock_now();
    int result = 0;

    turn_init(out);
    out->usage.n_tries = 1;
    if (c->agent && (c->iteration != request->iteration || request->turn == 0))
        end_agent(c);
    if (c->agent)
        pass_result(c, request);
    else if ((result = check_hidden(c, out, err)) == 0)
        result = command_begin(c, request, err);
    if (result == 0)
        result = work(c, out, err);
    if (result == 0 && out->message.n_calls > 0)
        command_estimate(c, request, out);
    if (result != 0 || out->message.n_calls == 0)
        end_agent(c);
    out->usage.seconds = clock_now() - start;
    return result;
}

const struct provider_kind command_provider = {
    .name = "command",
    .about = "an external coding agent, sealed in a folder with the brief and the tools",
    .argument = "COMMAND",
    .argument_is_local = true,
    .create = command_create,
    .destroy = command_destroy,
    .ask = command_ask,
    .is_sealed = command_is_sealed,
};
