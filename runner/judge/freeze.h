/* freeze.h - opens a hidden split for a run's incumbent, once, and reports what came out.
 *
 * Holdout: once a candidate; a later candidate's opening is numbered. Audit: once a task,
 * for the final claim. Episodes are played outside (the harness steps, the worker sees
 * observations only). An opening is in the ledger before its first episode is played. */
#ifndef RATCHET_RUNNER_JUDGE_FREEZE_H
#define RATCHET_RUNNER_JUDGE_FREEZE_H

#include <stdio.h>

#include "runner/evaluate/memo.h"
#include "runner/evaluate/seeds.h"

struct freeze {
    struct ledger *ledger;
    const struct ledger_run *run;
    struct evaluation base; /* task and workers; the policy is ignored */
    const struct salt *salt;
    enum split split; /* SPLIT_HOLDOUT or SPLIT_AUDIT */
    void (*progress)(void *user, enum purpose purpose, int done, int n); /* may be NULL */
    void *user;
};

/* The report as JSON (a new reference), which the ledger then keeps as well. NULL when
 * the split may not be opened, or when it was interrupted: the same call then goes on. */
json_t *freeze_open(const struct freeze *f, struct error *err);

/* The report as text, for people. */
void freeze_print(FILE *out, const json_t *report);

#endif
