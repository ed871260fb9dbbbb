/* report_run.c - gathers a run from the ledger as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diff.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/evaluate/stats.h"
#include "runner/report/report_parts.h"

#define MOST_DIFF 200000 /* bytes of one that is shown */

/* Sums of a run's calls; unknown where any answer did not say. */
#define TOKENS                                                                          \
    "CASE WHEN min(CASE WHEN error IS NULL THEN max(tokens_in, tokens_out) ELSE 0 END)" \
    " >= 0 THEN sum(max(tokens_in, 0) + max(tokens_out, 0)) END"
#define USD "CASE WHEN count(usd) = sum(error IS NULL) THEN sum(usd) END"

static const char iterations_sql[] =
    "SELECT c.iteration, c.verdict, c.dev_before, c.before_half, c.dev_after,"
    " c.after_half, c.difference, c.low, c.high, c.pairs, c.cases_passed, c.cases, c.steps,"
    " (SELECT total(seconds) FROM work w WHERE w.run = ?1 AND w.created <= c.created) / 60.0"
    " AS minutes,"
    " (SELECT " TOKENS " FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration) AS"
    " tokens, (SELECT " USD
    " FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration)"
    " AS usd, c.change, c.why, c.sha256 AS policy, c.parent_sha256 AS parent,"
    " c.verdict IN ('better', 'simpler') AS is_promoted"
    " FROM (SELECT *, 1 AS place FROM candidate WHERE run = ?1 UNION ALL" LEDGER_CHALLENGERS
    ") c JOIN run ON run.id = c.run ORDER BY c.iteration, c.place";

static const char totals_sql[] =
    "SELECT (SELECT count(*) FROM call WHERE run = ?1 AND error IS NULL) AS calls,"
    " (SELECT " TOKENS " FROM call WHERE run = ?1) AS tokens,"
    " (SELECT " USD " FROM call WHERE run = ?1) AS usd,"
    " (SELECT sum(steps) FROM episode WHERE run = ?1) AS steps,"
    " (SELECT sum(steps) FROM episode WHERE run = ?1 AND purpose = 'dev'"
    " AND sha256 = run.start_sha256) AS start_steps,"
    " (SELECT avg(score) FROM episode WHERE run = ?1 AND purpose = 'dev' AND scope = '' AND"
    " sha256 = run.start_sha256) AS start_mean,"
    " (SELECT sum(seconds) FROM work WHERE run = ?1) / 60.0 AS minutes"
    " FROM run WHERE id = ?1";

/* Lists that need nothing but their query. */
static const struct {
    const char *key, *sql;
} lists[] = {
    { "cases",
      "SELECT r.name, r.iteration, r.signature, (SELECT s.state FROM regression s WHERE"
      " s.run = r.run AND s.name = r.name ORDER BY s.created DESC, s.rowid DESC LIMIT 1) AS"
      " state, r.reason FROM regression r WHERE r.run = ?1 AND r.state IN ('admitted', 'proposed')"
      " GROUP BY r.name ORDER BY r.name" },
    { "broken",
      "SELECT iteration, cases_passed, cases, cases - cases_passed AS n_broken, verdict,"
      " change, why FROM candidate WHERE run = ?1 AND cases_passed < cases ORDER BY iteration" },
    { "challengers",
      "SELECT iteration, of_iteration, verdict, pairs, low, high, change, why FROM challenge"
      " WHERE run = ?1 ORDER BY iteration" },
    { "purposes",
      "SELECT purpose, count(*) FILTER (WHERE scope NOT LIKE '" LEDGER_CUT "%') AS"
      " episodes, sum(steps) AS steps, sum(planner_steps) AS"
      " planner_steps, sum(fault > 0) AS faults, count(DISTINCT trajectory) AS trajectories,"
      " round(100.0 * sum(steps) / (SELECT max(1, sum(steps))"
      " FROM episode WHERE run = ?1), 1) AS share FROM episode WHERE run = ?1 GROUP BY purpose"
      " ORDER BY 3 DESC" },
    { "money",
      "SELECT coalesce(c.verdict, 'no verdict') AS outcome, k.model, count(*) AS calls,"
      " sum(k.error IS NOT NULL) AS errors, " TOKENS " AS tokens, " USD " AS usd,"
      " sum(k.seconds) AS seconds FROM call k LEFT JOIN candidate c ON c.run = k.run AND"
      " c.iteration = k.iteration WHERE k.run = ?1 GROUP BY 1, 2 ORDER BY 3 DESC" },
    { "openings",
      "SELECT o.split, o.number, o.sha256 AS policy,"
      " json_extract(r.result, '$.dev.mean') AS dev_mean,"
      " json_extract(r.result, '$.hidden.mean') AS hidden_mean,"
      " json_extract(r.result, '$.gap') AS gap,"
      " json_extract(r.result, '$.gap_interval[0]') AS gap_low,"
      " json_extract(r.result, '$.gap_interval[1]') AS gap_high,"
      " json_extract(r.result, '$.hidden.episodes') AS episodes,"
      " " LEDGER_TIME("o.created") " AS opened FROM opening o LEFT JOIN report r"
      " ON r.run = o.run AND r.split = o.split AND r.number = o.number WHERE o.run = ?1" },
    { "incidents", "SELECT iteration, what, details FROM incident WHERE run = ?1" },
    { "notes",
      "SELECT iteration, author, text FROM note WHERE run = ?1 ORDER BY iteration, id" },
};

