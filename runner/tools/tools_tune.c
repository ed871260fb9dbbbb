/* tools_tune.c - the tool `tune`: CMA-ES over a draft's declared parameters on dev seeds.
 *
 * What the search goes by is the mean of return + per_step * steps. Where a generation
 * plays all seeds, the best point that it ever saw is kept. Where it plays a batch of
 * them, in turn, a point may have had easy ones: then the strategy's mean is measured on
 * all seeds now and then, and the best of these is kept. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/rng.h"
#include "runner/policy/lua_params.h"
#include "runner/tools/cmaes.h"
#include "runner/tools/tool_tuning.h"
#include "runner/tools/tool_work.h"

#define TUNE_SEEDS 8
#define TUNE_GENERATIONS 8
#define TUNE_SIGMA 0.25   /* first step size, of a range of 1 */
#define SPREAD_DONE 0.003 /* the strategy has closed in on a point */
#define CHECKS 20         /* measures of the strategy's mean, where batches are played */
#define STREAM_TUNE 0x70e

static_assert(VM_MAX_PARAMS <= CMAES_MAX_DIMENSIONS, "every parameter can be tuned");

/* What a point came to: the mean return, and what the search goes by: the mean of return
 * + per_step * steps. */
struct worth {
    double mean, shaped;
};

/* One tuning, from the draft's defaults on. */
struct tuning {
    struct tool_work *w;
    struct policy policy;
    struct vm_param params[VM_MAX_PARAMS]; /* those that are tuned, with their bounds */
    int n;
    double per_step; /* added to each step's reward, as far as the search is concerned */
    double best[VM_MAX_PARAMS];
    struct worth first_worth, best_worth;
    int64_t index[TOOL_MOST_SEEDS];
    int n_seeds, n_batch;   /* of index: all, and those that a generation plays */
    int n_episodes, n_done; /* at most, and so far */
    int n_lost;             /* of n_done: broken by the environment, in no mean */
    char *left_out;
    struct tuned tuned; /* for what is told of it */
};

static bool tools_tune_is_wanted(const struct tool_work *w, const char *name)
{
    const json_t *names = json_object_get(w->arguments, "params");

    for (size_t i = 0; i < json_array_size(names); i++)
        if (!strcmp(json_string_value(json_array_get(names, i)), name))
            return true;
    return !names;
}

/* The parameters that have bounds and can be changed in the source. */
static void choose_params(struct tuning *t, const struct policy_facts *facts)
{
    size_t len, at, number;
    FILE *f = open_memstream(&t->left_out, &len);

    for (int i = 0; i < facts->n_params; i++) {
        const struct vm_param *p = &facts->params[i];
        if (!tools_tune_is_wanted(t->w, p->name))
            continue;
        if (isfinite(p->min) && isfinite(p->max) && p->min < p->max &&
            lua_params_find(t->policy.source, p->name, &at, &number) == 1)
            t->params[t->n++] = *p;
        else
            fprintf(f, "%s%s", ftell(f) > 0 ? ", " : "", p->name);
    }
    fclose(f);
}

/* Progress counts the episodes of the whole search. */
static enum memo_status play_points(struct tuning *t, const struct param_set *points,
                                    int n, const int64_t *index, int n_index,
                                    struct episode_result *results)
{
    struct memo *m = t->w->c->memo, shown = *m;
    enum memo_status status;

    m->progress = NULL;
    status = tool_play_sets(t->w, &t->policy, points, n, index, n_index, PURPOSE_tuning,
                            results);
    m->progress = shown.progress;
    t->n_done += n * n_index;
    if (m->progress)
        m->progress(m->user, PURPOSE_tuning, t->n_done, t->n_episodes);
    return status;
}

/* What the environment broke tells nothing of a point; one of which nothing is left is
 * the worst. */
static struct worth tools_tune_value(struct tuning *t,
                                     const struct episode_result *results, int n)
{
    struct worth w = { 0, 0 };
    int left = 0;

    for (int i = 0; i < n; i++) {
        if (result_is_void(&results[i]))
            continue;
        w.mean += results[i].score;
        w.shaped += results[i].score + t->per_step * (double)results[i].n_steps;
        left++;
    }
    t->n_lost += n - left;
    return left ? (struct worth){ w.mean / left, w.shaped / left }
                : (struct worth){ NAN, -INFINITY };
}

/* What each of n points is worth, in one evaluation: over all seeds, of which the best is
 * kept, or over the batch of a generation. */
