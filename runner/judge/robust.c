/* robust.c - is a policy more than a tape?
 *
 * A tape asks for the same actions whatever comes of them: where sticky frames or another
 * start change the course of an episode, a policy that looks asks for other actions, and
 * a tape does not. What is measured is how far the actions agree beyond chance (Cohen
 * 1960: a policy that nearly always does the same thing agrees by chance alone), so that
 * looking once makes no tape a policy; and whether the gain is still there. */
#define XXH_INLINE_ALL
#include "runner/judge/robust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/json.h"
#include "runner/evaluate/stats.h"

#define MOST_SEEDS 8
#define STICKY 0.25        /* as ALE/v5 (Machado et al. 2018) */
#define STARTS_SECONDS 0.2 /* of random actions, at most, of the environment's time */
#define LEAST_SEEDS 3      /* that must show the same tape */
#define LEAST_STEPS 16     /* of a tape that shows anything */
#define MOST_CHANCE 0.999  /* of equal actions: doing one thing shows nothing */
#define N_BUCKETS 1024     /* of actions */

/* How often each action occurs in a tape from step `from` to n, by its bytes' hash. */
static void count_actions(const struct tape *t, int64_t from, int64_t n,
                          int64_t count[N_BUCKETS])
{
    size_t w = (size_t)t->width;

    memset(count, 0, sizeof(*count) * N_BUCKETS);
    for (int64_t i = from; i < n; i++)
        count[XXH3_64bits(t->data + (size_t)i * w, w) % N_BUCKETS]++;
}

double robust_agreement(const struct episode_result *a, const struct episode_result *b,
                        int64_t from)
{
    int64_t to = a->tape.n_steps < b->tape.n_steps ? a->tape.n_steps : b->tape.n_steps;
    size_t w = (size_t)a->tape.width;
    int64_t in_a[N_BUCKETS], in_b[N_BUCKETS];
    double n = (double)(to - from), same = 0, chance = 0;

    if (a->trajectory == b->trajectory || to - from < LEAST_STEPS)
        return NAN;
    for (int64_t i = from; i < to; i++)
        same += !memcmp(a->tape.data + (size_t)i * w, b->tape.data + (size_t)i * w, w);
    count_actions(&a->tape, from, to, in_a);
    count_actions(&b->tape, from, to, in_b);
    for (int i = 0; i < N_BUCKETS; i++)
        chance += (double)in_a[i] / n * ((double)in_b[i] / n);
    return chance > MOST_CHANCE ? NAN : (same / n - chance) / (1 - chance);
}

/* The mean of the agreements that show something, and how many those are. */
struct agreement {
    double sum;
    int n;
};

static void add_agreement(struct agreement *g, double one)
{
    if (isfinite(one)) {
        g->sum += one;
        g->n++;
    }
}

bool robust_is_tape(const struct episode_result *results, int n)
{
    struct agreement g = { 0 };

    for (int i = 1; i < n; i++)
        if (results[i].start_hash != results[0].start_hash)
            add_agreement(&g, robust_agreement(&results[0], &results[i], 0));
    return g.n >= LEAST_SEEDS && g.sum / g.n >= ROBUST_TAPE;
}

/* Of what the environment did not break; those are counted in `lost`. */
static double robust_mean(const struct episode_result *results, int n, int *lost)
{
    double scores[MOST_SEEDS];
    int left = results_scores(results, n, scores);

    *lost += n - left;
    return left ? summarize(scores, left).mean : NAN;
}

double robust_sticky(const struct task *task)
{
    return task->rules.sticky > 0 ? fmin(1, 2 * task->rules.sticky) : STICKY;
}

void robust_random_start(struct tape *t, const struct task *task, uint64_t seed)
{
    const struct env *env = task->env;
    double rate = env->frames_per_second / task->rules.frame_skip;
    int64_t most = (int64_t)fmax(1, STARTS_SECONDS * rate);
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
static enum memo_status robust_play(struct memo *m, const char *scope,
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

static enum memo_status measure_sticky(const struct memo *m, const struct policy *policy,
                                       const struct episode_request *requests,
                                       const struct episode_result *dev,
                                       struct robust *out, struct agreement *g,
                                       int64_t *steps_left, struct error *err)
{
    struct episode_result results[MOST_SEEDS] = { 0 };
    struct task *task = task_copy(m->base.task);
    struct memo mine = *m;
    enum memo_status status;
    char scope[32];

    out->p = robust_sticky(task);
    task->rules.sticky = out->p;
    mine.base.task = task;
    snprintf(scope, sizeof(scope), "sticky %g", out->p);
    status = robust_play(&mine, scope, policy, requests, out->n, results, err);
    out->sticky = robust_mean(results, out->n, &out->lost);
    for (int i = 0; i < out->n && status == MEMO_DONE; i++)
        add_agreement(g, robust_agreement(&dev[i], &results[i], 0));
    *steps_left = mine.steps_left;
    results_clear(results, out->n);
    task_destroy(task);
    return status;
}

static enum memo_status measure_starts(const struct memo *m, const struct salt *salt,
                                       const struct policy *policy,
                                       struct episode_request *requests,
                                       const struct episode_result *dev,
                                       struct robust *out, struct agreement *g,
                                       int64_t *steps_left, struct error *err)
{
    const struct task *task = m->base.task;
    struct episode_result results[MOST_SEEDS] = { 0 };
    struct tape tapes[MOST_SEEDS];
    struct memo mine = *m;
    enum memo_status status;

    for (int i = 0; i < out->n; i++) {
        robust_random_start(&tapes[i], task,
                            split_seed(salt, SPLIT_GATE, task->name, "starts", i));
        requests[i].shadow = &tapes[i];
    }
    status = robust_play(&mine, "starts", policy, requests, out->n, results, err);
    out->starts = robust_mean(results, out->n, &out->lost);
    for (int i = 0; i < out->n && status == MEMO_DONE; i++)
        add_agreement(g, robust_agreement(&dev[i], &results[i], tapes[i].n_steps));
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
    struct agreement g = { 0 };
    enum memo_status status;

    *out = (struct robust){ .n = n_dev < MOST_SEEDS ? n_dev : MOST_SEEDS };
    out->plain = robust_mean(dev, out->n, &out->lost);
    for (int i = 0; i < out->n; i++)
        requests[i].seed = dev[i].seed;
    status = measure_sticky(m, policy, requests, dev, out, &g, &m->steps_left, err);
    if (status == MEMO_DONE)
        status = measure_starts(m, salt, policy, requests, dev, out, &g, &m->steps_left,
                                err);
    out->agreement = g.n ? g.sum / g.n : NAN;
    out->is_open_loop = g.n >= LEAST_SEEDS && out->agreement >= ROBUST_TAPE;
    return status;
}

json_t *robust_to_json(const struct robust *r)
{
    return json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:b}", "seeds", r->n, "lost",
                     r->lost, "p", json_finite(r->p), "plain", json_finite(r->plain),
                     "sticky", json_finite(r->sticky), "starts", json_finite(r->starts),
                     "agreement", json_finite(r->agreement), "open_loop",
                     r->is_open_loop);
}
