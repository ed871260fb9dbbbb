/* ledger_count.c - what a run has used so far: steps, time, calls, tokens, money. A ledger
 * that cannot be read tells no count, and says so. */
#include <math.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

int ledger_count_steps(struct ledger *l, int64_t run, struct ledger_steps *out,
                       struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT purpose, sum(steps), sum(planner_steps),"
        " count(*) FILTER (WHERE scope NOT LIKE '" LEDGER_CUT "%'),"
        " count(*) FILTER (WHERE typeof(steps) <> 'integer' OR steps < 0"
        " OR typeof(planner_steps) <> 'integer' OR planner_steps < 0)"
        " FROM episode WHERE run=? GROUP BY purpose",
        "i", run);
    int64_t n_damaged = 0;

    *out = (struct ledger_steps){ 0 };
    if (!s)
        return -1;
    while (sqlite3_step(s) == SQLITE_ROW) {
        n_damaged += sqlite3_column_int64(s, 4);
        for (int p = 0; p < N_PURPOSES; p++)
            if (!strcmp(purpose_name(p), (const char *)sqlite3_column_text(s, 0))) {
                out->steps[p] = sqlite3_column_int64(s, 1);
                out->planner_steps[p] = sqlite3_column_int64(s, 2);
                out->episodes[p] = sqlite3_column_int64(s, 3);
            }
    }
    if (sqlite3_finalize(s) != SQLITE_OK)
        return ledger_fail(l, err);
    return n_damaged == 0 ? 0
                          : error_set(err,
                                      "%s: the steps of %lld episodes of this run are no "
                                      "counts: somebody wrote into it",
                                      l->path, (long long)n_damaged);
}

int ledger_work_add(struct ledger *l, int64_t run, double seconds, struct error *err)
{
    return ledger_execute(l, err,
                          ledger_prepare(l, err, "INSERT INTO work VALUES(?,?,?)", "idi",
                                         run, seconds, ledger_now()));
}

int ledger_work_sum(struct ledger *l, int64_t run, double *seconds, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err, "SELECT total(max(seconds, 0)) FROM work WHERE run=?",
                                     "i", run);

    *seconds = 0;
    if (!s)
        return -1;
    if (sqlite3_step(s) == SQLITE_ROW)
        *seconds = sqlite3_column_double(s, 0);
    return sqlite3_finalize(s) == SQLITE_OK ? 0 : ledger_fail(l, err);
}

/* A sum that is more than fits is the most that does. */
static int64_t saturate(double sum)
{
    return sum < 0x1p63 ? (int64_t)sum : INT64_MAX;
}

int ledger_count_calls(struct ledger *l, int64_t run, int64_t *calls, int64_t *tokens,
                       double *usd, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT count(*), total(max(tokens_in,0)) + total(max(tokens_out,0)),"
        " sum(usd), count(*) FILTER (WHERE (usd IS NULL AND reply IS NOT NULL) OR usd < 0"
        " OR typeof(usd) NOT IN ('real', 'integer', 'null'))"
        " FROM call WHERE run=?",
        "i", run);

    *calls = *tokens = 0;
    *usd = NAN;
    if (!s)
        return -1;
    if (sqlite3_step(s) == SQLITE_ROW) {
        *calls = sqlite3_column_int64(s, 0);
        *tokens = saturate(sqlite3_column_double(s, 1));
        if (sqlite3_column_int64(s, 3) == 0)
            *usd = sqlite3_column_double(s, 2);
    }
    return sqlite3_finalize(s) == SQLITE_OK ? 0 : ledger_fail(l, err);
}
