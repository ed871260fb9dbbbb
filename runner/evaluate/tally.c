/* tally.c - what a run has played, episode by episode: counted once, and as one
 * digest. */
#include "runner/evaluate/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/hash.h"

#define FIRST_SIZE 1024 /* places of the table; a power of two */

static const unsigned char nothing[16];

static void hash(const char *text, size_t len, unsigned char out[16])
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(text, len));
    memcpy(out, canonical.digest, 16);
}

/* The place of a key, or the free one where it belongs. */
static unsigned char *tally_find(unsigned char (*table)[16], size_t size,
                                 const unsigned char key[16])
{
    uint64_t at;

    memcpy(&at, key, sizeof(at));
    for (at &= size - 1;; at = (at + 1) & (size - 1))
        if (!memcmp(table[at], key, 16) || !memcmp(table[at], nothing, 16))
            return table[at];
}

static void tally_grow(struct tally *t)
{
    size_t size = t->size ? 2 * t->size : FIRST_SIZE;
    unsigned char (*table)[16] = xcalloc(size, sizeof(*table));

    for (size_t i = 0; i < t->size; i++)
        if (memcmp(t->seen[i], nothing, 16))
            memcpy(tally_find(table, size, t->seen[i]), t->seen[i], 16);
    free(t->seen);
    t->seen = table;
    t->size = size;
}

/* False: it was there. */
static bool tally_is_new(struct tally *t, const unsigned char key[16])
{
    unsigned char *place;

    if (2 * t->n_seen >= t->size)
        tally_grow(t);
    place = tally_find(t->seen, t->size, key);
    if (memcmp(place, nothing, 16))
        return false;
    memcpy(place, key, 16);
    t->n_seen++;
    return true;
}

void tally_add(struct tally *t, enum purpose purpose, const char *scope,
               const char *sha256, int64_t index, const struct episode_result *r)
{
    bool is_lost = r->fault == FAULT_void || r->fault == FAULT_environment;
    char *key = xasprintf("%s\n%s\n%s\n%lld", purpose_name(purpose), scope, sha256,
                          (long long)index);
    char *text = xasprintf("%016llx %lld %lld %d %a", (unsigned long long)r->trajectory,
                           (long long)r->n_steps, (long long)r->planner_steps,
                           (int)r->fault, r->score);
    struct tally_entry e;

    hash(key, strlen(key), e.key);
    hash(text, strlen(text), e.digest);
    free(key);
    free(text);
    if (is_lost) /* it may be played again */
        t->now.lost++;
    if (is_lost || !tally_is_new(t, e.key))
        return;
    *xgrow(t->fresh, t->n_fresh) = e;
    t->now.episodes++;
    t->now.steps[purpose] += r->n_steps;
    t->now.planner_steps += r->planner_steps;
}

static int tally_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct tally_entry));
}

void tally_mark(struct tally *t, struct tally_mark *out)
{
    *out = t->now;
    if (t->n_fresh > 0) {
        qsort(t->fresh, t->n_fresh, sizeof(*t->fresh), tally_compare);
        sha256_hex(t->fresh, t->n_fresh * sizeof(*t->fresh), out->trajectories);
    }
    t->now = (struct tally_mark){ 0 };
    t->n_fresh = 0;
}

void tally_copy(struct tally *to, const struct tally *from)
{
    *to = *from;
    to->fresh = xcalloc(from->n_fresh + 1, sizeof(*to->fresh));
    to->seen = xcalloc(from->size + 1, sizeof(*to->seen));
    if (from->n_fresh)
        memcpy(to->fresh, from->fresh, from->n_fresh * sizeof(*to->fresh));
    if (from->size)
        memcpy(to->seen, from->seen, from->size * sizeof(*to->seen));
}

void tally_clear(struct tally *t)
{
    free(t->fresh);
    free(t->seen);
    *t = (struct tally){ 0 };
}
