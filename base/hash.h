/* hash.h - content hashes as text. */
#ifndef RATCHET_BASE_HASH_H
#define RATCHET_BASE_HASH_H

#include <stddef.h>

/* The SHA-256 of len bytes as 64 hexadecimal digits and a NUL. */
void sha256_hex(const void *bytes, size_t len, char out[65]);

#endif
