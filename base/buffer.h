/* buffer.h - bytes that grow at their end, up to a cap. */
#ifndef RATCHET_BASE_BUFFER_H
#define RATCHET_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Zero but for `most` is an empty one. What is to be added never moves what is there but by
 * growing, and a zero stands behind the last byte, so text is a string. */
struct buffer {
    uint8_t *data; /* owned; NULL until something is added */
    size_t len, room;
    size_t most; /* bytes that it may hold; 0: any number */
};

void buffer_clear(struct buffer *b);
/* Room for so many bytes more, at data + len. -1, and nothing has changed: they are over the
 * cap. */
int buffer_reserve(struct buffer *b, size_t more);
int buffer_add(struct buffer *b, const void *bytes, size_t len);
/* The first n bytes go. */
void buffer_drop(struct buffer *b, size_t n);
/* What one read() gives. -1 with errno; EFBIG: it is full. */
ssize_t buffer_read(struct buffer *b, int fd);

#endif
