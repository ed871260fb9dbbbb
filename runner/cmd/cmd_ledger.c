/* cmd_ledger.c - `ratchet ledger`: what happened, as a table, CSV or JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "envs/bridge/bridge_scores.h"
#include "runner/cmd/cmd.h"
#include "runner/cmd/ledger_verbs.h"
#include "base/table.h"
#include "runner/picture/plot.h"
#include "runner/record/ledger.h"

/* What can be listed: a name, what it is, and its query (? is the run). */
static const struct listing {
    const char *name, *about, *sql;
} listings[] = {
    { "runs", "all runs",
      "SELECT id, name, model, status, stop_reason, " LEDGER_TIME("created") " AS started,"
      " (SELECT count(*) FROM candidate WHERE run = run.id) AS iterations,"
      " (SELECT sum(steps) FROM episode WHERE run = run.id) AS steps,"
      " CASE is_sealed WHEN 1 THEN 'yes' ELSE 'UNSEALED' END AS sealed,"
      " coalesce((SELECT how FROM public_salt p WHERE p.sha256 = salt_sha256), 'secret')"
      " AS salt FROM run ORDER BY id" },
    { "climb", "the iterations of a run",
      "SELECT iteration, verdict, round(dev_before, 2) AS dev_before,"
      " round(dev_after, 2) AS dev_after, round(low, 2) AS low, round(high, 2) AS high, pairs,"
      " json_extract(details, '$.distinct') AS distinct_pairs,"
      " round(json_extract(details, '$.robust.sticky'), 2) AS sticky,"
      " round(json_extract(details, '$.robust.starts'), 2) AS starts,"
      " cases_passed || '/' || cases AS cases, round(seconds, 1) AS seconds,"
      " substr(sha256, 1, 8) AS policy, change, why FROM (SELECT *, 1 AS place FROM"
      " candidate WHERE run = ?1 UNION ALL" LEDGER_CHALLENGERS ") ORDER BY iteration, place" },
    { "challengers", "near misses that got further pairs",
      "SELECT iteration, of_iteration, verdict, round(dev_before, 2) AS dev_before,"
      " round(dev_after, 2) AS dev_after, round(low, 2) AS low, round(high, 2) AS high, pairs,"
      " substr(sha256, 1, 8) AS policy, change, why FROM challenge WHERE run = ?"
      " ORDER BY iteration" },
    { "steps", "steps by purpose",
      "SELECT purpose, count(*) FILTER (WHERE scope NOT LIKE '" LEDGER_CUT
      "%') AS episodes,"
      " sum(steps) AS steps,"
      " sum(planner_steps) AS planner_steps, sum(fault > 0) AS faults,"
      " count(DISTINCT trajectory) AS distinct_trajectories, min(verified) AS all_verified"
      " FROM episode WHERE run = ? GROUP BY purpose" },
    { "episodes", "every episode",
      "SELECT purpose, scope, substr(sha256, 1, 8) AS policy, seed_index, " LEDGER_SCORE(
          "episode", "score") " AS score, steps,"
      " terminated, truncated, fault, verified, printf('%016x', trajectory) AS trajectory"
      " FROM episode WHERE run = ? ORDER BY rowid" },
    { "calls", "every question to the model",
      "SELECT iteration, turn, model, json_extract(reply, '$.fingerprint') AS fingerprint,"
      " tokens_in, tokens_cached, tokens_out, tokens_reasoning,"
      " CASE is_estimated WHEN 0 THEN 'no' ELSE 'yes' END AS estimated, usd,"
      " round(seconds, 2) AS seconds, tries, error FROM call WHERE run = ? ORDER BY rowid" },
    { "efficiency", "score against steps",
      "SELECT 0 AS iteration, 'start' AS verdict, (SELECT sum(e.steps) FROM"
      " episode e WHERE e.run = ?1 AND e.purpose = 'dev' AND e.sha256 = run.start_sha256)"
      " AS steps, (SELECT avg(" LEDGER_SCORE("e", "score") ") FROM episode e WHERE e.run = ?1 AND e.purpose = 'dev'"
      " AND e.scope = '' AND e.sha256 = run.start_sha256) AS incumbent_mean,"
      " NULL AS candidate_mean, 0 AS model_calls, 0 AS model_tokens, NULL AS usd,"
      " NULL AS minutes FROM run WHERE id = ?1 UNION ALL"
      " SELECT iteration, verdict, steps, CASE WHEN verdict IN ('better', 'simpler')"
      " THEN dev_after ELSE dev_before END, dev_after,"
      " (SELECT count(*) FROM call k WHERE k.run = ?1 AND k.iteration <= c.iteration),"
      " (SELECT " LEDGER_TOKENS " FROM call k WHERE k.run = ?1"
      " AND k.iteration <= c.iteration), (SELECT " LEDGER_USD " FROM call k WHERE k.run = ?1"
      " AND k.iteration <= c.iteration), round((SELECT total(seconds) FROM work w WHERE w.run = ?1"
      " AND w.created <= c.created) / 60, 2)"
      " FROM (SELECT *, 1 AS place FROM candidate WHERE run = ?1 UNION ALL" LEDGER_CHALLENGERS
      " ORDER BY iteration, place) c ORDER BY 1" },
    { "openings", "openings of hidden splits, and what came out",
      "SELECT o.split, o.number, substr(o.sha256, 1, 8) AS policy,"
      " json_extract(r.result, '$.dev.mean') AS dev_mean,"
      " json_extract(r.result, '$.hidden.mean') AS hidden_mean,"
      " json_extract(r.result, '$.hidden.std') AS hidden_std,"
      " json_extract(r.result, '$.gap') AS gap,"
      " json_extract(r.result, '$.gap_interval[0]') AS gap_low,"
      " json_extract(r.result, '$.gap_interval[1]') AS gap_high,"
      " json_extract(r.result, '$.hidden.distinct') AS distinct_trajectories,"
      " " LEDGER_TIME("o.created") " AS opened FROM opening o LEFT JOIN report r"
      " ON r.run = o.run AND r.split = o.split AND r.number = o.number WHERE o.run = ?" },
    { "notes", "what harness and models noted",
      "SELECT iteration, author, (SELECT CASE WHEN by_note IS NULL THEN 'retired' ELSE"
      " 'superseded' END FROM superseded s WHERE s.note = note.id) AS ended, text FROM note"
      " WHERE run = ? ORDER BY id" },
    { "cases", "regression cases and what became of them",
      "SELECT iteration, name, state, signature, reason FROM regression WHERE run = ?" },
    { "incidents", "what was tried and refused",
      "SELECT iteration, what, details FROM incident WHERE run = ?" },
};
#define N_LISTINGS (sizeof(listings) / sizeof(listings[0]))

