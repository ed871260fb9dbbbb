/* ledger_report.h - what the ledger has of a run, gathered for its report. */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_LEDGER_REPORT_H
#define RATCHET_RUNNER_RECORD_LEDGER_LEDGER_REPORT_H

#include "runner/record/ledger/ledger.h"

/* An object: the run's sums, and its lists (iterations, cases, broken, challengers,
 * purposes, money, openings, incidents, notes), as docs/formats.md has them of a report. A
 * new reference; NULL on failure. */
json_t *ledger_report_rows(struct ledger *l, int64_t run, struct error *err);

/* What came of the latest opening of its holdout seeds: opening (number), hidden_mean,
 * hidden_std, gap, gap_low, gap_high. A new reference; NULL: nothing yet. */
json_t *ledger_report_holdout(struct ledger *l, int64_t run);

/* The incumbent's score less the start's on each hidden seed that both were measured on
 * for the gain. How many; -1 on failure. The caller frees *out. */
int ledger_report_gain(struct ledger *l, int64_t run, double **out, struct error *err);

/* The dev episodes of a policy that have their tapes, by their index; at most 1000. How
 * many; -1 on failure. The caller frees *out. */
struct ledger_seed {
    int64_t index;
    uint64_t seed;
};
int ledger_report_episodes(struct ledger *l, int64_t run, const char *sha256,
                           struct ledger_seed **out, struct error *err);

#endif
