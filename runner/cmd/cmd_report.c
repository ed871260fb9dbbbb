/* cmd_report.c - `ratchet report`: what runs came to, as one page, Markdown or JSON. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/cmd/cmd.h"
#include "runner/home/opened_run.h"
#include "runner/home/run_folder.h"
#include "runner/report/report.h"

#define MOST_RUNS 100

/* The runs of those names; none: the latest. */
static json_t *report_gather(struct call *c, const struct report_options *o)
{
    struct ledger *l = c->opened->ledger;
    json_t *runs = json_array(), *one;
    int n = 0, found;

    do {
        const char *name = c->args[n];
        struct ledger_run run;
        found = run_folder_find(l, name, &run, &c->err);
        if (found == 1)
            run_settle(&run);
        if (found == 0)
            error_set(&c->err, "%s: no such run; `ratchet ledger` lists them",
                      name ? name : "report");
        one = found == 1 ? report_run(l, &c->app->envs, &run, o, &c->err) : NULL;
        json_array_append_new(runs, one);
        ledger_run_clear(&run);
        n++;
    } while (one && n < c->n_args && n < MOST_RUNS);
    if (one)
        return runs;
    json_decref(runs);
    return NULL;
}

/* Where the page goes when nobody said: into the folder of the run, or beside the
 * ledger. */
static char *report_default_path(const json_t *runs)
{
    const char *folder = json_string_value(
        json_object_get(json_array_get(runs, 0), "folder"));

    if (json_array_size(runs) == 1 && folder && folder[0])
        return xasprintf("%s/report.html", folder);
    return logs_path("report.html");
}

static char *json_text(const json_t *report)
{
    scoped char *text = json_dumps(report, JSON_INDENT(2));

    return text ? text_escape_json(text) : NULL;
}

static int report_put(const char *text, const char *path, struct error *err)
{
    if (!text)
        return error_set(err, "report: it cannot be written as text");
    if (path && strcmp(path, "-"))
        return file_save(path, text, strlen(text), err);
    say_lines(stdout, text);
    return 0;
}

struct wish {
    char *output, *night;
    int as_markdown, as_json, n_failures;
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

static int report_write_report(const struct wish *w, struct call *c)
{
    bool is_page = !w->as_markdown && !w->as_json;
    struct report_options o = { w->n_failures, is_page };
    json_t *night = NULL, *runs = NULL;
    json_auto_t *report = NULL;
    scoped char *path = NULL, *text = NULL;
    int status;

    if (w->night && !(night = load_night(w->night, &c->err)))
        return EXIT_FAILED;
    /* Nothing may have been run in a night. */
    runs = night && !c->args[0] ? json_array() : report_gather(c, &o);
    if (!runs) {
        json_decref(night);
        return EXIT_FAILED;
    }
    path = w->output ? xstrdup(w->output) : is_page ? report_default_path(runs) : NULL;
    report = report_of_runs(runs, night);
    text = w->as_json ? json_text(report)
                      : report_write(is_page ? &report_html : &report_markdown, report);
    status = report_put(text, path, &c->err);
    if (status == 0 && path && strcmp(path, "-"))
        say("%s: %zu runs, %zu bytes\n", path, json_array_size(runs), strlen(text));
    else if (status == 0 && w->as_json)
        putchar('\n');
    return status == 0 ? cmd_done() : EXIT_FAILED;
}

/* clang-format off */
static const struct option options[] = {
    { "output", 'o', TEXT_IN(wish, output), "FILE",
      "write it here (default: RUN/report.html, logs/report.html for several); - prints it" },
    { "md", '\0', FLAG_IN(wish, as_markdown), NULL, "Markdown in place of a page" },
    { "failures", '\0', INT_IN(wish, n_failures), "N",
      "show so many failures of the start and of the incumbent (default: 3)", 0, 100 },
    { "night", '\0', TEXT_IN(wish, night), "FILE",
      "begin with the summary of a night (logs/nightly/DATE.json)" },
    GROUP_OF(option_plugin),
    { "json", '\0', FLAG_IN(wish, as_json), NULL, "JSON in place of a page" },
    { 0 },
};
/* clang-format on */

static int exec_report(struct call *c)
{
    const struct wish *w = c->state;

    if (w->as_markdown && w->as_json)
        return call_misused(c, "--md or --json, not both");
    if (!(w->night && !c->args[0]) && call_ledger(c) != 0)
        return EXIT_FAILED;
    return report_write_report(w, c);
}

const struct command cmd_report = {
    .name = "report",
    .args = "[RUN...]",
    .about = "show what runs came to, as one page that opens anywhere",
    .details =
        "Learning curves, what changed in each promotion, cases won and broken, failures as film\n"
        "strips with their replay, steps and money by purpose, dev against holdout; of several runs\n"
        "a comparison, too. The page needs no network and loads nothing. Without RUN: the latest.\n"
        "--md and --json give the same without pictures, on stdout.",
    .example =
        "ratchet report logs/breakout-1\n"
        "ratchet report logs/breakout-1 logs/breakout-2 --output compared.html\n"
        "ratchet report --md >report.md\nratchet report logs/breakout-1 --json",
    .options = options,
    .size = sizeof(struct wish),
    .initial = &(const struct wish){ .n_failures = REPORT_FAILURES },
    .n_max = MOST_RUNS,
    .needs = NEEDS_PLUGINS,
    .exec = exec_report,
};
