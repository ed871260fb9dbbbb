/* report_write.c - what the report says, in what order: the same in every form of it. All
 * that is said stands in the report's JSON. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/scoped.h"
#include "runner/report/report_parts.h"

#define MOST_COLUMNS 32
#define MOST_FACTS 16

/* One form being written. */
struct writing {
    const struct report_form *form;
    FILE *f;
};

static long long report_write_whole(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

__attribute__((format(printf, 3, 4))) static void
report_write_put(const struct writing *w, enum report_tone tone, const char *format, ...)
{
    va_list args;
    scoped char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    va_start(args, format);
    vfprintf(f, format, args);
    va_end(args);
    fclose(f);
    w->form->paragraph(w->f, tone, text);
}

static void report_write_put_heading(const struct writing *w, int level, const char *text)
{
    w->form->heading(w->f, level, 0, text);
}

/* A column is left out when no row has anything in it. */
static bool has_column(const json_t *rows, const struct table_column *c)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) {
        const json_t *v = json_object_get(row, c->key);
        if (json_is_number(v) || (json_is_string(v) && json_string_length(v)))
            return true;
    }
    return false;
}

static void report_write_put_table(const struct writing *w, const struct report_table *t,
                                   const json_t *json)
{
    const json_t *rows = json_object_get(json, t->key);
    struct table_column shown[MOST_COLUMNS + 1] = { { 0 } };
    int n = 0;

    if (!json_array_size(rows))
        return;
    for (const struct table_column *c = t->columns; c->key && n < MOST_COLUMNS; c++)
        if (has_column(rows, c))
            shown[n++] = *c;
    report_write_put_heading(w, 3, t->title);
    if (t->about)
        report_write_put(w, REPORT_ABOUT, "%s", t->about);
    w->form->table(w->f, shown, rows);
}

static void report_write_put_facts(const struct writing *w, const json_t *run)
{
    struct report_fact facts[MOST_FACTS] = { { 0 } };
    int n = 0;

    for (const struct table_column *c = report_facts; c->key && n < MOST_FACTS; c++) {
        struct report_fact *fact = &facts[n];
        char text[64];
        double low, high;
        fact->title = c->title;
        fact->is_main = !strcmp(c->key, "gain");
        low = json_get_number(run, fact->is_main ? "gain_low" : "best_low");
        high = json_get_number(run, fact->is_main ? "gain_high" : "best_high");
        table_value(run, c, text, sizeof(text));
        if (!text[0])
            continue;
        snprintf(fact->text, sizeof(fact->text), "%s%s",
                 fact->is_main && text[0] != '-' ? "+" : "", text);
        if ((fact->is_main || !strcmp(c->key, "best_mean")) && isfinite(low) &&
            isfinite(high))
            snprintf(fact->interval, sizeof(fact->interval), "%.1f to %.1f", low, high);
        n++;
    }
    w->form->facts(w->f, facts, n);
}

static void put_curves(const struct writing *w, const json_t *runs, const char *title)
{
    json_auto_t *plots = w->form->plots ? report_curves(runs) : NULL;

    if (json_array_size(plots)) {
        report_write_put_heading(w, 3, title);
        w->form->plots(w->f, plots);
    }
}

static void put_promotions(const struct writing *w, const json_t *list)
{
    json_t *one;
    size_t i;

    if (json_array_size(list))
        report_write_put_heading(w, 3, "What changed in each promotion");
    json_array_foreach(list, i, one) {
        scoped char *title = xasprintf(
            "Iteration %lld, %s: dev mean %.1f \xe2\x86\x92 %.1f",
            report_write_whole(one, "iteration"), json_get_text(one, "verdict"),
            json_get_number(one, "dev_before"), json_get_number(one, "dev_after"));
        report_write_put_heading(w, 4, title);
        report_write_put(w, REPORT_PLAIN, "%s", json_get_text(one, "change"));
        report_write_put(w, REPORT_SOFT, "%s", json_get_text(one, "why"));
        w->form->diff(w->f, json_get_text(one, "diff"));
    }
}

