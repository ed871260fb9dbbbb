/* search.c - the provider that needs no model: CMA-ES over a policy's declared
 * parameters.
 *
 * It takes part in the same conversation as a model: each iteration calls the tool
 * `tune`, and submits what came of it. Nothing is kept between turns. */
#include "runner/brief/providers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/rng.h"
#include "runner/policy/lua_params.h"
#include "runner/policy/reply.h"

#define GENERATIONS 12
#define SEEDS 8         /* dev seeds that each candidate plays */
#define SIGMA 0.3       /* first step size, of a range of 1 */
#define SIGMA_DECAY 0.8 /* of later iterations, which start from a tuned point */
#define SIGMA_MIN 0.05
#define STREAM_SEEDS 0x5eed
#define MOST_NAMED 8 /* parameters that the change names */

struct search {
    uint64_t seed;
    double generations, seeds, sigma;
    double popsize, batch; /* 0: as `tune` has it */
    double per_step;       /* added to each step's reward while tuning */
};

/* One of "generations=200,seeds=2,sigma=0.03,popsize=20,batch=2,per_step=-1". */
static int read_option(struct search *s, const char *option, struct error *err)
{
    const struct {
        const char *name;
        double min, max;
        bool is_whole;
        double *out;
    } options[] = {
        { "generations", 1, 1000, true, &s->generations },
        { "seeds", 1, 64, true, &s->seeds },
        { "sigma", 0.001, 1, false, &s->sigma },
        { "popsize", 4, 63, true, &s->popsize },
        { "batch", 1, 64, true, &s->batch },
        { "per_step", -1000, 1000, false, &s->per_step },
    };
    const char *equals = strchr(option, '=');
    size_t len = equals ? (size_t)(equals - option) : strlen(option);

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        double value;
        if (strlen(options[i].name) != len || strncmp(option, options[i].name, len))
            continue;
        if (!equals || !number_read(equals + 1, &value) || value < options[i].min ||
            value > options[i].max || (options[i].is_whole && value != floor(value)))
            return error_set(err, "search: %s: it must be %s from %g to %g",
                             options[i].name,
                             options[i].is_whole ? "a whole number" : "a number",
                             options[i].min, options[i].max);
        *options[i].out = value;
        return 0;
    }
    return error_set(
        err,
        "search: there is no \"%.60s\"; it takes generations, seeds, "
        "sigma, popsize, batch and per_step: search:generations=50,sigma=0.05",
        option);
}

static void *search_create(const struct provider_config *config, struct error *err)
{
    struct search *s = xcalloc(1, sizeof(*s));
    char *options = xstrdup(config->name ? config->name : ""), *rest = NULL;
    int status = 0;

    *s = (struct search){
        .seed = config->seed, .generations = GENERATIONS, .seeds = SEEDS, .sigma = SIGMA
    };
    for (char *o = strtok_r(options, ",", &rest); o && status == 0;
         o = strtok_r(NULL, ",", &rest))
        status = read_option(s, o, err);
    free(options);
    if (status == 0)
        return s;
    free(s);
    return NULL;
}

