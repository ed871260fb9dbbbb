/* bridge_scores.h - human-normalised scores of the benchmark's 57 games, from
 * atari.tsv. */
#ifndef RATCHET_ENVS_BRIDGE_SCORES_H
#define RATCHET_ENVS_BRIDGE_SCORES_H

#include <stdbool.h>

struct bridge_scores {
    double random, person; /* mean returns */
};

/* Of "ale/GAME"; false when it is none of the 57. */
bool bridge_scores_find(const char *env, struct bridge_scores *out);

/* (score - random) / (person - random); NAN when there is none. */
double bridge_human_score(const char *env, double score);

/* The 57 in the file's order: the i-th as "ale/GAME" in name (64 bytes); false past
 * them. */
bool bridge_scores_name(int i, char *name);

#endif