static int add_query(json_t *json, const char *key, struct ledger *l, const char *sql,
                     int64_t run, struct error *err)
{
    json_t *rows = ledger_query(l, sql, run, err);

    return rows ? json_object_set_new(json, key, rows) : -1;
}

/* Sets a number, or null where it is none. */
static void set(json_t *json, const char *key, double value)
{
    json_object_set_new(json, key, json_finite(value));
}

static void add_point(json_t *curve, const json_t *at, double mean, double half)
{
    json_t *point = json_object();

    set(point, "steps", json_get_number(at, "steps"));
    set(point, "tokens", json_get_number(at, "tokens"));
    set(point, "usd", json_get_number(at, "usd"));
    set(point, "minutes", json_get_number(at, "minutes"));
    set(point, "mean", mean);
    set(point, "low", mean - half);
    set(point, "high", mean + half);
    json_array_append_new(curve, point);
}

/* "curve" is the incumbent's dev mean, "tried" every candidate's. */
static void add_curves(json_t *json, double start_steps)
{
    json_t *curve = json_array(), *tried = json_array(), *row;
    json_t *origin = json_pack("{s:o, s:i, s:o, s:o}", "steps",
                               json_finite(isfinite(start_steps) ? start_steps : 0),
                               "tokens", 0, "usd", json_finite(0.0), "minutes",
                               json_finite(0.0));
    size_t i;

    json_array_foreach(json_object_get(json, "iterations"), i, row) {
        bool is_promoted = json_integer_value(json_object_get(row, "is_promoted"));
        double after = json_get_number(row, "dev_after");
        if (i == 0)
            add_point(curve, origin, json_get_number(row, "dev_before"),
                      json_get_number(row, "before_half"));
        add_point(curve, row, is_promoted ? after : json_get_number(row, "dev_before"),
                  json_get_number(row, is_promoted ? "after_half" : "before_half"));
        if (isfinite(after))
            add_point(tried, row, after, json_get_number(row, "after_half"));
    }
    json_decref(origin);
    json_object_set_new(json, "curve", curve);
    json_object_set_new(json, "tried", tried);
}

static char *diff_text(struct ledger *l, const char *parent, const char *policy)
{
    char *old = ledger_source_get(l, parent, NULL),
         *new = ledger_source_get(l, policy, NULL);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (old && new)
        diff_write(f, "before", old, "after", new);
    fclose(f);
    if (size > MOST_DIFF)
        text[MOST_DIFF] = '\0';
    free(old);
    free(new);
    return text;
}

/* What changed in each promotion: against the incumbent before it, whoever its parent
 * was. */
static void add_promotions(json_t *json, struct ledger *l, const struct ledger_run *run)
{
    static const char *const keys[] = { "iteration",  "verdict",   "change",
                                        "why",        "low",       "high",
                                        "dev_before", "dev_after", "policy" };
    const char *before = run->start_sha256;
    json_t *promotions = json_array(), *row;
    size_t i;

    json_array_foreach(json_object_get(json, "iterations"), i, row) {
        json_t *one;
        char *diff, *clean;
        if (!json_integer_value(json_object_get(row, "is_promoted")))
            continue;
        one = json_object();
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            json_object_set(one, keys[k], json_object_get(row, keys[k]));
        diff = diff_text(l, before, json_get_text(row, "policy"));
        clean = text_clean(diff, strlen(diff), MOST_DIFF, true);
        json_object_set_new(one, "diff", json_string(clean));
        json_array_append_new(promotions, one);
        before = json_get_text(row, "policy");
        free(clean);
        free(diff);
    }
    json_object_set_new(json, "promotions", promotions);
    json_object_set_new(json, "best_sha256", json_string(before));
}

/* The gain of the incumbent on the hidden seeds that it and the start were measured on,
 * paired. */
