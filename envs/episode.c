/* episode.c - one episode of an environment, as worker, harness and viewer all play it.
 *
 * The trajectory hash is a chain: every step mixes action, reward and flags into it, and
 * every HASH_STRIDE steps, at the start and at the end the whole state, so that two
 * trajectories with equal hashes are the same trajectory. */
#define XXH_INLINE_ALL
#include "envs/episode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MOST_AT_ONCE 16 /* frames in one step_frames */
#define HASH_STRIDE 64  /* steps */

#define STREAM_START 1 /* of the episode's seed: the no-ops before it */
#define STICKY "sticky" /* the stream of sticky frames */

int env_count_actions(const struct env *env)
{
    int n = 0;

    while (env->actions[n].name)
        n++;
    return n;
}

int env_count_obs(const struct env *env)
{
    int n = 0;

    for (const struct env_field *f = env->fields; f->name; f++)
        n += f->n;
    return n;
}

void episode_init(struct episode *e, const struct env *env, void *instance,
                  const struct episode_rules *rules)
{
    *e = (struct episode){ .env = env, .instance = instance, .rules = *rules };
    e->n_actions = env_count_actions(env);
    e->n_obs = env_count_obs(env);
    e->scratch = xcalloc(1, env->state_size(instance));
    e->obs = xcalloc((size_t)e->n_obs + 1, sizeof(*e->obs));
}

void episode_clear(struct episode *e)
{
    free(e->scratch);
    e->scratch = NULL;
    episode_forget_observations(e);
}

void episode_forget_observations(struct episode *e)
{
    free(e->obs);
    e->obs = NULL;
}

/* The first thing that breaks an episode is what is told of it. */
static void break_off(struct episode *e, enum episode_failure failure)
{
    if (!e->now.failure)
        e->now.failure = (uint8_t)failure;
    e->now.truncated = true;
}

/* Does the reward of a frame keep what the environment promises? */
static bool check_reward(struct episode *e, double reward)
{
    if (!isfinite(reward))
        break_off(e, EPISODE_REWARD);
    else if (reward < 0 && e->rules.fault_return == INFINITY)
        break_off(e, EPISODE_NEGATIVE);
    return !e->now.failure;
}

/* The sum of finite numbers is finite unless it overflows, and nothing that is added takes
 * what is not finite out of it: one sum tells of nearly every observation that all of it is
 * finite, by one addition for two numbers. obs is aligned as malloc aligns. */
static bool is_finite(const double *obs, int n)
{
    typedef double lanes __attribute__((vector_size(16), may_alias));
    lanes a = { 0 }, b = a, c = a, d = a;
    double sum = 0;
    int i = 0;

    for (const lanes *at = (const lanes *)obs; i + 8 <= n; i += 8, at += 4) {
        a += at[0];
        b += at[1];
        c += at[2];
        d += at[3];
    }
    for (; i < n; i++)
        sum += obs[i];
    a += b + (c + d);
    if (isfinite(sum + a[0] + a[1]))
        return true;
    for (i = 0; i < n; i++)
        if (!isfinite(obs[i]))
            return false;
    return true;
}

static void take_observation(struct episode *e)
{
    if (!e->obs)
        return;
    e->env->observe(e->instance, e->obs);
    if (!is_finite(e->obs, e->n_obs))
        break_off(e, EPISODE_OBSERVATION);
}

/* The name of the first field that is not finite; "?" where it is not known any more. */
static const char *bad_field(const struct episode *e)
{
    const double *v = e->obs;

    for (const struct env_field *f = e->env->fields; v && f->name; v += f->n, f++)
        for (int i = 0; i < f->n; i++)
            if (!isfinite(v[i]))
                return f->name;
    return "?";
}

