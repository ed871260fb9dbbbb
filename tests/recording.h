/* recording.h - replays for tests: an episode played by a few lines of C, recorded as the
 * harness does it. */
#ifndef RATCHET_TESTS_RECORDING_H
#define RATCHET_TESTS_RECORDING_H

#include <stdlib.h>
#include <string.h>

#include "runner/record/replay.h"

/* Chooses an action from the observation. */
typedef void (*recording_policy)(const struct env *env, const double *obs,
                                 struct rng *chance, double *action);

/* Any action with equal probability; continuous ones within [-1, 1] and their bounds. */
static inline void recording_random(const struct env *env, const double *obs,
                                    struct rng *chance, double *action)
{
    (void)obs;
    for (int i = 0; env->actions[i].name; i++) {
        const struct env_action *a = &env->actions[i];
        if (a->is_discrete)
            action[i] = a->min + rng_below(chance, (uint32_t)(a->max - a->min) + 1);
        else
            action[i] = fmax(a->min, fmin(a->max, 2 * rng_uniform(chance) - 1));
    }
}

static inline double recording_field(const struct env *env, const double *obs,
                                     const char *name)
{
    for (const struct env_field *f = env->fields; f->name; obs += f->n, f++)
        if (!strcmp(f->name, name))
            return *obs;
    return 0;
}

/* Breakout: serves, and moves under the ball. */
static inline void recording_follow(const struct env *env, const double *obs,
                                    struct rng *chance, double *action)
{
    double off = recording_field(env, obs, "ball_x") -
                 recording_field(env, obs, "paddle_x") -
                 recording_field(env, obs, "paddle_width") / 2;

    (void)chance;
    if (recording_field(env, obs, "ball_in_play") == 0)
        action[0] = 1;
    else
        action[0] = off > 3 ? 2 : off < -3 ? 3 : 0;
}

/* Cartpole: pushes to where the pole falls. */
static inline void recording_balance(const struct env *env, const double *obs,
                                     struct rng *chance, double *action)
{
    (void)chance;
    action[0] = recording_field(env, obs, "angle") +
                    recording_field(env, obs, "angular_velocity") >
                0;
}

/* Plays and records until the end or max_steps; takes the task. */
static inline struct replay *recording_make(struct task *task, uint64_t seed,
                                            int64_t max_steps, recording_policy policy)
{
    struct replay *r = xcalloc(1, sizeof(*r));
    void *instance = task_create_instance(task, NULL);
    double action[ENV_MAX_ACTION];
    struct episode e;
    struct rng chance;

    r->task = task;
    r->env_version = task->env->version;
    r->seed = seed;
    r->policy_name = xstrdup("policies/breakout/follow.lua");
    memset(r->policy_sha256, 'a', 64);
    r->policy_source = xstrdup("return { act = function(obs) return 0 end }\n");
    r->params = xstrdup("{}");
    r->fault_text = xstrdup("");
    r->created = 1700000000;
    r->tape.width = tape_width(task->env);
    episode_init(&e, task->env, instance, &task->rules);
    episode_reset(&e, seed);
    rng_seed(&chance, seed, 99);
    double *obs = xcalloc((size_t)e.n_obs, sizeof(*obs));
    while (r->tape.n_steps < max_steps && !episode_is_over(&e)) {
        replay_add_keyframe(r, r->tape.n_steps, &e);
        task->env->observe(instance, obs);
        policy(task->env, obs, &chance, action);
        size_t at = (size_t)r->tape.n_steps++ * (size_t)r->tape.width;
        r->tape.data = xrealloc(r->tape.data, at + (size_t)r->tape.width);
        tape_put(r->tape.data + at, task->env, action);
        tape_get(&r->tape, task->env, r->tape.n_steps - 1, action);
        episode_step(&e, action);
    }
    r->total = e.now.total;
    r->n_frames = e.now.n_frames;
    r->terminated = e.now.terminated;
    r->truncated = e.now.truncated;
    r->trajectory = episode_hash(&e);
    episode_clear(&e);
    task->env->destroy(instance);
    free(obs);
    return r;
}

#endif
