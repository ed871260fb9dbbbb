/* meter.h - one worker that is measured: played without verification, snapshot and
 * restored. */
#ifndef RATCHET_RUNNER_EVALUATE_METER_H
#define RATCHET_RUNNER_EVALUATE_METER_H

#include "runner/evaluate/evaluate.h"
#include "sandbox/job.h"

struct meter; /* opaque */

/* Starts the worker of an evaluation; with is_bare it counts no instructions. NULL when
 * it could not be started, or refused the policy. */
struct meter *meter_create(const struct evaluation *e, bool is_bare, struct error *err);
void meter_destroy(struct meter *m); /* NULL is fine */

/* Plays episodes of the seeds from 1 on; returns the number of steps, -1 when the worker
 * was lost. Nothing is verified: the steps are the worker's word. */
int64_t meter_play(struct meter *m, int n_episodes);
/* Planner steps in all that was played. */
int64_t meter_planner_steps(const struct meter *m);
/* Repeats one measure; returns the size of a snapshot in bytes, -1 when the worker was
 * lost. */
int64_t meter_repeat(struct meter *m, enum measure what, uint64_t times);

/* Seconds of processor time that this process and the workers it has ended have used:
 * what a busy machine takes for others is not among them. */
double meter_cpu(void);

#endif
