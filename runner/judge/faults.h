/* faults.h - where a candidate breaks and the incumbent does not. */
#ifndef RATCHET_RUNNER_JUDGE_FAULTS_H
#define RATCHET_RUNNER_JUDGE_FAULTS_H

#include "runner/evaluate/evaluate.h"

/* Did the policy itself end it, by an error, a bad action or a limit? What the clock, the
 * machine or the environment did is none of it. */
bool fault_is_broken(const struct episode_result *r);

/* Of n episodes that both played: in how many only the candidate breaks. *first, where it
 * is not NULL: the first of them. */
int faults_count_new(const struct episode_result *candidate,
                     const struct episode_result *incumbent, int n, int *first);

#endif
