/* setup.c - what a command says of the environments, and where and how episodes are
 * played. */
#include "runner/evaluate/setup.h"

#include <sched.h>
#include <string.h>

/* clang-format off */
const struct option option_set[] = {
    { "set", 's', LIST_IN(setup, set), "KEY=VALUE",
      "an option of the environment or a key of the task (see `ratchet task`)" },
    { 0 },
};
const struct option option_plugin[] = {
    { "plugin", '\0', LIST_IN(setup, plugins), "FILE.so",
      "load environments from a shared object; it is trusted native code" },
    { 0 },
};
const struct option option_json[] = {
    { "json", '\0', FLAG_IN(setup, json), NULL, "print the result as one JSON object" },
    { 0 },
};
const struct option options_common[] = {
    GROUP_OF(option_set), GROUP_OF(option_plugin), GROUP_OF(option_json), { 0 },
};
const struct option options_jobs[] = {
    { "jobs", 'j', INT_IN(setup, jobs), "N", "workers at once (default: one a core)" },
    { "unjailed", '\0', FLAG_IN(setup, unjailed), NULL,
      "run policies without the jail: only for policies that you trust" },
    { 0 },
};
const struct option options_engine[] = {
    { "engine", '\0', TEXT_IN(setup, engine), "local|slurm",
      "where episodes are played: here, or by a Slurm job array (default: local)" },
    { "shards", '\0', INT_IN(setup, shards), "N",
      "slurm: tasks of the job array, each with --jobs workers (default: 16, with 1 "
      "worker each)", 1, 10000 },
    { "shared", '\0', TEXT_IN(setup, shared), "DIR",
      "slurm: a folder that all nodes see (default: logs/cluster)" },
    { "late", '\0', INT_IN(setup, late), "SECONDS",
      "slurm: start a shard again when it still runs so long after all others have "
      "ended (default: 30; at least 3 times what the slowest of them took)" },
    { 0 },
};
const struct option options_setup[] = {
    GROUP_OF(options_jobs), GROUP_OF(options_engine), GROUP_OF(options_common), { 0 },
};
/* clang-format on */

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
