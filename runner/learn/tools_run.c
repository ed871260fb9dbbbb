/* tools_run.c - tools that play dev episodes: run_episodes, tune. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/rng.h"
#include "runner/evaluate/seeds.h"
#include "runner/evaluate/stats.h"
#include "runner/learn/cmaes.h"
#include "runner/learn/lua_params.h"
#include "runner/learn/quote.h"
#include "runner/learn/tool_work.h"
#include "runner/record/hash.h"

#define MOST_FAULT 600 /* bytes of a fault's text */
#define TUNE_SEEDS 8
#define TUNE_GENERATIONS 8
#define TUNE_SIGMA 0.25   /* first step size, of a range of 1 */
#define SPREAD_DONE 0.003 /* the strategy has closed in on a point */
#define STREAM_TUNE 0x70e

static_assert(VM_MAX_PARAMS <= CMAES_MAX_DIMENSIONS, "every parameter can be tuned");

/* Dev seeds by index; what is asked beyond them does not exist for the model. False: it
 * was answered. */
static bool read_seeds(struct tool_work *w, int64_t *index, int *n,
                       enum memo_status *status)
{
    const json_t *seeds = json_object_get(w->arguments, "seeds");
    int n_dev = w->c->memo->base.task->splits.dev;

    *n = (int)json_array_size(seeds);
    for (int i = 0; i < *n; i++) {
        index[i] = json_integer_value(json_array_get(seeds, (size_t)i));
        if (index[i] < n_dev)
            continue;
        *status = tool_refused(
            w, "asked for seeds that are not its own",
            "\"seeds\": there are dev seeds 0 to %d; no others can be played", n_dev - 1);
        return false;
    }
    return true;
}

/* Overrides of a policy's parameters. */
struct param_set {
    struct vm_param params[VM_MAX_PARAMS];
    int n;
};

static int read_params(struct tool_work *w, json_t *asked, struct param_set *out)
{
    const char *name;
    json_t *value;

    json_object_foreach(asked, name, value) {
        struct vm_param *p = &out->params[out->n];
        if (out->n == VM_MAX_PARAMS || strlen(name) >= sizeof(p->name)) {
            tool_wrong(
                w,
                "\"params\": \"%.60s\": a policy has at most %d parameters, with short "
                "names",
                name, VM_MAX_PARAMS);
            return -1;
        }
        *p = (struct vm_param){ .value = json_number_value(value) };
        strcpy(p->name, name);
        out->n++;
    }
    return 0;
}

static json_t *sum_up(const struct episode_result *results, int n)
{
    double *scores = xcalloc((size_t)n, sizeof(*scores));
    struct summary s;
    int faults = 0;
    json_t *json;

    for (int i = 0; i < n; i++) {
        scores[i] = results[i].score;
        faults += results[i].fault != FAULT_none;
    }
    s = summarize(scores, n);
    json = json_pack("{s:f, s:f, s:f, s:f, s:i}", "mean", s.mean, "std", s.std, "min",
                     s.min, "max", s.max, "faults", faults);
    for (int i = 0; i < n; i++)
        if (results[i].fault) {
            char *text = quote_line(results[i].fault_text, MOST_FAULT);
            json_object_set_new(json, "fault", json_string(text));
            free(text);
            break;
        }
    free(scores);
    return json;
}

static json_t *list_episodes(const int64_t *index, const struct episode_result *results,
                             int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++) {
        const struct episode_result *r = &results[i];
        json_array_append_new(
            list, json_pack("{s:I, s:f, s:I, s:s, s:I}", "seed", (json_int_t)index[i],
                            "return", r->score, "steps", (json_int_t)r->n_steps, "ended",
                            r->fault        ? fault_name(r->fault)
                            : r->terminated ? "terminated"
                                            : "cut off by the time limit",
                            "most_instructions", (json_int_t)r->most_instructions));
    }
    return list;
}

