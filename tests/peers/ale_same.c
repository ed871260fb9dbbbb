/* ale_same.c - plays the actions of replays of our `breakout` in it and in ale/breakout,
 * and compares reward, end, features, memory and picture step by step. Built and run by
 * ale.t. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/bridge/bridge.h"
#include "runner/record/replay.h"

#define PICTURES 7 /* every so many steps a picture is compared */

struct side {
    const struct env *env;
    struct episode episode;
    void *instance;
    double obs[1024];
    uint8_t ram[128];
    struct canvas frame;
};

static int open_side(struct side *s, const struct env_registry *r, const char *name,
                     const struct task *task, bool has_settings, struct error *err)
{
    s->env = env_find(r, name, err);
    s->instance = s->env ? env_create(s->env, (const char *const *)task->settings,
                                      has_settings ? task->n_settings : 0, err)
                         : NULL;
    if (!s->instance)
        return -1;
    s->frame = (struct canvas){ s->env->frame_width, s->env->frame_height, NULL };
    s->frame.rgb = xcalloc((size_t)s->frame.width * (size_t)s->frame.height, 3);
    episode_init(&s->episode, s->env, s->instance, &task->rules);
    return 0;
}

static void close_side(struct side *s)
{
    if (s->instance) {
        episode_clear(&s->episode);
        s->env->destroy(s->instance);
    }
    free(s->frame.rgb);
}

static const char *difference(struct side *a, struct side *b, int64_t step)
{
    a->env->ram(a->instance, a->ram);
    b->env->ram(b->instance, b->ram);
    if (memcmp(a->ram, b->ram, sizeof(a->ram)))
        return "memory";
    a->env->observe(a->instance, a->obs);
    b->env->observe(b->instance, b->obs);
    if (memcmp(a->obs, b->obs, sizeof(double) * (size_t)a->episode.n_obs))
        return "features";
    if (step % PICTURES == 0) {
        a->env->draw(a->instance, &a->frame);
        b->env->draw(b->instance, &b->frame);
        if (memcmp(a->frame.rgb, b->frame.rgb, 3 * 160 * 210))
            return "picture";
    }
    return env_failure(b->env, b->instance);
}

/* The steps that were the same, all of the replay's when *why is NULL at the end. */
static int64_t compare(const struct replay *r, struct side *a, struct side *b,
                       const char **why)
{
    double action[ENV_MAX_ACTION];
    int64_t step = 0;

    episode_reset(&a->episode, r->seed);
    episode_reset(&b->episode, r->seed);
    *why = difference(a, b, 0);
    while (!*why && step < r->tape.n_steps && !episode_is_over(&a->episode)) {
        struct env_step x, y;
        tape_get(&r->tape, a->env, step, action);
        x = episode_step(&a->episode, action);
        y = episode_step(&b->episode, action);
        step++;
        if (x.reward != y.reward)
            *why = "reward";
        else if (x.terminated != y.terminated || x.truncated != y.truncated)
            *why = "end";
        else
            *why = difference(a, b, step);
    }
    return step;
}

int main(int argc, char **argv)
{
    struct env_registry registry;
    int status = 0;

    env_registry_init(&registry);
    registry.finder = &bridge_finder;
    for (int i = 1; i < argc; i++) {
        struct error err = { "" };
        struct replay *r = replay_load(&registry, argv[i], &err);
        struct side ours = { 0 }, ale = { 0 };
        const char *why = err.text;
        int64_t n = 0;
        if (r && open_side(&ours, &registry, "breakout", r->task, true, &err) == 0 &&
            open_side(&ale, &registry, "ale/breakout", r->task, false, &err) == 0)
            n = compare(r, &ours, &ale, &why);
        printf("%s: %lld steps the same, return %g%s%s\n", argv[i], (long long)n,
               n ? ale.episode.now.total : 0, why ? ", then another " : "",
               why ? why : "");
        status |= why != NULL;
        close_side(&ours);
        close_side(&ale);
        replay_destroy(r);
    }
    env_registry_clear(&registry);
    return status;
}
