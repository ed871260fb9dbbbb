/* setup.h - what a command says of the environments, and where and how episodes are
 * played: it goes from the command line to the pool as it is. */
#ifndef RATCHET_RUNNER_EVALUATE_SETUP_H
#define RATCHET_RUNNER_EVALUATE_SETUP_H

#include <signal.h>

#include "base/option.h"
#include "runner/record/task.h"

/* Zero but for envs and interrupted, before options come. Who needs it otherwise has a copy;
 * what it points to is borrowed. */
struct setup {
    struct env_registry *envs;
    const volatile sig_atomic_t *interrupted; /* set by Ctrl-C and SIGTERM; may be NULL */
    char **set, **plugins;
    int json; /* the result goes out as JSON, and no progress is shown */
    int jobs; /* 0: all cores */
    int unjailed;
    char *engine, *shared; /* NULL: local, logs/cluster */
    int shards;            /* 0: 16 */
    int late;              /* s; 0: 30 */
};

/* Its options; common: set, plugin, json; setup: all. */
extern const struct option option_set[], option_plugin[], option_json[], options_jobs[],
    options_engine[], options_common[], options_setup[];

/* Loads the plug-ins. */
int setup_plugins(const struct setup *s, struct error *err);
/* With them the task (an environment's name or a JSON file) and its settings. NULL on
 * failure. */
struct task *setup_task(const struct setup *s, const char *name, struct error *err);
/* The number of cores that this process may use; of workers at once. */
int setup_cores(void);
int setup_jobs(const struct setup *s);
bool setup_is_cluster(const struct setup *s);
bool setup_is_interrupted(const struct setup *s);

#endif
