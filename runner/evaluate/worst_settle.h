/* worst_settle.h - the worst return of a task, measured through the ledger. */
#ifndef RATCHET_RUNNER_EVALUATE_WORST_SETTLE_H
#define RATCHET_RUNNER_EVALUATE_WORST_SETTLE_H

#include "runner/evaluate/memo.h"
#include "runner/evaluate/worst.h"

/* As probe steps: m's budget pays for them once. task is a copy that the caller owns and
 * m plays; it knows the worst afterwards. Does nothing where it was known. */
enum memo_status worst_settle(struct memo *m, struct task *task, struct error *err);

#endif
