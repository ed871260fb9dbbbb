/* tools_tuned.c - what is told of a tuning beside its best mean: how the values do on seeds
 * that the search did not see, how they spread, which stand at a bound, and which
 * parameters matter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/tools/tool_tuning.h"

#define HELD_OUT 4         /* seeds, where nothing else was asked for */
#define AT_BOUND 0.01      /* of the range: as near as that */
#define SENSITIVE_SHOWN 12 /* parameters, the strongest first */

/* Dev seeds that the search does not play, as many as are wanted and there. */
static void tuned_hold_out(struct tool_work *w, const int64_t *index, int n,
                           struct tool_courses *out)
{
    const struct task *task = w->c->memo->base.task;
    int64_t most = task->plan ? 0 : n < HELD_OUT ? n : HELD_OUT;

    most = tool_number(w, "hold_out", most);
    for (int64_t seed = 0; seed < task->splits.dev && out->n < most; seed++) {
        bool is_searched = false;
        for (int i = 0; i < n; i++)
            is_searched = is_searched || index[i] == seed;
        if (!is_searched)
            out->index[out->n++] = seed;
    }
}

/* Start and best values on some seeds, and the difference, pair by pair. */
static enum memo_status tuned_compare(struct tool_work *w, const struct policy *policy,
                                      const struct param_set *sets,
                                      const struct tool_courses *c, json_t *out)
{
    struct episode_result *r = xcalloc(2 * (size_t)c->n, sizeof(*r));
    enum memo_status status = tool_play_courses(w, policy, sets, 2, c, PURPOSE_tuning, r);

    if (status == MEMO_DONE) {
        json_object_set_new(out, "seeds", json_integer(c->n));
        json_object_set_new(out, "before", tool_sum_up(c->index, r, c->n));
        json_object_set_new(out, "best", tool_sum_up(c->index, r + c->n, c->n));
        json_object_set_new(out, "difference", tool_difference(r + c->n, r, c->n));
    }
    results_clear(r, 2 * c->n);
    free(r);
    return status;
}

void tuned_note_point(struct tuned *t, const double *values, const struct vm_param *params,
                      int n, double worth)
{
    if (!isfinite(worth))
        return;
    t->n++;
    t->y += worth;
    t->yy += worth * worth;
    for (int i = 0; i < n; i++) {
        double x = (values[i] - params[i].min) / (params[i].max - params[i].min);
        t->x[i] += x;
        t->xx[i] += x * x;
        t->xy[i] += x * worth;
    }
}

/* Of worth and a parameter over all points of the search; NAN: one of them stood still. */
static double tuned_correlation(const struct tuned *t, int i)
{
    double n = t->n, xx = t->xx[i] - t->x[i] * t->x[i] / n, yy = t->yy - t->y * t->y / n;

    return xx > 1e-12 && yy > 1e-12 * t->yy ? (t->xy[i] - t->x[i] * t->y / n) / sqrt(xx * yy)
                                            : NAN;
}

static json_t *tuned_sensitivity(const struct tuned *t, const struct vm_param *params, int n)
{
    bool told[VM_MAX_PARAMS] = { false };
    json_t *list = json_array();

    for (int k = 0; k < SENSITIVE_SHOWN && k < n; k++) {
        int best = -1;
        for (int i = 0; i < n; i++)
            if (!told[i] && isfinite(tuned_correlation(t, i)) &&
                (best < 0 || fabs(tuned_correlation(t, i)) > fabs(tuned_correlation(t, best))))
                best = i;
        if (best < 0)
            break;
        told[best] = true;
        json_array_append_new(
            list, json_pack("{s:s, s:o}", "name", params[best].name, "correlation",
                            tool_json(tuned_correlation(t, best))));
    }
    return list;
}

static json_t *tuned_at_bounds(const struct vm_param *params, int n, const double *best)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++) {
        double near = AT_BOUND * (params[i].max - params[i].min);
        if (best[i] <= params[i].min + near || best[i] >= params[i].max - near)
            json_array_append_new(list, json_string(params[i].name));
    }
    return list;
}

enum memo_status tuned_tell(struct tool_work *w, const struct tuned *t,
                            const struct policy *policy, const struct vm_param *params,
                            int n, const double *best, const int64_t *index, int n_seeds)
{
    struct param_set *sets = xcalloc(2, sizeof(*sets));
    struct tool_courses searched = { .n = n_seeds }, held = { 0 };
    json_t *on_searched = json_object(), *on_held = json_object();
    enum memo_status status;

    memcpy(searched.index, index, sizeof(*index) * (size_t)n_seeds);
    tuned_hold_out(w, index, n_seeds, &held);
    for (int k = 0; k < 2; k++) {
        memcpy(sets[k].params, params, sizeof(*params) * (size_t)n);
        sets[k].n = n;
        for (int i = 0; k && i < n; i++)
            sets[k].params[i].value = best[i];
    }
    status = tuned_compare(w, policy, sets, &searched, on_searched);
    if (status == MEMO_DONE && held.n)
        status = tuned_compare(w, policy, sets, &held, on_held);
    if (held.n)
        json_object_set(w->data, "held_out", on_held);
    else
        json_object_set_new(w->data, "held_out_none",
                            json_string("no dev seed was left: see run_episodes' practice"));
    json_object_set(w->data, "searched", on_searched);
    json_object_set_new(w->data, "at_bounds", tuned_at_bounds(params, n, best));
    if (t->n > 2)
        json_object_set_new(w->data, "sensitivity", tuned_sensitivity(t, params, n));
    json_decref(on_searched);
    json_decref(on_held);
    free(sets);
    return status;
}

void tuned_estimate(struct tool_work *w, int64_t n_episodes)
{
    const struct workbench *b = w->c->bench;
    double steps = 0;

    for (int i = 0; i < w->c->n_results; i++)
        steps += (double)w->c->results[i].n_steps / w->c->n_results;
    json_object_set_new(w->data, "most_episodes", json_integer(n_episodes));
    if (steps > 0)
        json_object_set_new(w->data, "most_steps_about",
                            tool_json(steps * (double)n_episodes));
    if (steps > 0 && b->steps > 0)
        json_object_set_new(w->data, "seconds_about",
                            tool_json(steps * (double)n_episodes * b->seconds /
                                      (double)b->steps));
}
