/* report_run.c - gathers a run from the ledger as JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diff.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/model/model.h"
#include "runner/record/ledger/ledger_report.h"
#include "runner/evaluate/stats.h"
#include "runner/report/report_parts.h"

#define MOST_DIFF 200000 /* bytes of one that is shown */

/* Sets a number, or null where it is none. */
static void report_run_set(json_t *json, const char *key, double value)
{
    json_object_set_new(json, key, json_finite(value));
}

static void add_point(json_t *curve, const json_t *at, double mean, double half)
{
    json_t *point = json_object();

    report_run_set(point, "steps", json_get_number(at, "steps"));
    report_run_set(point, "tokens", json_get_number(at, "tokens"));
    report_run_set(point, "usd", json_get_number(at, "usd"));
    json_object_set_new(point, "estimated", json_string(json_get_text(at, "estimated")));
    report_run_set(point, "minutes", json_get_number(at, "minutes"));
    report_run_set(point, "mean", mean);
    report_run_set(point, "low", mean - half);
    report_run_set(point, "high", mean + half);
    json_array_append_new(curve, point);
}

/* "curve" is the incumbent's dev mean, "tried" every candidate's. */
static void add_curves(json_t *json, double start_steps)
{
    json_t *curve = json_array(), *tried = json_array(), *row;
    json_t *origin = json_pack("{s:o, s:i, s:o, s:o, s:s}", "steps",
                               json_finite(isfinite(start_steps) ? start_steps : 0),
                               "tokens", 0, "usd", json_finite(0.0), "minutes",
                               json_finite(0.0), "estimated", "no");
    size_t i;

    json_array_foreach(json_object_get(json, "iterations"), i, row) {
        bool is_promoted = json_integer_value(json_object_get(row, "is_promoted"));
        double after = json_get_number(row, "dev_after");
        if (i == 0)
            add_point(curve, origin, json_get_number(row, "dev_before"),
                      json_get_number(row, "before_half"));
        add_point(curve, row, is_promoted ? after : json_get_number(row, "dev_before"),
                  json_get_number(row, is_promoted ? "after_half" : "before_half"));
        if (isfinite(after))
            add_point(tried, row, after, json_get_number(row, "after_half"));
    }
    /* Those that were promoted are among the iterations. */
    json_array_foreach(json_object_get(json, "challengers"), i, row) {
        const char *verdict = json_get_text(row, "verdict");
        double after = json_get_number(row, "dev_after");
        if (!verdict_promotes(verdict_read(verdict)) && isfinite(after))
            add_point(tried, row, after, json_get_number(row, "after_half"));
    }
    json_decref(origin);
    json_object_set_new(json, "curve", curve);
    json_object_set_new(json, "tried", tried);
}

static char *diff_text(struct ledger *l, const char *parent, const char *policy)
{
    scoped char *old = ledger_source_get(l, parent, NULL),
                *new = ledger_source_get(l, policy, NULL);
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (old && new)
        diff_write(f, "before", old, "after", new);
    fclose(f);
    if (size > MOST_DIFF)
        text[MOST_DIFF] = '\0';
    return text;
}

/* What changed in each promotion: against the incumbent before it, whoever its parent
 * was. */
static void add_promotions(json_t *json, struct ledger *l, const struct ledger_run *run)
{
    static const char *const keys[] = { "iteration",  "verdict",   "change",
                                        "why",        "low",       "high",
                                        "dev_before", "dev_after", "policy" };
    const char *before = run->start_sha256;
    json_t *promotions = json_array(), *row;
    size_t i;

    json_array_foreach(json_object_get(json, "iterations"), i, row) {
        json_t *one;
        scoped char *diff = NULL, *clean = NULL;
        if (!json_integer_value(json_object_get(row, "is_promoted")))
            continue;
        one = json_object();
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
            json_object_set(one, keys[k], json_object_get(row, keys[k]));
        diff = diff_text(l, before, json_get_text(row, "policy"));
        clean = text_clean(diff, strlen(diff), MOST_DIFF, true);
        json_object_set_new(one, "diff", json_string(clean));
        json_array_append_new(promotions, one);
        before = json_get_text(row, "policy");
    }
    json_object_set_new(json, "promotions", promotions);
    json_object_set_new(json, "best_sha256", json_string(before));
}

