/* brief_walk.h - an episode's recorded actions played once more, step by step. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_WALK_H
#define RATCHET_RUNNER_BRIEF_BRIEF_WALK_H

#include "runner/evaluate/evaluate.h"

/* One step; borrowed for the time of the call. */
struct brief_step {
    int64_t number;
    const double *values, *action; /* seen before it; played in it */
    struct env_step came;          /* of it */
};

/* Calls `each` for the steps 0 to `to` (or to the tape's end). -1: there is no
 * instance. */
int brief_walk(const struct task *task, const struct episode_result *r, int64_t to,
               void (*each)(void *user, const struct brief_step *s), void *user,
               struct error *err);

#endif
