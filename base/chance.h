/* chance.h - streams of chance of one seed, none of which tells of the seed or of another
 * stream, however much of it is seen.
 *
 * What a policy may see a part of comes from here: SHA-256 over a label and the seed has
 * no way back, and one label's bytes say nothing of another's. */
#ifndef RATCHET_BASE_CHANCE_H
#define RATCHET_BASE_CHANCE_H

#include <stdint.h>

#include "base/rng.h"

/* Changes when the streams change: recordings of sticky tasks hold for one alone. 1 was a
 * generator for all, seeded by splitmix64, which runs backwards. */
#define CHANCE_VERSION 2

/* A stream whose past does not tell its future either: SipHash-2-4 (Aumasson & Bernstein
 * 2012) of a counter under a key. Plain data: copying it is a snapshot. */
struct chance {
    uint64_t key[2], n_drawn;
};

void chance_seed(struct chance *c, uint64_t seed, const char *label);
uint64_t chance_next(struct chance *c);
double chance_uniform(struct chance *c); /* in [0, 1), 53 bits */

/* A seed from a seed: for what has its own ways to draw from it. */
uint64_t chance_derive(uint64_t seed, const char *label);

/* A fast generator whose whole state is drawn, for streams that nobody is to be kept from
 * foretelling but that must not tell of the seed. */
void chance_rng(struct rng *r, uint64_t seed, const char *label);

#endif
