/* mcp_send.c - JSON-RPC in lines: messages out, one at a time, to whoever may not read
 * them. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/agent/mcp_wire.h"

#define STALL_MS 60000 /* nobody takes what we write: given up */
#define PIECE 4096     /* bytes that a pipe takes when it says that it is ready */

void mcp_request_clear(struct mcp_request *r)
{
    json_decref(r->id);
    json_decref(r->params);
    free(r->method);
    *r = (struct mcp_request){ 0 };
}

bool mcp_must_stop(const struct mcp *m)
{
    return m->outer && *m->outer;
}

static void write_line(struct mcp *m, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0, at = 0;
    int waited = 0;

    pthread_mutex_lock(&m->writing);
    if (text)
        text[len++] = '\n'; /* in place of the zero */
    while (at < len && !m->is_broken) {
        struct pollfd p = { .fd = m->out, .events = POLLOUT };
        int ready = poll(&p, 1, MCP_TICK_MS);
        ssize_t n;
        if (ready == 0 && (waited += MCP_TICK_MS) < STALL_MS && !mcp_must_stop(m))
            continue;
        n = ready > 0 ? write(m->out, text + at, len - at < PIECE ? len - at : PIECE)
                      : -1;
        if (n > 0)
            at += (size_t)n;
        else if (ready <= 0 ? ready == 0 || errno != EINTR
                            : errno != EINTR && errno != EAGAIN)
            m->is_broken = true;
    }
    pthread_mutex_unlock(&m->writing);
    free(text);
    json_decref(message);
}

void mcp_error(struct mcp *m, const json_t *id, enum mcp_error code, const char *text,
               json_t *data)
{
    json_t *error = json_object(), *message = json_object();

    json_object_set_new(error, "code", json_integer(code));
    json_object_set_new(error, "message", json_string(text));
    if (data)
        json_object_set_new(error, "data", data);
    json_object_set_new(message, "jsonrpc", json_string("2.0"));
    if (id) /* MCP's schema knows no id that is null */
        json_object_set(message, "id", (json_t *)id);
    json_object_set_new(message, "error", error);
    write_line(m, message);
}

void mcp_result(struct mcp *m, const struct mcp_request *r, json_t *result)
{
    json_t *message = json_object();

    if (r->is_modern) {
        json_object_set_new(result, "resultType", json_string("complete"));
        json_object_set_new(result, "_meta",
                            json_pack("{s:{s:s, s:s}}", MCP_META "serverInfo", "name",
                                      "ratchet", "version", RATCHET_VERSION));
        if (strcmp(r->method, "tools/call") && strcmp(r->method, "prompts/get")) {
            json_object_set_new(result, "ttlMs", json_integer(0));
            json_object_set_new(result, "cacheScope", json_string("private"));
        }
    }
    json_object_set_new(message, "jsonrpc", json_string("2.0"));
    json_object_set(message, "id", r->id);
    json_object_set_new(message, "result", result);
    write_line(m, message);
}

void mcp_notify(struct mcp *m, const char *method, json_t *params)
{
    write_line(m, json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method,
                            "params", params));
}
