/* search.c - the provider that needs no model: CMA-ES over a policy's declared
 * parameters.
 *
 * It takes part in the same conversation as a model: each turn is one call of
 * run_episodes with a generation of candidates, and the last turn the policy with its
 * defaults changed. Nothing is kept between turns. Each ask plays the strategy again from
 * the seed and from the results in the conversation, so that a resumed run goes on as if
 * it had never stopped. */
#include "runner/model/providers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/cmaes.h"
#include "runner/learn/lua_params.h"

#define GENERATIONS 12
#define SEEDS 8         /* dev seeds that each candidate plays */
#define SIGMA 0.3       /* first step size, of a range of 1 */
#define SIGMA_DECAY 0.8 /* of later iterations, which start from a tuned point */
#define SIGMA_MIN 0.05
#define SPREAD_DONE 0.003 /* the strategy has closed in on a point */
#define STREAM_SEEDS 0x5eed
#define STREAM_SEARCH 0x5ea7c4

struct search {
    uint64_t seed;
};

struct parameter {
    const char *name; /* borrowed from the facts */
    double min, max, start;
};

/* What is recomputed on each ask. */
struct tuning {
    const char *policy;
    struct parameter *params;
    int n_params, n_candidates, n_generations, n_done;
    int seeds[SEEDS], n_seeds;
    struct cmaes *strategy;
    double *points; /* n_candidates rows of n_params, the last one being the mean */
    double *best;   /* n_params, as they are written into the policy */
    double first_mean, best_mean; /* NAN: none yet */
    char *left_out;               /* names that cannot be changed, "" mostly */
    struct error stopped;         /* why it ended early; "" if not */
};

static bool search_is_usable(char *why, size_t why_size)
{
    (void)why, (void)why_size;
    return true;
}

static void *search_create(const struct provider_config *config, struct error *err)
{
    struct search *s = xcalloc(1, sizeof(*s));

    (void)err;
    s->seed = config->seed;
    return s;
}

static void search_destroy(void *self)
{
    free(self);
}

static void write_number(const struct parameter *p, double value, char out[40])
{
    lua_params_number(p->min, p->max, value, out);
}

static double rounded(const struct parameter *p, double value)
{
    char text[40];

    value = value < p->min ? p->min : value > p->max ? p->max : value;
    write_number(p, value, text);
    return strtod(text, NULL);
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A parameter that has bounds and whose default can be changed in the source. */
static bool read_parameter(const struct tuning *t, const json_t *json,
                           struct parameter *out)
{
    size_t at, len;

    out->name = json_string_value(json_object_get(json, "name"));
    out->min = number(json, "min");
    out->max = number(json, "max");
    out->start = number(json, "value");
    if (isnan(out->start))
        out->start = number(json, "default");
    if (!out->name || !isfinite(out->min) || !isfinite(out->max) ||
        !(out->min < out->max))
        return false;
    if (!(out->start >= out->min && out->start <= out->max))
        out->start = (out->min + out->max) / 2;
    return lua_params_find(t->policy, out->name, &at, &len) == 1;
}

static int read_facts(struct tuning *t, const json_t *facts, struct error *err)
{
    const json_t *list = json_object_get(facts, "params"), *item;
    size_t i, len;
    FILE *f;

    t->policy = json_string_value(json_object_get(facts, "policy"));
    if (!t->policy)
        return error_set(err, "search: the request holds no policy");
    if (json_array_size(list) == 0)
        return error_set(err,
                         "search: the policy declares no parameters to tune; declare "
                         "some: params = { gain = { default = 1, min = 0, max = 2 } }");
    t->params = xcalloc(json_array_size(list), sizeof(*t->params));
    f = open_memstream(&t->left_out, &len);
    json_array_foreach(list, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));

        if (t->n_params < CMAES_MAX_DIMENSIONS &&
            read_parameter(t, item, &t->params[t->n_params]))
            t->n_params++;
        else
            fprintf(f, "%s%s", ftell(f) > 0 ? ", " : "", name ? name : "?");
    }
    fclose(f);
    if (t->n_params == 0)
        return error_set(err,
                         "search: none of the parameters (%.300s) can be changed: each "
                         "needs `name = { default = NUMBER, min = .., max = .. }` in the "
                         "policy's params",
                         t->left_out);
    return 0;
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* The same for all candidates of an iteration, so that they are compared on equal terms.
 */
static void choose_seeds(struct tuning *t, uint64_t seed, int iteration, int n_dev)
{
    int *all = xcalloc((size_t)n_dev, sizeof(*all));
    struct rng rng;

    rng_seed(&rng, seed + (uint64_t)iteration, STREAM_SEEDS);
    for (int i = 0; i < n_dev; i++)
        all[i] = i;
    t->n_seeds = n_dev < SEEDS ? n_dev : SEEDS;
    for (int i = 0; i < t->n_seeds; i++) {
        int k = i + (int)rng_below(&rng, (uint32_t)(n_dev - i)), swap = all[i];

        all[i] = all[k];
        all[k] = swap;
        t->seeds[i] = all[i];
    }
    qsort(t->seeds, (size_t)t->n_seeds, sizeof(*t->seeds), compare_ints);
    free(all);
}

