/* dream_measure.h - what is dreamt memory worth? The same improvement with it and
 * without. */
#ifndef RATCHET_RUNNER_EXPERIMENT_DREAM_MEASURE_H
#define RATCHET_RUNNER_EXPERIMENT_DREAM_MEASURE_H

#include "runner/experiment/run_options.h"
#include "runner/record/ledger/ledger_dream.h"

/* Borrowed. Numbers that are 0 are left to the task. */
struct dream_measure {
    struct setup *setup;
    struct ledger *ledger;
    const char *task, *model;
    const struct run_options *options; /* of each run; `out`: the folder of all */
    int repeats, seeds;
};

/* Runs pairs: each pair shares its start, salt, seed and budgets, and its two runs begin
 * with copies of this ledger's memory, one of them without the dreams. Prints what came
 * out, whichever way it went. -1: see err. */
int dream_measure(const struct dream_measure *m, struct error *err);

#endif
