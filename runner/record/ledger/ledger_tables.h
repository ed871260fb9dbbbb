/* ledger_tables.h - what the ledger shows as tables: rows of JSON objects, whose keys are
 * the columns, for table.h. */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_LEDGER_TABLES_H
#define RATCHET_RUNNER_RECORD_LEDGER_LEDGER_TABLES_H

#include "runner/record/ledger/ledger.h"

/* Is it one that a user may name: runs, climb, challengers...? */
bool ledger_table_exists(const char *name);

/* The rows of a table, which there is; a new reference, NULL on failure. iteration: for
 * those of one: "iteration", "iteration calls", "iteration episodes". */
json_t *ledger_table(struct ledger *l, const char *name, int64_t run, int64_t iteration,
                     struct error *err);

#endif
