/* pool.h - episodes spread over the workers of this machine. */
#ifndef RATCHET_RUNNER_EVALUATE_POOL_H
#define RATCHET_RUNNER_EVALUATE_POOL_H

#include "runner/evaluate/evaluate.h"

/* As evaluate(), which calls it; whatever engine it names, here. worst: asked for the worst
 * return when a fault is to be scored and the task names none (worst_measure); may be
 * NULL where the task names one. */
int pool_play(const struct evaluation *e, const struct episode_request *requests, int n,
              struct episode_result *results, struct policy_facts *facts,
              double (*worst)(const struct evaluation *e), struct error *err);

#endif
