/* buffer.c - bytes that grow at their end, up to a cap. */
#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define READ_BYTES 65536 /* that a read has room for, where the cap allows it */

void buffer_clear(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){ .most = b->most };
}

int buffer_reserve(struct buffer *b, size_t more)
{
    size_t least = b->len + more;

    if (b->most && (more > b->most || b->len > b->most - more))
        return -1;
    if (b->data && b->room >= least)
        return 0;
    b->room = 2 * b->room > least ? 2 * b->room : least;
    b->data = xrealloc(b->data, b->room + 1);
    b->data[b->len] = 0;
    return 0;
}

int buffer_add(struct buffer *b, const void *bytes, size_t len)
{
    if (buffer_reserve(b, len) != 0)
        return -1;
    if (len)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    b->data[b->len] = 0;
    return 0;
}

void buffer_drop(struct buffer *b, size_t n)
{
    b->len -= n;
    memmove(b->data, b->data + n, b->len + 1);
}

ssize_t buffer_read(struct buffer *b, int fd)
{
    size_t left = b->most ? b->most - b->len : READ_BYTES;
    ssize_t n;

    if (!left || buffer_reserve(b, left < READ_BYTES ? left : READ_BYTES) != 0) {
        errno = EFBIG;
        return -1;
    }
    left = b->most && b->room > b->most ? b->most : b->room;
    do
        n = read(fd, b->data + b->len, left - b->len);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        b->len += (size_t)n;
    b->data[b->len] = 0;
    return n;
}
