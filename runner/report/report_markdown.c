/* report_markdown.c - the report as Markdown. Text of policies and models is escaped, so
 * that it is neither HTML nor a link in whatever shows it. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "runner/policy/fence.h"
#include "runner/report/report_parts.h"

#define MOST_CELL 400 /* columns */

static void put(FILE *f, const char *text)
{
    char *whole = text_clean(text, strlen(text), strlen(text), false);
    char *clean = text_shorten(whole, MOST_CELL);

    for (const char *at = clean; *at; at++) {
        if (*at == '<')
            fputs("&lt;", f);
        else if (*at == '&')
            fputs("&amp;", f);
        else if (strchr("\\`*_[]()#|!>~", *at))
            fprintf(f, "\\%c", *at);
        else
            fputc(*at, f);
    }
    free(clean);
    free(whole);
}

static void put_value(FILE *f, const json_t *row, const struct report_column *c)
{
    const json_t *v = json_object_get(row, c->key);
    char text[64];

    report_value(v, c->kind, text, sizeof(text));
    put(f, c->kind == REPORT_TEXT && json_is_string(v) ? json_string_value(v) : text);
}

static void put_table(FILE *f, const struct report_table *t, const json_t *rows,
                      int level)
{
    const struct report_column *c;
    json_t *row;
    size_t i;

    if (!json_array_size(rows))
        return;
    fprintf(f, "\n%.*s %s\n\n", level, "######", t->title);
    if (t->about)
        fprintf(f, "%s\n\n", t->about);
    for (c = t->columns; c->key; c++)
        fprintf(f, "| %s ", c->title);
    fputs("|\n", f);
    for (c = t->columns; c->key; c++)
        fputs(c->kind == REPORT_TEXT || c->kind == REPORT_HASH ? "|---" : "|---:", f);
    fputs("|\n", f);
    json_array_foreach(rows, i, row) {
        for (c = t->columns; c->key; c++) {
            fputs("| ", f);
            put_value(f, row, c);
            fputc(' ', f);
        }
        fputs("|\n", f);
    }
}

static void put_promotions(FILE *f, const json_t *list)
{
    json_t *one;
    size_t i;

    if (json_array_size(list))
        fputs("\n### What changed in each promotion\n", f);
    json_array_foreach(list, i, one) {
        fprintf(f, "\n%lld. ",
                (long long)json_integer_value(json_object_get(one, "iteration")));
        put(f, json_get_text(one, "change"));
        fputs(" -- ", f);
        put(f, json_get_text(one, "why"));
        fputs("\n\n", f);
        fence_write(f, "diff", json_get_text(one, "diff"));
    }
}

static void put_failures(FILE *f, const json_t *run)
{
    const json_t *list = json_object_get(run, "failures");
    json_t *one;
    size_t i;

    if (json_get_text(run, "failures_missing")[0]) {
        fputs("\nFailures cannot be shown: ", f);
        put(f, json_get_text(run, "failures_missing"));
        fputc('\n', f);
    }
    if (json_array_size(list))
        fputs("\n### Failures\n\n", f);
    json_array_foreach(list, i, one) {
        fprintf(f, "- %s, %lld times, return lost %.4g: ", json_get_text(one, "whose"),
                (long long)json_integer_value(json_object_get(one, "n")),
                json_get_number(one, "lost"));
        put(f, json_get_text(one, "signature"));
        fprintf(f, " (dev seed %lld, step %lld)\n",
                (long long)json_integer_value(json_object_get(one, "seed_index")),
                (long long)json_integer_value(json_object_get(one, "step")));
    }
}

static void put_run(FILE *f, const json_t *run)
{
    fputs("\n## ", f);
    put(f, json_get_text(run, "run"));
    fputs("\n\n", f);
    for (const struct report_column *c = report_facts; c->key; c++) {
        char text[64];
        report_value(json_object_get(run, c->key), c->kind, text, sizeof(text));
        if (text[0])
            fprintf(f, "- %s: ", c->title), put(f, text), fputc('\n', f);
    }
    fputs("- task: ", f);
    put(f, json_get_text(run, "task"));
    fputs("\n- model: ", f);
    put(f, json_get_text(run, "model"));
    fputs(json_is_true(json_object_get(run, "is_sealed")) ? "" : " (unsealed)", f);
    fputs("\n- stopped: ", f);
    put(f, json_get_text(run, "stop_reason"));
    fputc('\n', f);
    for (const struct report_table *t = report_run_tables; t->key; t++)
        put_table(f, t, json_object_get(run, t->key), 3);
    put_promotions(f, json_object_get(run, "promotions"));
    put_failures(f, run);
}

static void put_night(FILE *f, const json_t *night)
{
    json_t *line;
    size_t i;

    json_array_foreach(json_object_get(night, "lines"), i, line) {
        fputs("- ", f);
        put(f, json_string_value(line) ? json_string_value(line) : "");
        fputc('\n', f);
    }
    if (night)
        fputc('\n', f);
}

char *report_markdown(const json_t *report)
{
    const json_t *runs = json_object_get(report, "runs");
    char *text = NULL;
    size_t size, i;
    FILE *f = open_memstream(&text, &size);
    json_t *run;

    put_night(f, json_object_get(report, "night"));
    fputs("# ratchet report\n", f);
    for (const struct report_table *t = report_all_tables; t->key; t++)
        put_table(f, t, json_object_get(report, t->key), 2);
    json_array_foreach(runs, i, run)
        put_run(f, run);
    fclose(f);
    return text;
}
