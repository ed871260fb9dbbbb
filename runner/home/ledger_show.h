/* ledger_show.h - one policy or iteration of the ledger, how two policies differ, and a
 * run as files. */
#ifndef RATCHET_RUNNER_HOME_LEDGER_SHOW_H
#define RATCHET_RUNNER_HOME_LEDGER_SHOW_H

#include "runner/home/opened_run.h"

/* A policy is named by a file, by how its hash begins, or by RUN:ITERATION. */
int ledger_show(struct opened_run *o, const char *id, struct error *err);
int ledger_diff(struct opened_run *o, const char *a, const char *b, struct error *err);
/* Writes a run as files: sources, trials.csv, trials.jsonl, summary.csv, replays,
 * README. */
int ledger_export(struct opened_run *o, const char *folder, struct error *err);

#endif
