/* mcp_wire.c - JSON-RPC in lines: the thread that reads, and the queue that it fills. */
#include "runner/agent/mcp_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runner/agent/mcp_id.h"
#include "runner/tools/tools.h"

static void cancel(struct mcp *m, const json_t *params)
{
    const json_t *id = json_object_get(params, "requestId");
    const char *tool;

    pthread_mutex_lock(&m->lock);
    tool = json_string_value(json_object_get(m->now.params, "name"));
    /* A verdict that is being found is not taken back. */
    if (id && m->now.id && json_equal(id, m->now.id) &&
        !(tool && !strcmp(tool, "submit"))) {
        m->is_cancelled = true;
        m->interrupted = 1;
    }
    for (int i = 0; id && i < m->n_queued; i++)
        if (json_equal(id, m->queue[i].id)) {
            mcp_request_clear(&m->queue[i]);
            memmove(&m->queue[i], &m->queue[i + 1],
                    sizeof(m->queue[0]) * (size_t)(m->n_queued - i - 1));
            m->n_queued--;
            break;
        }
    pthread_mutex_unlock(&m->lock);
}

/* Takes what the request owns, or answers that there are too many. */
static void enqueue(struct mcp *m, struct mcp_request *r)
{
    bool has_room;

    pthread_mutex_lock(&m->lock);
    has_room = m->n_queued < MCP_MOST_QUEUED;
    if (has_room) {
        m->queue[m->n_queued++] = *r;
        pthread_cond_signal(&m->changed);
    }
    pthread_mutex_unlock(&m->lock);
    if (!has_room)
        mcp_error(m, r->id, MCP_INTERNAL, "too many requests at once; wait for answers",
                  NULL);
    else
        *r = (struct mcp_request){ 0 };
}

/* A request of 2026-07-28 says so itself. False: it was answered by an error. */
static bool read_meta(struct mcp *m, struct mcp_request *r)
{
    const json_t *meta = json_object_get(r->params, "_meta");
    const json_t *version = json_object_get(meta, MCP_META "protocolVersion");

    r->log_level = -1;
    if (!version) {
        if (m->is_initialized || !strcmp(r->method, "initialize") ||
            !strcmp(r->method, "ping"))
            return true;
        mcp_error(m, r->id, MCP_PARAMS,
                  "send initialize first, or in each request's _meta " MCP_META
                  "protocolVersion \"" MCP_MODERN "\" and " MCP_META "clientCapabilities",
                  NULL);
        return false;
    }
    if (!json_is_string(version) || strcmp(json_string_value(version), MCP_MODERN)) {
        mcp_error(m, r->id, json_is_string(version) ? MCP_VERSION : MCP_PARAMS,
                  "Unsupported protocol version",
                  json_pack("{s:[s,s], s:O}", "supported", MCP_MODERN, MCP_LEGACY,
                            "requested", version));
        return false;
    }
    if (!json_is_object(json_object_get(meta, MCP_META "clientCapabilities"))) {
        mcp_error(m, r->id, MCP_PARAMS,
                  "_meta needs " MCP_META "clientCapabilities, an object", NULL);
        return false;
    }
    r->is_modern = true;
    r->log_level = mcp_log_level(json_object_get(meta, MCP_META "logLevel"));
    return true;
}

static bool needs_run(const char *method)
{
    return !strcmp(method, "tools/call") || !strcmp(method, "resources/read") ||
           !strcmp(method, "prompts/get");
}

static void take_request(struct mcp *m, struct mcp_request *r)
{
    if (!read_meta(m, r))
        return;
    if (needs_run(r->method))
        enqueue(m, r);
    else if (!mcp_answer(m, r)) {
        char *text = xasprintf("there is no method \"%.100s\"", r->method);
        mcp_error(m, r->id, MCP_NO_METHOD, text, NULL);
        free(text);
    }
}

static void mcp_wire_take_message(struct mcp *m, const json_t *json)
{
    const json_t *id = json_object_get(json, "id"),
                 *method = json_object_get(json, "method");
    json_t *params = json_object_get(json, "params");
    const char *version = json_string_value(json_object_get(json, "jsonrpc"));
    bool has_id = json_is_string(id) || json_is_integer(id);
    struct mcp_request r = { 0 };

    if (!json_is_object(json) || !version || strcmp(version, "2.0") || (id && !has_id) ||
        (method && !json_is_string(method)) || (params && !json_is_object(params))) {
        mcp_error(m, has_id ? id : NULL, MCP_INVALID, "not a JSON-RPC 2.0 message", NULL);
        return;
    }
    if (!method)
        return; /* an answer: nothing was asked */
    if (!id) {
        if (!strcmp(json_string_value(method), "notifications/cancelled"))
            cancel(m, params);
        return;
    }
    r = (struct mcp_request){ .id = json_incref((json_t *)id),
                              .params = json_incref(params),
                              .method = xstrdup(json_string_value(method)) };
    take_request(m, &r);
    mcp_request_clear(&r);
}

