/* ledger_report.c - what the ledger has of a run, gathered for its report. */
#include "runner/record/ledger/ledger_report.h"

#include <stddef.h>

#include "runner/record/ledger/ledger_db.h"

static const char totals_sql[] =
    "SELECT (SELECT count(*) FROM call WHERE run = ?1 AND error IS NULL) AS calls,"
    " (SELECT " LEDGER_TOKENS " FROM call WHERE run = ?1) AS tokens,"
    " (SELECT " LEDGER_USD " FROM call WHERE run = ?1) AS usd,"
    " (SELECT " LEDGER_ESTIMATED " FROM call WHERE run = ?1) AS estimated,"
    " (SELECT " LEDGER_LOST " FROM episode WHERE run = ?1) AS lost,"
    " (SELECT sum(steps) FROM episode WHERE run = ?1) AS steps,"
    " (SELECT sum(steps) FROM episode WHERE run = ?1 AND purpose = 'dev'"
    " AND sha256 = run.start_sha256) AS start_steps,"
    " (SELECT avg(" LEDGER_SCORE("episode", "score") ") FROM episode WHERE run = ?1 AND purpose = 'dev' AND scope = '' AND"
    " sha256 = run.start_sha256) AS start_mean,"
    " (SELECT sum(seconds) FROM work WHERE run = ?1) / 60.0 AS minutes"
    " FROM run WHERE id = ?1";

/* Lists that need nothing but their query. */
static const struct {
    const char *key, *sql;
} lists[] = {
    { "iterations",
      "SELECT c.iteration, c.verdict, c.dev_before, c.before_half, c.dev_after,"
      " c.after_half, c.difference, c.low, c.high, c.pairs, c.cases_passed, c.cases, c.steps,"
      " (SELECT total(seconds) FROM work w WHERE w.run = ?1 AND w.created <= c.created) / 60.0"
      " AS minutes,"
      " (SELECT " LEDGER_TOKENS
      " FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration) AS"
      " tokens, (SELECT " LEDGER_USD
      " FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration)"
      " AS usd, (SELECT " LEDGER_ESTIMATED
      " FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration)"
      " AS estimated, (SELECT " LEDGER_LOST " FROM episode e WHERE e.run = ?1 AND"
      " e.purpose = 'dev' AND e.scope = '' AND e.sha256 = c.sha256) AS lost,"
      " c.change, c.why, c.sha256 AS policy, c.parent_sha256 AS parent,"
      " c.verdict " LEDGER_PROMOTES " AS is_promoted"
      " FROM (SELECT *, 1 AS place FROM candidate WHERE run = ?1 UNION ALL" LEDGER_CHALLENGERS
      ") c JOIN run ON run.id = c.run ORDER BY c.iteration, c.place" },
    { "cases",
      "SELECT r.name, r.iteration, r.signature, (SELECT s.state FROM regression s WHERE"
      " s.run = r.run AND s.name = r.name ORDER BY s.created DESC, s.rowid DESC LIMIT 1) AS"
      " state, r.reason FROM regression r WHERE r.run = ?1 AND r.state IN ('admitted', 'proposed')"
      " GROUP BY r.name ORDER BY r.name" },
    { "broken",
      "SELECT iteration, cases_passed, cases, cases - cases_passed AS n_broken, verdict,"
      " change, why FROM candidate WHERE run = ?1 AND cases_passed < cases ORDER BY iteration" },
    { "challengers",
      "SELECT iteration, of_iteration, verdict, dev_after, after_half, pairs, low, high, steps,"
      " change, why FROM challenge WHERE run = ?1 ORDER BY iteration" },
    { "purposes",
      "SELECT purpose, count(*) FILTER (WHERE scope NOT LIKE '" LEDGER_CUT "%') AS"
      " episodes, sum(steps) AS steps, sum(planner_steps) AS"
      " planner_steps, sum(fault > 0) AS faults, " LEDGER_LOST " AS lost, count(DISTINCT trajectory) AS trajectories,"
      " round(100.0 * sum(steps) / (SELECT max(1, sum(steps))"
      " FROM episode WHERE run = ?1), 1) AS share FROM episode WHERE run = ?1 GROUP BY purpose"
      " ORDER BY 3 DESC" },
    { "money",
      "SELECT coalesce(c.verdict, 'no verdict') AS outcome, k.model, count(*) AS calls,"
      " sum(k.error IS NOT NULL) AS errors, " LEDGER_TOKENS " AS tokens, " LEDGER_USD " AS usd, "
      LEDGER_ESTIMATED ", sum(k.seconds) AS seconds FROM call k LEFT JOIN candidate c ON c.run = k.run AND"
      " c.iteration = k.iteration WHERE k.run = ?1 GROUP BY 1, 2 ORDER BY 3 DESC" },
    { "openings",
      "SELECT o.split, o.number, o.sha256 AS policy,"
      " json_extract(r.result, '$.dev.mean') AS dev_mean,"
      " json_extract(r.result, '$.hidden.mean') AS hidden_mean,"
      " json_extract(r.result, '$.gap') AS gap,"
      " json_extract(r.result, '$.gap_interval[0]') AS gap_low,"
      " json_extract(r.result, '$.gap_interval[1]') AS gap_high,"
      " json_extract(r.result, '$.hidden.episodes') AS episodes, o.seeds,"
      " " LEDGER_TIME(
          "o.created") " AS opened FROM opening o LEFT JOIN report r"
                       " ON r.run = o.run AND r.split = o.split AND r.number = o.number WHERE o.run = ?1" },
    { "incidents", "SELECT iteration, what, details FROM incident WHERE run = ?1" },
    { "notes",
      "SELECT iteration, author, text FROM note WHERE run = ?1 ORDER BY iteration, id" },
};

