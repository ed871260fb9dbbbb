/* hash.c - content hashes as text. */
#include "base/hash.h"

#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <sha2.h>

void sha256_hex(const void *bytes, size_t len, char out[65])
{
    SHA256Data(bytes, len, out);
}

bool hash_is_prefix(const char *text)
{
    size_t len = strlen(text);

    return len >= 4 && len <= 64 && strspn(text, "0123456789abcdef") == len;
}
