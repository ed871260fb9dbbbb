/* failures_cause.h - where a failure was decided: the last step at which another action
 * would have avoided it. */
#ifndef RATCHET_RUNNER_JUDGE_FAILURES_CAUSE_H
#define RATCHET_RUNNER_JUDGE_FAILURES_CAUSE_H

#include "runner/judge/failures.h"

/* Looks for the cause of the first failure of each of n groups from one on: fills `cause`
 * and what goes with it. A failure that no tried action avoids, of an environment that
 * cannot be copied say, keeps -1. The steps are the harness's own and not counted. -1:
 * the environment cannot be created. */
int failures_find_causes(struct failures *f, const struct task *task,
                         const struct episode_result *results, int from, int n,
                         struct error *err);

/* The step that is worth being shown: shortly after the cause, where there is one, else
 * the failure's own. */
int64_t failure_moment(const struct failure *f, const struct task *task);

#endif
