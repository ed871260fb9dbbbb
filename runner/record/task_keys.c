/* task_keys.c - the keys of a task: how each is set, checked and explained.
 *
 * Every number is a row of one table: its place in the JSON and in the struct, its
 * bounds, its help. Every other key is a row with a function. `--set`, the JSON reader
 * and writer, and the help texts all go through them. */
#include "runner/record/task_keys.h"
#include "base/number.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(member) offsetof(struct task, member)
#define MOST 1e15

const struct task_key task_keys[] = {
    { "", "frame_skip", TASK_INT32, FIELD(rules.frame_skip), 1, 1000,
      "environment steps that an action is held" },
    { "", "sticky", TASK_DOUBLE, FIELD(rules.sticky), 0, 1,
      "probability per frame that the previous action repeats" },
    { "", "noop_max", TASK_INT32, FIELD(rules.noop_max), 0, 1000,
      "an episode starts with 0 to this many frames of doing nothing" },
    { "", "max_frames", TASK_INT64, FIELD(rules.max_frames), 1, 1e8,
      "environment steps after which an episode is cut off" },
    { "", "confidence", TASK_DOUBLE, FIELD(confidence), 0.5, 0.999999,
      "of the gate, one-sided, for all candidates of a line of policies together" },
    { "", "margin", TASK_DOUBLE, FIELD(margin), 0, MOST,
      "mean returns closer than this are equal" },
    { "", "target", TASK_DOUBLE, FIELD(target), -MOST, INFINITY,
      "mean return on hidden seeds that ends a run" },
    { "", "tail", TASK_DOUBLE, FIELD(tail), 0, INFINITY,
      "refuse a candidate whose lower decile falls by more than this (inf: never)" },
    { "", "fault_return", TASK_DOUBLE, FIELD(rules.fault_return), -MOST, INFINITY,
      "what an episode that ends in a fault scores at most" },
/* clang-format off */
#define X(name, value, help) \
    { "limits", #name, TASK_INT64, FIELD(limits.name), 0, MOST, help },
    LIMITS(X)
#undef X
    /* clang-format on */
    { "splits", "dev", TASK_INT32, FIELD(splits.dev), 2, 100000,
      "seeds that the model sees; as many hidden ones measure the gain" },
    { "splits", "gate", TASK_INT32, FIELD(splits.gate), 8, 100000,
      "hidden seeds of one comparison, at most" },
    { "splits", "gate_most", TASK_INT32, FIELD(splits.gate_most), 0, 1000000,
      "the same, with what a challenger gets in later iterations (0: 8 times gate)" },
    { "splits", "challenger", TASK_INT32, FIELD(splits.challenger), 0, 100000,
      "further pairs that the strongest challenger gets in each iteration" },
    { "splits", "holdout", TASK_INT32, FIELD(splits.holdout), 1, 100000,
      "seeds that only `freeze` opens" },
    { "splits", "audit", TASK_INT32, FIELD(splits.audit), 1, 100000,
      "seeds for the final claim, opened once" },
    { "budget", "steps", TASK_INT64, FIELD(budget.steps), 0, MOST,
      "steps of all purposes: an episode that would take more is cut off and not counted" },
    { "budget", "planner_total", TASK_INT64, FIELD(budget.planner_steps), 0, MOST,
      "planner steps of all purposes, which are counted apart" },
    { "budget", "iterations", TASK_INT64, FIELD(budget.iterations), 0, 1e6,
      "candidates of a run" },
    { "budget", "simplify", TASK_INT64, FIELD(budget.simplify), 0, 1e6,
      "candidates that are asked to be simpler once the target is reached" },
    { "budget", "patience", TASK_INT64, FIELD(budget.patience), 0, 1e6,
      "iterations without a promotion after which a run is stuck (see parents)" },
    { "budget", "fruitless", TASK_INT64, FIELD(budget.fruitless), 0, 1e6,
      "replies in a row without a new policy that loads, after which the run ends" },
    { "budget", "model_tokens", TASK_INT64, FIELD(budget.model_tokens), 0, MOST,
      "tokens of the model, in and out" },
    { "budget", "model_calls", TASK_INT64, FIELD(budget.model_calls), 0, 1e9,
      "calls of the model" },
    { "budget", "minutes", TASK_DOUBLE, FIELD(budget.minutes), 0, 1e6,
      "time worked on the run, over all its resumes" },
    { "budget", "usd", TASK_DOUBLE, FIELD(budget.usd), 0, 1e6,
      "US dollars spent on the model" },
};
const size_t n_task_keys = sizeof(task_keys) / sizeof(task_keys[0]);

const struct task_key *task_find_key(const char *name, size_t len)
{
    for (size_t i = 0; i < n_task_keys; i++)
        if (strlen(task_keys[i].name) == len && !memcmp(task_keys[i].name, name, len))
            return &task_keys[i];
    return NULL;
}

double task_get_number(const struct task *t, const struct task_key *k)
{
    const char *at = (const char *)t + k->offset;

    return k->kind == TASK_INT32   ? *(const int32_t *)at
           : k->kind == TASK_INT64 ? (double)*(const int64_t *)at
                                   : *(const double *)at;
}

int task_set_number(struct task *t, const struct task_key *k, double v, const char *where,
                    struct error *err)
{
    char *at = (char *)t + k->offset;

    if (!(v >= k->min && v <= k->max))
        return error_set(err, "%s: %s = %g is out of range; it goes from %g to %g", where,
                         k->name, v, k->min, k->max);
    if (k->kind != TASK_DOUBLE && v != floor(v))
        return error_set(err, "%s: %s = %g: not a whole number", where, k->name, v);
    if (k->kind == TASK_INT32)
        *(int32_t *)at = (int32_t)v;
    else if (k->kind == TASK_INT64)
        *(int64_t *)at = (int64_t)v;
    else
        *(double *)at = v;
    return 0;
}

static const char *const modes[] = {
#define X(name) #name,
    OBSERVATION_MODES(X)
#undef X
};
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

const char *observation_name(enum observation o)
{
    return (size_t)o < N_MODES ? modes[o] : "unknown";
}

static int set_observation(struct task *t, const char *name, const char *where,
                           struct error *err)
{
    for (size_t i = 0; i < N_MODES; i++)
        if (!strcmp(modes[i], name)) {
            if (i == OBSERVATION_ram && !t->env->ram_size)
                return error_set(err, "%s: %s has no ram to observe", where,
                                 t->env->name);
            if (i >= OBSERVATION_frame && !t->env->frame_width)
                return error_set(err, "%s: %s draws no frame to observe", where,
                                 t->env->name);
            t->observation = (enum observation)i;
            return 0;
        }
    return error_set(err, "%s: observation \"%s\": it is features, ram, frame or gray",
                     where, name);
}

static int set_frame(struct task *t, const char *name, const char *where,
                     struct error *err)
{
    if (strcmp(name, "rgb") && strcmp(name, "gray"))
        return error_set(err, "%s: frame \"%s\": it is rgb or gray", where, name);
    return set_observation(t, name[0] == 'r' ? "frame" : "gray", where, err);
}

/* Sets of rules by name, as the field calls them. */
static const struct preset {
    const char *name;
    int32_t frame_skip;
    double sticky;
} presets[] = {
    { "v4", 1, 0 },    /* as BreakoutNoFrameskip-v4 */
    { "v5", 4, 0.25 }, /* as ALE/Breakout-v5 */
};

static int set_preset(struct task *t, const char *name, const char *where,
                      struct error *err)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
        if (!strcmp(presets[i].name, name)) {
            t->rules.frame_skip = presets[i].frame_skip;
            t->rules.sticky = presets[i].sticky;
            return 0;
        }
    return error_set(err, "%s: preset \"%s\": it is v4 or v5", where, name);
}

