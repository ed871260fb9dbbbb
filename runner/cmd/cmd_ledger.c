/* cmd_ledger.c - `ratchet ledger`: what happened, as a table, CSV or JSON. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/cmd/cmd.h"
#include "runner/picture/plot.h"
#include "runner/record/ledger.h"

/* What can be listed: a name, what it is, and its query (? is the run). */
static const struct listing {
    const char *name, *about, *sql;
} listings[] = {
    { "runs", "all runs",
      "SELECT id, name, model, status, stop_reason, datetime(created, 'unixepoch') AS started,"
      " (SELECT count(*) FROM candidate WHERE run = run.id) AS iterations,"
      " (SELECT sum(steps) FROM episode WHERE run = run.id) AS steps FROM run ORDER BY id" },
    { "climb", "the iterations of a run",
      "SELECT iteration, verdict, round(dev_before, 2) AS dev_before,"
      " round(dev_after, 2) AS dev_after, round(low, 2) AS low, round(high, 2) AS high, pairs,"
      " cases_passed || '/' || cases AS cases, round(seconds, 1) AS seconds,"
      " substr(sha256, 1, 8) AS policy, change, why FROM candidate WHERE run = ?"
      " ORDER BY iteration" },
    { "steps", "steps by purpose",
      "SELECT purpose, count(*) AS episodes, sum(steps) AS steps,"
      " sum(planner_steps) AS planner_steps, sum(fault > 0) AS faults,"
      " count(DISTINCT trajectory) AS distinct_trajectories, min(verified) AS all_verified"
      " FROM episode WHERE run = ? GROUP BY purpose" },
    { "episodes", "every episode",
      "SELECT purpose, scope, substr(sha256, 1, 8) AS policy, seed_index, score, steps,"
      " terminated, truncated, fault, verified, printf('%016x', trajectory) AS trajectory"
      " FROM episode WHERE run = ? ORDER BY rowid" },
    { "calls", "every question to the model",
      "SELECT iteration, turn, model, tokens_in, tokens_cached, tokens_out, usd,"
      " round(seconds, 2) AS seconds, tries, error FROM call WHERE run = ? ORDER BY rowid" },
    { "cases", "regression cases and what became of them",
      "SELECT iteration, name, state, signature, reason FROM regression WHERE run = ?" },
    { "incidents", "what was tried and refused",
      "SELECT iteration, what, details FROM incident WHERE run = ?" },
};
#define N_LISTINGS (sizeof(listings) / sizeof(listings[0]))

static void print_value(const json_t *v, char *out, size_t size)
{
    if (json_is_string(v))
        snprintf(out, size, "%s", json_string_value(v));
    else if (json_is_integer(v))
        snprintf(out, size, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        snprintf(out, size, "%g", json_real_value(v));
    else
        out[0] = '\0';
}

static void print_csv_text(const char *text)
{
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_csv(json_t *rows)
{
    char text[4096];
    const char *key;
    json_t *value;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        int column = 0;
        if (i == 0) {
            json_object_foreach (json_array_get(rows, i), key, value)
                printf("%s%s", column++ ? "," : "", key);
            putchar('\n');
        }
        column = 0;
        json_object_foreach (json_array_get(rows, i), key, value) {
            print_value(value, text, sizeof(text));
            if (column++)
                putchar(',');
            print_csv_text(text);
        }
        putchar('\n');
    }
}

#define MOST_COLUMNS 32
#define MOST_WIDTH 60

static void print_table(json_t *rows)
{
    int width[MOST_COLUMNS] = { 0 };
    char text[4096];
    const char *key;
    json_t *value;
    int column;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        column = 0;
        json_object_foreach (json_array_get(rows, i), key, value) {
            int len, name = (int)strlen(key);
            print_value(value, text, sizeof(text));
            len = (int)strlen(text) > MOST_WIDTH ? MOST_WIDTH : (int)strlen(text);
            if (column < MOST_COLUMNS) {
                width[column] = len > width[column] ? len : width[column];
                width[column] = name > width[column] ? name : width[column];
            }
            column++;
        }
    }
    for (size_t i = 0; i <= json_array_size(rows) && json_array_size(rows); i++) {
        column = 0;
        json_object_foreach (json_array_get(rows, i ? i - 1 : 0), key, value) {
            print_value(value, text, sizeof(text));
            if (column < MOST_COLUMNS)
                printf("%s%*.*s", column ? "  " : "",
                       i && json_is_number(value) ? width[column] : -width[column], MOST_WIDTH,
                       i ? text : key);
            column++;
        }
        putchar('\n');
    }
    if (!json_array_size(rows))
        puts("(nothing)");
}

