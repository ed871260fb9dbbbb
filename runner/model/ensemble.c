/* ensemble.c - several models take turns: by weight, and the strong ones when stuck.
 *
 * The file:
 *   {"models": [{"model": "openai:small", "weight": 3},
 *               {"model": "openai:large", "weight": 1, "when": "stuck"}], "stuck_after":
 * 2} After so many iterations without a promotion the models of "stuck" are asked, before
 * that the others. Who is asked follows from the seed and the iteration, so that a run
 * that is resumed asks the same. */
#include "runner/brief/providers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"

#define MOST_MODELS 16
#define MOST_FILE ((size_t)1 << 20) /* bytes */
#define STUCK_AFTER 2
#define STREAM 0xe75e

struct member {
    struct provider provider;
    double weight;
    bool is_for_stuck;
    int n_answered; /* turns, by this process */
};

struct ensemble {
    struct member list[MOST_MODELS];
    int n, stuck_after;
    uint64_t seed;
    int iteration, chosen; /* one model answers a whole iteration */
};

static void ensemble_destroy(void *self)
{
    struct ensemble *e = self;

    for (int i = 0; e && i < e->n; i++)
        provider_clear(&e->list[i].provider);
    free(e);
}

static int add_member(struct ensemble *e, json_t *json,
                      const struct provider_config *config, struct error *err)
{
    static const char *const keys[] = { "model", "weight", "when", NULL };
    struct member *m = &e->list[e->n];
    const char *spec = json_string_value(json_object_get(json, "model")), *unknown;
    json_t *weight = json_object_get(json, "weight"),
           *when = json_object_get(json, "when");

    if (!json_is_object(json) || !spec)
        return error_set(err, "each of `models` needs a `model`: \"PROVIDER[:NAME]\"");
    unknown = json_unknown_key(json, keys);
    if (unknown)
        return error_set(err, "unknown key \"%.60s\"", unknown);
    if (weight && !(json_is_number(weight) && json_number_value(weight) > 0 &&
                    json_number_value(weight) <= 1e6))
        return error_set(err, "`weight` must be a number above 0, at most a million");
    if (when && !(json_is_string(when) && (!strcmp(json_string_value(when), "stuck") ||
                                           !strcmp(json_string_value(when), "going"))))
        return error_set(err, "`when` must be \"stuck\" or \"going\"");
    m->weight = weight ? json_number_value(weight) : 1;
    m->is_for_stuck = when && !strcmp(json_string_value(when), "stuck");
    if (!strncmp(spec, "ensemble", 8))
        return error_set(err, "an ensemble holds no other");
    if (config->open(&m->provider, spec, *config, err) != 0)
        return -1;
    e->n++;
    return 0;
}

static int ensemble_read_members(struct ensemble *e, json_t *json,
                                 const struct provider_config *config, struct error *err)
{
    static const char *const keys[] = { "models", "stuck_after", NULL };
    json_t *list = json_object_get(json, "models"), *item;
    json_t *after = json_object_get(json, "stuck_after");
    const char *unknown = json_unknown_key(json, keys);
    bool has_going = false;
    struct error why;
    size_t i;

    if (unknown)
        return error_set(err, "unknown key \"%.60s\"", unknown);
    if (!json_is_array(list) || json_array_size(list) < 1 ||
        json_array_size(list) > MOST_MODELS)
        return error_set(err, "`models` must be a list of 1 to %d", MOST_MODELS);
    if (after && !(json_is_integer(after) && json_integer_value(after) >= 1 &&
                   json_integer_value(after) <= 1000000))
        return error_set(err, "`stuck_after` must be a count of iterations, at least 1");
    e->stuck_after = after ? (int)json_integer_value(after) : STUCK_AFTER;
    json_array_foreach(list, i, item) {
        if (add_member(e, item, config, &why) != 0)
            return error_set(err, "model %zu: %.600s", i + 1, why.text);
        has_going |= !e->list[e->n - 1].is_for_stuck;
    }
    return has_going ? 0
                     : error_set(err, "all models are for \"stuck\": one must be there "
                                      "before that");
}

static void *ensemble_create(const struct provider_config *config, struct error *err)
{
    struct ensemble *e = xcalloc(1, sizeof(*e)), *result = NULL;
    size_t len;
    char *text = NULL;
    json_t *json = NULL;
    json_error_t at;
    struct error why;

    e->seed = config->seed;
    if (!*config->name) {
        error_set(err, "ensemble: name its file: --model ensemble:FILE.json");
        goto out;
    }
    text = (char *)file_load(config->name, MOST_FILE, &len, err);
    if (!text)
        goto out;
    json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    if (!json)
        error_set(err, "%s: line %d: %.200s", config->name, at.line, at.text);
    else if (ensemble_read_members(e, json, config, &why) != 0)
        error_set(err, "%s: %.700s", config->name, why.text);
    else {
        result = e;
        e = NULL;
    }

out:
    ensemble_destroy(e);
    json_decref(json);
    free(text);
    return result;
}

static bool ensemble_is_sealed(void *self)
{
    struct ensemble *e = self;
    bool is_sealed = true;

    for (int i = 0; i < e->n; i++)
        is_sealed &= provider_is_sealed(&e->list[i].provider);
    return is_sealed;
}

static int ensemble_choose(const struct ensemble *e, const struct request *request)
{
    bool is_stuck = false;
    double sum = 0, at;
    int last = 0;
    struct rng rng;

    for (int i = 0; i < e->n; i++)
        is_stuck |= e->list[i].is_for_stuck && request->n_fruitless >= e->stuck_after;
    for (int i = 0; i < e->n; i++)
        sum += e->list[i].is_for_stuck == is_stuck ? e->list[i].weight : 0;
    rng_seed(&rng, e->seed + (uint64_t)request->iteration, STREAM);
    at = rng_uniform(&rng) * sum;
    for (int i = 0; i < e->n; i++) {
        if (e->list[i].is_for_stuck != is_stuck)
            continue;
        last = i;
        at -= e->list[i].weight;
        if (at < 0)
            break;
    }
    return last;
}

static int ensemble_ask(void *self, const struct request *request, struct turn *out,
                        struct error *err)
{
    struct ensemble *e = self;
    struct request own = *request;
    struct member *m;
    int result;

    if (e->iteration != request->iteration) {
        e->iteration = request->iteration;
        e->chosen = ensemble_choose(e, request);
    }
    m = &e->list[e->chosen];
    own.n_before = m->n_answered;
    result = m->provider.kind->ask(m->provider.self, &own, out, err);
    m->n_answered += result == 0;
    return result;
}

const struct provider_kind ensemble_provider = {
    .name = "ensemble",
    .about = "several models by weight, the strong ones when stuck",
    .argument = "FILE.json",
    .has_settings = true,
    .argument_is_local = true,
    .create = ensemble_create,
    .destroy = ensemble_destroy,
    .ask = ensemble_ask,
    .is_sealed = ensemble_is_sealed,
    .asks_others = true,
};
