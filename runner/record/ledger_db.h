/* ledger_db.h - what the parts of the ledger share: private to runner/record/ledger*.c. */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_DB_H
#define RATCHET_RUNNER_RECORD_LEDGER_DB_H

#include <sqlite3.h>

#include "runner/record/ledger.h"

struct ledger {
    sqlite3 *db;
    char *path;
};

/* A prepared query; the caller steps and finalizes it. NULL on failure. letters say what
 * follows: i int64_t, d double (NAN: NULL), s text or NULL, b blob with size_t. */
sqlite3_stmt *ledger_prepare(struct ledger *l, struct error *err, const char *sql,
                             const char *letters, ...);
/* A statement that gives no rows; finalizes it. NULL fails. */
int ledger_execute(struct ledger *l, struct error *err, sqlite3_stmt *s);
/* Writes what SQLite says; -1. */
int ledger_fail(struct ledger *l, struct error *err);
/* A copy of a column's text, "" for NULL. */
char *ledger_column(sqlite3_stmt *s, int column);
int64_t ledger_now(void);

#endif
