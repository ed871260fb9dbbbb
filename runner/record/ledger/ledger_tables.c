/* ledger_tables.c - what the ledger shows as tables, each with its query. */
#include "runner/record/ledger/ledger_tables.h"

#include <assert.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

/* ?1 is the run, ?2 the iteration. */
static const struct {
    const char *name;
    bool is_listed; /* a user may name it */
    const char *sql;
} tables[] = {
    { "runs", true,
      "SELECT id, name, model, status, stop_reason, " LEDGER_TIME("created") " AS started,"
      " (SELECT count(*) FROM candidate WHERE run = run.id) AS iterations,"
      " (SELECT sum(steps) FROM episode WHERE run = run.id) AS steps,"
      " CASE is_sealed WHEN 1 THEN 'yes' ELSE 'UNSEALED' END AS sealed,"
      " coalesce((SELECT how FROM public_salt p WHERE p.sha256 = salt_sha256), 'secret')"
      " AS salt FROM run ORDER BY id" },
    { "climb", true,
      "SELECT iteration, verdict, round(dev_before, 2) AS dev_before,"
      " round(dev_after, 2) AS dev_after, round(low, 2) AS low, round(high, 2) AS high, pairs,"
      " json_extract(details, '$.distinct') AS distinct_pairs,"
      " round(json_extract(details, '$.robust.sticky'), 2) AS sticky,"
      " round(json_extract(details, '$.robust.starts'), 2) AS starts,"
      " cases_passed || '/' || cases AS cases, round(seconds, 1) AS seconds,"
      " substr(sha256, 1, 8) AS policy, change, why FROM (SELECT *, 1 AS place FROM"
      " candidate WHERE run = ?1 UNION ALL" LEDGER_CHALLENGERS
      ") ORDER BY iteration, place" },
    { "challengers", true,
      "SELECT iteration, of_iteration, verdict, round(dev_before, 2) AS dev_before,"
      " round(dev_after, 2) AS dev_after, round(low, 2) AS low, round(high, 2) AS high, pairs,"
      " substr(sha256, 1, 8) AS policy, change, why FROM challenge WHERE run = ?"
      " ORDER BY iteration" },
    { "steps", true,
      "SELECT purpose, count(*) FILTER (WHERE scope NOT LIKE '" LEDGER_CUT
      "%') AS episodes,"
      " sum(steps) AS steps,"
      " sum(planner_steps) AS planner_steps, sum(fault > 0) AS faults, " LEDGER_LOST " AS lost,"
      " count(DISTINCT trajectory) AS distinct_trajectories, min(verified) AS all_verified"
      " FROM episode WHERE run = ? GROUP BY purpose" },
    { "episodes", true,
      "SELECT purpose, scope, substr(sha256, 1, 8) AS policy, seed_index, " LEDGER_SCORE(
          "episode",
          "score") " AS score, steps,"
                   " terminated, truncated, fault, verified, printf('%016x', trajectory) AS trajectory"
                   " FROM episode WHERE run = ? ORDER BY rowid" },
    { "calls", true,
      "SELECT iteration, turn, model, json_extract(reply, '$.fingerprint') AS fingerprint,"
      " tokens_in, tokens_cached, tokens_out, tokens_reasoning,"
      " CASE is_estimated WHEN 0 THEN 'no' ELSE 'yes' END AS estimated, usd,"
      " round(seconds, 2) AS seconds, tries, error FROM call WHERE run = ? ORDER BY rowid" },
    { "efficiency", true,
      "SELECT 0 AS iteration, 'start' AS verdict, (SELECT sum(e.steps) FROM"
      " episode e WHERE e.run = ?1 AND e.purpose = 'dev' AND e.sha256 = run.start_sha256)"
      " AS steps, (SELECT avg(" LEDGER_SCORE(
          "e",
          "score") ") FROM episode e WHERE e.run = ?1 AND e.purpose = 'dev'"
                   " AND e.scope = '' AND e.sha256 = run.start_sha256) AS incumbent_mean,"
                   " NULL AS candidate_mean, (SELECT " LEDGER_LOST " FROM episode e WHERE"
                   " e.run = ?1 AND e.purpose = 'dev' AND e.scope = ''"
                   " AND e.sha256 = run.start_sha256) AS lost,"
                   " 0 AS model_calls, 0 AS model_tokens, 0 AS usd, 'no' AS estimated,"
                   " NULL AS minutes FROM run WHERE id = ?1 UNION ALL"
                   " SELECT iteration, verdict, steps, CASE WHEN verdict " LEDGER_PROMOTES
                   " THEN dev_after ELSE dev_before END, dev_after,"
                   " (SELECT " LEDGER_LOST " FROM episode e WHERE e.run = ?1 AND"
                   " e.purpose = 'dev' AND e.scope = '' AND e.sha256 = c.sha256),"
                   " (SELECT count(*) FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration),"
                   " (SELECT " LEDGER_TOKENS " FROM call k WHERE k.run = ?1"
                   " AND k.iteration <= c.iteration), (SELECT " LEDGER_USD
                   " FROM call k WHERE k.run = ?1"
                   " AND k.iteration <= c.iteration), (SELECT " LEDGER_ESTIMATED
                   " FROM call k WHERE k.run = ?1"
                   " AND k.iteration <= c.iteration), round((SELECT total(seconds) FROM work w WHERE w.run = ?1"
                   " AND w.created <= c.created) / 60, 2)"
                   " FROM (SELECT *, 1 AS place FROM candidate WHERE run = ?1 UNION ALL" LEDGER_CHALLENGERS
                   " ORDER BY iteration, place) c ORDER BY 1" },
    { "openings", true,
      "SELECT o.split, o.number, substr(o.sha256, 1, 8) AS policy,"
      " json_extract(r.result, '$.dev.mean') AS dev_mean,"
      " json_extract(r.result, '$.hidden.mean') AS hidden_mean,"
      " json_extract(r.result, '$.hidden.std') AS hidden_std,"
      " json_extract(r.result, '$.gap') AS gap,"
      " json_extract(r.result, '$.gap_interval[0]') AS gap_low,"
      " json_extract(r.result, '$.gap_interval[1]') AS gap_high,"
      " json_extract(r.result, '$.hidden.distinct') AS distinct_trajectories, o.seeds,"
      " " LEDGER_TIME(
          "o.created") " AS opened FROM opening o LEFT JOIN report r"
                       " ON r.run = o.run AND r.split = o.split AND r.number = o.number WHERE o.run = ?" },
    { "notes", true,
      "SELECT iteration, author, (SELECT CASE WHEN by_note IS NULL THEN 'retired' ELSE"
      " 'superseded' END FROM superseded s WHERE s.note = note.id) AS ended, text FROM note"
      " WHERE run = ? ORDER BY id" },
    { "cases", true,
      "SELECT iteration, name, state, signature, reason FROM regression WHERE run = ?" },
    { "incidents", true, "SELECT iteration, what, details FROM incident WHERE run = ?" },
    { "trials", false,
      "SELECT row_number() OVER (ORDER BY e.rowid) AS trial, e.purpose, e.scope, e.sha256 AS policy,"
      " e.seed_index, " LEDGER_SCORE("e", "score") " AS score, " LEDGER_SCORE(
          "e",
          "total") " AS return, e.steps, e.planner_steps,"
                   " sum(e.steps) OVER (ORDER BY e.rowid) AS steps_so_far, e.terminated,"
                   " e.truncated, e.fault, e.fault_text, e.verified, printf('%016x', e.trajectory) AS"
                   " trajectory, printf('%016x', e.start_hash) AS start, " LEDGER_TIME(
                       "e.created") " AS"
                                    " played FROM episode e WHERE e.run = ? ORDER BY e.rowid" },
    { "summary", false,
      "SELECT iteration, sha256 AS policy, parent_sha256 AS parent, verdict, change, why,"
      " dev_before, dev_after, difference, low, high, pairs, cases_passed, cases, steps, seconds,"
      " json_extract(details, '$.tokens') AS tokens, json_extract(details, '$.distinct') AS"
      " distinct_pairs, json_extract(details, '$.robust.sticky') AS sticky,"
      " json_extract(details, '$.robust.starts') AS starts, (SELECT " LEDGER_TOKENS
      " FROM call k WHERE k.run = c.run AND k.iteration = c.iteration) AS"
      " model_tokens, (SELECT " LEDGER_USD
      " FROM call k WHERE k.run = c.run AND k.iteration ="
      " c.iteration) AS usd, (SELECT " LEDGER_ESTIMATED " FROM call k WHERE k.run = c.run AND"
      " k.iteration = c.iteration) AS estimated FROM candidate c WHERE run = ? ORDER BY iteration" },
    { "sources", false,
      "SELECT 0 AS iteration, start_sha256 AS sha256, 1 AS is_kept FROM run WHERE id = ?1"
      " UNION ALL SELECT iteration, sha256, EXISTS (SELECT 1 FROM promotion p WHERE"
      " p.run = ?1 AND p.of_iteration = c.iteration) FROM candidate c"
      " WHERE run = ?1 AND sha256 <> '' ORDER BY 1" },
    /* Promotions and end, with what all had cost until then. */
    { "milestones", false,
      "SELECT iteration, promoted, sha256, steps,"
      " (SELECT " LEDGER_TOKENS " FROM call k"
      "  WHERE k.run = c.run AND k.iteration <= c.iteration) AS tokens,"
      " (SELECT " LEDGER_USD " FROM call k"
      "  WHERE k.run = c.run AND k.iteration <= c.iteration) AS usd,"
      " (SELECT " LEDGER_ESTIMATED " FROM call k"
      "  WHERE k.run = c.run AND k.iteration <= c.iteration) AS estimated"
      " FROM (SELECT run, iteration, 1 AS place, sha256, steps,"
      "  verdict " LEDGER_PROMOTES " AS promoted FROM candidate UNION ALL"
      "  SELECT run, iteration, 0, sha256, steps, 1 FROM promotion WHERE place = 0) c"
      " WHERE run = ?1 ORDER BY iteration, place" },
    { "iteration", false,
      "SELECT run.name AS run, run.model, c.* FROM candidate c JOIN run ON"
      " run.id = c.run WHERE c.run = ?1 AND c.iteration = ?2" },
    { "iteration calls", false,
      "SELECT turn, model, tokens_in, tokens_out, usd,"
      " CASE is_estimated WHEN 0 THEN 'no' ELSE 'yes' END AS estimated, tries, error"
      " FROM call WHERE run = ?1 AND iteration = ?2" },
    { "iteration episodes", false,
      "SELECT e.purpose, e.scope, count(*) AS episodes,"
      " sum(e.steps) AS steps, avg(" LEDGER_SCORE(
          "e",
          "score") ") AS mean,"
                   " " LEDGER_LOST " AS lost, count(DISTINCT e.trajectory)"
                   " AS distinct_trajectories, min(e.seed_index) || ' to ' || max(e.seed_index)"
                   " AS seeds FROM candidate c JOIN episode e ON e.run = c.run AND e.sha256 ="
                   " c.sha256 WHERE c.run = ?1 AND c.sha256 <> '' AND e.purpose <> 'regression'"
                   " GROUP BY c.iteration, e.purpose, e.scope HAVING c.iteration = ?2" },
};

bool ledger_table_exists(const char *name)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        if (tables[i].is_listed && !strcmp(tables[i].name, name))
            return true;
    return false;
}

json_t *ledger_table(struct ledger *l, const char *name, int64_t run, int64_t iteration,
                     struct error *err)
{
    size_t i = 0;
    sqlite3_stmt *s;

    while (strcmp(tables[i].name, name)) {
        i++;
        assert(i < sizeof(tables) / sizeof(tables[0]));
    }
    s = ledger_prepare(l, err, tables[i].sql, "");
    if (s && sqlite3_bind_parameter_count(s) > 0)
        sqlite3_bind_int64(s, 1, run);
    if (s && sqlite3_bind_parameter_count(s) > 1)
        sqlite3_bind_int64(s, 2, iteration);
    return ledger_rows(l, s, err);
}