static void tuning_clear(struct tuning *t)
{
    cmaes_destroy(t->strategy);
    free(t->params);
    free(t->points);
    free(t->best);
    free(t->left_out);
}

/* A positive count from the facts' "search" object, which tests and budgets set. */
static int hint(const json_t *facts, const char *key, int otherwise, int most)
{
    double value = number(json_object_get(facts, "search"), key);

    return value >= 1 && value <= most ? (int)value : otherwise;
}

static int tuning_init(struct tuning *t, uint64_t seed, const struct request *request,
                       struct error *err)
{
    double *unit, *zeros, *ones, n_dev = number(request->facts, "n_dev");
    double sigma = SIGMA *
                   pow(SIGMA_DECAY, request->iteration > 0 ? request->iteration : 0);
    struct rng rng;

    memset(t, 0, sizeof(*t));
    if (read_facts(t, request->facts, err) != 0)
        return -1;
    choose_seeds(t, seed, request->iteration, n_dev >= 1 && n_dev < 1e6 ? (int)n_dev : 1);
    unit = xcalloc((size_t)t->n_params, sizeof(*unit));
    zeros = xcalloc((size_t)t->n_params, sizeof(*zeros));
    ones = xcalloc((size_t)t->n_params, sizeof(*ones));
    t->best = xcalloc((size_t)t->n_params, sizeof(*t->best));
    for (int i = 0; i < t->n_params; i++) {
        const struct parameter *p = &t->params[i];

        ones[i] = 1;
        unit[i] = (p->start - p->min) / (p->max - p->min);
        t->best[i] = p->start;
    }
    rng_seed(&rng, seed + (uint64_t)request->iteration, STREAM_SEARCH);
    t->strategy = cmaes_create(t->n_params, unit, sigma > SIGMA_MIN ? sigma : SIGMA_MIN,
                               zeros, ones, hint(request->facts, "popsize", 0, 1000),
                               rng);
    t->n_candidates = cmaes_popsize(t->strategy) + 1;
    t->n_generations = hint(request->facts, "generations", GENERATIONS, 10000);
    t->points = xcalloc((size_t)(t->n_candidates * t->n_params), sizeof(*t->points));
    t->first_mean = t->best_mean = NAN;
    free(unit);
    free(zeros);
    free(ones);
    return 0;
}

/* The next generation, in the parameters' own units, as they would be written. */
static void next_points(struct tuning *t)
{
    const double *unit = cmaes_ask(t->strategy), *mean = cmaes_mean(t->strategy);

    for (int k = 0; k < t->n_candidates; k++)
        for (int i = 0; i < t->n_params; i++) {
            const struct parameter *p = &t->params[i];
            bool is_mean = k == t->n_candidates - 1;
            double at = is_mean ? mean[i] : unit[k * t->n_params + i];
            double value = rounded(p, p->min + at * (p->max - p->min));

            /* What the policy has now is tried as it is, not rounded. */
            t->points[k * t->n_params + i] = is_mean && t->n_done == 0 ? p->start : value;
        }
}

/* The results that the tool gave to the call, or NULL. */
static json_t *results_of(const struct request *request, int assistant, struct tuning *t)
{
    const struct message *said = &request->messages[assistant], *m = said + 1;
    json_t *json, *list;

    if (assistant + 1 >= request->n_messages || m->role != ROLE_TOOL) {
        error_set(&t->stopped, "run_episodes was not answered");
        return NULL;
    }
    json = json_loads(m->text, JSON_DISABLE_EOF_CHECK, NULL);
    list = json_incref(json_object_get(json, "results"));
    json_decref(json);
    if (m->is_error || json_array_size(list) != (size_t)t->n_candidates) {
        error_set(&t->stopped, "run_episodes said: %.200s", m->text);
        json_decref(list);
        return NULL;
    }
    return list;
}

/* -1 when the results cannot be used: the tuning ends there. */
static int take_results(struct tuning *t, const struct request *request, int assistant)
{
    double *values = xcalloc((size_t)t->n_candidates, sizeof(*values));
    json_t *list = results_of(request, assistant, t);

    for (int k = 0; list && k < t->n_candidates; k++) {
        /* The mean, looked at first where it is equal, is the less lucky choice. */
        int row = (k + t->n_candidates - 1) % t->n_candidates;
        double mean = number(json_array_get(list, (size_t)row), "mean");

        values[row] = -mean;
        if (t->n_done == 0 && k == 0)
            t->first_mean = t->best_mean = mean;
        if (mean > t->best_mean || (isnan(t->best_mean) && !isnan(mean))) {
            t->best_mean = mean;
            memcpy(t->best, t->points + row * t->n_params,
                   (size_t)t->n_params * sizeof(*t->best));
        }
    }
    if (list)
        cmaes_tell(t->strategy, values);
    free(values);
    json_decref(list);
    t->n_done += list != NULL;
    return list ? 0 : -1;
}