bool episode_failure(const struct episode *e, char *out, size_t size)
{
    long long step = e->now.n_steps;
    char what[48] = "a reward of the start", when[48] = "at reset";

    if (!e->now.failure)
        return false;
    if (step > 0) {
        snprintf(what, sizeof(what), "the reward of step %lld", step);
        snprintf(when, sizeof(when), "after step %lld", step);
    }
    switch (e->now.failure) {
    case EPISODE_REWARD:
        snprintf(out, size, "%s is not finite", what);
        break;
    case EPISODE_NEGATIVE:
        snprintf(
            out, size,
            "%s is below 0, where its description says that none is (fault_return is "
            "infinite); give it, or the task, a finite fault_return",
            what);
        break;
    case EPISODE_RETURN:
        snprintf(out, size, "the return %s is not finite", when);
        break;
    default:
        snprintf(out, size, "field \"%s\" of the observation %s is not finite",
                 bad_field(e), when);
    }
    return true;
}

static size_t held_size(const struct episode *e)
{
    return sizeof(e->held[0]) * (size_t)e->n_actions;
}

static uint64_t hash_state(const struct episode *e, uint64_t hash)
{
    e->env->save(e->instance, e->scratch);
    return XXH3_64bits_withSeed(e->scratch, e->env->state_size(e->instance), hash);
}

/* What the next frame plays, into held. A sticky frame repeats the previous one's action;
 * the chance is drawn whether or not it matters, so that it never depends on what the
 * policy asked for. */
static void draw_held(struct episode *e, const double *action)
{
    if (e->rules.sticky <= 0 || chance_uniform(&e->now.chance) >= e->rules.sticky)
        memcpy(e->held, action, held_size(e));
}

/* Up to n frames at once, as far as the environment takes them so. Returns how many. */
static int play_frames(struct episode *e, const double *action, int n,
                       struct env_step *each)
{
    double actions[MOST_AT_ONCE * ENV_MAX_ACTION], held[ENV_MAX_ACTION];
    const struct chance chance = e->now.chance;
    int played;

    n = !e->env->step_frames ? 1 : n < MOST_AT_ONCE ? n : MOST_AT_ONCE;
    if (n > e->rules.max_frames - e->now.n_frames)
        n = (int)(e->rules.max_frames - e->now.n_frames);
    if (n <= 1) {
        draw_held(e, action);
        each[0] = e->env->step(e->instance, e->held);
        return 1;
    }
    memcpy(held, e->held, held_size(e));
    for (int i = 0; i < n; i++) {
        draw_held(e, action);
        memcpy(actions + i * e->n_actions, e->held, held_size(e));
    }
    played = e->env->step_frames(e->instance, actions, n, each);
    if (played < n) { /* it is over: as if the other frames had not been drawn */
        e->now.chance = chance;
        memcpy(e->held, held, held_size(e));
        for (int i = 0; i < played; i++)
            draw_held(e, action);
    }
    return played;
}

/* The start's frames of doing nothing; the last one's result. */
static struct env_step play_start(struct episode *e, int n)
{
    double actions[MOST_AT_ONCE * ENV_MAX_ACTION];
    struct env_step each[MOST_AT_ONCE], s = { 0 };

    for (int i = 0; i < MOST_AT_ONCE; i++)
        memcpy(actions + i * e->n_actions, e->env->noop, held_size(e));
    while (n > 0 && !s.terminated && !s.truncated) {
        int played = 1, most = n < MOST_AT_ONCE ? n : MOST_AT_ONCE;
        if (e->env->step_frames)
            played = e->env->step_frames(e->instance, actions, most, each);
        else
            each[0] = e->env->step(e->instance, actions);
        for (int i = 0; i < played; i++)
            check_reward(e, each[i].reward);
        s = each[played - 1];
        n -= played;
    }
    return s;
}

/* What the environment draws its start from. A start that shows a few whole numbers tells
 * what they were drawn from, and that would tell which frames will be sticky; so there it
 * is not the seed. */
static uint64_t start_seed(const struct episode *e, uint64_t seed)
{
    return e->rules.sticky > 0 ? chance_derive(seed, "start") >> 2 : seed;
}

void episode_reset(struct episode *e, uint64_t seed)
{
    uint32_t n_noop = 0;
    struct env_step s;
    struct rng start;

    e->now = (struct episode_state){ 0 };
    rng_seed(&start, seed, STREAM_START);
    chance_seed(&e->now.chance, seed, STICKY);
    if (e->rules.noop_max > 0)
        n_noop = rng_below(&start, (uint32_t)e->rules.noop_max + 1);
    memcpy(e->held, e->env->noop, held_size(e));
    e->env->reset(e->instance, start_seed(e, seed));
    s = play_start(e, (int)n_noop);
    e->now.terminated = s.terminated;
    e->now.truncated |= s.truncated;
    take_observation(e);
    e->now.start_hash = hash_state(e, 0);
    e->now.hash = e->now.start_hash;
}

