/* opened_run.h - a run as commands find it again: its ledger, task, salt and lock. */
#ifndef RATCHET_RUNNER_HOME_OPENED_RUN_H
#define RATCHET_RUNNER_HOME_OPENED_RUN_H

#include "runner/evaluate/setup.h"
#include "runner/evaluate/seeds.h"
#include "runner/record/ledger/ledger.h"

/* Owns everything. Zero with lock -1 before it is opened. */
struct opened_run {
    char *ledger_path;
    struct ledger *ledger;
    struct ledger_run run;
    struct task *task;
    struct salt salt;
    int lock;        /* descriptor */
    bool only_reads; /* set it before the ledger is opened, which is then not written */
};

/* The ledger alone: there must be one. */
int opened_ledger(struct opened_run *o, struct error *err);
/* Has the ledger (there may be none) a run of that folder, which is still there? 1: yes,
 * 0: no, -1: error. */
int run_exists(const char *folder, struct error *err);
/* What came of the latest opening of its holdout seeds: opening (number), hidden_mean,
 * hidden_std, gap, gap_low, gap_high. A new reference; NULL: nothing yet. */
json_t *run_last_holdout(const char *folder);
/* Does a process work on the run in that folder? */
bool run_is_locked(const char *folder);
/* Takes the run's lock, which ends with the process. -1: another one has it. */
int run_lock(const char *folder, int *lock, struct error *err);
/* The salt that must be there. */
int run_read_salt(struct salt *salt, const char *path, struct error *err);
/* May the run go on? Not when its salt is public, unless its replies are recorded. */
int run_check_salt(struct ledger *ledger, const struct ledger_run *run,
                   struct error *err);
/* Do its episodes compare with what is played now? Not when they were played in another
 * version of the environment or of chance; nor, if must_know, when that is not known. */
int run_check_versions(const struct ledger_run *run, const struct task *task,
                       bool must_know, struct error *err);
/* logs/ may have been moved, or lie on another machine: the folder is the one in today's
 * logs/ of that name, if it has the run's salt, else the one that the ledger names. */
void run_settle(struct ledger_run *run);
/* The run of that session, name or folder (NULL: the latest), with its task. */
int opened_run_find(struct opened_run *o, const struct setup *s,
                    const char *name, struct error *err);
/* Its lock, which ends with the process, and its salt. -1: another process works on it,
 * or the salt is another. */
int opened_run_lock(struct opened_run *o, struct error *err);
void opened_run_clear(struct opened_run *o);

#endif
