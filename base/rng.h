/* rng.h - our own generator, so that all chance comes from a seed and is the same
 * everywhere.
 *
 * xoshiro256** (Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators",
 * 2021), seeded by splitmix64 (Steele, Lea & Flood 2014). Plain data: copying it is a
 * snapshot. */
#ifndef RATCHET_BASE_RNG_H
#define RATCHET_BASE_RNG_H

#include <math.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

/* A well-mixed function of x; advances nothing. */
static inline uint64_t rng_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* `stream` keeps generators of one seed apart: each use of a seed has its own number. */
static inline void rng_seed(struct rng *r, uint64_t seed, uint64_t stream)
{
    uint64_t x = rng_mix(seed) ^ rng_mix(stream * 0xd1342543de82ef95u + 1);

    for (int i = 0; i < 4; i++)
        r->s[i] = rng_mix(x + (uint64_t)i * 0x9e3779b97f4a7c15u);
}

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, x = s[1] * 5, t = s[1] << 17;
    uint64_t result = ((x << 7) | (x >> 57)) * 9;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* In [0, 1), 53 bits. */
static inline double rng_uniform(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* In [0, n), without bias (Lemire 2019); n > 0. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    uint64_t m = (rng_next(r) >> 32) * n;

    if ((uint32_t)m < n) {
        uint32_t floor_ = -n % n;
        while ((uint32_t)m < floor_)
            m = (rng_next(r) >> 32) * n;
    }
    return (uint32_t)(m >> 32);
}

/* Standard normal (Box & Muller 1958), the cosine branch alone: no state is kept. */
static inline double rng_normal(struct rng *r)
{
    double u = 1.0 - rng_uniform(r), v = rng_uniform(r);

    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

#endif