void mcp_take_line(struct mcp *m, const char *line, size_t len)
{
    json_error_t at;
    json_t *json;

    while (len && strchr(" \t\r", line[len - 1]))
        len--;
    if (len == 0)
        return;
    json = json_loadb(line, len, 0, &at);
    if (!json) {
        char *text = xasprintf("not JSON: %.160s", at.text);
        mcp_error(m, NULL, MCP_PARSE, text, NULL);
        free(text);
    } else if (json_is_array(json) &&
               json_array_size(json) > 0) { /* batches of 2025-03-26 */
        for (size_t i = 0; i < json_array_size(json); i++)
            mcp_wire_take_message(m, json_array_get(json, i));
    } else {
        mcp_wire_take_message(m, json);
    }
    json_decref(json);
}

/* A line that was too long has ended: whoever waits for its answer gets one. */
static void answer_long(struct mcp *m, struct mcp_id *id)
{
    json_t *found = mcp_id_end(id);

    mcp_error(m, found, MCP_INVALID, "a line of more than 4 MiB", NULL);
    json_decref(found);
}

/* Hands on every whole line; what is left of the last is moved to the front. */
static size_t take_lines(struct mcp *m, char *buffer, size_t len, bool *skips,
                         struct mcp_id *id)
{
    char *from = buffer, *end;

    while ((end = memchr(from, '\n', len - (size_t)(from - buffer)))) {
        if (*skips) {
            mcp_id_take(id, from, (size_t)(end - from));
            answer_long(m, id);
        } else {
            mcp_take_line(m, from, (size_t)(end - from));
        }
        *skips = false;
        from = end + 1;
    }
    len -= (size_t)(from - buffer);
    memmove(buffer, from, len);
    *skips |= len >= MCP_MOST_LINE;
    if (!*skips)
        return len;
    mcp_id_take(id, buffer, len);
    return 0;
}

/* Whoever ends for Ctrl-C says so to the loop first: else the client would seem to have
 * hung up. */
static bool take_interrupt(struct mcp *m)
{
    bool stops = mcp_must_stop(m);

    if (stops)
        m->interrupted = 1;
    return stops;
}

static void *mcp_wire_read_lines(void *user)
{
    struct mcp *m = user;
    char *buffer = xcalloc(MCP_MOST_LINE + 65536, 1);
    size_t len = 0;
    bool skips = false, is_over = false;
    struct mcp_id id = { 0 };

    while (!is_over) {
        struct pollfd p = { .fd = m->in, .events = POLLIN };
        int ready = poll(&p, 1, MCP_TICK_MS);
        ssize_t n = 0;
        if (ready > 0)
            n = read(m->in, buffer + len, 65536);
        if (ready > 0 && (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)))
            is_over = true;
        if (n > 0)
            len = take_lines(m, buffer, len + (size_t)n, &skips, &id);
        pthread_mutex_lock(&m->lock);
        is_over |= m->is_stopping || take_interrupt(m) || m->is_broken;
        pthread_mutex_unlock(&m->lock);
    }
    if (skips)
        answer_long(m, &id);
    else if (len)
        mcp_take_line(m, buffer, len);
    pthread_mutex_lock(&m->lock);
    m->is_over = true;
    pthread_cond_signal(&m->changed);
    pthread_mutex_unlock(&m->lock);
    free(buffer);
    return NULL;
}

/* With the lock held. */
static bool await_request(struct mcp *m)
{
    while (m->n_queued == 0 && !m->is_over)
        pthread_cond_wait(&m->changed, &m->lock);
    return !take_interrupt(m) && m->n_queued > 0 && !m->is_broken;
}

bool mcp_has_next(struct mcp *m)
{
    bool found;

    pthread_mutex_lock(&m->lock);
    found = await_request(m);
    pthread_mutex_unlock(&m->lock);
    return found;
}

bool mcp_next(struct mcp *m)
{
    bool found;

    pthread_mutex_lock(&m->lock);
    found = await_request(m);
    if (found) {
        m->now = m->queue[0];
        memmove(&m->queue[0], &m->queue[1],
                sizeof(m->queue[0]) * (size_t)(m->n_queued - 1));
        m->n_queued--;
        m->is_cancelled = false;
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

struct mcp *mcp_create(int in, int out, const volatile sig_atomic_t *interrupted,
                       struct error *err)
{
    struct mcp *m = xcalloc(1, sizeof(*m));
    int n;
    const struct tool_description *tools = tools_describe(&n);

    while (n > 0) /* made before a second thread looks at them */
        tools_output_schema(tools[--n].name);
    m->in = in;
    m->out = out;
    m->outer = interrupted;
    m->log_level = 1;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->writing, NULL);
    pthread_cond_init(&m->changed, NULL);
    if (in >= 0 && pthread_create(&m->reader, NULL, mcp_wire_read_lines, m) != 0) {
        error_set(err, "mcp: no thread could be started");
        mcp_destroy(m);
        return NULL;
    }
    m->has_reader = in >= 0;
    return m;
}

void mcp_destroy(struct mcp *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->is_stopping = true;
    pthread_mutex_unlock(&m->lock);
    if (m->has_reader)
        pthread_join(m->reader, NULL);
    mcp_request_clear(&m->now);
    for (int i = 0; i < m->n_queued; i++)
        mcp_request_clear(&m->queue[i]);
    pthread_mutex_destroy(&m->lock);
    pthread_mutex_destroy(&m->writing);
    pthread_cond_destroy(&m->changed);
    if (m->in >= 0)
        close(m->in);
    if (m->out >= 0)
        close(m->out);
    free(m->call_id);
    free(m->over);
    free(m);
}