static int add_gain(json_t *json, struct ledger *l, const struct ledger_run *run,
                    struct error *err)
{
    json_t *rows = ledger_query(
        l,
        "WITH e AS (SELECT sha256, seed_index, " LEDGER_SCORE("episode", "score") " AS score,"
        " max(scope) FROM episode WHERE run = ?1 AND purpose = 'gate' AND scope IN ('gain',"
        " 'gain again') GROUP BY sha256, seed_index)" /* of both, the row of 'gain again' */
        " SELECT b.score - a.score AS d FROM e a JOIN e b ON b.seed_index = a.seed_index JOIN"
        " run ON run.id = ?1 WHERE d IS NOT NULL AND"
        " a.sha256 = run.start_sha256 AND b.sha256 = coalesce((SELECT sha256 FROM promotion"
        " WHERE run = ?1 ORDER BY iteration DESC, place DESC LIMIT 1), run.start_sha256)",
        run->id, err);
    int n = (int)json_array_size(rows);
    double *values = xcalloc((size_t)n + 1, sizeof(*values)), half;
    struct summary s;

    for (int i = 0; i < n; i++)
        values[i] = json_get_number(json_array_get(rows, (size_t)i), "d");
    s = summarize(values, n);
    half = mean_interval(&s, 0.95);
    set(json, "gain", s.mean);
    set(json, "gain_low", s.mean - half);
    set(json, "gain_high", s.mean + half);
    free(values);
    json_decref(rows);
    return rows ? 0 : -1;
}

static void add_totals(json_t *json)
{
    const json_t *curve = json_object_get(json, "curve");
    const json_t *openings = json_object_get(json, "openings"), *opening = NULL;
    size_t n = json_array_size(curve), i;
    json_t *row;

    json_array_foreach(openings, i, row) {
        if (!strcmp(json_get_text(row, "split"), "holdout"))
            opening = row;
    }
    if (n)
        set(json, "start_mean", json_get_number(json_array_get(curve, 0), "mean"));
    set(json, "best_mean",
        json_get_number(n ? json_array_get(curve, n - 1) : json,
                        n ? "mean" : "start_mean"));
    set(json, "best_low", json_get_number(json_array_get(curve, n - 1), "low"));
    set(json, "best_high", json_get_number(json_array_get(curve, n - 1), "high"));
    json_object_set_new(
        json, "n_iterations",
        json_integer((json_int_t)json_array_size(json_object_get(json, "iterations"))));
    json_object_set_new(
        json, "n_promotions",
        json_integer((json_int_t)json_array_size(json_object_get(json, "promotions"))));
    set(json, "holdout_mean", json_get_number(opening, "hidden_mean"));
    set(json, "holdout_gap", json_get_number(opening, "gap"));
}

static json_t *head(const struct ledger_run *run)
{
    char started[32] = "";
    json_t *task = json_loads(run->task, 0, NULL), *json;

    text_utc(run->created, started);
    json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "run",
                     run->name, "folder", run->folder, "task",
                     json_get_text(task, "name"), "env", json_get_text(task, "env"),
                     "model", run->model, "started", started, "status", run->status,
                     "stop_reason", run->stop_reason, "start_policy", run->start_policy,
                     "is_sealed", (int)run->is_sealed, "salt_sha256", run->salt_sha256);
    json_decref(task);
    return json;
}

json_t *report_run(struct ledger *l, const struct env_registry *envs,
                   const struct ledger_run *run, const struct report_options *o,
                   struct error *err)
{
    json_t *json = head(run), *totals = ledger_query(l, totals_sql, run->id, err);
    int status = totals && json ? 0 : -1;

    if (totals && !json)
        error_set(err, "%s: the ledger's row of this run is not UTF-8", run->folder);
    if (status == 0)
        status = add_query(json, "iterations", l, iterations_sql, run->id, err);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && status == 0; i++)
        status = add_query(json, lists[i].key, l, lists[i].sql, run->id, err);
    if (status == 0) {
        json_object_update(json, json_array_get(totals, 0));
        add_curves(json, json_get_number(json_array_get(totals, 0), "start_steps"));
        json_object_set_new(
            json, "n_cases",
            json_integer((json_int_t)json_array_size(json_object_get(json, "cases"))));
        add_promotions(json, l, run);
        add_totals(json);
        status = add_gain(json, l, run, err);
    }
    if (status == 0)
        report_add_failures(json, l, envs, run, json_get_text(json, "best_sha256"), o);
    json_decref(totals);
    if (status == 0)
        return json;
    json_decref(json);
    return NULL;
}
