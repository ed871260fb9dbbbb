/* cmd_ledger.c - `ratchet ledger`: what happened, as a table, CSV or JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/table.h"
#include "runner/cmd/cmd.h"
#include "runner/home/ledger_show.h"
#include "runner/record/ledger/ledger_tables.h"
#include "runner/record/published.h"
#include "runner/report/report.h"
#include "runner/home/run_folder.h"

/* The climb as a picture: the incumbent's dev mean against steps, and every
 * candidate's. */
static int plot(struct ledger *l, const struct ledger_run *run, const char *path,
                struct error *err)
{
    struct report_options o = { .n_failures = -1 };
    json_auto_t *json = report_run(l, NULL, run, &o, err);

    return json ? report_plot(json, path, err) : -1;
}

/* Beside means of a benchmark's game, what they are to a person's. */
static void ledger_add_human(json_t *rows, const struct ledger_run *run)
{
    static const char *const means[] = { "dev_after", "incumbent_mean", "hidden_mean" };
    json_auto_t *task = run->task ? json_loads(run->task, 0, NULL) : NULL;
    json_t *row;
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
}

/* Runs the arguments as a verb with its own and sets the status; false: it is none. */
static bool run_verb(struct call *c, int *status)
{
    static const struct {
        const char *name;
        int n; /* arguments behind it */
        const char *args;
    } verbs[] = { { "show", 1, "RUN:N or POLICY" },
                  { "diff", 2, "two policies, A B," },
                  { "export", 2, "RUN DIR" } };
    struct opened_run *o = c->opened;
    const char **args = c->args;
    int verb = -1, bad;

    for (int i = 0; args[0] && i < 3; i++)
        if (!strcmp(args[0], verbs[i].name))
            verb = i;
    if (verb < 0)
        return false;
    *status = EXIT_USAGE;
    if (c->n_args - 1 != verbs[verb].n) {
        error_set(&c->err,
                  "ledger %s: %s expected; see `ratchet ledger --help`", args[0],
                  verbs[verb].args);
        return true;
    }
    bad = call_ledger(c);
    if (!bad)
        bad = verb == 0   ? ledger_show(o, args[1], &c->err)
              : verb == 1 ? ledger_diff(o, args[1], args[2], &c->err)
                          : call_run(c, args[1]) || ledger_export(o, args[2], &c->err);
    *status = bad ? EXIT_FAILED : cmd_done();
    return true;
}

struct ledger_wish {
    char *list, *plot;
    int csv;
};

static int show_rows(const struct ledger_wish *w, const char *what, struct call *c)
{
    const char *name = c->args[0];
    struct ledger_run *run = &c->opened->run;
    json_t *rows;
    int found = 1;

    if (call_ledger(c) != 0)
        return EXIT_FAILED;
    if (strcmp(what, "runs") || w->plot)
        found = run_folder_find(c->opened->ledger, name, run, &c->err);
    if (found == 0)
        error_set(&c->err, "%s: no such run; `ratchet ledger` lists them",
                  name ? name : c->opened->ledger_path);
    if (found != 1)
        return EXIT_FAILED;
    if (w->plot)
        return plot(c->opened->ledger, run, w->plot, &c->err) == 0 ? EXIT_DONE
                                                                  : EXIT_FAILED;
    rows = ledger_table(c->opened->ledger, what, run->id, 0, &c->err);
    if (!rows)
        return EXIT_FAILED;
    ledger_add_human(rows, run);
    if (c->setup.json) {
        say_result(rows);
    } else {
        (w->csv ? table_csv : table_print)(stdout, rows);
        json_decref(rows);
    }
    return cmd_done();
}

static const struct option options_ledger[] = {
    { "json", '\0', FLAG_IN(setup, json), NULL, "as a JSON array" },
    { "plugin", '\0', LIST_IN(setup, plugins), "FILE.so",
      "export: load environments from a shared object; it is trusted native code" },
    { 0 },
};
/* clang-format off */
static const struct option options[] = {
    { "list", 'l', TEXT_IN(ledger_wish, list), "WHAT",
      "runs, climb, challengers, efficiency, steps, episodes, calls, cases, openings, notes or incidents "
      "(default: runs, or of the RUN that is named the climb, as CSV its efficiency)" },
    { "plot", '\0', TEXT_IN(ledger_wish, plot), "FILE.svg|FILE.png",
      "draw the climb of a run: its incumbent's score against steps" },
    { "csv", '\0', FLAG_IN(ledger_wish, csv), NULL, "as comma-separated values" },
    GROUP_OF(options_ledger),
    { 0 },
};
/* clang-format on */

static int exec_ledger(struct call *c)
{
    const struct ledger_wish *w = c->state;
    const char *what = w->list ? w->list
                       : !c->args[0] ? "runs"
                       : w->csv      ? "efficiency"
                                     : "climb";
    int status;

    if (run_verb(c, &status))
        return status;
    if (c->args[0] && c->args[1]) {
        error_set(&c->err,
                  "ledger: %s: one argument too many; see `ratchet ledger --help`",
                  c->args[1]);
        return EXIT_USAGE;
    }
    if (ledger_table_exists(what))
        return show_rows(w, what, c);
    error_set(&c->err,
              "--list %s: it is runs, climb, challengers, efficiency, steps, episodes, "
              "calls, cases, openings, notes or incidents",
              w->list);
    return EXIT_USAGE;
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
    .options = options,
    .size = sizeof(struct ledger_wish),
    .n_max = 3,
    .exec = exec_ledger,
};
