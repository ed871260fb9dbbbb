/* dream_values.h - the declared parameters' values that served best in earlier runs. */
#ifndef RATCHET_RUNNER_DREAM_DREAM_VALUES_H
#define RATCHET_RUNNER_DREAM_DREAM_VALUES_H

#include "runner/record/ledger/ledger_dream.h"

/* Adds to a plan (dream_plan.h) the values of the promoted policy with the highest dev
 * mean of those that declare any, where they are not what is kept already. */
void dream_values_add(struct ledger *l, const struct dream_read *read, json_t *plan);

#endif
