/* chance.c - streams of chance of one seed, none of which tells of the seed or of another
 * stream. */
#include "base/chance.h"

#include <sys/types.h>

#include <sha2.h>
#include <string.h>

/* 256 bits of a label and a seed. */
static void digest(uint64_t seed, const char *label, uint64_t out[4])
{
    uint8_t bytes[8], hash[SHA256_DIGEST_LENGTH];
    SHA2_CTX context;

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(seed >> 8 * i);
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)"ratchet chance ", 15);
    SHA256Update(&context, (const uint8_t *)label, strlen(label) + 1);
    SHA256Update(&context, bytes, sizeof(bytes));
    SHA256Final(hash, &context);
    for (int i = 0; i < 4; i++) {
        out[i] = 0;
        for (int k = 7; k >= 0; k--)
            out[i] = out[i] << 8 | hash[8 * i + k];
    }
}

void chance_seed(struct chance *c, uint64_t seed, const char *label)
{
    uint64_t bits[4];

    digest(seed, label, bits);
    *c = (struct chance){ .key = { bits[0], bits[1] } };
}

static inline uint64_t chance_rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static inline void sip_rounds(uint64_t v[4], int n)
{
    for (; n > 0; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = chance_rotate(v[1], 13) ^ v[0];
        v[3] = chance_rotate(v[3], 16) ^ v[2];
        v[0] = chance_rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = chance_rotate(v[1], 17) ^ v[2];
        v[3] = chance_rotate(v[3], 21) ^ v[0];
        v[2] = chance_rotate(v[2], 32);
    }
}

/* SipHash-2-4 of the counter's eight bytes. */
uint64_t chance_next(struct chance *c)
{
    uint64_t word = c->n_drawn++, last = (uint64_t)8 << 56;
    uint64_t v[4] = { c->key[0] ^ 0x736f6d6570736575u, c->key[1] ^ 0x646f72616e646f6du,
                      c->key[0] ^ 0x6c7967656e657261u, c->key[1] ^ 0x7465646279746573u };

    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
    v[3] ^= last;
    sip_rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

double chance_uniform(struct chance *c)
{
    return (double)(chance_next(c) >> 11) * 0x1p-53;
}

uint64_t chance_derive(uint64_t seed, const char *label)
{
    uint64_t bits[4];

    digest(seed, label, bits);
    return bits[0];
}

void chance_rng(struct rng *r, uint64_t seed, const char *label)
{
    digest(seed, label, r->s);
}
