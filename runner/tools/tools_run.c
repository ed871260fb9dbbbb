/* tools_run.c - the tool run_episodes: how a policy does, and whether that is more than the
 * current one, seed by seed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/quote.h"
#include "runner/evaluate/stats.h"
#include "runner/tools/tool_work.h"

#define MOST_FAULT 600 /* bytes of a fault's text */
#define WORST_SHOWN 3  /* seeds of a set */

static void tools_run_put_fault(json_t *json, const struct episode_result *results, int n)
{
    for (int i = 0; i < n; i++)
        if (results[i].fault) {
            char *text = quote_line(results[i].fault_text, MOST_FAULT);
            json_object_set_new(json, "fault", json_string(text));
            free(text);
            return;
        }
}

/* The seeds with the lowest returns, the lowest first. */
static json_t *tools_run_worst(const int64_t *index, const struct episode_result *results,
                               int n)
{
    json_t *list = json_array();
    bool *told = xcalloc((size_t)n, sizeof(*told));

    for (int k = 0; k < WORST_SHOWN && k < n; k++) {
        int worst = -1;
        for (int i = 0; i < n; i++)
            if (!told[i] && !result_is_void(&results[i]) &&
                (worst < 0 || results[i].score < results[worst].score))
                worst = i;
        if (worst < 0)
            break;
        told[worst] = true;
        json_array_append_new(list, json_pack("{s:I, s:o}", "seed", (json_int_t)index[worst],
                                              "return", tool_json(results[worst].score)));
    }
    free(told);
    return list;
}

json_t *tool_sum_up(const int64_t *index, const struct episode_result *results, int n)
{
    double *scores = xcalloc((size_t)n, sizeof(*scores));
    int faults = 0, left = results_scores(results, n, scores);
    struct summary s = summarize(scores, left);
    json_t *json;

    for (int i = 0; i < n; i++)
        faults += results[i].fault != FAULT_none;
    json = json_pack("{s:o, s:o, s:o, s:o, s:i}", "mean", tool_json(s.mean), "std",
                     tool_json(s.std), "min", tool_json(s.min), "max", tool_json(s.max),
                     "faults", faults);
    if (n > 1)
        json_object_set_new(json, "worst", tools_run_worst(index, results, n));
    tools_run_put_fault(json, results, n);
    free(scores);
    return json;
}

json_t *tool_difference(const struct episode_result *a, const struct episode_result *b, int n)
{
    double *d = xcalloc((size_t)n + 1, sizeof(*d));
    struct summary s;
    json_t *json;
    int pairs = 0, better = 0, worse = 0;

    for (int i = 0; i < n; i++)
        if (!result_is_void(&a[i]) && !result_is_void(&b[i])) {
            d[pairs] = a[i].score - b[i].score;
            better += d[pairs] > 0;
            worse += d[pairs] < 0;
            pairs++;
        }
    s = summarize(d, pairs);
    json = json_pack("{s:o, s:i, s:i, s:i}", "mean", tool_json(s.mean), "pairs", pairs,
                     "better", better, "worse", worse);
    if (pairs > 1)
        json_object_set_new(json, "standard_error", tool_json(s.std / sqrt(pairs)));
    free(d);
    return json;
}

static json_t *list_episodes(const int64_t *index, const struct episode_result *results,
                             int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++) {
        const struct episode_result *r = &results[i];
        json_array_append_new(
            list,
            json_pack("{s:I, s:o, s:I, s:s, s:I}", "seed", (json_int_t)index[i], "return",
                      tool_json(r->score), "steps", (json_int_t)r->n_steps, "ended",
                      r->fault        ? fault_name(r->fault)
                      : r->terminated ? "terminated"
                                      : "cut off by the time limit",
                      "most_instructions", (json_int_t)r->most_instructions));
    }
    return list;
}

/* The current policy on the same courses: what is known already, or played. out: n, or
 * nothing where there is nothing to compare with. */
static enum memo_status tools_run_current(struct tool_work *w, const struct tool_courses *c,
                                          struct episode_result *out)
{
    bool is_known = !c->is_practice && c->starts == STARTS_plain;

    for (int i = 0; i < c->n; i++)
        is_known = is_known && c->index[i] < w->c->n_results;
    for (int i = 0; is_known && i < c->n; i++)
        result_copy(&out[i], &w->c->results[c->index[i]]);
    if (is_known)
        return MEMO_DONE;
    return tool_play_courses(w, w->c->incumbent, NULL, 1, c, PURPOSE_probe, out);
}

static json_t *tools_run_echo(const struct param_set *set)
{
    json_t *json = json_object();

    for (int i = 0; i < set->n; i++)
        json_object_set_new(json, set->params[i].name, tool_json(set->params[i].value));
    return json;
}

static enum memo_status tools_run_all(struct tool_work *w, const struct policy *policy,
                                      const struct param_set *sets, int n_sets,
                                      const struct tool_courses *c, json_t *list)
{
    struct episode_result *results = xcalloc((size_t)(n_sets * c->n), sizeof(*results));
    struct episode_result *current = xcalloc((size_t)c->n, sizeof(*current));
    bool is_current = !sets && !strcmp(policy->source, w->c->incumbent->source);
    enum memo_status status = tool_play_courses(
        w, policy, sets, n_sets, c, sets ? PURPOSE_tuning : PURPOSE_probe, results);

    if (status == MEMO_DONE && !is_current)
        status = tools_run_current(w, c, current);
    for (int k = 0; k < n_sets && status == MEMO_DONE; k++) {
        const struct episode_result *mine = results + k * c->n;
        json_t *one = tool_sum_up(c->index, mine, c->n);
        if (sets)
            json_object_set_new(one, "params", tools_run_echo(&sets[k]));
        if (!is_current)
            json_object_set_new(one, "minus_current", tool_difference(mine, current, c->n));
        json_array_append_new(list, one);
    }
    if (n_sets == 1 && status == MEMO_DONE)
        json_object_set_new(w->data, "episodes", list_episodes(c->index, results, c->n));
    results_clear(results, n_sets * c->n);
    results_clear(current, c->n);
    free(results);
    free(current);
    return status;
}

enum memo_status tool_run_episodes(struct tool_work *w)
{
    json_t *asked = json_object_get(w->arguments, "params"), *list = json_array();
    const char *source = tool_text(w, "policy");
    struct policy policy = tool_draft_policy(w);
    enum memo_status status = MEMO_DONE;
    int n_sets = asked ? (int)json_array_size(asked) : 1;
    struct param_set *sets = asked ? xcalloc((size_t)n_sets, sizeof(*sets)) : NULL;
    struct tool_courses c;

    json_object_set_new(w->data, "results", list);
    if (source) {
        policy.source = source;
        policy.name = "probe.lua";
    }
    if (tool_read_courses(w, &c, &status) &&
        (!asked || tool_read_params(w, &policy, asked, true, sets, &status)))
        status = tools_run_all(w, &policy, sets, n_sets, &c, list);
    free(sets);
    return status;
}
