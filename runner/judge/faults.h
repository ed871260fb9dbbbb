/* faults.h - where a candidate breaks and the incumbent does not. */
#ifndef RATCHET_RUNNER_JUDGE_FAULTS_H
#define RATCHET_RUNNER_JUDGE_FAULTS_H

#include "runner/learn/loop_state.h"

/* Did the policy itself end it, by an error, a bad action or a limit? What the clock, the
 * machine or the environment did is none of it. */
bool fault_is_broken(const struct episode_result *r);

/* Of n episodes that both played: in how many only the candidate breaks. *first, where it
 * is not NULL: the first of them. */
int faults_count_new(const struct episode_result *candidate,
                     const struct episode_result *incumbent, int n, int *first);

/* The same of the cases, which out holds the candidate's courses of: *found is the first
 * that it breaks in more often than the incumbent, or -1. The incumbent is asked only
 * where the candidate breaks. */
enum loop_status faults_find_case(struct loop *l, const struct case_outcome *out,
                                  int *found, struct error *err);

#endif