static enum memo_status tools_tune_measure(struct tuning *t,
                                           double (*points)[VM_MAX_PARAMS], int n,
                                           int64_t generation, bool is_batch,
                                           struct worth *worth)
{
    int n_index = is_batch ? t->n_batch : t->n_seeds;
    size_t n_all = (size_t)(n * n_index);
    struct episode_result *results = xcalloc(n_all, sizeof(*results));
    struct param_set *sets = xcalloc((size_t)n, sizeof(*sets));
    int64_t index[TOOL_MOST_SEEDS];
    enum memo_status status;

    for (int i = 0; i < n_index; i++)
        index[i] = t->index[(generation * t->n_batch + i) % t->n_seeds];
    for (int k = 0; k < n; k++) {
        memcpy(sets[k].params, t->params, sizeof(t->params));
        for (int i = 0; i < t->n; i++)
            sets[k].params[i].value = points[k][i];
        sets[k].n = t->n;
    }
    status = play_points(t, sets, n, index, n_index, results);
    for (int k = 0; k < n && status == MEMO_DONE; k++) {
        worth[k] = tools_tune_value(t, results + k * n_index, n_index);
        if (n_index == t->n_seeds && !(worth[k].shaped <= t->best_worth.shaped)) {
            t->best_worth = worth[k];
            memcpy(t->best, points[k], sizeof(t->best));
        }
    }
    results_clear(results, (int)n_all);
    free(results);
    free(sets);
    return status;
}

/* A point of the unit cube in the parameters' own units, as they would be written. */
static void to_values(const struct tuning *t, const double *unit, double *out)
{
    for (int i = 0; i < t->n; i++) {
        const struct vm_param *p = &t->params[i];
        char text[40];
        lua_params_number(p->min, p->max, p->min + unit[i] * (p->max - p->min), text);
        out[i] = fmin(fmax(strtod(text, NULL), p->min), p->max);
    }
}

static enum memo_status one_generation(struct tuning *t, struct cmaes *strategy,
                                       int64_t generation)
{
    int n = cmaes_popsize(strategy);
    const double *unit = cmaes_ask(strategy);
    double *values = xcalloc((size_t)n, sizeof(*values));
    struct worth *worth = xcalloc((size_t)n, sizeof(*worth));
    double(*points)[VM_MAX_PARAMS] = xcalloc((size_t)n, sizeof(*points));
    enum memo_status status;

    for (int k = 0; k < n; k++)
        to_values(t, unit + k * t->n, points[k]);
    status = tools_tune_measure(t, points, n, generation, true, worth);
    for (int k = 0; k < n; k++)
        values[k] = -worth[k].shaped;
    for (int k = 0; k < n && status == MEMO_DONE; k++)
        tuned_note_point(&t->tuned, points[k], t->params, t->n, worth[k].shaped);
    if (status == MEMO_DONE)
        cmaes_tell(strategy, values);
    free(points);
    free(worth);
    free(values);
    return status;
}

static enum memo_status measure_mean(struct tuning *t, struct cmaes *strategy)
{
    double point[VM_MAX_PARAMS];
    struct worth worth;

    to_values(t, cmaes_mean(strategy), point);
    return tools_tune_measure(t, &point, 1, 0, false, &worth);
}

/* All chance comes from the draft and the iteration: a resumed run tunes the same way. */
static enum memo_status search(struct tuning *t)
{
    double start[VM_MAX_PARAMS], unit[VM_MAX_PARAMS], zeros[VM_MAX_PARAMS] = { 0 };
    double ones[VM_MAX_PARAMS];
    int64_t generations = tool_number(t->w, "generations", TUNE_GENERATIONS), done = 0;
    const json_t *sigma = json_object_get(t->w->arguments, "sigma");
    enum memo_status status;
    struct cmaes *strategy;
    struct rng rng;
    char sha[65];

