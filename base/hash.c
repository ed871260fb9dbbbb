/* hash.c - content hashes as text. */
#include "base/hash.h"

#include <stdint.h>
#include <sys/types.h>

#include <sha2.h>

void sha256_hex(const void *bytes, size_t len, char out[65])
{
    SHA256Data(bytes, len, out);
}