static int set_parents(struct task *t, const char *name, const char *where,
                       struct error *err)
{
    t->uses_archive = !strcmp(name, "archive");
    if (t->uses_archive || !strcmp(name, "best"))
        return 0;
    return error_set(err, "%s: parents \"%s\": it is best or archive", where, name);
}

static const char *const after_targets[] = {
#define X(name) #name,
    AFTER_TARGETS(X)
#undef X
};

const char *after_target_name(enum after_target a)
{
    return after_targets[a];
}

static int keys_set_after_target(struct task *t, const char *name, const char *where,
                                 struct error *err)
{
    for (size_t i = 0; i < sizeof(after_targets) / sizeof(after_targets[0]); i++)
        if (!strcmp(after_targets[i], name)) {
            t->budget.after_target = (enum after_target)i;
            return 0;
        }
    return error_set(err, "%s: after_target \"%s\": it is simplify, climb or stop", where,
                     name);
}

void task_set_plan(struct task *t, bool plan)
{
    static const struct {
        size_t offset;
        int64_t usual, planning;
    } limits[] = {
        { FIELD(limits.planner_steps), 0, 3000 },
        { FIELD(limits.act_instructions), 200000, 1000000 },
        { FIELD(limits.stall_ms), 2000, 10000 },
        { FIELD(limits.episode_ms), 600000, 3600000 },
    };

    t->plan = plan;
    for (size_t i = 0; plan && i < sizeof(limits) / sizeof(limits[0]); i++) {
        int64_t *at = (int64_t *)((char *)t + limits[i].offset);
        if (*at == limits[i].usual)
            *at = limits[i].planning;
    }
}

static int set_plan(struct task *t, const char *text, const char *where,
                    struct error *err)
{
    if (strcmp(text, "true") && strcmp(text, "false"))
        return error_set(err, "%s: plan \"%s\": it is true or false", where, text);
    task_set_plan(t, text[0] == 't');
    return 0;
}

static int set_plan_state(struct task *t, const char *name, const char *where,
                          struct error *err)
{
    t->sim_is_true = !strcmp(name, "true");
    if (t->sim_is_true || !strcmp(name, "observation"))
        return 0;
    return error_set(err, "%s: plan_state \"%s\": it is observation or true", where,
                     name);
}

