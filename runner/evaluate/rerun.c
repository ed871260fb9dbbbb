/* rerun.c - makes a replay of an episode's result, by playing it again. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/json.h"
#include "runner/evaluate/evaluate.h"

#define MOST_KEYFRAMES 32
#define LEAST_STRIDE 2000 /* steps between keyframes: shorter episodes need none */

static struct replay *header(const struct evaluation *e, const struct episode_result *r)
{
    struct replay *replay = xcalloc(1, sizeof(*replay));
    json_t *params = json_object();

    replay->task = task_copy(e->task);
    replay->env_version = e->task->env->version;
    replay->seed = r->seed;
    replay->policy_name = xstrdup(e->policy.name);
    replay->policy_source = xstrdup(e->policy.source);
    sha256_hex(e->policy.source, strlen(e->policy.source), replay->policy_sha256);
    for (int i = 0; i < e->policy.n_params; i++)
        json_object_set_new(params, e->policy.params[i].name,
                            json_finite(e->policy.params[i].value));
    replay->params = json_dumps(params, JSON_SORT_KEYS);
    json_decref(params);
    replay->created = (int64_t)time(NULL);
    replay->total = r->total;
    replay->n_frames = r->n_frames;
    replay->terminated = r->terminated;
    replay->truncated = r->truncated;
    replay->fault = r->fault;
    replay->fault_text = xstrdup(r->fault_text ? r->fault_text : "");
    replay->trajectory = r->trajectory;
    replay->tape = r->tape;
    replay->tape.data = xcalloc((size_t)r->tape.n_steps + 1, (size_t)r->tape.width);
    if (r->tape.n_steps)
        memcpy(replay->tape.data, r->tape.data,
               (size_t)r->tape.n_steps * (size_t)r->tape.width);
    return replay;
}

/* Plays the episode to take its keyframes. */
static int add_keyframes(struct replay *replay, struct error *err)
{
    int64_t n = replay->tape.n_steps;
    int64_t stride = n / MOST_KEYFRAMES > LEAST_STRIDE ? n / MOST_KEYFRAMES
                                                       : LEAST_STRIDE;
    double action[ENV_MAX_ACTION];
    struct episode e;
    void *instance;

    if (n <= stride)
        return 0;
    instance = task_create_instance(replay->task, err);
    if (!instance)
        return -1;
    episode_init(&e, replay->task->env, instance, &replay->task->rules);
    episode_reset(&e, replay->seed);
    for (int64_t i = 0; i < n && !episode_is_over(&e); i++) {
        if (i > 0 && i % stride == 0)
            replay_add_keyframe(replay, i, &e);
        tape_get(&replay->tape, replay->task->env, i, action);
        episode_step(&e, action);
    }
    episode_clear(&e);
    replay->task->env->destroy(instance);
    return 0;
}

struct replay *replay_of_result(const struct evaluation *e,
                                const struct episode_result *r, struct error *err)
{
    struct replay *replay = header(e, r);

    for (int i = 0; i < r->n_notes; i++)
        replay_add_note(replay, r->notes[i].step, r->notes[i].text,
                        strlen(r->notes[i].text));
    for (int i = 0; i < r->n_marks; i++)
        replay_add_mark(replay, &r->marks[i], strlen(r->marks[i].label));
    if (add_keyframes(replay, err) != 0) {
        replay_destroy(replay);
        return NULL;
    }
    return replay;
}
