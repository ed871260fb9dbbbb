/* robust.c - is a policy more than a tape?
 *
 * A tape asks for the same actions whatever comes of them: where sticky frames change the
 * course of an episode, a policy that looks asks for other actions, and a tape does
 * not. */
#include "runner/learn/robust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/evaluate/stats.h"
#include "runner/record/json.h"

#define MOST_SEEDS 8
#define STICKY 0.25        /* as ALE/v5 (Machado et al. 2018) */
#define STARTS_SECONDS 0.2 /* of random actions, at most, of the environment's time */
#define LEAST_SEEDS 3      /* that must show the same tape */
#define LEAST_STEPS 16     /* of a tape that shows anything */

static bool is_constant(const struct tape *t, int64_t n)
{
    size_t w = (size_t)t->width;

    for (int64_t i = 1; i < n; i++)
        if (memcmp(t->data, t->data + (size_t)i * w, w))
            return false;
    return true;
}

/* Do two different episodes show the same actions, as far as both go? 1, 0, or -1: they
 * show nothing. */
static int is_same_tape(const struct episode_result *a, const struct episode_result *b)
{
    int64_t n = a->tape.n_steps < b->tape.n_steps ? a->tape.n_steps : b->tape.n_steps;

    if (a->trajectory == b->trajectory || n < LEAST_STEPS || is_constant(&a->tape, n))
        return -1;
    return memcmp(a->tape.data, b->tape.data, (size_t)n * (size_t)a->tape.width) == 0;
}

bool robust_is_tape(const struct episode_result *results, int n)
{
    int same = 0;

    for (int i = 1; i < n; i++) {
        int is_same;
        if (results[i].start_hash == results[0].start_hash)
            continue;
        is_same = is_same_tape(&results[0], &results[i]);
        if (is_same == 0)
            return false;
        same += is_same > 0;
    }
    return same >= LEAST_SEEDS;
}

static double mean(const struct episode_result *results, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += results[i].score;
    return n ? sum / n : 0;
}

static void fill_random(struct tape *t, const struct env *env, uint64_t seed,
                        int64_t most)
{
    double action[ENV_MAX_ACTION];
    struct rng rng;

    chance_rng(&rng, seed, "random start");
    *t = (struct tape){ .width = tape_width(env) };
    t->n_steps = 1 + rng_below(&rng, (uint32_t)most);
    t->data = xcalloc((size_t)t->n_steps, (size_t)t->width);
    for (int64_t i = 0; i < t->n_steps; i++) {
        for (int k = 0; env->actions[k].name; k++) {
            const struct env_action *a = &env->actions[k];
            double low = isfinite(a->min) ? a->min : -1,
                   high = isfinite(a->max) ? a->max : 1;
            action[k] = a->is_discrete ? low + rng_below(&rng, (uint32_t)(high - low) + 1)
                                       : low + rng_uniform(&rng) * (high - low);
        }
        tape_put(t->data + (size_t)i * (size_t)t->width, env, action);
    }
}

/* Plays under the memo's task, which the caller has changed. */
static enum memo_status play(struct memo *m, const char *scope,
                             const struct policy *policy,
                             const struct episode_request *requests, int n,
                             struct episode_result *results, struct error *err)
{
    int64_t index[MOST_SEEDS];

    for (int i = 0; i < n; i++)
        index[i] = i;
    m->keeps_tapes = true;
    m->returns = NULL; /* not by the task's own rules */
    return memo_evaluate(m, PURPOSE_gate, scope, policy, requests, index, n, results,
                         err);
}

static bool is_open_loop(const struct episode_result *dev,
                         const struct episode_result *sticky, int n)
{
    int same = 0;

    for (int i = 0; i < n; i++) {
        int is_same = is_same_tape(&dev[i], &sticky[i]);
        if (is_same == 0)
            return false;
        same += is_same > 0;
    }
    return same >= LEAST_SEEDS || same == n;
}

static enum memo_status measure_sticky(const struct memo *m, const struct policy *policy,
                                       const struct episode_request *requests,
                                       const struct episode_result *dev,
                                       struct robust *out, int64_t *steps_left,
                                       struct error *err)
{
    struct episode_result results[MOST_SEEDS] = { 0 };
    struct task *task = task_copy(m->base.task);
    struct memo mine = *m;
    enum memo_status status;
    char scope[32];

    out->p = task->rules.sticky > 0 ? fmin(1, 2 * task->rules.sticky) : STICKY;
    task->rules.sticky = out->p;
    mine.base.task = task;
    snprintf(scope, sizeof(scope), "sticky %g", out->p);
    status = play(&mine, scope, policy, requests, out->n, results, err);
    out->sticky = mean(results, out->n);
    out->is_open_loop = status == MEMO_DONE && is_open_loop(dev, results, out->n);
    *steps_left = mine.steps_left;
    results_clear(results, out->n);
    task_destroy(task);
    return status;
}

static enum memo_status measure_starts(const struct memo *m, const struct salt *salt,
                                       const struct policy *policy,
                                       struct episode_request *requests,
                                       struct robust *out, int64_t *steps_left,
                                       struct error *err)
{
    const struct task *task = m->base.task;
    double rate = task->env->frames_per_second / task->rules.frame_skip;
    int64_t most = (int64_t)fmax(1, STARTS_SECONDS * rate);
    struct episode_result results[MOST_SEEDS] = { 0 };
    struct tape tapes[MOST_SEEDS];
    struct memo mine = *m;
    enum memo_status status;

    for (int i = 0; i < out->n; i++) {
        fill_random(&tapes[i], task->env,
                    split_seed(salt, SPLIT_GATE, task->name, "starts", i), most);
        requests[i].shadow = &tapes[i];
    }
    status = play(&mine, "starts", policy, requests, out->n, results, err);
    out->starts = mean(results, out->n);
    *steps_left = mine.steps_left;
    results_clear(results, out->n);
    for (int i = 0; i < out->n; i++)
        tape_clear(&tapes[i]);
    return status;
}

enum memo_status robust_measure(struct memo *m, const struct salt *salt,
                                const struct policy *policy,
                                const struct episode_result *dev, int n_dev,
                                struct robust *out, struct error *err)
{
    struct episode_request requests[MOST_SEEDS] = { 0 };
    enum memo_status status;

    *out = (struct robust){ .n = n_dev < MOST_SEEDS ? n_dev : MOST_SEEDS };
    out->plain = mean(dev, out->n);
    for (int i = 0; i < out->n; i++)
        requests[i].seed = dev[i].seed;
    status = measure_sticky(m, policy, requests, dev, out, &m->steps_left, err);
    if (status == MEMO_DONE)
        status = measure_starts(m, salt, policy, requests, out, &m->steps_left, err);
    return status;
}

json_t *robust_to_json(const struct robust *r)
{
    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:b}", "seeds", r->n, "p",
                     json_finite(r->p), "plain", json_finite(r->plain), "sticky",
                     json_finite(r->sticky), "starts", json_finite(r->starts),
                     "open_loop", r->is_open_loop);
}
