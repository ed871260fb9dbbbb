/* compare.h - where two replays part. */
#ifndef RATCHET_RUNNER_VIEW_COMPARE_H
#define RATCHET_RUNNER_VIEW_COMPARE_H

#include "runner/record/player.h"

/* The first step whose action, reward, events or end differ; the length of the shorter
 * when it is the beginning of the longer; -1 when both are the same. Moves both
 * players. */
int64_t compare_find(struct player *a, struct player *b);

#endif