int task_add_field(struct task *t, const char *name, size_t len, const char *where,
                   struct error *err)
{
    for (const struct env_field *f = t->env->fields; f->name; f++)
        if (strlen(f->name) == len && !memcmp(f->name, name, len)) {
            *xgrow(t->fields, t->n_fields) = xstrdup(f->name);
            return 0;
        }
    return error_set(err, "%s: %s has no field \"%.*s\" (see `ratchet envs %s`)", where,
                     t->env->name, (int)len, name, t->env->name);
}

void task_clear_fields(struct task *t)
{
    for (int i = 0; i < t->n_fields; i++)
        free(t->fields[i]);
    free(t->fields);
    t->fields = NULL;
    t->n_fields = 0;
}

static int set_fields(struct task *t, const char *text, const char *where,
                      struct error *err)
{
    task_clear_fields(t);
    if (!strcmp(text, "all"))
        return 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        if (task_add_field(t, text, len, where, err) != 0)
            return -1;
        text += len + (text[len] == ',');
    }
    return 0;
}

/* The keys that are not numbers. */
static const struct {
    const char *name, *help;
    int (*set)(struct task *t, const char *value, const char *where, struct error *err);
} text_keys[] = {
    { "preset", "v4 (frame skip 1, not sticky) or v5 (frame skip 4, sticky 0.25)",
      set_preset },
    { "observation", "features, ram, frame or gray", set_observation },
    { "frame", "rgb or gray: observation=frame or observation=gray", set_frame },
    { "parents", "best, or archive: when stuck, go on from diverse earlier candidates",
      set_parents },
    { "after_target",
      "once the target is reached: simplify (the default), climb (go on for a higher mean) "
      "or stop",
      keys_set_after_target },
    { "plan",
      "true: the policy has `obs.sim`, a metered copy of the environment to plan with",
      set_plan },
    { "plan_state",
      "where sim starts: observation, or true: the true state, hidden parts too",
      set_plan_state },
    { "fields", "names of the fields that the policy sees, separated by commas; all: all",
      set_fields },
};
#define N_TEXT_KEYS (sizeof(text_keys) / sizeof(text_keys[0]))

int task_find_text(const char *name, size_t len)
{
    for (size_t i = 0; i < N_TEXT_KEYS; i++)
        if (strlen(text_keys[i].name) == len && !memcmp(text_keys[i].name, name, len))
            return (int)i;
    return -1;
}

int task_set_text(struct task *t, int key, const char *value, const char *where,
                  struct error *err)
{
    return text_keys[key].set(t, value, where, err);
}

bool task_key(size_t i, const char **name, const char **help)
{
    if (i < N_TEXT_KEYS) {
        *name = text_keys[i].name;
        *help = text_keys[i].help;
    } else if (i - N_TEXT_KEYS < n_task_keys) {
        *name = task_keys[i - N_TEXT_KEYS].name;
        *help = task_keys[i - N_TEXT_KEYS].help;
    } else {
        return false;
    }
    return true;
}

void task_set_option(struct task *t, const char *name, size_t len, const char *value)
{
    char *setting = xasprintf("%.*s=%s", (int)len, name, value);

    for (int i = 0; i < t->n_settings; i++)
        if (!strncmp(t->settings[i], setting, len + 1)) {
            free(t->settings[i]);
            t->settings[i] = setting;
            return;
        }
    t->settings = xrealloc(t->settings, sizeof(char *) * (size_t)(t->n_settings + 2));
    t->settings[t->n_settings++] = setting;
}

/* What is no number has a word: keys that have no bound take inf, and none takes nan. */
static bool read_word(const char *text, double *out)
{
    *out = !strcmp(text, "inf") ? INFINITY : !strcmp(text, "-inf") ? -INFINITY : NAN;
    return !isnan(*out) || !strcmp(text, "nan");
}

int task_set(struct task *t, const char *setting, struct error *err)
{
    static const char where[] = "--set";
    size_t len = strcspn(setting, "=");
    const char *value = setting + len + 1;
    const struct task_key *k = task_find_key(setting, len);
    int text = task_find_text(setting, len);
    double v;

    if (setting[len] != '=')
        return error_set(err, "--set %s: not of the form key=value", setting);
    if (env_option_index(t->env, setting, len) >= 0) {
        task_set_option(t, setting, len, value);
        return 0;
    }
    if (text >= 0)
        return task_set_text(t, text, value, where, err);
    if (!k)
        return error_set(err,
                         "--set %s: neither %s nor a task has \"%.*s\" "
                         "(see `ratchet envs %s` and `ratchet task`)",
                         setting, t->env->name, (int)len, setting, t->env->name);
    if (!number_read(value, &v) && !read_word(value, &v))
        return error_set(err, "--set %s: \"%s\" is not a number", setting, value);
    return task_set_number(t, k, v, where, err);
}