/* The dev episode that is nearest to the mean. */
static void put_typical(const struct writing *w, const json_t *typical)
{
    char every[64];

    if (!typical)
        return;
    report_write_put_heading(w, 3, "The incumbent at work");
    snprintf(every, sizeof(every), "; every %lldth step is shown",
             report_write_whole(typical, "stride"));
    report_write_put(w, REPORT_ABOUT, "Dev seed %lld, return %g in %lld steps%s.",
                     report_write_whole(typical, "seed_index"),
                     json_get_number(typical, "total"),
                     report_write_whole(typical, "steps"), w->form->replay ? every : "");
    if (w->form->replay)
        w->form->replay(w->f, json_object_get(typical, "clip"));
}

static void put_failures(const struct writing *w, const json_t *run)
{
    const json_t *list = json_object_get(run, "failures");
    json_t *one;
    size_t i;

    if (json_array_size(list)) {
        report_write_put_heading(w, 3, "Failures");
        report_write_put(
            w, REPORT_ABOUT,
            "Where return is lost, most first: the incumbent's that are left, then those "
            "that the start had.");
    }
    json_array_foreach(list, i, one) {
        scoped char *about = xasprintf(
            "%s policy; %lld times, %.4g of return lost; here dev seed %lld, step %lld, "
            "return %g",
            json_get_text(one, "whose"), report_write_whole(one, "n"),
            json_get_number(one, "lost"), report_write_whole(one, "seed_index"),
            report_write_whole(one, "step"), json_get_number(one, "total"));
        w->form->failure(w->f, one, about);
    }
    if (json_get_text(run, "failures_missing")[0])
        report_write_put(w, REPORT_SOFT, "Failures cannot be shown: %s",
                         json_get_text(run, "failures_missing"));
}

/* number 0: it is the only one, and the report bears its name. */
static void put_run(const struct writing *w, const json_t *run, size_t number)
{
    const char *stopped = json_get_text(run, "stop_reason");
    json_auto_t *alone = json_pack("[O]", run);

    if (number)
        w->form->heading(w->f, 2, number, json_get_text(run, "run"));
    report_write_put(w, REPORT_SOFT, "Task %s, by %s%s; started %s%s%s",
                     json_get_text(run, "task"), json_get_text(run, "model"),
                     json_is_true(json_object_get(run, "is_sealed")) ? "" : " (unsealed)",
                     json_get_text(run, "started"),
                     stopped[0] ? "; stopped: " : "; still open.", stopped);
    report_write_put_facts(w, run);
    put_curves(w, alone, "Learning curves");
    for (const struct report_table *t = report_run_tables; t->key; t++) {
        report_write_put_table(w, t, run);
        if (t != report_run_tables)
            continue;
        put_promotions(w, json_object_get(run, "promotions"));
        put_typical(w, json_object_get(run, "typical"));
        put_failures(w, run);
    }
}

/* Several runs, side by side: in tables, and the curves of those of one task. */
static void put_overview(const struct writing *w, const json_t *report)
{
    const json_t *runs = json_object_get(report, "runs");
    json_t *run, *other;
    size_t i, k;

    for (const struct report_table *t = report_all_tables; t->key; t++)
        report_write_put_table(w, t, report);
    json_array_foreach(runs, i, run) {
        json_auto_t *same = json_array();
        json_array_foreach(runs, k, other)
            if (!strcmp(json_get_text(other, "task"), json_get_text(run, "task")))
                json_array_append(same, other);
        if (json_array_get(same, 0) == run && json_array_size(same) > 1)
            put_curves(w, same, "Learning curves compared");
    }
}

char *report_write(const struct report_form *form, const json_t *report)
{
    const json_t *runs = json_object_get(report, "runs");
    const json_t *night = json_object_get(report, "night");
    size_t n = json_array_size(runs), size, i;
    scoped char *title = n == 1 ? xasprintf("ratchet: %s",
                                            json_get_text(json_array_get(runs, 0), "run"))
                                : xasprintf("ratchet: %zu runs", n);
    char *text = NULL;
    struct writing w = { form, open_memstream(&text, &size) };
    json_t *run;

    form->begin(w.f, title);
    if (night)
        form->lines(w.f, json_object_get(night, "lines"));
    report_write_put_heading(&w, 1, title);
    report_write_put(&w, REPORT_SOFT,
                     "Every score is the harness's own: it played each action again.");
    if (n > 1) {
        if (form->links)
            form->links(w.f, runs);
        put_overview(&w, report);
    }
    json_array_foreach(runs, i, run)
        put_run(&w, run, n == 1 ? 0 : i + 1);
    form->end(w.f);
    fclose(w.f);
    return text;
}
