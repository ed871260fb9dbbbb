/* api.c - what the providers over HTTP share: where to, with which key, and the tries. */
#include "runner/brief/schema.h"
#include "runner/brief/usage.h"
#include "base/clock.h"
#include "runner/model/wire/api.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/say.h"
#include "runner/brief/turn_end.h"
#include "runner/model/wire/answer.h"
#include "runner/model/wire/fault.h"
#include "runner/model/wire/api_keys.h"
#include "runner/model/wire/plain.h"

#define MAX_ADAPTED 8 /* things that may turn out to be lacking, in one ask */
#define MOST_PAUSES 8 /* of a reply that the server goes on with */
#define WAIT_S 1.0    /* after the first failed try; doubled after each */
#define ANSWERS_S 180 /* for the call before a run */
#define WAIT_MAX_S 60.0
#define MOST_BYTES_A_TOKEN 32 /* no tokenizer comes near it with prose or programs */

/* Exponential back-off with jitter; a server that names a time is waited for that
 * long. */
static double wait_after(struct api *api, int n_failed, double retry_after_s)
{
    double wait = WAIT_S * ldexp(1, n_failed - 1 < 10 ? n_failed - 1 : 10);
    double jitter = rng_uniform(&api->rng);

    wait = (wait < WAIT_MAX_S ? wait : WAIT_MAX_S) * (0.5 + 0.5 * jitter);
    if (isfinite(retry_after_s))
        wait = retry_after_s + 0.1 * WAIT_S * jitter;
    return wait * api->retry_scale;
}

/* -1: interrupted. */
static int wait_s(const struct api *api, double seconds)
{
    double end = clock_now() + seconds, left;

    while ((left = end - clock_now()) > 0) {
        double nap = left < 0.05 ? left : 0.05;

        if (api->interrupted && *api->interrupted)
            return -1;
        nanosleep(&(struct timespec){ .tv_nsec = (long)(nap * 1e9) }, NULL);
    }
    return api->interrupted && *api->interrupted ? -1 : 0;
}

/* May a text of so many bytes have so many tokens? None, or next to none, for a long text
 * is a count that is missing: it would keep a budget from ever being spent. */
static bool is_credible(int64_t tokens, int64_t bytes)
{
    return tokens >= bytes / MOST_BYTES_A_TOKEN && (tokens > 0 || bytes == 0);
}

/* Counts that cannot be true are replaced, and what was cached is then unknown, so that
 * all is paid in full. */
static void check_counts(struct usage *u, const struct request *request, int64_t n_out,
                         int64_t *written)
{
    int64_t n_images, n_in = usage_text_in(request, &n_images);
    int64_t kept = (u->tokens_cached > 0 ? u->tokens_cached : 0) +
                   (*written > 0 ? *written : 0);
    bool is_in = is_credible(u->tokens_in, n_in),
         is_out = is_credible(u->tokens_out, n_out);

    if (!is_in)
        u->tokens_in = usage_tokens_in(n_in, n_images);
    if (!is_out)
        u->tokens_out = usage_tokens_out(n_out);
    if (!is_in || kept > u->tokens_in)
        u->tokens_cached = *written = -1;
    u->is_estimated = !is_in || !is_out || kept > u->tokens_in;
}

static void fill_usage(const struct api *api, const struct request *request,
                       const struct draft *reply, struct turn *out)
{
    struct usage *u = &out->usage;
    const struct price *price = prices_find(api->prices, api_vendor(api), api->model,
                                            api->base.vendor != NULL);
    int64_t n_out = (int64_t)reply->len, written = reply->tokens_written;

    for (int i = 0; i < reply->n_calls; i++)
        n_out += (int64_t)(strlen(reply->calls[i]->name) + reply->calls[i]->len);
    check_counts(u, request, n_out, &written);
    if (!price)
        price = prices_find(api->prices, api_vendor(api), out->model,
                            api->base.vendor != NULL);
    u->usd = price ? price_cost(price, u->tokens_in, u->tokens_cached,
                                written, u->tokens_out)
                   : reply->usd;
}