/* The climb as a picture: the incumbent's dev mean against steps, and every candidate's. */
static int plot(struct ledger *l, const struct ledger_run *run, const char *path,
                struct error *err)
{
    json_t *rows = ledger_query(l, "SELECT verdict, dev_before, before_half, dev_after,"
                                " after_half, steps FROM candidate WHERE run = ?"
                                " ORDER BY iteration", run->id, err);
    int n = (int)json_array_size(rows), n_tried = 0, n_held = 0, status = -1;
    double *v = xcalloc((size_t)n + 2, 6 * sizeof(*v));
    double *x = v, *y = v + n + 2, *low = y + n + 2, *high = low + n + 2;
    double *tried_x = high + n + 2, *tried_y = tried_x + n + 2;
    struct plot_series series[2] = {
        { "candidates", tried_x, tried_y, NULL, NULL, 0, false, true },
        { "incumbent, with its 95 % interval", x, y, low, high, 0, true, false },
    };
    struct plot p = { run->name, "steps of the environment", "mean return on the dev seeds",
                      series, 2 };

    for (int i = 0; i < n; i++) {
        json_t *row = json_array_get(rows, (size_t)i);
        const char *verdict = json_string_value(json_object_get(row, "verdict"));
        bool is_held = verdict && (!strcmp(verdict, "better") || !strcmp(verdict, "simpler"));
        const char *mean = is_held ? "dev_after" : "dev_before";
        double steps = json_number_value(json_object_get(row, "steps"));
        double half = json_number_value(json_object_get(row, is_held ? "after_half"
                                                                     : "before_half"));
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

static int show(const char *run_name, const struct listing *what, int as_csv, int as_json,
                const char *plot_path, struct error *err)
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
    l = ledger_open(path, err);
    if (!l)
        goto out;
    if (what != &listings[0] || plot_path)
        found = ledger_run_find(l, run_name, &run, err);
    if (found == 0)
        error_set(err, "%s: no such run; `ratchet ledger` lists them", run_name ? run_name : path);
    if (found != 1)
        goto out;
    if (plot_path) {
        status = plot(l, &run, plot_path, err) == 0 ? EXIT_DONE : EXIT_FAILED;
        goto out;
    }
    rows = ledger_query(l, what->sql, run.id, err);
    if (!rows)
        goto out;
    if (as_json)
        cmd_print_json(json_incref(rows));
    else
        (as_csv ? print_csv : print_table)(rows);
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
    int csv = 0, json = 0, status;
    struct error err = { "" };
    struct poptOption options[] = {
        { "list", 'l', POPT_ARG_STRING, &list, 0,
          "runs, climb, steps, episodes, calls, cases or incidents (default: runs, or the climb "
          "of the RUN that is named)", "WHAT" },
        { "plot", '\0', POPT_ARG_STRING, &plot_path, 0,
          "draw the climb of a run: its incumbent's score against steps", "FILE.svg|FILE.png" },
        { "csv", '\0', POPT_ARG_NONE, &csv, 0, "as comma-separated values", NULL },
        { "json", '\0', POPT_ARG_NONE, &json, 0, "as a JSON array", NULL },
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 1, &status);
    const struct listing *what;

    if (!args)
        return status;
    what = find_listing(list ? list : args[0] ? "climb" : "runs");
    if (!what) {
        error_set(&err, "--list %s: it is runs, climb, steps, episodes, calls, cases or "
                  "incidents", list);
        status = cmd_fail(EXIT_USAGE, &err);
    } else {
        status = show(args[0], what, csv, json, plot_path, &err);
        if (status != EXIT_DONE && err.text[0])
            cmd_fail(status, &err);
    }
    free(list);
    free(plot_path);
    cmd_free_args(args);
    return status;
}

const struct command cmd_ledger = {
    "ledger", "[RUN]", "show what happened: runs, iterations, steps, calls",
    "RUN is a run's name (its folder); with --list and no RUN it is the latest.",
    "ratchet ledger\nratchet ledger logs/breakout-1\n"
    "ratchet ledger logs/breakout-1 --list steps\nratchet ledger --list episodes --csv\n"
    "ratchet ledger logs/breakout-1 --plot climb.svg",
    main_ledger,
};
