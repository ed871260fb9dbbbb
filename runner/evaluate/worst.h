/* worst.h - the worst return that is known of a task whose environment names none.
 *
 * An environment that lives elsewhere does not say how low a return can be, and a fault
 * must never pay. So the harness plays some episodes of policies that do not look
 * (actions drawn uniformly, one that is held, nothing at all), on seeds that are always
 * the same: deterministic for a task. The worst is 0 where none of them, nor the
 * published score of a random player, is below 0; else it is a tenth of their range below
 * the lowest. */
#ifndef RATCHET_RUNNER_EVALUATE_WORST_H
#define RATCHET_RUNNER_EVALUATE_WORST_H

#include "runner/evaluate/evaluate.h"

/* Is it unknown, so that it has to be measured? */
bool worst_is_unknown(const struct task *t);

/* Without a ledger, at the first fault: measured once for a task in this process. NAN
 * when it cannot be, for the environment is lost. */
double worst_measure(const struct evaluation *e);

#define WORST_EPISODES 12
#define WORST_SCOPE "worst known return"

/* What is played to find it, by whoever plays it. */
struct worst_plan {
    struct task *task; /* a copy, in which a fault is nothing to ask about */
    char *source;      /* of the policy that does not look */
    struct episode_request requests[WORST_EPISODES];
};
void worst_plan_init(struct worst_plan *p, const struct task *task);
void worst_plan_clear(struct worst_plan *p);
/* NAN: no episode was whole. */
double worst_of(const struct task *task, const struct episode_result *results);

#endif
