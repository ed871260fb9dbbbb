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

#include "runner/evaluate/memo.h"

/* Is it unknown, so that it has to be measured? */
bool worst_is_unknown(const struct task *t);

/* Through the ledger, as probe steps: m's budget pays for them once. task is a copy that
 * the caller owns and m plays; it knows the worst afterwards. Does nothing where it was
 * known. */
enum memo_status worst_settle(struct memo *m, struct task *task, struct error *err);

/* Without a ledger, at the first fault: measured once for a task in this process. NAN
 * when it cannot be, for the environment is lost. */
double worst_measure(const struct evaluation *e);

#endif
