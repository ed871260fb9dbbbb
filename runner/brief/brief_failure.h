/* brief_failure.h - the last steps before a failure, as a table. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_FAILURE_H
#define RATCHET_RUNNER_BRIEF_BRIEF_FAILURE_H

#include <stdio.h>

#include "runner/evaluate/evaluate.h"

/* Writes a Markdown table of the steps up to and with `step`: what the policy saw, what
 * it did, what came of it; and the policy's notes of those steps. -1 when the environment
 * cannot be created. */
int brief_failure_write(FILE *f, const struct task *task, const struct episode_result *r,
                        int64_t step, struct error *err);

#endif
