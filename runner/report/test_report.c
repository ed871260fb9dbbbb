/* test_report.c - results of regression cases as TAP, JUnit XML, a table and JSON. */
#include "runner/report/test_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/say.h"
#include "base/text.h"
#include "runner/brief/quote.h"

#define MOST_WHY 200

static const char *const states[] = { "passed", "failed", "stale" };

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

struct test_row *test_report_add(struct test_report *r, const char *folder,
                                 const char *policy, const struct regression_case *c,
                                 const struct case_outcome *outcome)
{
    struct test_row *row;
    const char *fault = outcome->result.fault_text;

    r->rows = xrealloc(r->rows, sizeof(*r->rows) * (size_t)(r->n + 1));
    row = &r->rows[r->n++];
    *row = (struct test_row){ .state = outcome->passed ? TEST_PASSED : TEST_FAILED };
    if (case_is_stale(c))
        row->state = TEST_STALE;
    r->failed += row->state == TEST_FAILED;
    r->stale += row->state == TEST_STALE;
    row->folder = xstrdup(folder);
    row->policy = xstrdup(policy);
    row->name = xstrdup(c->name);
    row->must = say_must(c, outcome);
    row->signature = xstrdup(c->signature);
    if (row->state == TEST_STALE && c->env_version == c->task->env->version)
        row->why = xasprintf("cut under version %u of chance, this is %d", c->chance,
                             CHANCE_VERSION);
    else if (row->state == TEST_STALE)
        row->why = xasprintf("cut under version %u of %s, this is %u", c->env_version,
                             c->task->env->name, c->task->env->version);
    else if (row->state == TEST_FAILED && fault)
        row->why = quote_line(fault, MOST_WHY);
    else
        row->why = xstrdup(row->state == TEST_FAILED ? c->event : "");
    return row;
}

void test_report_clear(struct test_report *r)
{
    for (int i = 0; i < r->n; i++) {
        struct test_row *row = &r->rows[i];
        char *const texts[] = { row->folder,    row->policy, row->name,  row->must,
                                row->signature, row->why,    row->replay };
        for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
            free(texts[k]);
    }
    free(r->rows);
}

void test_report_tap(const struct test_report *r)
{
    for (int i = 0; i < r->n; i++) {
        const struct test_row *row = &r->rows[i];
        if (i == 0 || strcmp(row->folder, r->rows[i - 1].folder))
            say("# %s on %s\n", row->folder, row->policy);
        if (row->state == TEST_STALE) {
            say("ok %d - %s # SKIP stale: %s\n", i + 1, row->name, row->why);
            continue;
        }
        say("%s %d - %s: %s\n", row->state == TEST_PASSED ? "ok" : "not ok", i + 1,
            row->name, row->must);
        if (row->state == TEST_FAILED)
            say("# %s: %s\n", row->signature, row->why);
        if (row->replay)
            say("# replay: %s\n", row->replay);
    }
    say("1..%d\n", r->n);
    if (r->n)
        say("# %d passed, %d failed, %d stale\n", r->n - r->failed - r->stale,
            r->failed, r->stale);
}

void test_report_table(const struct test_report *r)
{
    say("%-7s  %-12s  %-52s  %s\n", "state", "case", "what must hold", "signature");
    for (int i = 0; i < r->n; i++)
        say("%-7s  %-12s  %-52s  %s\n", states[r->rows[i].state], r->rows[i].name,
            r->rows[i].must, r->rows[i].signature);
    say("%d passed, %d failed, %d stale\n", r->n - r->failed - r->stale, r->failed,
        r->stale);
}

json_t *test_report_json(const struct test_report *r)
{
    json_t *list = json_array();

    for (int i = 0; i < r->n; i++) {
        const struct test_row *row = &r->rows[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?}", "case",
                            row->name, "state", states[row->state], "must", row->must,
                            "signature", row->signature, "why", row->why, "folder",
                            row->folder, "policy", row->policy, "replay", row->replay));
    }
    return json_pack("{s:i, s:i, s:i, s:o}", "passed", r->n - r->failed - r->stale,
                     "failed", r->failed, "stale", r->stale, "cases", list);
}

static void write_xml(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", f);
        else if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '>')
            fputs("&gt;", f);
        else if (*text == '"')
            fputs("&quot;", f);
        else
            fputc(*text, f);
    }
}

static void write_attribute(FILE *f, const char *name, const char *value)
{
    char *clean = text_clean(value, strlen(value), strlen(value), false);

    fprintf(f, " %s=\"", name);
    write_xml(f, clean);
    fputc('"', f);
    free(clean);
}

int test_report_junit(const struct test_report *r, const char *path, struct error *err)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int status;

    fprintf(f,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"ratchet\" "
            "tests=\"%d\" failures=\"%d\" skipped=\"%d\">\n",
            r->n, r->failed, r->stale);
    for (int i = 0; i < r->n; i++) {
        const struct test_row *row = &r->rows[i];
        fputs("  <testcase", f);
        write_attribute(f, "classname", row->folder);
        write_attribute(f, "name", row->name);
        if (row->state != TEST_PASSED) {
            fprintf(f, "><%s", row->state == TEST_FAILED ? "failure" : "skipped");
            write_attribute(f, "message", row->why);
            fputs("/></testcase>\n", f);
        } else {
            fputs("/>\n", f);
        }
    }
    fputs("</testsuite>\n", f);
    fclose(f);
    status = file_save(path, text, size, err);
    free(text);
    return status;
}