/* NULL: it cannot be written. */
static char *write_body(const struct api *api, const struct request *request,
                        struct error *err)
{
    struct plain plain;
    json_t *json;
    char *text = NULL;

    if (api->lacks.tools) {
        plain_init(&plain, request);
        json = api->dialect->body(api, &plain.request);
        plain_clear(&plain);
    } else {
        json = api->dialect->body(api, request);
    }
    if (settings_put(api->settings, api->dialect->wire, json, err) == 0 &&
        !(text = json_dumps(json, JSON_COMPACT)))
        error_set(err, "the request cannot be written as JSON");
    json_decref(json);
    return text;
}

static enum fault try_once(struct api *api, const struct request *request, double left_s,
                           struct answer *answer, struct error *err)
{
    char *body = write_body(api, request, err);
    struct http_call call = {
        .url = api->url,
        .headers = (const char *const *)api->headers,
        .body = body,
        .len = body ? strlen(body) : 0,
        .unix_socket = api->base.socket,
        .sigv4 = api->sigv4,
        .userpwd = api->userpwd,
        .connect_s = api->connect_s,
        .first_byte_s = api->first_byte_s,
        .idle_s = api->idle_s,
        .total_s = left_s,
        .body_max = ANSWER_MAX,
        .interrupted = api->interrupted,
        .on_body = answer_take,
        .user = answer,
    };
    enum fault fault = FAULT_FINAL;
    struct error why = { "" };

    if (body)
        fault = answer_end(answer, http_post(api->http, &call, &answer->head, &why), &why,
                           err);
    free(body);
    return fault;
}

/* What ends an ask, in one line. */
static int api_fail(struct api *api, enum fault fault, struct error *why,
                    struct turn *out, struct error *err)
{
    out->is_final_error = fault == FAULT_FINAL;
    api_keys_redact_all(api->secrets, why->text);
    if (out->usage.n_tries > 1 && fault == FAULT_RETRY)
        return error_set(err, "%s:%.80s: %.700s (tried %d times)", api->dialect->name,
                         api->model, why->text, out->usage.n_tries);
    return error_set(err, "%s:%.80s: %.700s", api->dialect->name, api->model, why->text);
}

/* 0: waited, try again. */
static int wait_to_retry(struct api *api, int n_failed, double retry_after_s, double end,
                         struct error *why)
{
    double wait = wait_after(api, n_failed, retry_after_s);
    struct error was = *why;

    if (n_failed >= api->max_tries)
        return -1;
    if (wait >= end - clock_now())
        return error_set(why,
                         "%.500s; the next try would be in %.0f s, later than the "
                         "time limit",
                         was.text, wait);
    if (!api->is_quiet) {
        api_keys_redact_all(api->secrets, was.text);
        say_to(stderr, "%s: %s; try %d of %d in %.1f s\n", api->dialect->name, was.text,
               n_failed + 1, api->max_tries, wait);
    }
    return wait_s(api, wait) != 0 ? error_set(why, "interrupted") : 0;
}

/* The conversation is longer than the model takes: no reply, and no fault of the model's,
 * but the end of this conversation. Refused requests cost nothing. */
static void take_overflow(struct api *api, struct error *why, struct turn *out)
{
    int n_tries = out->usage.n_tries;

    out->usage = (struct usage){ .tokens_reasoning = -1, .n_tries = n_tries };
    strcpy(out->stop, TURN_OVERFLOW);
    api_keys_redact_all(api->secrets, why->text);
    if (!api->is_quiet)
        say_to(stderr, "%s:%s: %s\n", api->dialect->name, api->model, why->text);
}

static int ask_once(struct api *api, const struct request *request, double end,
                    struct turn *out, struct error *err)
{
    double start = clock_now();
    int n_adapted = 0, result = -1;

