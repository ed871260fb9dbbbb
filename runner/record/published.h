/* published.h - scores that others have published: of the Atari benchmark's 57 games, from
 * share/atari.tsv. */
#ifndef RATCHET_RUNNER_RECORD_PUBLISHED_H
#define RATCHET_RUNNER_RECORD_PUBLISHED_H

#include <stdbool.h>

struct published_scores {
    double random, person; /* mean returns */
};

/* Of "ale/GAME"; false when it is none of the 57. */
bool published_find(const char *env, struct published_scores *out);

/* The human-normalised score, (score - random) / (person - random); NAN when there is
 * none. */
double published_human(const char *env, double score);

/* The 57 in the file's order: the i-th as "ale/GAME" in name (64 bytes); false past
 * them. */
bool published_name(int i, char *name);

#endif
