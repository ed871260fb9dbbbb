/* bench_plan.h - what `ratchet bench` measures of MuJoCo and of policies that plan. */
#ifndef RATCHET_RUNNER_EXPERIMENT_BENCH_PLAN_H
#define RATCHET_RUNNER_EXPERIMENT_BENCH_PLAN_H

#include "runner/evaluate/setup.h"

/* report(user, name, value, unit, text) takes the figures. -1 with a reason; nothing
 * where MuJoCo is missing. */
int bench_plan(const struct setup *setup,
               void (*report)(void *user, const char *name, double value,
                              const char *unit, const char *text),
               void *user, struct error *err);

#endif
