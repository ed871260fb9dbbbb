/* broken.c - a plug-in whose environments break a promise each: a reward or an
 * observation that is not finite, at reset or later, and rewards below 0 where its
 * description says that there are none. Each goes on for 20 steps; `left` earns 1 a step,
 * `right` 2. */
#include "envs/env.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH 20 /* steps */
#define WHEN 5    /* the step in which most of them break */

enum how {
    WHOLE,
    RIGHT_NAN,
    REWARD_NAN,
    REWARD_INF,
    OVERFLOW,
    RESET_NAN,
    OBS_NAN,
    OBS_INF,
    NEGATIVE,
    DEV_WHOLE /* but for the first two dev seeds of its task */
};

struct broken {
    int64_t step, seed, is_dev;
};

static void *create(const char *const *values, char *why, size_t why_size)
{
    (void)values, (void)why, (void)why_size;
    return calloc(1, sizeof(struct broken));
}

static void reset(void *instance, uint64_t seed)
{
    *(struct broken *)instance = (struct broken){
        .seed = (int64_t)(seed % 7),
        .is_dev = seed == 4239421992748035346 || seed == 2995209891407235515,
    };
}

static struct env_step step(void *instance, const double *action, enum how how)
{
    struct broken *s = instance;
    bool is_now = ++s->step == WHEN;
    struct env_step result = { .reward = 1 + action[0], .terminated = s->step >= LENGTH };

    if (how == REWARD_NAN && is_now)
        result.reward = NAN;
    if (how == DEV_WHOLE && is_now && !s->is_dev)
        result.reward = NAN;
    if (how == RIGHT_NAN && is_now && action[0] > 0)
        result.reward = NAN;
    if (how == REWARD_INF && is_now)
        result.reward = INFINITY;
    if (how == OVERFLOW)
        result.reward = 1e308;
    if (how == NEGATIVE && is_now)
        result.reward = -1;
    return result;
}

static void observe(const void *instance, double *out, enum how how)
{
    const struct broken *s = instance;

    out[0] = (double)s->seed;
    out[1] = (double)s->step;
    if (how == RESET_NAN || (how == OBS_NAN && s->step == WHEN))
        out[1] = NAN;
    if (how == OBS_INF && s->step == WHEN)
        out[1] = -INFINITY;
}

static size_t state_size(const void *instance)
{
    (void)instance;
    return sizeof(struct broken);
}

static void save(const void *instance, void *out)
{
    memcpy(out, instance, sizeof(struct broken));
}

static int load(void *instance, const void *block)
{
    memcpy(instance, block, sizeof(struct broken));
    return 0;
}

static const struct env_field fields[] = { { "seed", "", 1, 0, 6, 0 },
                                           { "at", "", 1, 0, LENGTH, 0 },
                                           { 0 } };
static const char *const ways[] = { "left", "right" };
static const struct env_action actions[] = { { "way", true, 0, 1, ways }, { 0 } };
static const double noop[] = { 0 };
static const struct env_event events[] = { { 0 } };
static const struct env_option options[] = { { 0 } };

#define BROKEN(id, how)                                                    \
    static struct env_step step_##id(void *instance, const double *action) \
    {                                                                      \
        return step(instance, action, how);                                \
    }                                                                      \
    static void observe_##id(const void *instance, double *out)            \
    {                                                                      \
        observe(instance, out, how);                                       \
    }                                                                      \
    static const struct env env_##id = { .abi = ENV_ABI,                   \
                                         .name = "broken/" #id,            \
                                         .version = 1,                     \
                                         .about = "It breaks a promise.",  \
                                         .bits = ENV_BITS_X86_64,          \
                                         .fields = fields,                 \
                                         .actions = actions,               \
                                         .noop = noop,                     \
                                         .events = events,                 \
                                         .options = options,               \
                                         .frames_per_second = 10,          \
                                         .max_frames = 100,                \
                                         .fault_return = INFINITY,         \
                                         .target = NAN,                    \
                                         .create = create,                 \
                                         .destroy = free,                  \
                                         .reset = reset,                   \
                                         .step = step_##id,                \
                                         .observe = observe_##id,          \
                                         .state_size = state_size,         \
                                         .save = save,                     \
                                         .load = load };

BROKEN(whole, WHOLE)
BROKEN(right_nan, RIGHT_NAN)
BROKEN(reward_nan, REWARD_NAN)
BROKEN(reward_inf, REWARD_INF)
BROKEN(overflow, OVERFLOW)
BROKEN(reset_nan, RESET_NAN)
BROKEN(obs_nan, OBS_NAN)
BROKEN(obs_inf, OBS_INF)
BROKEN(negative, NEGATIVE)
BROKEN(dev_whole, DEV_WHOLE)

extern const struct env *const ratchet_envs[];
const struct env *const ratchet_envs[] = {
    &env_whole,     &env_right_nan, &env_reward_nan, &env_reward_inf, &env_overflow,
    &env_reset_nan, &env_obs_nan,   &env_obs_inf,    &env_negative,   &env_dev_whole, NULL
};