    turn_init(out);
    for (int n_failed = 0; result != 0;) {
        struct answer answer;
        struct error why = { "" };
        enum fault fault;
        double retry_after_s;
        bool is_adapted = false;

        answer_init(&answer, api->dialect);
        fault = try_once(api, request, end - clock_now(), &answer, &why);
        out->usage.n_tries++;
        if (fault == FAULT_NONE) {
            draft_take(&answer.reply, request, api->secrets, out);
            fill_usage(api, request, &answer.reply, out);
            result = 0;
        } else if (fault == FAULT_TOO_LONG) {
            take_overflow(api, &why, out);
            result = 0;
        } else if (answer.reply.has_failed && fault != FAULT_GIVE_UP &&
                   n_adapted++ < MAX_ADAPTED) {
            is_adapted = api->dialect->adapt(api, request, &answer.reply.error);
        }
        retry_after_s = answer.reply.has_failed ? answer.reply.error.retry_after_s
                                                : answer.head.retry_after_s;
        answer_clear(&answer);
        if (result == 0 || is_adapted)
            continue;
        if (fault == FAULT_RETRY &&
            wait_to_retry(api, ++n_failed, retry_after_s, end, &why) == 0)
            continue;
        api_fail(api, fault, &why, out, err);
        break;
    }
    out->usage.seconds = clock_now() - start;
    return result;
}

static int64_t add_count(int64_t a, int64_t b)
{
    return a < 0 || b < 0 ? -1 : a + b;
}

/* Lists of what goes back, the one behind the other. */
static void join_extra(struct message *to, struct message *more)
{
    const char *kind;
    json_t *list, *first;

    json_object_foreach(more->extra, kind, list) {
        if (!to->extra)
            to->extra = json_object();
        first = json_object_get(to->extra, kind);
        if (json_is_array(first) && json_is_array(list))
            json_array_extend(first, list);
        else
            json_object_set(to->extra, kind, list);
    }
}

/* Puts what a later request brought behind what there is. */
static void api_join(struct turn *to, struct turn *more)
{
    struct usage *u = &to->usage;
    char *text = xasprintf("%s%s", to->message.text, more->message.text);

    free(to->message.text);
    to->message.text = text;
    for (int i = 0; i < more->message.n_calls; i++) {
        struct tool_call *from = &more->message.calls[i];
        struct tool_call *call = message_add_call(&to->message, from->id, from->name);
        call->arguments = json_incref(from->arguments);
        call->raw = from->raw ? xstrdup(from->raw) : NULL;
    }
    join_extra(&to->message, &more->message);
    strcpy(to->stop, more->stop);
    to->is_cut = more->is_cut;
    to->is_final_error = more->is_final_error;
    u->tokens_in = add_count(u->tokens_in, more->usage.tokens_in);
    u->tokens_cached = add_count(u->tokens_cached, more->usage.tokens_cached);
    u->tokens_out = add_count(u->tokens_out, more->usage.tokens_out);
    u->tokens_reasoning = add_count(u->tokens_reasoning, more->usage.tokens_reasoning);
    u->is_estimated |= more->usage.is_estimated;
    u->usd += more->usage.usd; /* NAN stays NAN */
    u->n_tries += more->usage.n_tries;
    u->seconds += more->usage.seconds;
}

/* The server paused and goes on from where it was, when it is sent what it said: without
 * blanks at the end, which are refused there. */
static int go_on(struct api *api, const struct request *request, double end,
                 struct turn *out, struct error *err)
{
    struct request longer = *request;
    struct message *messages = xcalloc((size_t)request->n_messages + 1,
                                       sizeof(*messages));
    char *said = xstrdup(out->message.text);
    size_t len = strlen(said);
    struct turn more;
    int result;

    while (len > 0 && strchr(" \t\r\n", said[len - 1]))
        said[--len] = '\0';
    for (int i = 0; i < request->n_messages; i++)
        messages[i] = request->messages[i];
    messages[request->n_messages] = (struct message){ .role = ROLE_ASSISTANT,
                                                      .text = said,
                                                      .extra = out->message.extra };
    longer.messages = messages;
    longer.n_messages += len > 0 || out->message.extra;
    result = ask_once(api, &longer, end, &more, err);
    api_join(out, &more);
    turn_clear(&more);
    free(said);
    free(messages);
    return result;
}

