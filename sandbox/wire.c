/* wire.c - messages between harness and worker: framed bytes on a socket, read with
 * distrust. */
#include "sandbox/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"

#define STEP_BYTES \
    (1 << 20) /* a frame is read in pieces: its length alone reserves nothing */

struct frame_head {
    uint32_t type, len;
};

void wire_clear(struct wire *w)
{
    buffer_clear(&w->bytes);
    *w = (struct wire){ 0 };
}

void wire_reset(struct wire *w)
{
    w->bytes.len = w->at = 0;
    w->is_bad = false;
}

void wire_put(struct wire *w, const void *bytes, size_t len)
{
    buffer_add(&w->bytes, bytes, len);
}

void wire_put_u8(struct wire *w, uint8_t v)
{
    wire_put(w, &v, sizeof(v));
}

void wire_put_u32(struct wire *w, uint32_t v)
{
    wire_put(w, &v, sizeof(v));
}

void wire_put_u64(struct wire *w, uint64_t v)
{
    wire_put(w, &v, sizeof(v));
}

void wire_put_i64(struct wire *w, int64_t v)
{
    wire_put(w, &v, sizeof(v));
}

void wire_put_f64(struct wire *w, double v)
{
    wire_put(w, &v, sizeof(v));
}

void wire_put_bytes(struct wire *w, const void *bytes, size_t len)
{
    wire_put_u64(w, len);
    wire_put(w, bytes, len);
}

void wire_put_text(struct wire *w, const char *text)
{
    wire_put_bytes(w, text, strlen(text));
}

void wire_get(struct wire *w, void *out, size_t len)
{
    if (w->is_bad || w->bytes.len - w->at < len) {
        w->is_bad = true;
        memset(out, 0, len);
        return;
    }
    memcpy(out, w->bytes.data + w->at, len);
    w->at += len;
}

#define GETTER(name, type)               \
    type wire_get_##name(struct wire *w) \
    {                                    \
        type v;                          \
        wire_get(w, &v, sizeof(v));      \
        return v;                        \
    }
GETTER(u8, uint8_t)
GETTER(u32, uint32_t)
GETTER(u64, uint64_t)
GETTER(i64, int64_t)
GETTER(f64, double)

const uint8_t *wire_get_bytes(struct wire *w, size_t *len)
{
    uint64_t n = wire_get_u64(w);

    *len = 0;
    if (w->is_bad || w->bytes.len - w->at < n) {
        w->is_bad = true;
        return NULL;
    }
    w->at += n;
    *len = n;
    return w->bytes.data + w->at - n;
}

char *wire_get_text(struct wire *w)
{
    size_t len;
    const uint8_t *bytes = wire_get_bytes(w, &len);
    char *text = xcalloc(1, len + 1);

    if (bytes)
        memcpy(text, bytes, len);
    return text;
}

bool wire_is_done(const struct wire *w)
{
    return !w->is_bad && w->at == w->bytes.len;
}

static int wire_write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int wire_send(int fd, uint32_t type, const struct wire *w)
{
    struct frame_head head = { type, (uint32_t)w->bytes.len };
    struct iovec parts[2] = { { &head, sizeof(head) }, { w->bytes.data, w->bytes.len } };
    ssize_t n;

    if (w->bytes.len > UINT32_MAX)
        return -1;
    do
        n = writev(fd, parts, w->bytes.len ? 2 : 1);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -1;
    if ((size_t)n < sizeof(head))
        return wire_write_all(fd, (char *)&head + n, sizeof(head) - (size_t)n) ||
                       wire_write_all(fd, w->bytes.data, w->bytes.len)
                   ? -1
                   : 0;
    return wire_write_all(fd, w->bytes.data + (n - (ssize_t)sizeof(head)),
                          w->bytes.len - ((size_t)n - sizeof(head)));
}

/* 1: all read; 0: closed before the first byte; -1: closed in between or error. */
static int read_all(int fd, void *bytes, size_t len)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = read(fd, (char *)bytes + got, len - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 && got == 0 ? 0 : -1;
        got += (size_t)n;
    }
    return 1;
}

int wire_receive(int fd, uint32_t *type, struct wire *w, size_t max)
{
    struct frame_head head;
    int got = read_all(fd, &head, sizeof(head));

    wire_reset(w);
    if (got != 1)
        return got;
    if (head.len > max)
        return -1;
    *type = head.type;
    while (w->bytes.len < head.len) {
        size_t left = head.len - w->bytes.len;
        size_t piece = left < STEP_BYTES ? left : STEP_BYTES;
        buffer_reserve(&w->bytes, piece);
        if (read_all(fd, w->bytes.data + w->bytes.len, piece) != 1)
            return -1;
        w->bytes.len += piece;
    }
    return 1;
}
