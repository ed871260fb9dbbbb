/* brief_walk.c - an episode's recorded actions played once more, step by step. */
#include "runner/brief/brief_walk.h"

#include <stdlib.h>

int brief_walk(const struct task *task, const struct episode_result *r, int64_t to,
               void (*each)(void *user, const struct brief_step *s), void *user,
               struct error *err)
{
    double action[ENV_MAX_ACTION], *values;
    void *instance = task_create_instance(task, err);
    struct episode e;

    if (!instance)
        return -1;
    episode_init(&e, task->env, instance, &task->rules);
    episode_reset(&e, r->seed);
    values = xcalloc((size_t)e.n_obs + 1, sizeof(*values));
    for (int64_t i = 0; i <= to && i < r->tape.n_steps && !episode_is_over(&e); i++) {
        struct brief_step s = { .number = i, .values = values, .action = action };
        task->env->observe(instance, values);
        tape_get(&r->tape, task->env, i, action);
        s.came = episode_step(&e, action);
        each(user, &s);
    }
    free(values);
    episode_clear(&e);
    task->env->destroy(instance);
    return 0;
}
