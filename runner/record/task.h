/* task.h - a task: environment, observation mode, seed splits, limits, budgets and
 * target. */
#ifndef RATCHET_RUNNER_RECORD_TASK_H
#define RATCHET_RUNNER_RECORD_TASK_H

#include <jansson.h>

#include "envs/episode.h"
#include "envs/table.h"
#include "sandbox/limits.h"

/* Numbers of seeds in each split, and what the gate does with them. */
struct task_splits {
    int dev;     /* the model's own */
    int gate;    /* hidden; decides promotion; the cap of a sequential comparison */
    int gate_most;  /* the cap with what a near miss gets later; 0: 8 times `gate` */
    int challenger; /* further pairs that the strongest near miss gets an iteration */
    int holdout; /* opened by `freeze` alone */
    int audit;   /* opened once, for the final claim */
};

/* What a run does once the target is reached. */
#define AFTER_TARGETS(X) X(simplify) X(climb) X(stop)
enum after_target {
#define X(name) AFTER_TARGET_##name,
    AFTER_TARGETS(X)
#undef X
};

/* 0 means without limit. */
struct task_budget {
    int64_t steps, iterations, model_tokens, model_calls;
    int64_t planner_steps; /* of all purposes; not among `steps` */
    enum after_target after_target;
    int64_t simplify; /* iterations that ask for less code once the target is reached */
    int64_t
        fruitless;    /* replies in a row without a new policy that loads, then it ends */
    int64_t patience; /* fruitless iterations, then the loop changes its parent */
    double minutes, usd;
};

/* Owned by whoever called task_create or task_load. Strings are never NULL. */
struct task {
    char *name; /* names the folder under policies/ */
    const struct env *env;
    char **settings; /* "name=value" options of the environment, n_settings of them */
    int n_settings;
    struct episode_rules rules;
    enum observation observation;
    char **fields; /* features: the fields that the policy sees; NULL: all */
    int n_fields;
    bool plan;        /* has the policy a private model of the environment (sim)... */
    bool sim_is_true; /* ...that starts from the true state, not from the observation? */
    struct limits limits;
    struct task_splits splits;
    struct task_budget budget;
    bool uses_archive;   /* parents when stuck: diverse earlier candidates, else the best
                            alone */
    double confidence;   /* of the gate, one-sided, for the whole run; e.g. 0.95 */
    double margin;       /* returns closer than this count as equal */
    double target;       /* mean return at which a run is done; INFINITY: never */
    double tail; /* a candidate whose lower decile of returns falls by more is refused;
                    INFINITY: none */
};

/* The most pairs that one candidate can get. */
int task_gate_most(const struct task *t);

/* The built-in task of an environment. */
struct task *task_create(const struct env *env);
void task_destroy(struct task *t);
struct task *task_copy(const struct task *t);

/* From the JSON file at path (format: `ratchet task` and docs/formats.md), or, when
 * `name` names an environment, its built-in task. Strict: an unknown or mistyped key is
 * an error that names it. NULL on failure. */
struct task *task_load(const struct env_registry *r, const char *name, struct error *err);
struct task *task_from_json(const struct env_registry *r, json_t *json, const char *where,
                            struct error *err);
json_t *task_to_json(const struct task *t); /* a new reference */

/* One `--set key=value`: an option of the environment or a rule, limit, split or budget
 * of the task by its JSON name ("frame_skip=4", "sticky=0.25", "observation=ram",
 * "preset=v5"). */
int task_set(struct task *t, const char *setting, struct error *err);

/* The i-th key that task_set takes beside the environment's options; false past the
 * last. */
bool task_key(size_t i, const char **name, const char **help);

/* An instance of the task's environment, with the task's settings. NULL on failure. */
void *task_create_instance(const struct task *t, struct error *err);

/* What an episode that ended in a fault scores at most; INFINITY: what it had reached.
 * The environment's own holds for episodes of its max_frames: longer ones may lose more,
 * in proportion. */
double task_fault_return(const struct task *t);

/* Can a policy plan in this task as it says? -1 with the reason. */
int task_check(const struct task *t, struct error *err);

const char *observation_name(enum observation o);
const char *after_target_name(enum after_target a);

/* Does the policy see this field? */
bool task_shows(const struct task *t, const char *field);

#endif