static void search_destroy(void *self)
{
    free(self);
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Other seeds in each iteration, the same for all candidates of one. */
static json_t *choose_seeds(const struct search *s, int iteration, int n_dev)
{
    int *all = xcalloc((size_t)n_dev, sizeof(*all));
    int n = n_dev < (int)s->seeds ? n_dev : (int)s->seeds;
    json_t *seeds = json_array();
    struct rng rng;

    rng_seed(&rng, s->seed + (uint64_t)iteration, STREAM_SEEDS);
    for (int i = 0; i < n_dev; i++)
        all[i] = i;
    for (int i = 0; i < n; i++) {
        int k = i + (int)rng_below(&rng, (uint32_t)(n_dev - i)), swap = all[i];

        all[i] = all[k];
        all[k] = swap;
    }
    qsort(all, (size_t)n, sizeof(*all), compare_ints);
    for (int i = 0; i < n; i++)
        json_array_append_new(seeds, json_integer(all[i]));
    free(all);
    return seeds;
}

static int ask_to_tune(const struct search *s, const struct request *request,
                       struct turn *out, struct error *err)
{
    double n_dev = json_get_number(request->facts, "n_dev");
    double sigma = s->sigma *
                   pow(SIGMA_DECAY, request->iteration > 0 ? request->iteration : 0);
    json_t *arguments;
    char id[48];

    if (json_array_size(json_object_get(request->facts, "params")) == 0) {
        out->is_final_error = true;
        return error_set(err,
                         "search: the policy declares no parameters to tune; declare "
                         "some: params = { gain = { default = 1, min = 0, max = 2 } }");
    }
    arguments = json_pack(
        "{s:o, s:I, s:o, s:I}", "seeds",
        choose_seeds(s, request->iteration, n_dev >= 1 && n_dev < 1e6 ? (int)n_dev : 1),
        "generations", (json_int_t)s->generations, "sigma",
        json_finite(fmax(sigma, fmin(s->sigma, SIGMA_MIN))), "chance",
        (json_int_t)((s->seed ^ s->seed >> 31 ^ s->seed >> 62) & INT32_MAX));
    if (s->popsize > 0)
        json_object_set_new(arguments, "popsize", json_integer((json_int_t)s->popsize));
    if (s->batch > 0)
        json_object_set_new(arguments, "batch", json_integer((json_int_t)s->batch));
    if (s->per_step != 0)
        json_object_set_new(arguments, "per_step", json_finite(s->per_step));
    snprintf(id, sizeof(id), "search_%d", request->iteration);
    message_add_call(&out->message, id, "tune")->arguments = arguments;
    return 0;
}

/* What `tune` changed, in a line. */
static char *tell_change(const json_t *facts, const json_t *tuned)
{
    const json_t *list = json_object_get(facts, "params"), *item;
    double start, reached;
    char *text = NULL;
    int n_changed = 0;
    size_t i, len;
    FILE *f = open_memstream(&text, &len);

    fprintf(f, "Tuned by CMA-ES:");
    json_array_foreach(list, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        double before = json_get_number(
            item, isnan(json_get_number(item, "value")) ? "default" : "value");
        double after = json_get_number(json_object_get(tuned, "values"),
                                       name ? name : "");

        if (isnan(after) || after == before)
            continue;
        if (n_changed++ < MOST_NAMED)
            fprintf(f, "%s %.40s %g -> %g", n_changed > 1 ? "," : "", name, before,
                    after);
    }
    if (n_changed > MOST_NAMED)
        fprintf(f, " and %d more", n_changed - MOST_NAMED);
    start = json_get_number(tuned, "before");
    reached = json_get_number(tuned, "best");
    fprintf(f, "; the mean over its dev seeds %s from %g to %g in %g generations.",
            reached < start ? "fell" : "rose", start, reached,
            json_get_number(tuned, "generations"));
    fclose(f);
    return text;
}

/* Submits the tuned draft; a tuning that found nothing leaves the policy as it is. */
static int search_submit(const struct request *request, struct turn *out,
                         struct error *err)
{
    const struct message *told = &request->messages[request->n_messages - 1];
    json_t *tuned = json_loads(told->text, JSON_DISABLE_EOF_CHECK, NULL);
    const char *policy = json_string_value(json_object_get(request->facts, "policy"));
    char *change;

    if (told->is_error || !json_is_object(tuned) || !policy) {
        out->is_final_error = true;
        json_decref(tuned);
        return error_set(err, "search: %.600s", told->text);
    }
    free(out->message.text);
    if (json_is_true(json_object_get(tuned, "applied"))) {
        change = tell_change(request->facts, tuned);
        out->message.text = xstrdup("");
        message_add_call(&out->message, "submit", "submit")->arguments = json_pack(
            "{s:s}", "change", change);
    } else {
        change = xasprintf("CMA-ES found nothing better than the declared defaults in %g "
                           "generations.",
                           json_get_number(tuned, "generations"));
        out->message.text = reply_write(change, policy);
    }
    free(change);
    json_decref(tuned);
    return 0;
}

/* The policy with the values that served best in earlier runs, as far as dreams kept
 * them; NULL: they are what it has already. */
static char *search_recall(const json_t *facts, FILE *change)
{
    const json_t *list = json_object_get(facts, "params"), *item;
    const char *policy = json_string_value(json_object_get(facts, "policy"));
    char *source = policy ? xstrdup(policy) : NULL;
    int n_changed = 0;
    size_t i;

    json_array_foreach(list, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        double served = json_get_number(item, "served"),
               value = json_get_number(item, "value");
        char text[40], *changed;
        if (!source || !name || isnan(served) || served == value)
            continue;
        lua_params_number(json_get_number(item, "min"), json_get_number(item, "max"),
                          served, text);
        changed = lua_params_set(source, name, text);
        if (!changed)
            continue;
        free(source);
        source = changed;
        fprintf(change, "%s %.40s %g -> %g", n_changed++ ? "," : "", name, value, served);
    }
    if (n_changed)
        return source;
    free(source);
    return NULL;
}

/* Begins where earlier runs ended: the gate says whether that is better. */
static bool submit_recalled(const struct request *request, struct turn *out)
{
    char *change = NULL, *source;
    size_t size;
    FILE *f = open_memstream(&change, &size);

    fputs("What served best in earlier runs:", f);
    source = search_recall(request->facts, f);
    fclose(f);
    if (source) {
        free(out->message.text);
        out->message.text = reply_write(change, source);
    }
    free(change);
    if (!source)
        return false;
    free(source);
    return true;
}

static int search_ask(void *self, const struct request *request, struct turn *out,
                      struct error *err)
{
    turn_init(out);
    out->usage.n_tries = 1;
    out->usage.tokens_in = out->usage.tokens_out = 0;
    out->usage.usd = 0;
    snprintf(out->model, sizeof(out->model), "search");
    if (request->iteration == 1 && request->turn == 0 && submit_recalled(request, out))
        return 0;
    if (request->turn == 0 || request->n_messages == 0)
        return ask_to_tune(self, request, out, err);
    return search_submit(request, out, err);
}

const struct provider_kind search_provider = {
    .name = "search",
    .about = "no model: tunes a policy's declared parameters by CMA-ES",
    .argument = "generations=N,seeds=N,sigma=S,popsize=N,batch=N,per_step=R",
    .create = search_create,
    .destroy = search_destroy,
    .ask = search_ask,
    .tunes_only = true,
};
