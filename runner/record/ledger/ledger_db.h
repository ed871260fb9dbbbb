/* ledger_db.h - what the parts of the ledger share: private to
 * runner/record/ledger/. */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_LEDGER_DB_H
#define RATCHET_RUNNER_RECORD_LEDGER_LEDGER_DB_H

#include <sqlite3.h>

#include "runner/record/ledger/ledger.h"

struct ledger {
    sqlite3 *db;
    char *path;
};

#define LEDGER_BUSY_MS 30000 /* how long one process waits for another */

/* A pipe or a device in the file's place is refused: it would not end. */
int ledger_check_place(const char *path, struct error *err);
/* That of the tables, as this ratchet knows them. */
extern const int ledger_version;
/* Brings the tables up to date. */
int ledger_migrate(struct ledger *l, struct error *err);
/* The file's version; -1: not a ledger, or a later ratchet's. */
int ledger_read_version(struct ledger *l, struct error *err);

/* ledger_db.c from here on. A prepared query; the caller steps and finalizes it. NULL on failure. letters say what
 * follows: i int64_t, d double (NAN: NULL), s text or NULL, b blob with size_t. */
sqlite3_stmt *ledger_prepare(struct ledger *l, struct error *err, const char *sql,
                             const char *letters, ...);
/* A statement that gives no rows; finalizes it. NULL fails. */
int ledger_execute(struct ledger *l, struct error *err, sqlite3_stmt *s);
/* Steps to the next row and reads its columns as letters say: i int64_t, n int, b bool,
 * d double (NAN: no number), s a copy of a text ("" for NULL), t one that may be NULL,
 * h char[65], B a copy of a blob (void *, size_t), and words: p a purpose, v a verdict, r a
 * run's state, k a secrecy, q a dream's kind. 1: a row was read, 0: there is none
 * left, -1: it failed; the last two have finalized the query, and changed nothing. */
int ledger_next(struct ledger *l, struct error *err, sqlite3_stmt *s, const char *letters,
                ...);
/* The first row alone, in the same way; finalizes. NULL fails. */
int ledger_first(struct ledger *l, struct error *err, sqlite3_stmt *s, const char *letters,
                 ...);
/* What a query of one number gives; 0 where it gives no row, -1 where it failed. */
int64_t ledger_number(struct ledger *l, struct error *err, sqlite3_stmt *s);
/* A row as a struct: which columns a query of it has, as letters, and where each goes. */
struct ledger_type {
    const char *letters; /* as those of ledger_next, but t and B */
    size_t size, at[20];
};
/* All rows, as an array of the struct at *list (a pointer to it) and their number; how many,
 * or -1, and then there are none. Finalizes. */
int ledger_list(struct ledger *l, struct error *err, sqlite3_stmt *s,
                const struct ledger_type *t, void *list, int *n);
void ledger_list_clear(const struct ledger_type *t, void *list, int *n);
void ledger_row_clear(const struct ledger_type *t, void *row);
/* A statement without parameters and rows. */
int ledger_do(struct ledger *l, const char *sql, struct error *err);
/* Ends what ledger_begin began: it is kept where status is 0. -1: nothing of it is. */
int ledger_settle(struct ledger *l, int status, struct error *err);
/* Steps to the end, finalizes; rows as objects. NULL on failure. */
json_t *ledger_rows(struct ledger *l, sqlite3_stmt *s, struct error *err);
/* One query's rows as a JSON array of objects, for tables and CSV; ? takes `run`. NULL on
 * failure. */
json_t *ledger_query(struct ledger *l, const char *sql, int64_t run, struct error *err);
/* Writes what SQLite says; -1. */
int ledger_fail(struct ledger *l, struct error *err);
int64_t ledger_now(void);

/* Of a row of `note`: does this run see it? It sees the dreams from before it began. */
#define LEDGER_IS_SEEN(run)                                                  \
    "NOT EXISTS (SELECT 1 FROM superseded s JOIN dream d ON d.id = s.dream"  \
    " WHERE s.note = note.id AND d.run_to < " run ")"                        \
    " AND (author <> 'dream' OR EXISTS (SELECT 1 FROM dreamt t JOIN dream d" \
    " ON d.id = t.dream WHERE t.note = note.id AND d.run_to < " run "))"

/* verdict_promotes, as SQL. */
#define LEDGER_PROMOTES "IN ('better', 'simpler')"
/* The score of a row of episode, as SQL: an episode that the environment broke
 * (FAULT_environment) has none. */
#define LEDGER_SCORE(row, column) \
    "CASE " row ".fault WHEN 10 THEN NULL ELSE " row "." column " END"
/* Sums over rows of call, as SQL: 0 of none, unknown (null) where any answer did not say. */
#define LEDGER_TOKENS                                                                   \
    "CASE WHEN count(*) = 0 THEN 0 WHEN"                                                \
    " min(CASE WHEN error IS NULL THEN max(tokens_in, tokens_out) ELSE 0 END)"          \
    " >= 0 THEN sum(max(tokens_in, 0) + max(tokens_out, 0)) END"
#define LEDGER_USD                                                             \
    "CASE WHEN count(*) = 0 THEN 0 WHEN count(usd) = sum(error IS NULL) THEN" \
    " total(usd) END"
/* Did nobody count some of these tokens (provider.h: is_estimated)? Then money by their price
 * is an estimate, too; table.h shows both with a tilde. */
#define LEDGER_ESTIMATED "CASE WHEN total(is_estimated) > 0 THEN 'yes' ELSE 'no' END AS estimated"
/* Over rows of episode, as SQL: how many were lost to the clock (FAULT_void) or with the
 * environment (FAULT_environment). The first have the worst score, the others none. */
#define LEDGER_LOST "count(*) FILTER (WHERE fault IN (6, 10))"
/* SQL of a time as text: UTC, in ISO 8601. */
#define LEDGER_TIME(seconds) "strftime('%Y-%m-%dT%H:%M:%SZ', " seconds ", 'unixepoch')"

/* Of run ?1, those that became the incumbent, as rows of `candidate` with place 0 behind
 * them. */
#define LEDGER_CHALLENGERS                                                               \
    " SELECT run, iteration, sha256, sha256, verdict, why, 'Challenger of iteration '"   \
    " || of_iteration || ': ' || change, dev_before, dev_after, difference, low, high,"  \
    " pairs, NULL, NULL, NULL, steps, before_half, after_half, details, created, 0 FROM" \
    " challenge WHERE run = ?1 AND verdict " LEDGER_PROMOTES

#endif
