/* bridge_speed.c - frames a second of an environment through the bridge, for
 * bridge_speed.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "envs/bridge/bridge.h"
#include "envs/episode.h"

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ENV ram|frame|features SECONDS FRAME_SKIP [single]: prints frames a second. */
int main(int argc, char **argv)
{
    struct env_registry r;
    struct error err = { "" };
    const struct env *env;
    struct episode e;
    struct episode_rules rules = { .frame_skip = 4, .max_frames = 108000 };
    int status = 1;

    if (argc < 5)
        return 2;
    env_registry_init(&r);
    r.finder = &bridge_finder;
    rules.frame_skip = atoi(argv[4]);
    env = env_find(&r, argv[1], &err);
    if (env && argc > 5) /* a crossing for each frame */
        ((struct env *)env)->step_frames = NULL;
    void *instance = env ? env_create(env, NULL, 0, &err) : NULL;
    if (instance) {
        double out[4096], action[ENV_MAX_ACTION] = { 0 }, start, seconds = atof(argv[3]);
        uint8_t ram[1024];
        struct canvas frame = { env->frame_width, env->frame_height, NULL };
        int64_t n = 0;
        frame.rgb = xcalloc((size_t)frame.width * (size_t)frame.height, 3);
        episode_init(&e, env, instance, &rules);
        episode_reset(&e, 1);
        start = now();
        for (int i = 0; now() - start < seconds; i++) {
            action[0] = (double)(i / 3 % ((int)env->actions[0].max + 1));
            int64_t before = e.now.n_frames;
            episode_step(&e, action);
            n += e.now.n_frames - before;
            if (!strcmp(argv[2], "ram"))
                env->ram(instance, ram);
            else if (!strcmp(argv[2], "frame"))
                env->draw(instance, &frame);
            else
                env->observe(instance, out);
            if (episode_is_over(&e))
                episode_reset(&e, (uint64_t)i);
        }
        printf("%.0f\n", (double)n / (now() - start));
        status = env_failure(env, instance) != NULL;
        episode_clear(&e);
        free(frame.rgb);
        env->destroy(instance);
    } else {
        fprintf(stderr, "%s\n", err.text);
    }
    env_registry_clear(&r);
    return status;
}