/* The gain of the incumbent on the hidden seeds that it and the start were measured on,
 * paired. */
static int add_gain(json_t *json, struct ledger *l, const struct ledger_run *run,
                    struct error *err)
{
    scoped double *differences = NULL;
    double half;
    int n = ledger_report_gain(l, run->id, &differences, err);
    struct summary s;

    if (n < 0)
        return -1;
    s = summarize(differences, n);
    half = mean_interval(&s, 0.95);
    report_run_set(json, "gain", s.mean);
    report_run_set(json, "gain_low", s.mean - half);
    report_run_set(json, "gain_high", s.mean + half);
    return 0;
}

static void add_totals(json_t *json)
{
    const json_t *curve = json_object_get(json, "curve");
    const json_t *openings = json_object_get(json, "openings"), *opening = NULL;
    size_t n = json_array_size(curve), i;
    json_t *row;

    json_array_foreach(openings, i, row) {
        if (!strcmp(json_get_text(row, "split"), "holdout"))
            opening = row;
    }
    if (n)
        report_run_set(json, "start_mean",
                       json_get_number(json_array_get(curve, 0), "mean"));
    report_run_set(json, "best_mean",
                   json_get_number(n ? json_array_get(curve, n - 1) : json,
                                   n ? "mean" : "start_mean"));
    report_run_set(json, "best_low",
                   json_get_number(json_array_get(curve, n - 1), "low"));
    report_run_set(json, "best_high",
                   json_get_number(json_array_get(curve, n - 1), "high"));
    json_object_set_new(
        json, "n_iterations",
        json_integer((json_int_t)json_array_size(json_object_get(json, "iterations"))));
    json_object_set_new(
        json, "n_promotions",
        json_integer((json_int_t)json_array_size(json_object_get(json, "promotions"))));
    report_run_set(json, "holdout_mean", json_get_number(opening, "hidden_mean"));
    report_run_set(json, "holdout_gap", json_get_number(opening, "gap"));
}

static json_t *head(const struct ledger_run *run)
{
    char started[32] = "";
    scoped char *model = provider_shown(run->model);
    json_t *task = json_loads(run->task, 0, NULL), *json;

    text_utc(run->created, started);
    json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "run",
                     run->name, "folder", run->folder, "task",
                     json_get_text(task, "name"), "env", json_get_text(task, "env"),
                     "model", model, "started", started, "status",
                     run_state_name(run->state),
                     "stop_reason", run->stop_reason, "start_policy", run->start_policy,
                     "is_sealed", (int)run->is_sealed, "salt_sha256", run->salt_sha256);
    json_decref(task);
    return json;
}

json_t *report_run(struct ledger *l, const struct env_registry *envs,
                   const struct ledger_run *run, const struct report_options *o,
                   struct error *err)
{
    json_t *json = head(run), *rows = json ? ledger_report_rows(l, run->id, err) : NULL;
    int status = rows ? 0 : -1;

    if (!json)
        error_set(err, "%s: the ledger's row of this run is not UTF-8", run->folder);
    if (status == 0) {
        json_object_update(json, rows);
        add_curves(json, json_get_number(json, "start_steps"));
        json_object_set_new(
            json, "n_cases",
            json_integer((json_int_t)json_array_size(json_object_get(json, "cases"))));
        add_promotions(json, l, run);
        add_totals(json);
        status = add_gain(json, l, run, err);
    }
    if (status == 0 && o->n_failures >= 0)
        report_add_failures(json, l, envs, run, json_get_text(json, "best_sha256"), o);
    json_decref(rows);
    if (status == 0)
        return json;
    json_decref(json);
    return NULL;
}
