/* bridge_whole.c - whole episodes of games, saved at every 64th step: another instance that
 * loads what was saved saves the same bytes, and plays the next steps to the same rewards,
 * lives and memory. Built and run by bridge_whole.t: MOST_FRAMES GAME... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/bridge/bridge.h"
#include "envs/episode.h"

enum { STRIDE = 64, NEXT = 4, MOST_RAM = 128 };

/* Actions that go on for a while, all of them, so that much happens; they depend on the
 * step alone. */
static double choose(const struct env *env, int64_t step)
{
    return (double)(rng_mix((uint64_t)(step / 8) + 1) % (uint64_t)(env->actions[0].max + 1));
}

/* Plays `copy` on from what was saved, then the episode itself, and holds them against each
 * other. */
static int compare(struct episode *e, struct episode *copy, const uint8_t *block,
                   uint8_t *again, struct error *err)
{
    uint8_t ram[2][MOST_RAM];
    size_t size = episode_block_size(e);
    long long at = e->now.n_steps;

    if (episode_load(copy, block) != 0)
        return error_set(err, "step %lld: it cannot be loaded: %s", at,
                         env_failure(e->env, copy->instance));
    episode_save(copy, again);
    if (memcmp(block, again, size))
        return error_set(err, "step %lld: what is saved after loading is another", at);
    for (int i = 0; i < NEXT && !episode_is_over(e); i++) {
        double action = choose(e->env, e->now.n_steps);
        struct env_step a = episode_step(e, &action), b = episode_step(copy, &action);
        e->env->ram(e->instance, ram[0]);
        e->env->ram(copy->instance, ram[1]);
        if (a.reward != b.reward || a.events != b.events || a.terminated != b.terminated ||
            memcmp(ram[0], ram[1], sizeof(ram[0])) ||
            memcmp(e->obs, copy->obs, sizeof(double) * (size_t)e->n_obs))
            return error_set(err,
                             "step %lld: %d after loading it goes another way: reward %g "
                             "%g, events %u %u, first field %g %g",
                             at, i + 1, a.reward, b.reward, a.events, b.events, e->obs[0],
                             copy->obs[0]);
    }
    return 0;
}

static int check(const struct env *env, int64_t most_frames, struct episode_state *out,
                 struct error *err)
{
    struct episode_rules rules = { .frame_skip = 1, .sticky = 0.25, .noop_max = 30,
                                   .max_frames = most_frames };
    void *a = env_create(env, NULL, 0, err), *b = env_create(env, NULL, 0, err);
    struct episode e, copy;
    uint8_t *block, *again;
    int status = 0;
    char why[256];

    if (!a || !b)
        return -1;
    episode_init(&e, env, a, &rules);
    episode_init(&copy, env, b, &rules);
    block = xcalloc(2, episode_block_size(&e));
    again = block + episode_block_size(&e);
    episode_reset(&e, 11);
    while (!episode_is_over(&e) && status == 0) {
        double action = choose(env, e.now.n_steps);
        if (e.now.n_steps % STRIDE == 0) {
            episode_save(&e, block);
            status = compare(&e, &copy, block, again, err);
        } else {
            episode_step(&e, &action);
        }
        if (status == 0)
            status = env_check(env, a, err);
        if (status == 0 && episode_failure(&e, why, sizeof(why)))
            status = error_set(err, "%s", why);
    }
    *out = e.now;
    episode_clear(&e);
    episode_clear(&copy);
    env->destroy(a);
    env->destroy(b);
    free(block);
    return status;
}

int main(int argc, char **argv)
{
    struct env_registry registry;
    int status = 0;

    env_registry_init(&registry);
    registry.finder = &bridge_finder;
    for (int i = 2; i < argc; i++) {
        struct error err = { "" };
        struct episode_state end = { 0 };
        const struct env *env = env_find(&registry, argv[i], &err);
        int one = env ? check(env, strtoll(argv[1], NULL, 10), &end, &err) : -1;
        printf("%s: %s (%lld steps, %g, %s)\n", argv[i], one == 0 ? "the same" : err.text,
               (long long)end.n_steps, end.total,
               end.terminated ? "to its end" : "cut");
        fflush(stdout);
        status |= one != 0;
    }
    env_registry_clear(&registry);
    return status;
}
