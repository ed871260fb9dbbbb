/* cmd_ledger.c - `ratchet ledger`: what happened, as a table, CSV or JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/table.h"
#include "runner/cmd/cmd.h"
#include "runner/cmd/ledger_verbs.h"
#include "runner/record/ledger_tables.h"
#include "runner/record/published.h"
#include "runner/report/report.h"

/* The climb as a picture: the incumbent's dev mean against steps, and every
 * candidate's. */
static int plot(struct ledger *l, const struct ledger_run *run, const char *path,
                struct error *err)
{
    struct report_options o = { .n_failures = -1 };
    json_t *json = report_run(l, NULL, run, &o, err);
    int status = json ? report_plot(json, path, err) : -1;

    json_decref(json);
    return status;
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
            double human = published_human(env, json_number_value(mean));
            if (mean && !isnan(human))
                json_object_set_new(row, "human_normalised",
                                    json_is_number(mean)
                                        ? json_finite(round(human * 1000) / 1000)
                                        : json_null());
        }
    json_decref(task);
}

static int show_rows(const char *run_name, const char *what, int as_csv,
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
    if (strcmp(what, "runs") || plot_path)
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
    rows = ledger_table(l, what, run.id, 0, err);
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
    const char *what;

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
    what = list ? list : !args[0] ? "runs" : csv ? "efficiency" : "climb";
    if (!ledger_table_exists(what)) {
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
