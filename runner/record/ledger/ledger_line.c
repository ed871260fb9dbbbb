/* ledger_line.c - lines of policies: runs that go on from what earlier ones promoted, and
 * the candidates that were tried in them.
 *
 * The error that a gate allows is for a whole line: whoever forks a run, goes on with it,
 * or starts a new one from its best policy counts on where it stood. */
#include <math.h>

#include "runner/record/ledger/ledger_db.h"

/* The run that the line of this one began with. A parent is always an earlier run. */
static int64_t find_line(struct ledger *l, int64_t run, struct error *err)
{
    int64_t parent = run;

    while (parent > 0) {
        run = parent;
        parent = ledger_number(
            l, err,
            ledger_prepare(
                l, err,
                "SELECT coalesce((SELECT parent FROM fork WHERE run=?1),"
                " (SELECT max(c.run) FROM promotion c JOIN run r ON r.id=c.run"
                "  JOIN run me ON me.id=?1 WHERE c.sha256=me.start_sha256 AND c.run < ?1"
                "  AND"
                "  json_extract(r.task, '$.name')=json_extract(me.task, '$.name')), 0)",
                "i", run));
        if (parent >= run)
            parent = 0;
    }
    return parent < 0 ? -1 : run;
}

static int64_t ledger_line_next_number(struct ledger *l, int64_t line, struct error *err)
{
    return ledger_number(
        l, err,
        ledger_prepare(l, err,
                       "SELECT coalesce(max(ordinal), 0) + 1 FROM attempt WHERE line=?",
                       "i", line));
}

int64_t ledger_attempt_next(struct ledger *l, int64_t run, struct error *err)
{
    int64_t line = find_line(l, run, err);

    return line < 0 ? -1 : ledger_line_next_number(l, line, err);
}

static int64_t ledger_line_add(struct ledger *l, int64_t run, int64_t iteration,
                               struct error *err)
{
    int64_t n = ledger_number(
                l, err,
                ledger_prepare(l, err,
                               "SELECT ordinal FROM attempt WHERE run=? AND iteration=?",
                               "ii", run, iteration)),
            line;

    if (n != 0)
        return n;
    line = find_line(l, run, err);
    n = line < 0 ? -1 : ledger_line_next_number(l, line, err);
    if (n > 0 && ledger_execute(
                     l, err,
                     ledger_prepare(l, err, "INSERT INTO attempt VALUES(?,?,?,?,?)",
                                    "iiiii", run, iteration, line, n, ledger_now())) != 0)
        return -1;
    return n;
}

int64_t ledger_attempt_add(struct ledger *l, int64_t run, int64_t iteration,
                           struct error *err)
{
    int64_t n;

    if (ledger_begin(l, err) != 0)
        return -1;
    n = ledger_line_add(l, run, iteration, err);
    return ledger_settle(l, n > 0 ? 0 : -1, err) == 0 ? n : -1;
}

int ledger_challenge_add(struct ledger *l, int64_t run, const struct ledger_challenge *c,
                         struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err,
            "INSERT OR IGNORE INTO challenge VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "iiissssdddddddiisi", run, c->iteration, c->of_iteration, c->sha256,
            verdict_name(c->verdict), c->why, c->change, c->dev_before, c->before_half,
            c->dev_after, c->after_half, c->difference, isfinite(c->low) ? c->low : NAN,
            isfinite(c->high) ? c->high : NAN, c->pairs, c->steps, c->details,
            ledger_now()));
}
