/* run_options.h - the options of a run of the learning loop, typed or as words of a command
 * line. */
#ifndef RATCHET_RUNNER_EXPERIMENT_RUN_OPTIONS_H
#define RATCHET_RUNNER_EXPERIMENT_RUN_OPTIONS_H

#include "runner/evaluate/setup.h"

/* Numbers that are 0 and texts that are NULL are left to the task. Borrowed. */
struct run_options {
    char *model, *policy, *out, *record;
    int resume, iterations;
    long long max_steps, max_tokens, max_calls;
    double max_usd, max_minutes;
    struct option_seed seed;
};

extern const struct option options_run[];

/* What no run begins with: hidden splits of one seed. One that is there already goes on. */
int run_check_splits(const struct task *t, struct error *err);

/* `ratchet improve` for such a run, in a process of its own; max_steps as a key of the task.
 * One that goes on keeps its task, model and start, and is told none of them. */
void run_words(struct words *w, const char *task, const struct run_options *o,
               const struct setup *s);

#endif
