/* halves.c - a plug-in with one environment that lives among denormals: a number is
 * halved in every step until it is 0, which takes 54 steps, and the last 52 begin below
 * 2.2e-308 or end there. Where denormals are taken for 0 it ends after two. */
#include "envs/env.h"

#include <stdlib.h>
#include <string.h>

#define FIRST 0x1p-1021
#define STEPS 60

struct halves {
    double left, steps;
};

static void *halves_create(const char *const *values, char *why, size_t why_size)
{
    (void)values, (void)why, (void)why_size;
    return calloc(1, sizeof(struct halves));
}

static void halves_reset(void *instance, uint64_t seed)
{
    struct halves *s = instance;

    (void)seed;
    s->left = FIRST;
    s->steps = 0;
}

static struct env_step halves_step(void *instance, const double *action)
{
    struct halves *s = instance;

    (void)action;
    s->left /= 2;
    s->steps++;
    return (struct env_step){ .reward = 1, .terminated = s->left == 0 };
}

static void halves_observe(const void *instance, double *out)
{
    const struct halves *s = instance;

    out[0] = out[1] = s->left;
    out[2] = s->steps;
    out[3] = -s->left;
}

static int halves_set_observed(void *instance, const double *obs)
{
    struct halves *s = instance;

    s->left = obs[0];
    s->steps = obs[2];
    return 0;
}

static size_t halves_state_size(const void *instance)
{
    (void)instance;
    return sizeof(struct halves);
}

static void halves_save(const void *instance, void *out)
{
    memcpy(out, instance, sizeof(struct halves));
}

static int halves_load(void *instance, const void *block)
{
    memcpy(instance, block, sizeof(struct halves));
    return 0;
}

static void halves_draw(void *instance, struct canvas *out)
{
    (void)instance;
    memset(out->rgb, 0, (size_t)(3 * out->width * out->height));
}

static const struct env_field fields[] = { { "left", "", 1, 0, 1, 0 },
                                           { "list", "", 2, 0, STEPS, 0 },
                                           { "minus", "", 1, -1, 0, 0 },
                                           { 0 } };
static const struct env_action actions[] = { { "wait", true, 0, 1, NULL }, { 0 } };
static const double noop[] = { 0 };
static const struct env_event events[] = { { 0 } };

static const struct env halves_env = {
    .abi = ENV_ABI,
    .name = "halves",
    .version = 1,
    .about = "A number is halved until nothing of it is left.",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .frames_per_second = 10,
    .max_frames = STEPS,
    .fault_return = 0,
    .target = STEPS,
    .frame_width = 8,
    .frame_height = 8,
    .create = halves_create,
    .destroy = free,
    .reset = halves_reset,
    .step = halves_step,
    .observe = halves_observe,
    .set_observed = halves_set_observed,
    .draw = halves_draw,
    .state_size = halves_state_size,
    .save = halves_save,
    .load = halves_load,
};

extern const struct env *const ratchet_envs[];
const struct env *const ratchet_envs[] = { &halves_env, NULL };
