/* hash.h - content hashes as text. */
#ifndef RATCHET_BASE_HASH_H
#define RATCHET_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

/* The SHA-256 of len bytes as 64 hexadecimal digits and a NUL. */
void sha256_hex(const void *bytes, size_t len, char out[65]);

/* May it be the beginning of one, long enough to tell policies apart? */
bool hash_is_prefix(const char *text);

#endif