int api_ask(void *self, const struct request *request, struct turn *out,
            struct error *err)
{
    struct api *api = self;
    double end = clock_now() + api->timeout_s;
    int result = ask_once(api, request, end, out, err);

    for (int n = 0; n < MOST_PAUSES && result == 0 &&
                    turn_end_of(out->stop) == TURN_PAUSED && out->message.n_calls == 0;
         n++)
        result = go_on(api, request, end, out, err);
    if (result == 0 && *out->stop && !api->is_quiet)
        say_to(stderr, "%s: the reply %s (%s)\n", api->dialect->name,
               turn_end_text(turn_end_of(out->stop)), out->stop);
    return result;
}

int api_answers(void *self, struct usage *took, struct error *err)
{
    struct api *api = self;
    struct message message = { .role = ROLE_USER,
                               .text = (char *)"Answer with the one word: ready." };
    const struct request request = { .messages = &message, .n_messages = 1 };
    struct turn turn;
    int result = ask_once(api, &request, clock_now() + ANSWERS_S, &turn, err);

    if (result == 0 && turn_end_of(turn.stop) == TURN_TOO_LONG)
        result = error_set(err, "%s:%.80s: even one sentence is longer than it takes",
                           api->dialect->name, api->model);
    *took = turn.usage;
    turn_clear(&turn);
    return result;
}

bool api_mentions(const struct draft_error *error, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(error->message, *words))
            return true;
    return false;
}

bool api_lacks_tools(struct api *api, const struct request *request,
                     const struct draft_error *error)
{
    static const char *const tools[] = { "tool use",      "tools",          "tool call",
                                         "tool-call",     "tool choice",    "function call",
                                         "function-call", "functions",      NULL };
    static const char *const lacking[] = {
        "not support",   "n't support", "unsupported", "no endpoints found that support",
        "not enabled",   "n't enabled", "not available", "unrecognized", "not permitted",
        "not allowed",   "unknown",     "unexpected",  "requires --",  "--jinja", NULL
    };
    static const char *const others[] = { "parallel",     "tool_choice", "schema",
                                          "strict",       "signature",   "reasoning",
                                          "tool_call_id", "tool_use_id", "tool_result",
                                          "thinking",     "arguments",   NULL };

    return request->n_tools > 0 && api_mentions(error, tools) &&
           api_mentions(error, lacking) && !api_mentions(error, others) &&
           api_set_lack(api, &api->lacks.tools,
                        "no tool calls: the conversation goes on as text", error);
}

bool api_is_strict(const struct api *api)
{
    return api->base.vendor && !strcmp(api->base.vendor, "openai") && !api->lacks.strict;
}

json_t *api_schema(const struct api *api, const json_t *schema)
{
    return !schema              ? NULL
           : api_is_strict(api) ? schema_strict(schema)
                                : json_incref((json_t *)schema);
}

bool api_lacks_strict(struct api *api, const struct request *request,
                      const struct draft_error *error)
{
    static const char *const words[] = { "strict", "invalid schema", "json schema", NULL };

    return request->n_tools > 0 && api_is_strict(api) && api_mentions(error, words) &&
           api_set_lack(api, &api->lacks.strict, "no strict schemas", error);
}

json_t *api_text(const char *text)
{
    char *clean = provider_clean_text(text, strlen(text));
    json_t *json = json_string(clean);

    free(clean);
    return json;
}

bool api_set_lack(struct api *api, bool *lack, const char *what,
                  const struct draft_error *error)
{
    struct error words;

    if (*lack)
        return false;
    *lack = true;
    error_set(&words, "%s", error->message);
    api_keys_redact_all(api->secrets, words.text);
    say_to(stderr, "%s:%s: the server takes %s (it says: %s)\n", api->dialect->name,
           api->model, what, words.text);
    return true;
}