/* The climb as a picture: the incumbent's dev mean against steps, and every
 * candidate's. */
static int plot(struct ledger *l, const struct ledger_run *run, const char *path,
                struct error *err)
{
    json_t *rows = ledger_query(l,
                                "SELECT verdict, dev_before, before_half, dev_after,"
                                " after_half, steps, iteration, 1 AS place FROM candidate"
                                " WHERE run = ?1 UNION ALL SELECT verdict, dev_before,"
                                " before_half, dev_after, after_half, steps, iteration, 0"
                                " FROM challenge WHERE run = ?1 ORDER BY 7, 8",
                                run->id, err);
    int n = (int)json_array_size(rows), n_tried = 0, n_held = 0, status = -1;
    double *v = xcalloc((size_t)n + 2, 6 * sizeof(*v));
    double *x = v, *y = v + n + 2, *low = y + n + 2, *high = low + n + 2;
    double *tried_x = high + n + 2, *tried_y = tried_x + n + 2;
    struct plot_series series[2] = {
        { "candidates", tried_x, tried_y, NULL, NULL, 0, false, true },
        { "incumbent, with its 95 % interval", x, y, low, high, 0, true, false },
    };
    struct plot p = { run->name,
                      "steps of the environment",
                      "mean return on the dev seeds",
                      NULL,
                      series,
                      2 };

    for (int i = 0; i < n; i++) {
        json_t *row = json_array_get(rows, (size_t)i);
        const char *verdict = json_string_value(json_object_get(row, "verdict"));
        bool is_held = verdict &&
                       (!strcmp(verdict, "better") || !strcmp(verdict, "simpler"));
        const char *mean = is_held ? "dev_after" : "dev_before";
        double steps = json_number_value(json_object_get(row, "steps"));
        double half = json_number_value(
            json_object_get(row, is_held ? "after_half" : "before_half"));
        if (json_is_number(json_object_get(row, "dev_after"))) {
            tried_x[n_tried] = steps;
            tried_y[n_tried++] = json_number_value(json_object_get(row, "dev_after"));
        }
        if (i == 0) {
            y[0] = json_number_value(json_object_get(row, "dev_before"));
            low[0] = y[0] - json_number_value(json_object_get(row, "before_half"));
            high[0] = 2 * y[0] - low[0];
            n_held = 1;
        }
        x[n_held] = steps;
        y[n_held] = json_number_value(json_object_get(row, mean));
        low[n_held] = y[n_held] - half;
        high[n_held] = y[n_held] + half;
        n_held++;
    }
    series[0].n = n_tried;
    series[1].n = n_held;
    if (rows && !n)
        error_set(err, "%s: no iterations to plot yet", run->name);
    else if (rows)
        status = plot_save(&p, path, err);
    json_decref(rows);
    free(v);
    return status;
}

static const struct listing *find_listing(const char *name)
{
    for (size_t i = 0; i < N_LISTINGS; i++)
        if (!strcmp(listings[i].name, name))
            return &listings[i];
    return NULL;
}

