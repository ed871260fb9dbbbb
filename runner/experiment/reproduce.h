/* reproduce.h - a recorded run is played again: what is compared, and where it parts. */
#ifndef RATCHET_RUNNER_EXPERIMENT_REPRODUCE_H
#define RATCHET_RUNNER_EXPERIMENT_REPRODUCE_H

#include "runner/experiment/as_recorded.h"
#include "runner/home/climb.h"
#include "runner/home/opened_run.h"
#include "runner/learn/outcome.h"

/* Where the two part first. */
struct parting {
    bool is_found;
    int64_t iteration; /* 0: the start policy's evaluation */
    char what[256];
    char was[80], is[80];
};

void parting_set(struct parting *p, int64_t iteration, const char *what, const char *was,
                 const char *is);

/* reproduce_run.c: a run of the ledger as a session's file. -1 where something is
 * missing: the reason says what. */
int reproduce_export(struct opened_run *o, const char *path, struct error *err);
/* Compares the episodes that the second ledger has got since rowid *last with the
 * first's. -1: the ledger fails. */
int reproduce_episodes(struct opened_run *o, struct ledger *second, int64_t *last,
                       int64_t iteration, struct parting *out, struct error *err);
/* Episodes of the first that the second has not played: of an iteration that was never
 * finished. -1: the ledger fails. */
int64_t reproduce_left_over(struct opened_run *o, int64_t n_played, struct error *err);

#endif
