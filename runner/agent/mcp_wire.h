/* mcp_wire.h - JSON-RPC in lines over two descriptors: a thread that reads, a lock that
 * writes.
 *
 * What needs nothing of the run (initialize, lists, ping) is answered by the reading
 * thread at once; what needs it is queued. Lines are hostile: bounded, checked, and
 * answered by an error at worst. */
#ifndef RATCHET_RUNNER_AGENT_MCP_WIRE_H
#define RATCHET_RUNNER_AGENT_MCP_WIRE_H

#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "base/error.h"

#define MCP_MODERN "2026-07-28"
#define MCP_LEGACY "2025-11-25" /* the newest with a handshake */
#define MCP_MOST_LINE (4u << 20)
#define MCP_MOST_QUEUED 128
#define MCP_TICK_MS 100 /* between looks at what ends a wait */
#define MCP_META "io.modelcontextprotocol/"

enum mcp_error {
    MCP_PARSE = -32700,
    MCP_INVALID = -32600,
    MCP_NO_METHOD = -32601,
    MCP_PARAMS = -32602,
    MCP_INTERNAL = -32603,
    MCP_VERSION = -32022,
    MCP_NO_RESOURCE = -32002, /* before 2026-07-28 */
};

/* A request that waits for the run. */
struct mcp_request {
    json_t *id, *params; /* owned; params may be NULL */
    char *method;
    bool is_modern;
    int log_level; /* of its _meta; -1: none */
};
void mcp_request_clear(struct mcp_request *r);

struct mcp {
    int in, out;                        /* descriptors, owned */
    const volatile sig_atomic_t *outer; /* Ctrl-C; may be NULL */
    volatile sig_atomic_t interrupted;  /* Ctrl-C, or the running request was cancelled */
    pthread_t reader;
    bool has_reader;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    struct mcp_request queue[MCP_MOST_QUEUED];
    int n_queued;
    struct mcp_request now; /* being worked on; id NULL: none */
    bool is_cancelled;      /* `now` is */
    bool is_initialized, is_over, is_stopping;
    int log_level; /* of a session with a handshake */
    pthread_mutex_t writing;
    bool is_broken; /* nobody reads what we write */
    /* Of the provider, on its own thread. */
    char *call_id; /* of the tool call that answers `now`; NULL: none */
    char *over;    /* why the run is over; NULL: it is not */
    int n_calls;
    double progress, last_progress;
};

/* Takes the descriptors. NULL: no thread. */
struct mcp *mcp_create(int in, int out, const volatile sig_atomic_t *interrupted,
                       struct error *err);
void mcp_destroy(struct mcp *m); /* NULL is fine */

/* One line as it came in, without its end. */
void mcp_take_line(struct mcp *m, const char *line, size_t len);

/* Waits for the next queued request and moves it into m->now. False: there will be
 * none. */
bool mcp_next(struct mcp *m);
/* As mcp_next, but the request stays in the queue. */
bool mcp_has_next(struct mcp *m);

/* mcp_send.c: messages out; each takes its last argument's reference. The result gets what the
 * request's version wants beside it. */
void mcp_result(struct mcp *m, const struct mcp_request *r, json_t *result);
void mcp_error(struct mcp *m, const json_t *id, enum mcp_error code, const char *text,
               json_t *data);
void mcp_notify(struct mcp *m, const char *method, json_t *params);
bool mcp_must_stop(const struct mcp *m); /* Ctrl-C */

/* mcp_methods.c: what needs nothing of the run. False: the method is none of these. */
bool mcp_answer(struct mcp *m, const struct mcp_request *r);
/* The number of a level's name ("debug" 0 to "emergency" 7), or -1. */
int mcp_log_level(const json_t *name);

#endif
