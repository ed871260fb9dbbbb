/* base64.h - bytes as base64 text. */
#ifndef RATCHET_BASE_BASE64_H
#define RATCHET_BASE_BASE64_H

#include <stddef.h>

/* "data:image/png;base64,..." with `prefix` "data:image/png;base64,", or the digits alone
 * with "". The caller frees it. */
char *base64_text(const char *prefix, const void *bytes, size_t len);

#endif
