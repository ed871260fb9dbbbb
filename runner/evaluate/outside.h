/* outside.h - episodes that the harness steps, while the worker sees observations
 * only. */
#ifndef RATCHET_RUNNER_EVALUATE_OUTSIDE_H
#define RATCHET_RUNNER_EVALUATE_OUTSIDE_H

#include "runner/evaluate/evaluate.h"
#include "runner/evaluate/process.h"

#define OUTSIDE_MOST 16 /* episodes at once */

/* Instances that are kept from one batch to the next. */
struct outside_kept {
    void *list[OUTSIDE_MOST];
    void *copy; /* to plan with, over the bridge */
};
void outside_kept_clear(struct outside_kept *kept, const struct env *env);

/* Plays n episodes at once (n <= the job's slots), one observation of each to a crossing.
 * Results are verified by construction: the harness itself made every step. -1 when the
 * worker was lost, in *lost; then the process is ended and there are no results. */
int outside_play(struct process *p, const struct evaluation *e, const struct job *job,
                 struct outside_kept *kept, const struct episode_request *requests, int n,
                 struct episode_result *results, struct vm_fault *lost);

#endif
