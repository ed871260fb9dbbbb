/* cmd_report.c - `ratchet report`: what runs came to, as one page, Markdown or JSON. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/home/opened_run.h"
#include "runner/report/report.h"

#define MOST_RUNS 100

/* The runs of those names; none: the latest. */
static json_t *gather(struct app *app, struct ledger *l, const char **names,
                      const struct report_options *o, struct error *err)
{
    json_t *runs = json_array(), *one;
    int n = 0, found;

    do {
        const char *name = names[0] ? names[n] : NULL;
        struct ledger_run run;
        found = ledger_session_find(l, name, &run, err);
        if (found == 1)
            run_settle(&run);
        if (found == 0)
            error_set(err, "%s: no such run; `ratchet ledger` lists them",
                      name ? name : "report");
        one = found == 1 ? report_run(l, &app->envs, &run, o, err) : NULL;
        json_array_append_new(runs, one);
        ledger_run_clear(&run);
        n++;
    } while (one && names[0] && names[n] && n < MOST_RUNS);
    if (one)
        return runs;
    json_decref(runs);
    return NULL;
}

/* Where the page goes when nobody said: into the folder of the run, or beside the
 * ledger. */
static char *default_path(const json_t *runs)
{
    const char *folder = json_string_value(
        json_object_get(json_array_get(runs, 0), "folder"));

    if (json_array_size(runs) == 1 && folder && folder[0])
        return xasprintf("%s/report.html", folder);
    return logs_path("report.html");
}

static char *json_text(const json_t *report)
{
    char *text = json_dumps(report, JSON_INDENT(2)),
         *clean = text ? text_escape_json(text) : NULL;

    free(text);
    return clean;
}

static int put(const char *text, const char *path, struct error *err)
{
    if (!text)
        return error_set(err, "report: it cannot be written as text");
    if (path && strcmp(path, "-"))
        return file_save(path, text, strlen(text), err);
    say_lines(stdout, text);
    return 0;
}

struct wish {
    struct common common;
    char *output, *night;
    int as_markdown, n_failures;
};

static json_t *load_night(const char *path, struct error *err)
{
    struct error why = { "" };
    json_t *json = json_from_file(path, 0, &why);

    if (json_is_array(json_object_get(json, "lines")))
        return json;
    error_set(err, "%s: not the summary of a night%s%s", path, json ? "" : ": ",
              why.text);
    json_decref(json);
    return NULL;
}

static int write_report(struct wish *w, struct app *app, struct ledger *l,
                        const char **names, struct error *err)
{
    bool is_page = !w->as_markdown && !w->common.json;
    struct report_options o = { w->n_failures, is_page };
    json_t *night = NULL, *runs = NULL, *report;
    char *path, *text;
    int status;

    if (w->night && !(night = load_night(w->night, err)))
        return EXIT_FAILED;
    /* Nothing may have been run in a night. */
    runs = night && !names[0] ? json_array() : gather(app, l, names, &o, err);
    if (!runs) {
        json_decref(night);
        return EXIT_FAILED;
    }
    path = w->output ? xstrdup(w->output) : is_page ? default_path(runs) : NULL;
    report = report_of_runs(runs, night);
    text = is_page          ? report_html(report)
           : w->common.json ? json_text(report)
                            : report_markdown(report);
    status = put(text, path, err);
    if (status == 0 && path && strcmp(path, "-"))
        say("%s: %zu runs, %zu bytes\n", path, json_array_size(runs), strlen(text));
    else if (status == 0 && w->common.json)
        putchar('\n');
    json_decref(report);
    free(text);
    free(path);
    return status == 0 ? cmd_done() : EXIT_FAILED;
}

static int main_report(const struct command *self, struct app *app, int argc,
                       const char **argv)
{
    struct wish w = { .n_failures = REPORT_FAILURES };
    struct opened_run o = { .lock = -1, .only_reads = true };
    struct error err = { "" };
    int status;
    struct poptOption options[] = {
        { "output", 'o', POPT_ARG_STRING, &w.output, 0,
          "write it here (default: RUN/report.html, logs/report.html for several); - prints it",
          "FILE" },
        { "md", '\0', POPT_ARG_NONE, &w.as_markdown, 0, "Markdown in place of a page",
          NULL },
        { "failures", '\0', POPT_ARG_INT, &w.n_failures, 0,
          "show so many failures of the start and of the incumbent (default: 3)", "N" },
        { "night", '\0', POPT_ARG_STRING, &w.night, 0,
          "begin with the summary of a night (logs/nightly/DATE.json)", "FILE" },
        { "plugin", '\0', POPT_ARG_ARGV, &w.common.plugins, 0,
          "load environments from a shared object; it is trusted native code",
          "FILE.so" },
        { "json", '\0', POPT_ARG_NONE, &w.common.json, 0, "JSON in place of a page",
          NULL },
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, MOST_RUNS, &status);

    if (!args)
        return status;
    if (w.as_markdown && w.common.json) {
        error_set(&err, "report: --md or --json, not both");
        status = EXIT_USAGE;
    } else if (w.n_failures < 0 || w.n_failures > 100) {
        error_set(&err, "report: --failures takes 0 to 100");
        status = EXIT_USAGE;
    } else {
        status = ((w.night && !args[0]) || opened_ledger(&o, &err) == 0) &&
                         common_plugins(app, &w.common, &err) == 0
                     ? write_report(&w, app, o.ledger, args, &err)
                     : EXIT_FAILED;
    }
    if (status != EXIT_DONE && err.text[0])
        cmd_fail(status, &err);
    opened_run_clear(&o);
    common_clear(&w.common);
    free(w.output);
    free(w.night);
    cmd_free_args(args);
    return status;
}

const struct command cmd_report = {
    "report",
    "[RUN...]",
    "show what runs came to, as one page that opens anywhere",
    "Learning curves, what changed in each promotion, cases won and broken, failures as film\n"
    "strips with their replay, steps and money by purpose, dev against holdout; of several runs\n"
    "a comparison, too. The page needs no network and loads nothing. Without RUN: the latest.\n"
    "--md and --json give the same without pictures, on stdout.",
    "ratchet report logs/breakout-1\n"
    "ratchet report logs/breakout-1 logs/breakout-2 --output compared.html\n"
    "ratchet report --md >report.md\nratchet report logs/breakout-1 --json",
    main_report,
};
