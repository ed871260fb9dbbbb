/* base64.c - bytes as base64 text (RFC 4648, section 4). */
#include "base/base64.h"

#include <string.h>

#include "base/error.h"

char *base64_text(const char *prefix, const void *bytes, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    size_t at = strlen(prefix);
    char *out = xcalloc(at + (len + 2) / 3 * 4 + 1, 1);

    memcpy(out, prefix, at);
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned v = (unsigned)in[i] << 16 | (n > 1 ? (unsigned)in[i + 1] << 8 : 0) |
                     (n > 2 ? (unsigned)in[i + 2] : 0);

        out[at++] = digits[v >> 18];
        out[at++] = digits[v >> 12 & 63];
        out[at++] = n > 1 ? digits[v >> 6 & 63] : '=';
        out[at++] = n > 2 ? digits[v & 63] : '=';
    }
    return out;
}
