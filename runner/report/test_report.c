/* test_report.c - results of regression cases as TAP, JUnit XML, a table and JSON. */
#include "runner/report/test_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/say.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/brief/quote.h"
#include "runner/report/report_parts.h"

#define MOST_WHY 200

static char *say_must(const struct regression_case *c, const struct case_outcome *o)
{
    char *text = xasprintf("no %s within %lld steps of step %lld", c->event,
                           (long long)c->horizon, (long long)c->prefix.n_steps),
         *more;

    if (c->n_continuations == 1)
        return text;
    more = xasprintf("%s, in %g %% of %d continuations (%d held)", text,
                     100 * c->pass_rate, c->n_continuations, o->held);
    free(text);
    return more;
}

static char *say_why(const char *state, const struct regression_case *c,
                     const struct case_outcome *outcome)
{
    const char *fault = outcome->result.fault_text;

    if (!strcmp(state, "stale") && c->env_version == c->task->env->version)
        return xasprintf("cut under version %u of chance, this is %d", c->chance,
                         CHANCE_VERSION);
    if (!strcmp(state, "stale"))
        return xasprintf("cut under version %u of %s, this is %u", c->env_version,
                         c->task->env->name, c->task->env->version);
    if (!strcmp(state, "failed") && fault)
        return quote_line(fault, MOST_WHY);
    return xstrdup(!strcmp(state, "failed") ? c->event : "");
}

json_t *test_report_add(struct test_report *r, const char *folder, const char *policy,
                        const struct regression_case *c,
                        const struct case_outcome *outcome)
{
    const char *state = case_is_stale(c)  ? "stale"
                        : outcome->passed ? "passed"
                                          : "failed";
    char *must = say_must(c, outcome), *why = say_why(state, c, outcome);
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:n}", "case", c->name,
                            "state", state, "must", must, "signature", c->signature,
                            "why", why, "folder", json_path(folder), "policy",
                            json_path(policy), "replay");

    free(must);
    free(why);
    r->failed += !strcmp(state, "failed");
    r->stale += !strcmp(state, "stale");
    if (!r->rows)
        r->rows = json_array();
    json_array_append_new(r->rows, row);
    return row;
}

void test_report_clear(struct test_report *r)
{
    json_decref(r->rows);
}

static int test_report_count(const struct test_report *r)
{
    return (int)json_array_size(r->rows);
}

static int count_passed(const struct test_report *r)
{
    return test_report_count(r) - r->failed - r->stale;
}

static bool is_state(const json_t *row, const char *state)
{
    return !strcmp(json_get_text(row, "state"), state);
}

void test_report_tap(const struct test_report *r)
{
    const char *folder = "";
    json_t *row;
    size_t i;

    json_array_foreach(r->rows, i, row) {
        const char *name = json_get_text(row, "case");
        if (strcmp(folder, json_get_text(row, "folder")))
            say("# %s on %s\n", json_get_text(row, "folder"),
                json_get_text(row, "policy"));
        folder = json_get_text(row, "folder");
        if (is_state(row, "stale")) {
            say("ok %zu - %s # SKIP stale: %s\n", i + 1, name, json_get_text(row, "why"));
            continue;
        }
        say("%s %zu - %s: %s\n", is_state(row, "passed") ? "ok" : "not ok", i + 1, name,
            json_get_text(row, "must"));
        if (is_state(row, "failed"))
            say("# %s: %s\n", json_get_text(row, "signature"), json_get_text(row, "why"));
        if (json_get_text(row, "replay")[0])
            say("# replay: %s\n", json_get_text(row, "replay"));
    }
    say("1..%d\n", test_report_count(r));
    if (test_report_count(r))
        say("# %d passed, %d failed, %d stale\n", count_passed(r), r->failed, r->stale);
}

void test_report_table(const struct test_report *r)
{
    json_t *row;
    size_t i;

    say("%-7s  %-12s  %-52s  %s\n", "state", "case", "what must hold", "signature");
    json_array_foreach(r->rows, i, row)
        say("%-7s  %-12s  %-52s  %s\n", json_get_text(row, "state"),
            json_get_text(row, "case"), json_get_text(row, "must"),
            json_get_text(row, "signature"));
    say("%d passed, %d failed, %d stale\n", count_passed(r), r->failed, r->stale);
}

json_t *test_report_json(const struct test_report *r)
{
    return json_pack("{s:i, s:i, s:i, s:o}", "passed", count_passed(r), "failed",
                     r->failed, "stale", r->stale, "cases",
                     r->rows ? json_incref(r->rows) : json_array());
}

static void write_attribute(FILE *f, const char *name, const char *value)
{
    fprintf(f, " %s=\"", name);
    report_escape(f, value);
    fputc('"', f);
}

int test_report_junit(const struct test_report *r, const char *path, struct error *err)
{
    scoped char *text = NULL;
    size_t size, i;
    FILE *f = open_memstream(&text, &size);
    json_t *row;

    fprintf(f,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ratchet\" "
            "tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n",
            test_report_count(r), r->failed, r->stale);
    json_array_foreach(r->rows, i, row) {
        fputs("  <testcase", f);
        write_attribute(f, "classname", json_get_text(row, "folder"));
        write_attribute(f, "name", json_get_text(row, "case"));
        if (!is_state(row, "passed")) {
            fprintf(f, "><%s", is_state(row, "failed") ? "failure" : "skipped");
            write_attribute(f, "message", json_get_text(row, "why"));
            fputs("/></testcase>\n", f);
        } else {
            fputs("/>\n", f);
        }
    }
    fputs("</testsuite>\n", f);
    fclose(f);
    return file_save(path, text, size, err);
}
