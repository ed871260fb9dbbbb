/* wire.h - messages between harness and worker: framed bytes on a socket, read with
 * distrust. */
#ifndef RATCHET_SANDBOX_WIRE_H
#define RATCHET_SANDBOX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A growing message on the way out, or a received one on the way in. Both sides are the
 * same machine: numbers are in its byte order. After a read past the end `is_bad` stays
 * set and reads give zeros, so a reader checks once, at the end. */
struct wire {
    struct buffer bytes;
    size_t at; /* of the next byte that is read */
    bool is_bad;
};

void wire_clear(struct wire *w);
void wire_reset(struct wire *w); /* empty again, memory kept */

void wire_put(struct wire *w, const void *bytes, size_t len);
void wire_put_u8(struct wire *w, uint8_t v);
void wire_put_u32(struct wire *w, uint32_t v);
void wire_put_u64(struct wire *w, uint64_t v);
void wire_put_i64(struct wire *w, int64_t v);
void wire_put_f64(struct wire *w, double v);
void wire_put_bytes(struct wire *w, const void *bytes, size_t len); /* with its length */
void wire_put_text(struct wire *w, const char *text);

void wire_get(struct wire *w, void *out, size_t len);
uint8_t wire_get_u8(struct wire *w);
uint32_t wire_get_u32(struct wire *w);
uint64_t wire_get_u64(struct wire *w);
int64_t wire_get_i64(struct wire *w);
double wire_get_f64(struct wire *w);
/* Borrowed until the message is received over or cleared; NULL and *len = 0 when bad. */
const uint8_t *wire_get_bytes(struct wire *w, size_t *len);
char *
wire_get_text(struct wire *w); /* the caller frees; cut at the first NUL; never NULL */
bool wire_is_done(const struct wire *w); /* read to the end, and nothing was bad */

/* Sends type and payload as one frame. -1 when the other side is gone. */
int wire_send(int fd, uint32_t type, const struct wire *w);
/* Receives one frame of at most max bytes. 1: got one; 0: the other side closed; -1:
 * error or nonsense (a frame that is too long). */
int wire_receive(int fd, uint32_t *type, struct wire *w, size_t max);

#endif
