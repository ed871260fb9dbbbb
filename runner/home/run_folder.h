/* run_folder.h - a run's folder: the file in it that says whose it is, and the way from it to
 * its ledger. */
#ifndef RATCHET_RUNNER_HOME_RUN_FOLDER_H
#define RATCHET_RUNNER_HOME_RUN_FOLDER_H

#include <stdbool.h>

#include "runner/record/ledger/ledger.h"

/* Writes run.json: the run's name, and where the ledger lies that knows it. */
int run_folder_mark(const struct ledger_run *run, const char *ledger, struct error *err);
/* Does something of a run lie there? A salt alone is none: it may be given beforehand. */
bool run_folder_holds(const char *folder);
/* As ledger_session_find, where `name` may also be the folder by any of its paths. */
int run_folder_find(struct ledger *l, const char *name, struct ledger_run *out,
                    struct error *err);
/* From here on the process works in the home of the run whose folder `path` is, or whose file it
 * is, unless today's ledger knows that run. Nothing else happens to paths that are no run's. */
void run_folder_follow(const char *path);
/* The path from the root; the caller frees it. */
char *run_folder_whole(const char *path);

#endif
