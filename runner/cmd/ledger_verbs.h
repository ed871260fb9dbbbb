/* ledger_verbs.h - `ratchet ledger show`, `diff` and `export`. */
#ifndef RATCHET_RUNNER_CMD_LEDGER_VERBS_H
#define RATCHET_RUNNER_CMD_LEDGER_VERBS_H

#include "runner/home/opened_run.h"

/* Runs args as a verb with its arguments and sets the exit status; false: it is none. */
bool ledger_verb(struct app *app, const struct common *c, const char **args, int *status);

/* Writes a run as files: sources, trials.csv, trials.jsonl, summary.csv, replays,
 * README. */
int ledger_export(struct opened_run *o, const char *folder, struct error *err);

#endif