/* Each set plays the n dev seeds, all in one evaluation; results[n_sets * n], set by set.
 * sets NULL: one, of no overrides. */
static enum memo_status play_sets(struct tool_work *w, const struct policy *policy,
                                  const struct param_set *sets, int n_sets,
                                  const int64_t *seeds, int n, enum purpose purpose,
                                  struct episode_result *results)
{
    const struct task *task = w->c->memo->base.task;
    int n_all = n_sets * n;
    struct episode_request *requests = xcalloc((size_t)n_all, sizeof(*requests));
    int64_t *index = xcalloc((size_t)n_all, sizeof(*index));
    enum memo_status status;

    for (int i = 0; i < n_all; i++) {
        index[i] = seeds[i % n];
        requests[i].seed = split_seed(w->c->salt, SPLIT_DEV, task->name, "", index[i]);
        if (sets) {
            requests[i].params = sets[i / n].params;
            requests[i].n_params = sets[i / n].n;
        }
    }
    status = memo_evaluate(w->c->memo, purpose, "", policy, requests, index, n_all,
                           results, w->err);
    free(requests);
    free(index);
    return status;
}

enum memo_status tool_play(struct tool_work *w, const struct policy *policy,
                           const int64_t *index, int n, enum purpose purpose,
                           struct episode_result *results)
{
    return play_sets(w, policy, NULL, 1, index, n, purpose, results);
}

enum memo_status tool_run_episodes(struct tool_work *w)
{
    json_t *asked = json_object_get(w->arguments, "params"), *list = json_array();
    const char *source = tool_text(w, "policy");
    struct policy policy = tool_draft_policy(w);
    int64_t index[TOOL_MOST_SEEDS];
    enum memo_status status = MEMO_DONE;
    int n_sets = asked ? (int)json_array_size(asked) : 1, n = 0;
    struct param_set *sets = asked ? xcalloc((size_t)n_sets, sizeof(*sets)) : NULL;
    struct episode_result *results = NULL;

    json_object_set_new(w->data, "results", list);
    if (!read_seeds(w, index, &n, &status))
        goto out;
    if (source) {
        policy.source = source;
        policy.name = "probe.lua";
    }
    for (int k = 0; sets && k < n_sets; k++)
        if (read_params(w, json_array_get(asked, (size_t)k), &sets[k]) != 0)
            goto out;
    results = xcalloc((size_t)(n_sets * n), sizeof(*results));
    status = play_sets(w, &policy, sets, n_sets, index, n,
                       sets ? PURPOSE_tuning : PURPOSE_probe, results);
    for (int k = 0; k < n_sets && status == MEMO_DONE; k++)
        json_array_append_new(list, sum_up(results + k * n, n));
    if (n_sets == 1 && status == MEMO_DONE)
        json_object_set_new(w->data, "episodes", list_episodes(index, results, n));
    results_clear(results, n_sets * n);
out:
    free(sets);
    free(results);
    return status;
}

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
    int n_seeds, n_points, n_done; /* points to measure at most, and measured */
    char *left_out;
};

static bool is_wanted(const struct tool_work *w, const char *name)
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
        if (!is_wanted(t->w, p->name))
            continue;
        if (isfinite(p->min) && isfinite(p->max) && p->min < p->max &&
            lua_params_find(t->policy.source, p->name, &at, &number) == 1)
            t->params[t->n++] = *p;
        else
            fprintf(f, "%s%s", ftell(f) > 0 ? ", " : "", p->name);
    }
    fclose(f);
}

/* Progress counts points, not their episodes. */
static enum memo_status play_points(struct tuning *t, const struct param_set *points,
                                    int n, struct episode_result *results)
{
    struct memo *m = t->w->c->memo, shown = *m;
    enum memo_status status;

    m->progress = NULL;
    status = play_sets(t->w, &t->policy, points, n, t->index, t->n_seeds, PURPOSE_tuning,
                       results);
    m->progress = shown.progress;
    t->n_done += n;
    if (m->progress)
        m->progress(m->user, PURPOSE_tuning, t->n_done, t->n_points);
    return status;
}

