/* strip.h - some steps of an episode as a film strip, for a model that sees pictures. */
#ifndef RATCHET_RUNNER_LEARN_STRIP_H
#define RATCHET_RUNNER_LEARN_STRIP_H

#include "runner/evaluate/evaluate.h"
#include "runner/learn/provider.h"

#define STRIP_PANELS 8

/* The steps from..to of a result, which has its tape, as at most STRIP_PANELS labelled
 * pictures in one PNG. The episode is called by the index of its dev seed. The caller owns
 * *out (free png and caption). -1 when the environment cannot be created. */
int strip_make(const struct evaluation *e, const struct episode_result *r, int index,
               int64_t from, int64_t to, struct image *out, struct error *err);

/* The steps from a failing one back: a second and a half of the environment's time. */
int64_t strip_start(const struct task *task, int64_t step);

#endif
