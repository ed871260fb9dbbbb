/* fuzz_sse.c - any bytes as server-sent events: where they are cut makes no
 * difference. */
#include <stdint.h>
#include <stdlib.h>

#include "runner/model/wire/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A hash of all events, with their number. */
static int count(void *user, const char *name, const char *data, size_t len)
{
    uint64_t *h = user;

    for (const char *p = name; *p; p++)
        *h = (*h ^ (uint8_t)*p) * 0x100000001b3u;
    for (size_t i = 0; i < len; i++)
        *h = (*h ^ (uint8_t)data[i]) * 0x100000001b3u;
    *h = (*h ^ 0x1ff) * 0x100000001b3u;
    return 0;
}

static uint64_t hash_of(const uint8_t *data, size_t len, size_t piece)
{
    uint64_t h = 0xcbf29ce484222325u;
    struct sse s;
    int result = 0;

    sse_init(&s, 512, count, &h);
    for (size_t at = 0; at < len && result == 0; at += piece)
        result = sse_feed(&s, (const char *)data + at,
                          len - at < piece ? len - at : piece);
    if (result == 0)
        sse_end(&s);
    sse_clear(&s);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint64_t whole = hash_of(data, len, len + 1);

    if (whole != hash_of(data, len, 1) || whole != hash_of(data, len, 3))
        abort();
    return 0;
}