    for (int i = 0; i < t->n; i++) {
        const struct vm_param *p = &t->params[i];
        start[i] = p->value;
        unit[i] = (p->value - p->min) / (p->max - p->min);
        ones[i] = 1;
    }
    sha256_hex(t->policy.source, strlen(t->policy.source), sha);
    sha[15] = '\0';
    rng_seed(&rng,
             strtoull(sha, NULL, 16) + (uint64_t)t->w->c->iteration +
                 (uint64_t)tool_number(t->w, "chance", 0),
             STREAM_TUNE);
    strategy = cmaes_create(t->n, unit, sigma ? json_number_value(sigma) : TUNE_SIGMA,
                            zeros, ones, (int)tool_number(t->w, "popsize", 0), rng);
    t->n_episodes = (int)generations * cmaes_popsize(strategy) * t->n_batch +
                    (t->n_batch < t->n_seeds ? 2 + CHECKS : 2) * t->n_seeds;
    if (tool_flag(t->w, "estimate", false)) {
        tuned_estimate(t->w, t->n_episodes);
        cmaes_destroy(strategy);
        return MEMO_DONE;
    }
    status = tools_tune_measure(t, &start, 1, 0, false, &t->first_worth);
    while (status == MEMO_DONE && done < generations &&
           cmaes_spread(strategy) > SPREAD_DONE) {
        status = one_generation(t, strategy, done++);
        if (status == MEMO_DONE && t->n_batch < t->n_seeds &&
            done % ((generations + CHECKS) / CHECKS) == 0)
            status = measure_mean(t, strategy);
    }
    if (status == MEMO_DONE)
        status = measure_mean(t, strategy);
    cmaes_destroy(strategy);
    json_object_set_new(t->w->data, "generations", json_integer(done));
    return status;
}

static void apply(struct tuning *t)
{
    json_t *values = json_object();
    char *draft = xstrdup(t->policy.source);
    bool is_asked = tool_flag(t->w, "apply", true) &&
                    t->best_worth.shaped > t->first_worth.shaped;

    for (int i = 0; i < t->n; i++) {
        char text[40], *changed;
        lua_params_number(t->params[i].min, t->params[i].max, t->best[i], text);
        json_object_set_new(values, t->params[i].name, tool_json(t->best[i]));
        changed = t->best[i] == t->params[i].value
                      ? NULL
                      : lua_params_set(draft, t->params[i].name, text);
        if (changed) {
            free(draft);
            draft = changed;
        }
    }
    json_object_set_new(t->w->data, "before", tool_json(t->first_worth.mean));
    json_object_set_new(t->w->data, "best", tool_json(t->best_worth.mean));
    if (t->n_lost)
        json_object_set_new(t->w->data, "lost", json_integer(t->n_lost));
    json_object_set_new(t->w->data, "values", values);
    json_object_set_new(t->w->data, "applied", json_boolean(is_asked));
    if (*t->left_out)
        json_object_set_new(t->w->data, "left_out", json_string(t->left_out));
    if (is_asked) {
        free(t->w->c->bench->draft);
        t->w->c->bench->draft = draft;
    } else {
        free(draft);
    }
}

enum memo_status tool_tune(struct tool_work *w)
{
    const json_t *per_step = json_object_get(w->arguments, "per_step");
    struct tuning t = { .w = w,
                        .policy = tool_draft_policy(w),
                        .per_step = per_step ? json_number_value(per_step) : 0,
                        .best_worth = { NAN, NAN } };
    struct evaluation e = w->c->memo->base;
    const char *source = tool_text(w, "policy");
    struct policy_facts facts;
    enum memo_status status = MEMO_DONE;

    if (source)
        t.policy.source = source;
    if (!tool_read_seeds(w, t.index, &t.n_seeds, &status))
        return status;
    for (; !json_object_get(w->arguments, "seeds") && t.n_seeds < TUNE_SEEDS &&
           t.n_seeds < w->c->memo->base.task->splits.dev;
         t.n_seeds++)
        t.index[t.n_seeds] = t.n_seeds;
    t.n_batch = (int)fmin(tool_number(w, "batch", t.n_seeds), t.n_seeds);
    e.policy = t.policy;
    e.on_result = NULL;
    if (evaluate_check(&e, &facts, w->err) != 0)
        return MEMO_FAILED;
    if (facts.fault)
        return tool_wrong(w, "the draft does not load: %.600s", facts.fault_text);
    choose_params(&t, &facts);
    if (t.n == 0)
        status = tool_wrong(
            w, "there is nothing to tune: no parameter that was named has bounds "
               "and stands once in the source as NAME = { default = NUMBER, "
               "min = .., max = .. }");
    else
        status = search(&t);
    if (status == MEMO_DONE && !w->out->is_error && !tool_flag(w, "estimate", false)) {
        status = tuned_tell(w, &t.tuned, &t.policy, t.params, t.n, t.best, t.index,
                            t.n_seeds);
        if (status == MEMO_DONE)
            apply(&t); /* the source that was tuned may be the draft, which it frees */
    }
    free(t.left_out);
    return status;
}