static bool is_generation(const struct message *m)
{
    return m->role == ROLE_ASSISTANT && m->n_calls == 1 &&
           strcmp(m->calls[0].name, "run_episodes") == 0;
}

/* Plays the turns of this iteration again. True when there is another generation to try.
 */
static bool replay(struct tuning *t, const struct request *request)
{
    int n_assistant = 0, n_skipped;

    for (int i = 0; i < request->n_messages; i++)
        n_assistant += request->messages[i].role == ROLE_ASSISTANT;
    n_skipped = n_assistant -
                request->turn; /* turns of earlier iterations, if they show */
    for (int i = 0; i < request->n_messages; i++) {
        if (request->messages[i].role != ROLE_ASSISTANT || n_skipped-- > 0)
            continue;
        if (!is_generation(&request->messages[i]))
            continue;
        next_points(t);
        if (take_results(t, request, i) != 0)
            return false;
    }
    return t->n_done < t->n_generations && cmaes_spread(t->strategy) > SPREAD_DONE;
}

static void ask_for_generation(struct tuning *t, const struct request *request,
                               struct turn *out)
{
    json_t *params = json_array(), *seeds = json_array();
    struct tool_call *call;
    char id[48];

    next_points(t);
    for (int k = 0; k < t->n_candidates; k++) {
        json_t *point = json_object();

        for (int i = 0; i < t->n_params; i++)
            json_object_set_new(point, t->params[i].name,
                                json_real(t->points[k * t->n_params + i]));
        json_array_append_new(params, point);
    }
    for (int i = 0; i < t->n_seeds; i++)
        json_array_append_new(seeds, json_integer(t->seeds[i]));
    snprintf(id, sizeof(id), "search_%d_%d", request->iteration, request->turn);
    call = message_add_call(&out->message, id, "run_episodes");
    call->arguments = json_pack("{s:o, s:o}", "params", params, "seeds", seeds);
    free(out->message.text);
    out->message.text = xasprintf("Generation %d of at most %d.", t->n_done + 1,
                                  t->n_generations);
}

/* The policy with the best point in it, and a list of what changed and what would not. */
static char *changed_policy(struct tuning *t, FILE *changes)
{
    char *policy = xstrdup(t->policy);

    for (int i = 0; i < t->n_params; i++) {
        const struct parameter *p = &t->params[i];
        char text[40], *changed;

        if (t->best[i] == p->start)
            continue;
        write_number(p, t->best[i], text);
        changed = lua_params_set(policy, p->name, text);
        fprintf(changes, "%s%s %g -> %s%s", ftell(changes) > 0 ? ", " : "", p->name,
                p->start, text,
                changed ? "" : " (not found in the source, left as it was)");
        if (!changed)
            continue;
        free(policy);
        policy = changed;
    }
    return policy;
}

static void answer(struct tuning *t, struct turn *out)
{
    char *changes = NULL, *text = NULL, *policy;
    size_t len;
    FILE *f = open_memstream(&changes, &len);
    const char *fence;

    policy = changed_policy(t, f);
    fclose(f);
    fence = strstr(policy, "```") ? "````" : "```";
    f = open_memstream(&text, &len);
    if (*changes)
        fprintf(
            f,
            "Tuned by CMA-ES: %s; the mean over %d dev seeds rose from %g to %g in %d "
            "generations of %d.\n",
            changes, t->n_seeds, t->first_mean, t->best_mean, t->n_done, t->n_candidates);
    else
        fprintf(
            f,
            "CMA-ES found nothing better than the declared defaults in %d generations "
            "of %d over %d dev seeds.\n",
            t->n_done, t->n_candidates, t->n_seeds);
    if (*t->left_out)
        fprintf(f, "\nLeft as they were, not found in the source with bounds: %s.\n",
                t->left_out);
    if (*t->stopped.text)
        fprintf(f, "\nStopped early: %s\n", t->stopped.text);
    fprintf(f, "\n%slua\n%s%s%s\n", fence, policy,
            *policy && policy[strlen(policy) - 1] == '\n' ? "" : "\n", fence);
    fclose(f);
    free(out->message.text);
    out->message.text = text;
    free(changes);
    free(policy);
}

static int search_ask(void *self, const struct request *request, struct turn *out,
                      struct error *err)
{
    const struct search *s = self;
    struct tuning t;
    int result;

    turn_init(out);
    out->usage.n_tries = 1;
    out->usage.tokens_in = out->usage.tokens_out = 0;
    out->usage.usd = 0;
    snprintf(out->model, sizeof(out->model), "search");
    result = tuning_init(&t, s->seed, request, err);
    if (result != 0)
        out->is_final_error = true;
    else if (replay(&t, request))
        ask_for_generation(&t, request, out);
    else
        answer(&t, out);
    tuning_clear(&t);
    return result;
}

const struct provider_kind search_provider = {
    .name = "search",
    .about = "no model: tunes a policy's declared parameters by CMA-ES",
    .argument = "",
    .is_usable = search_is_usable,
    .create = search_create,
    .destroy = search_destroy,
    .ask = search_ask,
    .tunes_only = true,
};
