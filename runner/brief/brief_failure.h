/* brief_failure.h - the last steps before a failure, as a table whose rows thin out
 * going back. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_FAILURE_H
#define RATCHET_RUNNER_BRIEF_BRIEF_FAILURE_H

#include <stdio.h>

#include "runner/evaluate/evaluate.h"

/* Writes the steps up to and with `step`: what the policy saw, what it did, what came of
 * it (reward and events are of the steps since the row before); and the policy's notes of
 * those steps. -1 when the environment cannot be created. */
int brief_failure_write(FILE *f, const struct task *task, const struct episode_result *r,
                        int64_t step, struct error *err);

#endif
