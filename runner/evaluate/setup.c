/* setup.c - what a command says of the environments, and where and how episodes are
 * played. */
#include "runner/evaluate/setup.h"

#include <sched.h>
#include <string.h>

int setup_plugins(const struct setup *s, struct error *err)
{
    if (s->engine && strcmp(s->engine, "local") && !setup_is_cluster(s))
        return error_set(err, "--engine %s: local or slurm", s->engine);
    for (char **p = s->plugins; p && *p; p++)
        if (env_registry_load(s->envs, *p, err) != 0)
            return -1;
    return 0;
}

struct task *setup_task(const struct setup *s, const char *name, struct error *err)
{
    struct task *t;

    if (setup_plugins(s, err) != 0)
        return NULL;
    t = task_load(s->envs, name, err);
    for (char **set = s->set; t && set && *set; set++)
        if (task_set(t, *set, err) != 0) {
            task_destroy(t);
            t = NULL;
        }
    if (t && task_check(t, err) != 0) {
        task_destroy(t);
        t = NULL;
    }
    return t;
}

int setup_cores(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

int setup_jobs(const struct setup *s)
{
    return s->jobs > 0 ? s->jobs : setup_cores();
}

bool setup_is_cluster(const struct setup *s)
{
    return s->engine && !strcmp(s->engine, "slurm");
}

bool setup_is_interrupted(const struct setup *s)
{
    return s->interrupted && *s->interrupted;
}
