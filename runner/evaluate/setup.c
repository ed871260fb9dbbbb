/* setup.c - what a command says of the environments, and where and how episodes are
 * played. */
#include "runner/evaluate/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/places.h"

int setup_plugins(const struct setup *s, struct error *err)
{
    if (s->engine && strcmp(s->engine, "local") && strcmp(s->engine, "slurm"))
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

int setup_jobs(const struct setup *s)
{
    return s->jobs > 0 ? s->jobs : evaluate_cores();
}

struct evaluation setup_evaluation(struct setup *s, const struct task *task,
                                   const struct policy *policy)
{
    struct evaluation e = { .task = task, .policy = *policy, .plugins = s->plugins };

    while (s->plugins && s->plugins[e.n_plugins])
        e.n_plugins++;
    e.n_jobs = setup_jobs(s);
    e.is_unjailed = s->unjailed;
    e.interrupted = s->interrupted;
    if (s->engine && !strcmp(s->engine, "slurm")) {
        if (!s->shared)
            s->shared = logs_path("cluster");
        s->cluster = (struct cluster){ .folder = s->shared,
                                       .n_shards = s->shards ? s->shards : 16,
                                       .n_cpus = s->jobs > 0 ? s->jobs : 1,
                                       .late_s = s->late ? s->late : 30 };
        e.cluster = &s->cluster;
    }
    return e;
}
