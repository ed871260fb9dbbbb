/* brief_plan.h - what the model is told of planning: sim and vec. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_PLAN_H
#define RATCHET_RUNNER_BRIEF_BRIEF_PLAN_H

#include <stdio.h>

#include "runner/record/task.h"

/* Writes nothing where the task does not let the policy plan. */
void brief_plan_write(FILE *f, const struct task *t);

#endif