bool episode_is_over(const struct episode *e)
{
    return e->now.terminated || e->now.truncated;
}

/* Also of what a damaged keyframe holds: NaN becomes the lower bound. */
static void clip_action(const struct episode *e, const double *action, double *out)
{
    for (int i = 0; i < e->n_actions; i++) {
        const struct env_action *a = &e->env->actions[i];
        out[i] = !(action[i] >= a->min) ? a->min
                 : action[i] > a->max   ? a->max
                                        : action[i];
        if (a->is_discrete)
            out[i] = floor(out[i]);
    }
}

static void hash_step(struct episode *e, const double *action, const struct env_step *s)
{
    struct {
        uint64_t hash;
        double reward;
        uint32_t events, flags;
        double action[ENV_MAX_ACTION];
    } link;
    size_t len = offsetof(__typeof__(link), action) +
                 sizeof(double) * (size_t)e->n_actions;

    link.hash = e->now.hash;
    link.reward = s->reward;
    link.events = s->events;
    link.flags = (uint32_t)s->terminated | (uint32_t)s->truncated << 1;
    for (int i = 0; i < e->n_actions; i++)
        link.action[i] = action[i];
    e->now.hash = XXH3_64bits(&link, len);
    if (e->now.n_steps % HASH_STRIDE == 0)
        e->now.hash = hash_state(e, e->now.hash);
}

struct env_step episode_step(struct episode *e, const double *action)
{
    struct env_step sum = { .terminated = e->now.terminated,
                            .truncated = e->now.truncated };
    struct env_step each[MOST_AT_ONCE];
    double wanted[ENV_MAX_ACTION];

    if (episode_is_over(e))
        return sum;
    clip_action(e, action, wanted);
    if (e->rules.branch && e->now.n_steps == e->rules.branch_step)
        chance_seed(&e->now.chance, e->rules.branch, STICKY);
    for (int left = e->rules.frame_skip; left > 0 && !sum.terminated && !sum.truncated;) {
        int played = play_frames(e, wanted, left, each);
        left -= played;
        for (int i = 0; i < played && !e->now.failure; i++) {
            if (check_reward(e, each[i].reward))
                sum.reward += each[i].reward;
            sum.events |= each[i].events;
            sum.terminated = each[i].terminated;
            sum.truncated = each[i].truncated || ++e->now.n_frames >= e->rules.max_frames;
        }
        sum.truncated |= e->now.failure != EPISODE_WHOLE;
    }
    e->now.n_steps++;
    if (!isfinite(e->now.total + sum.reward)) {
        break_off(e, EPISODE_RETURN);
        sum.reward = 0;
    }
    e->now.total += sum.reward;
    e->now.events = sum.events;
    take_observation(e);
    sum.truncated |= e->now.failure != EPISODE_WHOLE;
    e->now.terminated = sum.terminated;
    e->now.truncated = sum.truncated;
    hash_step(e, wanted, &sum);
    return sum;
}

size_t episode_block_size(const struct episode *e)
{
    return sizeof(e->now) + held_size(e) + e->env->state_size(e->instance);
}

void episode_save(const struct episode *e, void *out)
{
    char *at = out;

    memcpy(at, &e->now, sizeof(e->now));
    memcpy(at + sizeof(e->now), e->held, held_size(e));
    e->env->save(e->instance, at + sizeof(e->now) + held_size(e));
}

int episode_load(struct episode *e, const void *block)
{
    const char *at = block;

    memcpy(&e->now, at, sizeof(e->now));
    memcpy(e->held, at + sizeof(e->now), held_size(e));
    clip_action(e, e->held, e->held);
    return e->env->load(e->instance, at + sizeof(e->now) + held_size(e));
}

uint64_t episode_hash(const struct episode *e)
{
    return hash_state(e, e->now.hash);
}
