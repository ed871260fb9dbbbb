/* bridge_save.c - saves in mid-episode, plays on, loads in another instance and plays the
 * same: every step, memory and picture must be what they were. Built and run by
 * bridge.t. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "envs/bridge/bridge.h"
#include "envs/episode.h"

enum { N_STEPS = 300 };

static uint64_t look(const struct env *env, void *instance, struct canvas *frame)
{
    uint8_t ram[128];

    env->ram(instance, ram);
    env->draw(instance, frame);
    return XXH3_64bits(frame->rgb, 3 * (size_t)frame->width * (size_t)frame->height) ^
           XXH3_64bits(ram, sizeof(ram));
}

/* What is seen before each of N_STEPS steps, the rewards, and the hash at the end. */
static void play(struct episode *e, struct canvas *frame, uint64_t out[N_STEPS + 1])
{
    for (int i = 0; i < N_STEPS; i++) {
        double action = i / 5 % ((int)e->env->actions[0].max + 1);
        out[i] = look(e->env, e->instance, frame);
        out[i] += (uint64_t)(1000 + episode_step(e, &action).reward);
    }
    out[N_STEPS] = episode_hash(e);
}

static int check(const struct env *env, struct error *err)
{
    struct episode_rules rules = {
        .frame_skip = 3, .sticky = 0.25, .noop_max = 30, .max_frames = 100000
    };
    void *a = env_create(env, NULL, 0, err), *b = env_create(env, NULL, 0, err);
    struct canvas frame = { env->frame_width, env->frame_height, NULL };
    static uint64_t first[N_STEPS + 1], again[N_STEPS + 1], other[N_STEPS + 1];
    struct episode x, y;
    uint8_t *block;
    int status = 0;

    if (!a || !b)
        return -1;
    frame.rgb = xcalloc((size_t)frame.width * (size_t)frame.height, 3);
    episode_init(&x, env, a, &rules);
    episode_init(&y, env, b, &rules);
    block = xcalloc(1, episode_block_size(&x));
    episode_reset(&x, 7);
    play(&x, &frame, first);
    episode_save(&x, block);
    play(&x, &frame, first);
    if (episode_load(&x, block) != 0)
        status = error_set(err, "it cannot be loaded");
    play(&x, &frame, again);
    if (episode_load(&y, block) != 0)
        status = error_set(err, "it cannot be loaded into another");
    play(&y, &frame, other);
    for (int i = 0; i <= N_STEPS && status == 0; i++)
        if (first[i] != again[i] || first[i] != other[i])
            status = error_set(err, "step %d after loading is another", i);
    block[episode_block_size(&x) - env->state_size(a) + 100] ^= 1; /* the state's bytes */
    if (status == 0 && episode_load(&x, block) == 0)
        status = error_set(err, "a damaged state was taken");
    episode_reset(&x, 7);
    if (status == 0 && env_failure(env, a))
        status = error_set(err, "no reset after a damaged state: %s",
                           env_failure(env, a));
    episode_clear(&x);
    episode_clear(&y);
    env->destroy(a);
    env->destroy(b);
    free(block);
    free(frame.rgb);
    return status;
}

int main(int argc, char **argv)
{
    struct env_registry registry;
    int status = 0;

    env_registry_init(&registry);
    registry.finder = &bridge_finder;
    for (int i = 1; i < argc; i++) {
        struct error err = { "" };
        const struct env *env = env_find(&registry, argv[i], &err);
        int one = env ? check(env, &err) : -1;
        printf("%s: %s\n", argv[i], one == 0 ? "the same after loading" : err.text);
        status |= one != 0;
    }
    env_registry_clear(&registry);
    return status;
}