static struct worth value(const struct tuning *t, const struct episode_result *results)
{
    struct worth w = { 0, 0 };

    for (int i = 0; i < t->n_seeds; i++) {
        w.mean += results[i].score;
        w.shaped += results[i].score + t->per_step * (double)results[i].n_steps;
    }
    return (struct worth){ w.mean / t->n_seeds, w.shaped / t->n_seeds };
}

/* What each of n points is worth over the seeds, in one evaluation; the best is kept. */
static enum memo_status measure(struct tuning *t, double (*points)[VM_MAX_PARAMS], int n,
                                struct worth *worth)
{
    size_t n_all = (size_t)(n * t->n_seeds);
    struct episode_result *results = xcalloc(n_all, sizeof(*results));
    struct param_set *sets = xcalloc((size_t)n, sizeof(*sets));
    enum memo_status status;

    for (int k = 0; k < n; k++) {
        memcpy(sets[k].params, t->params, sizeof(t->params));
        for (int i = 0; i < t->n; i++)
            sets[k].params[i].value = points[k][i];
        sets[k].n = t->n;
    }
    status = play_points(t, sets, n, results);
    for (int k = 0; k < n && status == MEMO_DONE; k++) {
        worth[k] = value(t, results + k * t->n_seeds);
        if (isnan(t->best_worth.shaped) || worth[k].shaped > t->best_worth.shaped) {
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

static enum memo_status one_generation(struct tuning *t, struct cmaes *strategy)
{
    int n = cmaes_popsize(strategy);
    const double *unit = cmaes_ask(strategy);
    double *values = xcalloc((size_t)n, sizeof(*values));
    struct worth *worth = xcalloc((size_t)n, sizeof(*worth));
    double(*points)[VM_MAX_PARAMS] = xcalloc((size_t)n, sizeof(*points));
    enum memo_status status;

    for (int k = 0; k < n; k++)
        to_values(t, unit + k * t->n, points[k]);
    status = measure(t, points, n, worth);
    for (int k = 0; k < n; k++)
        values[k] = -worth[k].shaped;
    if (status == MEMO_DONE)
        cmaes_tell(strategy, values);
    free(points);
    free(worth);
    free(values);
    return status;
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
    t->n_points = (int)generations * cmaes_popsize(strategy) + 2;
    status = measure(t, &start, 1, &t->first_worth);
    while (status == MEMO_DONE && done < generations &&
           cmaes_spread(strategy) > SPREAD_DONE) {
        status = one_generation(t, strategy);
        done += status == MEMO_DONE;
    }
    if (status == MEMO_DONE) {
        double point[VM_MAX_PARAMS];
        struct worth worth;
        to_values(t, cmaes_mean(strategy), point);
        status = measure(t, &point, 1, &worth);
    }
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
        json_object_set_new(values, t->params[i].name, json_real(t->best[i]));
        changed = t->best[i] == t->params[i].value
                      ? NULL
                      : lua_params_set(draft, t->params[i].name, text);
        if (changed) {
            free(draft);
            draft = changed;
        }
    }
    json_object_set_new(t->w->data, "before", json_real(t->first_worth.mean));
    json_object_set_new(t->w->data, "best", json_real(t->best_worth.mean));
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
    if (!read_seeds(w, t.index, &t.n_seeds, &status))
        return status;
    for (; !json_object_get(w->arguments, "seeds") && t.n_seeds < TUNE_SEEDS &&
           t.n_seeds < w->c->memo->base.task->splits.dev;
         t.n_seeds++)
        t.index[t.n_seeds] = t.n_seeds;
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
    if (status == MEMO_DONE && !w->out->is_error)
        apply(&t);
    free(t.left_out);
    return status;
}