json_t *ledger_report_rows(struct ledger *l, int64_t run, struct error *err)
{
    json_t *totals = ledger_query(l, totals_sql, run, err), *json = NULL;
    bool is_whole = totals != NULL;

    if (totals)
        json = json_incref(json_array_get(totals, 0));
    json_decref(totals);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && is_whole; i++) {
        json_t *rows = ledger_query(l, lists[i].sql, run, err);
        is_whole = rows && json_object_set_new(json, lists[i].key, rows) == 0;
    }
    if (is_whole)
        return json;
    json_decref(json);
    return NULL;
}

json_t *ledger_report_holdout(struct ledger *l, int64_t run)
{
    json_t *rows = ledger_query(
        l,
        "SELECT number AS opening, json_extract(result, '$.hidden.mean') AS hidden_mean,"
        " json_extract(result, '$.hidden.std') AS hidden_std,"
        " json_extract(result, '$.gap') AS gap,"
        " json_extract(result, '$.gap_interval[0]') AS gap_low,"
        " json_extract(result, '$.gap_interval[1]') AS gap_high FROM report"
        " WHERE run = ? AND split = 'holdout' ORDER BY number DESC LIMIT 1",
        run, NULL);
    json_t *row = json_incref(json_array_get(rows, 0));

    json_decref(rows);
    return row;
}

int ledger_report_gain(struct ledger *l, int64_t run, double **out, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "WITH e AS (SELECT sha256, seed_index, " LEDGER_SCORE("episode", "score") " AS score,"
        " max(scope) FROM episode WHERE run = ?1 AND purpose = 'gate' AND scope IN ('gain',"
        " 'gain again') GROUP BY sha256, seed_index)" /* of both, the row of 'gain again' */
        " SELECT b.score - a.score AS d FROM e a JOIN e b ON b.seed_index = a.seed_index JOIN"
        " run ON run.id = ?1 WHERE d IS NOT NULL AND"
        " a.sha256 = run.start_sha256 AND b.sha256 = coalesce((SELECT sha256 FROM promotion"
        " WHERE run = ?1 ORDER BY iteration DESC, place DESC LIMIT 1), run.start_sha256)",
        "i", run);
    static const struct ledger_type type = { "d", sizeof(double), { 0 } };
    int n;

    return ledger_list(l, err, s, &type, out, &n);
}

int ledger_report_episodes(struct ledger *l, int64_t run, const char *sha256,
                           struct ledger_seed **out, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT seed_index, seed FROM episode WHERE run = ? AND purpose = 'dev' AND"
        " scope = '' AND sha256 = ? AND length(tape) > 0 ORDER BY seed_index LIMIT 1000",
        "is", run, sha256);
    static const struct ledger_type type = {
        "ii",
        sizeof(struct ledger_seed),
        { offsetof(struct ledger_seed, index), offsetof(struct ledger_seed, seed) },
    };
    int n;

    return ledger_list(l, err, s, &type, out, &n);
}
