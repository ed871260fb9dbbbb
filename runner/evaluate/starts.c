/* starts.c - the different starts that a task's seeds give, counted.
 *
 * In a task without chance after the start, episodes from one start are all the same:
 * where there are few starts, a comparison needs each of them twice (the second shows
 * that they are the same), weighed by how often seeds give it. That they are all there
 * are is taken from many seeds, among which each must occur often: a start that a share p
 * of seeds gives stays unseen among n of them with probability (1 - p)^n. */
#include "runner/evaluate/starts.h"

#include <stdlib.h>

#define LEAST_SEEDS 512
#define SEEDS_A_START 48

static struct start *starts_find(struct starts *s, uint64_t hash)
{
    for (int i = 0; i < s->n; i++)
        if (s->list[i].hash == hash)
            return &s->list[i];
    return NULL;
}

static void starts_note(struct starts *s, uint64_t hash, int64_t index)
{
    struct start *one = starts_find(s, hash);

    if (!one) {
        one = xgrow(s->list, s->n);
        *one = (struct start){ .hash = hash };
    }
    if (one->n < 2)
        one->index[one->n] = index;
    one->n++;
}

int starts_count(struct starts *out, const struct task *task, const struct salt *salt,
                 int most, struct error *err)
{
    struct episode e;
    void *instance;

    *out = (struct starts){ .is_counted = true };
    if (task->rules.sticky > 0 || task->env->bits == ENV_BITS_NONE)
        return 0;
    instance = task_create_instance(task, err);
    if (!instance)
        return -1;
    episode_init(&e, task->env, instance, &task->rules);
    while (out->n <= most && out->n_seeds < LEAST_SEEDS + SEEDS_A_START * out->n) {
        episode_reset(
            &e, split_seed(salt, SPLIT_GATE, task->name, STARTS_SCOPE, out->n_seeds));
        starts_note(out, e.now.start_hash, out->n_seeds++);
    }
    for (int i = 0; i < out->n; i++)
        if (out->n > most || out->list[i].n < STARTS_LEAST)
            out->n = 0;
    episode_clear(&e);
    task->env->destroy(instance);
    return 0;
}

void starts_clear(struct starts *s)
{
    free(s->list);
    *s = (struct starts){ 0 };
}
