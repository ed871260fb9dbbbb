/* task.c - a task: environment, observation mode, seed splits, limits, budgets and
 * target.
 *
 * Its keys are in task_keys.c, the JSON file in task_json.c. */
#include "runner/record/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/task_keys.h"

struct task *task_create(const struct env *env)
{
    struct task *t = xcalloc(1, sizeof(*t));

    t->name = xstrdup(env->name);
    t->env = env;
    t->settings = xcalloc(1, sizeof(char *));
    t->rules = (struct episode_rules){ .frame_skip = 1, .max_frames = env->max_frames };
    t->rules.noop_max = env->ram_size ? 30 : 0; /* consoles: as their benchmarks start */
    t->limits = limits_default;
    t->splits = (struct task_splits){
        .dev = 20, .gate = 128, .challenger = 32, .holdout = 100, .audit = 100
    };
    t->budget = (struct task_budget){
        .iterations = 20, .simplify = 3, .patience = 5, .fruitless = 6
    };
    t->confidence = 0.95;
    t->target = isnan(env->target) ? INFINITY : env->target;
    t->margin = isfinite(t->target) ? fabs(t->target) * 0.01 : 0;
    t->rules.fault_return = env->fault_return;
    t->tail = INFINITY;
    return t;
}

int task_gate_most(const struct task *t)
{
    int64_t most = t->splits.gate_most ? t->splits.gate_most : 8LL * t->splits.gate;

    return (int)(most > t->splits.gate ? most : t->splits.gate);
}

void task_destroy(struct task *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->n_settings; i++)
        free(t->settings[i]);
    free(t->settings);
    task_clear_fields(t);
    free(t->name);
    free(t);
}

static char **copy_list(char *const *list, int n)
{
    char **copy = xcalloc((size_t)n + 1, sizeof(*copy));

    for (int i = 0; i < n; i++)
        copy[i] = xstrdup(list[i]);
    return copy;
}

struct task *task_copy(const struct task *t)
{
    struct task *copy = xcalloc(1, sizeof(*copy));

    *copy = *t;
    copy->name = xstrdup(t->name);
    copy->settings = copy_list(t->settings, t->n_settings);
    copy->fields = t->fields ? copy_list(t->fields, t->n_fields) : NULL;
    return copy;
}

double task_fault_return(const struct task *t)
{
    double worst = t->rules.fault_return;
    double longer = (double)t->rules.max_frames / (double)t->env->max_frames;

    if (worst != t->env->fault_return || worst >= 0 || longer <= 1)
        return worst;
    return worst * longer;
}

int task_check(const struct task *t, struct error *err)
{
    if (!t->plan)
        return 0;
    if (env_check_copy(t->env, err) != 0)
        return -1;
    if (t->sim_is_true)
        return 0;
    if (!t->env->set_observed)
        return error_set(err,
                         "%s: plan: its observation does not tell its state; only "
                         "plan_state=true gives a sim here",
                         t->env->name);
    if (t->observation != OBSERVATION_features || t->fields)
        return error_set(err,
                         "%s: plan: a sim that is set from the observation needs all of "
                         "its features (observation=features, fields=all), or "
                         "plan_state=true",
                         t->env->name);
    return 0;
}

void *task_create_instance(const struct task *t, struct error *err)
{
    return env_create(t->env, (const char *const *)t->settings, t->n_settings, err);
}

bool task_shows(const struct task *t, const char *field)
{
    for (int i = 0; i < t->n_fields; i++)
        if (!strcmp(t->fields[i], field))
            return true;
    return !t->fields;
}
