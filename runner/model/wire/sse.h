/* sse.h - server-sent events, taken from bytes that come in pieces of any size. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_SSE_H
#define RATCHET_RUNNER_MODEL_WIRE_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* One event: its name ("" when it has none) and its data, NUL behind it, borrowed for the
 * call. What is not 0 ends the reading, and sse_feed returns it. */
typedef int sse_event_fn(void *user, const char *name, const char *data, size_t len);

#define SSE_TOO_LONG (-1) /* an event larger than `max` */

struct sse {
    struct buffer line, data; /* capped at the bytes of one event */
    char name[64];
    bool has_data, was_cr, is_begun;
    sse_event_fn *on_event;
    void *user;
};

void sse_init(struct sse *s, size_t max, sse_event_fn *on_event, void *user);
void sse_clear(struct sse *s);
int sse_feed(struct sse *s, const char *bytes, size_t len);

/* The stream is over: an event without the empty line behind it counts, too, as servers
 * that forget it are common. Its data may be cut. */
int sse_end(struct sse *s);

#endif