/* Beside means of a benchmark's game, what they are to a person's. */
static void add_human(json_t *rows, const struct ledger_run *run)
{
    static const char *const means[] = { "dev_after", "incumbent_mean", "hidden_mean" };
    json_t *task = run->task ? json_loads(run->task, 0, NULL) : NULL, *row;
    const char *env = json_string_value(json_object_get(task, "env"));
    size_t i;

    json_array_foreach(rows, i, row)
        for (size_t k = 0; env && k < sizeof(means) / sizeof(means[0]); k++) {
            json_t *mean = json_object_get(row, means[k]);
            double human = bridge_human_score(env, json_number_value(mean));
            if (mean && !isnan(human))
                json_object_set_new(row, "human_normalised",
                                    json_is_number(mean)
                                        ? json_finite(round(human * 1000) / 1000)
                                        : json_null());
        }
    json_decref(task);
}

static int show_rows(const char *run_name, const struct listing *what, int as_csv,
                     int as_json, const char *plot_path, struct error *err)
{
    char *path = logs_path("ledger.sqlite");
    struct ledger *l = NULL;
    struct ledger_run run = { 0 };
    json_t *rows = NULL;
    int found = 1, status = EXIT_FAILED;

    if (access(path, F_OK) != 0) {
        error_set(err, "%s: there is no ledger yet; `ratchet improve` writes one", path);
        goto out;
    }
    l = ledger_read(path, err);
    if (!l)
        goto out;
    if (what != &listings[0] || plot_path)
        found = ledger_session_find(l, run_name, &run, err);
    if (found == 0)
        error_set(err, "%s: no such run; `ratchet ledger` lists them",
                  run_name ? run_name : path);
    if (found != 1)
        goto out;
    if (plot_path) {
        status = plot(l, &run, plot_path, err) == 0 ? EXIT_DONE : EXIT_FAILED;
        goto out;
    }
    rows = ledger_query(l, what->sql, run.id, err);
    if (!rows)
        goto out;
    add_human(rows, &run);
    if (as_json)
        cmd_print_json(json_incref(rows));
    else
        (as_csv ? table_csv : table_print)(stdout, rows);
    status = cmd_done();
out:
    json_decref(rows);
    ledger_run_clear(&run);
    ledger_close(l);
    free(path);
    return status;
}

static int main_ledger(const struct command *self, struct app *app, int argc,
                       const char **argv)
{
    char *list = NULL, *plot_path = NULL;
    struct common common = { 0 };
    int csv = 0, status;
    struct error err = { "" };
    struct poptOption options[] = {
        { "list", 'l', POPT_ARG_STRING, &list, 0,
          "runs, climb, challengers, efficiency, steps, episodes, calls, cases, openings, notes or incidents "
          "(default: runs, or of the RUN that is named the climb, as CSV its efficiency)",
          "WHAT" },
        { "plot", '\0', POPT_ARG_STRING, &plot_path, 0,
          "draw the climb of a run: its incumbent's score against steps",
          "FILE.svg|FILE.png" },
        { "csv", '\0', POPT_ARG_NONE, &csv, 0, "as comma-separated values", NULL },
        { "json", '\0', POPT_ARG_NONE, &common.json, 0, "as a JSON array", NULL },
        { "plugin", '\0', POPT_ARG_ARGV, &common.plugins, 0,
          "export: load environments from a shared object; it is trusted native code",
          "FILE.so" },
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 3, &status);
    const struct listing *what;

    if (!args)
        return status;
    if (ledger_verb(app, &common, args, &status))
        goto out;
    if (args[0] && args[1]) {
        error_set(&err, "ledger: %s: one argument too many; see `ratchet ledger --help`",
                  args[1]);
        status = cmd_fail(EXIT_USAGE, &err);
        goto out;
    }
    what = find_listing(list ? list : !args[0] ? "runs" : csv ? "efficiency" : "climb");
    if (!what) {
        error_set(
            &err,
            "--list %s: it is runs, climb, challengers, efficiency, steps, episodes, calls, "
            "cases, openings, notes or incidents",
            list);
        status = cmd_fail(EXIT_USAGE, &err);
    } else {
        status = show_rows(args[0], what, csv, common.json, plot_path, &err);
        if (status != EXIT_DONE && err.text[0])
            cmd_fail(status, &err);
    }
out:
    free(list);
    free(plot_path);
    common_clear(&common);
    cmd_free_args(args);
    return status;
}

const struct command cmd_ledger = {
    .name = "ledger",
    .args = "[RUN | show ID | diff A B | export RUN DIR]",
    .about = "show what happened: runs, iterations, steps, calls",
    .details =
        "RUN is a run's name (its folder); with --list and no RUN it is the latest. An ID is a\n"
        "policy's hash (or how it begins) or RUN:ITERATION. `diff` compares two policies, `export`\n"
        "writes a run as sources, CSV, JSON lines and replays.",
    .example =
        "ratchet ledger\nratchet ledger logs/breakout-1\n"
        "ratchet ledger logs/breakout-1 --list steps\nratchet ledger --list episodes --csv\n"
        "ratchet ledger logs/breakout-1 --csv\nratchet ledger show logs/breakout-1:3\n"
        "ratchet ledger diff logs/breakout-1:2 logs/breakout-1:3\n"
        "ratchet ledger export logs/breakout-1 breakout-1\n"
        "ratchet ledger logs/breakout-1 --plot climb.svg",
    .run = main_ledger,
};
