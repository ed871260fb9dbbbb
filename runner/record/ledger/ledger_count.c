/* ledger_count.c - what a run has used so far: steps, time, calls, tokens, money. A
 * ledger that cannot be read tells no count, and says so. */
#include <math.h>
#include <stdlib.h>

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
    int64_t n_damaged = 0, steps, planner_steps, episodes, damaged;
    char *purpose;
    int found;

    *out = (struct ledger_steps){ 0 };
    while ((found = ledger_next(l, err, s, "siiii", &purpose, &steps, &planner_steps,
                                &episodes, &damaged)) == 1) {
        enum purpose p = purpose_read(purpose);
        free(purpose);
        n_damaged += damaged;
        if (p == N_PURPOSES)
            continue;
        out->steps[p] = steps;
        out->planner_steps[p] = planner_steps;
        out->episodes[p] = episodes;
    }
    return found < 0 || n_damaged == 0
               ? found
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
    *seconds = 0;
    return ledger_first(l, err,
                        ledger_prepare(
                            l, err, "SELECT total(max(seconds, 0)) FROM work WHERE run=?",
                            "i", run),
                        "d", seconds) < 0
               ? -1
               : 0;
}

/* A sum that is more than fits is the most that does. */
static int64_t saturate(double sum)
{
    return sum < 0x1p63 ? (int64_t)sum : INT64_MAX;
}

int ledger_count_calls(struct ledger *l, int64_t run, int64_t *calls, int64_t *tokens,
                       double *usd, struct error *err)
{
    double sum = 0;

    *calls = 0;
    *usd = NAN;
    if (ledger_first(
            l, err,
            ledger_prepare(
                l, err,
                "SELECT count(*) FILTER (WHERE iteration > 0),"
                " total(max(tokens_in,0)) + total(max(tokens_out,0)),"
                " CASE WHEN count(*) FILTER (WHERE (usd IS NULL AND reply IS NOT NULL) OR"
                " usd < 0 OR typeof(usd) NOT IN ('real', 'integer', 'null')) = 0"
                " THEN total(usd) END FROM call WHERE run=?",
                "i", run),
            "idd", calls, &sum, usd) < 0)
        return -1;
    *tokens = saturate(sum);
    return 0;
}
