/* task.c - a task: environment, observation mode, seed splits, limits, budgets and target.
 *
 * Every key is a row of one table: its place in the JSON and in the struct, its bounds, its
 * help. `--set`, the JSON reader and writer, and the help texts all go through it. */
#include "runner/record/task.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/bridge/bridge.h"

enum kind { KIND_INT32, KIND_INT64, KIND_DOUBLE };

struct key {
    const char *section, *name; /* section: "" for the top level */
    enum kind kind;
    size_t offset;
    double min, max;
    const char *help;
};

#define FIELD(member) offsetof(struct task, member)
#define MOST 1e15

static const struct key keys[] = {
    { "", "frame_skip", KIND_INT32, FIELD(rules.frame_skip), 1, 1000,
      "environment steps that an action is held" },
    { "", "sticky", KIND_DOUBLE, FIELD(rules.sticky), 0, 1,
      "probability per frame that the previous action repeats" },
    { "", "noop_max", KIND_INT32, FIELD(rules.noop_max), 0, 1000,
      "an episode starts with 0 to so many frames of doing nothing" },
    { "", "max_frames", KIND_INT64, FIELD(rules.max_frames), 1, 1e8,
      "environment steps after which an episode is cut off" },
    { "", "confidence", KIND_DOUBLE, FIELD(confidence), 0.5, 0.999999,
      "of the gate, one-sided, over all candidates of a run" },
    { "", "margin", KIND_DOUBLE, FIELD(margin), 0, MOST, "mean returns closer than this are equal" },
    { "", "target", KIND_DOUBLE, FIELD(target), -MOST, INFINITY, "mean return that ends a run" },
    { "", "fault_return", KIND_DOUBLE, FIELD(fault_return), -MOST, INFINITY,
      "what an episode that ends in a fault scores at most" },
#define X(name, value, help) \
    { "limits", #name, KIND_INT64, FIELD(limits.name), 0, MOST, help },
    LIMITS(X)
#undef X
    { "splits", "dev", KIND_INT32, FIELD(splits.dev), 1, 100000, "seeds that the model sees" },
    { "splits", "gate", KIND_INT32, FIELD(splits.gate), 2, 100000,
      "hidden seeds, at most, for one comparison" },
    { "splits", "holdout", KIND_INT32, FIELD(splits.holdout), 1, 100000,
      "seeds that only `freeze` opens" },
    { "splits", "audit", KIND_INT32, FIELD(splits.audit), 1, 100000,
      "seeds for the final claim, opened once" },
    { "budget", "steps", KIND_INT64, FIELD(budget.steps), 0, MOST, "steps of all purposes" },
    { "budget", "planner_total", KIND_INT64, FIELD(budget.planner_steps), 0, MOST,
      "planner steps of all purposes, which are counted apart" },
    { "budget", "iterations", KIND_INT64, FIELD(budget.iterations), 0, 1e6, "candidates" },
    { "budget", "simplify", KIND_INT64, FIELD(budget.simplify), 0, 1e6,
      "candidates that are asked to be simpler once the target is reached" },
    { "budget", "patience", KIND_INT64, FIELD(budget.patience), 0, 1e6,
      "fruitless iterations, after which the loop says so and changes its parent" },
    { "budget", "fruitless", KIND_INT64, FIELD(budget.fruitless), 0, 1e6,
      "replies in a row without a new policy that loads, after which the run ends" },
    { "budget", "model_tokens", KIND_INT64, FIELD(budget.model_tokens), 0, MOST, "tokens" },
    { "budget", "model_calls", KIND_INT64, FIELD(budget.model_calls), 0, 1e9, "calls" },
    { "budget", "minutes", KIND_DOUBLE, FIELD(budget.minutes), 0, 1e6, "wall-clock time" },
    { "budget", "usd", KIND_DOUBLE, FIELD(budget.usd), 0, 1e6, "money" },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const modes[] = {
#define X(name) #name,
    OBSERVATION_MODES(X)
#undef X
};
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

/* Sets of rules by name, as the field calls them. */
static const struct preset {
    const char *name;
    int32_t frame_skip;
    double sticky;
} presets[] = {
    { "v4", 1, 0 },    /* as BreakoutNoFrameskip-v4 */
    { "v5", 4, 0.25 }, /* as ALE/Breakout-v5 */
};

/* The keys that are not numbers. */
static const struct {
    const char *name, *help;
} text_keys[] = {
    { "preset", "v4 (frame skip 1, not sticky) or v5 (frame skip 4, sticky 0.25)" },
    { "observation", "features, ram, frame or gray" },
    { "frame", "rgb or gray: observation=frame or observation=gray" },
    { "parents", "best, or archive: when stuck, go on from diverse earlier candidates" },
    { "plan", "true: the policy has `obs.sim`, a metered copy of the environment to plan with" },
    { "plan_state", "where sim starts: observation, or true: the true state, hidden parts too" },
    { "fields", "names of the fields that the policy sees, separated by commas; all: all" },
};
#define N_TEXT_KEYS (sizeof(text_keys) / sizeof(text_keys[0]))

bool task_key(size_t i, const char **name, const char **help)
{
    if (i < N_TEXT_KEYS) {
        *name = text_keys[i].name;
        *help = text_keys[i].help;
    } else if (i - N_TEXT_KEYS < N_KEYS) {
        *name = keys[i - N_TEXT_KEYS].name;
        *help = keys[i - N_TEXT_KEYS].help;
    } else {
        return false;
    }
    return true;
}

const char *observation_name(enum observation o)
{
    return (size_t)o < N_MODES ? modes[o] : "unknown";
}

struct task *task_create(const struct env *env)
{
    struct task *t = xcalloc(1, sizeof(*t));

    t->name = xstrdup(env->name);
    t->env = env;
    t->settings = xcalloc(1, sizeof(char *));
    t->rules = (struct episode_rules){ .frame_skip = 1, .max_frames = env->max_frames };
    t->rules.noop_max = env->ram_size ? 30 : 0; /* consoles: as their benchmarks start */
    t->limits = limits_default;
    t->splits = (struct task_splits){ .dev = 20, .gate = 128, .holdout = 100, .audit = 100 };
    t->budget = (struct task_budget){ .iterations = 20, .simplify = 3, .patience = 5,
                                        .fruitless = 6 };
    t->confidence = 0.95;
    t->target = isnan(env->target) ? INFINITY : env->target;
    t->margin = isfinite(t->target) ? fabs(t->target) * 0.01 : 0;
    t->fault_return = env->fault_return;
    return t;
}

static void free_list(char **list, int n)
{
    for (int i = 0; list && i < n; i++)
        free(list[i]);
    free(list);
}

void task_destroy(struct task *t)
{
    if (!t)
        return;
    free_list(t->settings, t->n_settings);
    free_list(t->fields, t->n_fields);
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

static void set_value(struct task *t, const struct key *k, double v)
{
    char *at = (char *)t + k->offset;

    if (k->kind == KIND_INT32)
        *(int32_t *)at = (int32_t)v;
    else if (k->kind == KIND_INT64)
        *(int64_t *)at = (int64_t)v;
    else
        *(double *)at = v;
}

static double get_value(const struct task *t, const struct key *k)
{
    const char *at = (const char *)t + k->offset;

    return k->kind == KIND_INT32   ? *(const int32_t *)at
           : k->kind == KIND_INT64 ? (double)*(const int64_t *)at
                                   : *(const double *)at;
}

static int check_value(const struct key *k, double v, const char *where, struct error *err)
{
    if (!(v >= k->min && v <= k->max))
        return error_set(err, "%s: %s = %g is out of range; it goes from %g to %g", where,
                         k->name, v, k->min, k->max);
    if (k->kind != KIND_DOUBLE && v != floor(v))
        return error_set(err, "%s: %s = %g: not a whole number", where, k->name, v);
    return 0;
}

static int set_observation(struct task *t, const char *name, const char *where,
                           struct error *err)
{
    for (size_t i = 0; i < N_MODES; i++)
        if (!strcmp(modes[i], name)) {
            if (i == OBSERVATION_ram && !t->env->ram_size)
                return error_set(err, "%s: %s has no ram to observe", where, t->env->name);
            if (i >= OBSERVATION_frame && !t->env->frame_width)
                return error_set(err, "%s: %s draws no frame to observe", where, t->env->name);
            t->observation = (enum observation)i;
            return 0;
        }
    return error_set(err, "%s: observation \"%s\": it is features, ram, frame or gray", where, name);
}

static int set_preset(struct task *t, const char *name, const char *where, struct error *err)
{
    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
        if (!strcmp(presets[i].name, name)) {
            t->rules.frame_skip = presets[i].frame_skip;
            t->rules.sticky = presets[i].sticky;
            return 0;
        }
    return error_set(err, "%s: preset \"%s\": it is v4 or v5", where, name);
}

static int set_parents(struct task *t, const char *name, const char *where, struct error *err)
{
    t->uses_archive = !strcmp(name, "archive");
    if (t->uses_archive || !strcmp(name, "best"))
        return 0;
    return error_set(err, "%s: parents \"%s\": it is best or archive", where, name);
}

/* A policy that plans thinks longer: the limits that are still the defaults grow with it. */
static void set_plan(struct task *t, bool plan)
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

static int set_plan_text(struct task *t, const char *text, const char *where,
                         struct error *err)
{
    if (strcmp(text, "true") && strcmp(text, "false"))
        return error_set(err, "%s: plan \"%s\": it is true or false", where, text);
    set_plan(t, text[0] == 't');
    return 0;
}

static int set_plan_state(struct task *t, const char *name, const char *where,
                          struct error *err)
{
    t->sim_is_true = !strcmp(name, "true");
    if (t->sim_is_true || !strcmp(name, "observation"))
        return 0;
    return error_set(err, "%s: plan_state \"%s\": it is observation or true", where, name);
}

int task_check(const struct task *t, struct error *err)
{
    if (!t->plan)
        return 0;
    if (bridge_owns(t->env) && bridge_check_copy(t->env, err) != 0)
        return -1;
    if (t->sim_is_true)
        return 0;
    if (!t->env->set_observed)
        return error_set(err, "%s: plan: its observation does not tell its state; only "
                         "plan_state=true gives a sim here", t->env->name);
    if (t->observation != OBSERVATION_features || t->fields)
        return error_set(err, "%s: plan: a sim that is set from the observation needs all of "
                         "its features (observation=features, fields=all), or "
                         "plan_state=true", t->env->name);
    return 0;
}

static int add_field(struct task *t, const char *name, size_t len, const char *where,
                     struct error *err)
{
    for (const struct env_field *f = t->env->fields; f->name; f++)
        if (strlen(f->name) == len && !memcmp(f->name, name, len)) {
            t->fields = xrealloc(t->fields, sizeof(char *) * (size_t)(t->n_fields + 1));
            t->fields[t->n_fields++] = xstrdup(f->name);
            return 0;
        }
    return error_set(err, "%s: %s has no field \"%.*s\" (see `ratchet envs %s`)", where,
                     t->env->name, (int)len, name, t->env->name);
}

static void clear_fields(struct task *t)
{
    free_list(t->fields, t->n_fields);
    t->fields = NULL;
    t->n_fields = 0;
}

static int set_fields(struct task *t, const char *text, const char *where, struct error *err)
{
    clear_fields(t);
    if (!strcmp(text, "all"))
        return 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        if (add_field(t, text, len, where, err) != 0)
            return -1;
        text += len + (text[len] == ',');
    }
    return 0;
}

/* The environment's option of that name: a later value takes the earlier one's place. */
static void set_option(struct task *t, const char *name, size_t len, const char *value)
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

static const struct key *find_key(const char *name, size_t len)
{
    for (size_t i = 0; i < N_KEYS; i++)
        if (strlen(keys[i].name) == len && !memcmp(keys[i].name, name, len))
            return &keys[i];
    return NULL;
}

int task_set(struct task *t, const char *setting, struct error *err)
{
    static const char where[] = "--set";
    size_t len = strcspn(setting, "=");
    const char *value = setting + len + 1;
    const struct key *k = find_key(setting, len);
    char *end;
    double v;

    if (setting[len] != '=')
        return error_set(err, "--set %s: not of the form key=value", setting);
    if (env_option_index(t->env, setting, len) >= 0) {
        set_option(t, setting, len, value);
        return 0;
    }
    if (!strncmp(setting, "observation=", len + 1))
        return set_observation(t, value, where, err);
    if (!strcmp(setting, "frame=rgb") || !strcmp(setting, "frame=gray"))
        return set_observation(t, value[0] == 'r' ? "frame" : "gray", where, err);
    if (!strncmp(setting, "preset=", len + 1))
        return set_preset(t, value, where, err);
    if (!strncmp(setting, "parents=", len + 1))
        return set_parents(t, value, where, err);
    if (!strncmp(setting, "plan=", len + 1))
        return set_plan_text(t, value, where, err);
    if (!strncmp(setting, "plan_state=", len + 1))
        return set_plan_state(t, value, where, err);
    if (!strncmp(setting, "fields=", len + 1))
        return set_fields(t, value, where, err);
    if (!k)
        return error_set(err, "--set %s: neither %s nor a task has \"%.*s\" "
                         "(see `ratchet envs %s` and `ratchet task --help`)", setting,
                         t->env->name, (int)len, setting, t->env->name);
    v = strtod(value, &end);
    if (end == value || *end)
        return error_set(err, "--set %s: \"%s\" is not a number", setting, value);
    if (check_value(k, v, where, err) != 0)
        return -1;
    set_value(t, k, v);
    return 0;
}

static json_t *number(double v, enum kind kind)
{
    if (!isfinite(v))
        return json_null();
    return kind == KIND_DOUBLE ? json_real(v) : json_integer((json_int_t)v);
}

json_t *task_to_json(const struct task *t)
{
    json_t *json = json_object(), *options = json_object();

    json_object_set_new(json, "name", json_string(t->name));
    json_object_set_new(json, "env", json_string(t->env->name));
    for (int i = 0; i < t->n_settings; i++) {
        char *name = xstrdup(t->settings[i]);
        name[strcspn(name, "=")] = '\0';
        json_object_set_new(options, name, json_string(name + strlen(name) + 1));
        free(name);
    }
    json_object_set_new(json, "options", options);
    json_object_set_new(json, "observation", json_string(modes[t->observation]));
    if (t->fields) {
        json_t *fields = json_array();
        for (int i = 0; i < t->n_fields; i++)
            json_array_append_new(fields, json_string(t->fields[i]));
        json_object_set_new(json, "fields", fields);
    }
    json_object_set_new(json, "parents", json_string(t->uses_archive ? "archive" : "best"));
    json_object_set_new(json, "plan", json_boolean(t->plan));
    if (t->plan)
        json_object_set_new(json, "plan_state",
                            json_string(t->sim_is_true ? "true" : "observation"));
    for (size_t i = 0; i < N_KEYS; i++) {
        json_t *section = json;
        if (keys[i].section[0]) {
            section = json_object_get(json, keys[i].section);
            if (!section) {
                section = json_object();
                json_object_set_new(json, keys[i].section, section);
            }
        }
        json_object_set_new(section, keys[i].name, number(get_value(t, &keys[i]), keys[i].kind));
    }
    return json;
}

static int bad_type(const char *where, const char *key, const char *wanted, struct error *err)
{
    return error_set(err, "%s: \"%s\" must be %s", where, key, wanted);
}

static int read_key(struct task *t, const char *section, const char *name, const json_t *value,
                    const char *where, struct error *err)
{
    const struct key *k = find_key(name, strlen(name));
    double v;

    if (!k || strcmp(k->section, section))
        return error_set(err, "%s: unknown key \"%s%s%s\" (see `ratchet task --help`)", where,
                         section, section[0] ? "." : "", name);
    if (!json_is_number(value) && !json_is_null(value))
        return bad_type(where, name, "a number", err);
    v = json_is_null(value) ? INFINITY : json_number_value(value);
    if (check_value(k, v, where, err) != 0)
        return -1;
    set_value(t, k, v);
    return 0;
}

static int read_options(struct task *t, json_t *options, const char *where, struct error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(options))
        return bad_type(where, "options", "an object of strings", err);
    json_object_foreach (options, name, value) {
        if (!json_is_string(value))
            return bad_type(where, name, "a string", err);
        if (env_option_index(t->env, name, strlen(name)) < 0)
            return error_set(err, "%s: %s has no option \"%s\"", where, t->env->name, name);
        set_option(t, name, strlen(name), json_string_value(value));
    }
    return 0;
}

static int read_fields(struct task *t, const json_t *fields, const char *where,
                       struct error *err)
{
    if (!json_is_array(fields))
        return bad_type(where, "fields", "a list of names", err);
    clear_fields(t);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name = json_string_value(json_array_get(fields, i));
        if (!name)
            return bad_type(where, "fields", "a list of names", err);
        if (add_field(t, name, strlen(name), where, err) != 0)
            return -1;
    }
    return 0;
}

static int read_section(struct task *t, const char *section, json_t *object, const char *where,
                        struct error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return bad_type(where, section, "an object", err);
    json_object_foreach (object, name, value)
        if (read_key(t, section, name, value, where, err) != 0)
            return -1;
    return 0;
}

static bool is_plain_name(const char *name)
{
    return name[0] && strlen(name) < 100 && !strstr(name, "..") && name[0] != '/' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") ==
               strlen(name);
}

static int read_top(struct task *t, const char *key, json_t *value, const char *where,
                    struct error *err)
{
    static const char *const texts[] = { "name",   "env",     "observation",
                                         "preset", "parents", "plan_state" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!strcmp(key, texts[i]) && !json_is_string(value))
            return bad_type(where, key, "a string", err);
    if (!strcmp(key, "env") || !strcmp(key, "plan"))
        return 0; /* read before the others */
    if (!strcmp(key, "name")) {
        if (!is_plain_name(json_string_value(value)))
            return bad_type(where, key, "a plain name: letters, digits, _ - . /", err);
        free(t->name);
        t->name = xstrdup(json_string_value(value));
        return 0;
    }
    if (!strcmp(key, "observation"))
        return set_observation(t, json_string_value(value), where, err);
    if (!strcmp(key, "preset"))
        return set_preset(t, json_string_value(value), where, err);
    if (!strcmp(key, "parents"))
        return set_parents(t, json_string_value(value), where, err);
    if (!strcmp(key, "options"))
        return read_options(t, value, where, err);
    if (!strcmp(key, "fields"))
        return read_fields(t, value, where, err);
    if (!strcmp(key, "plan_state"))
        return set_plan_state(t, json_string_value(value), where, err);
    if (!strcmp(key, "limits") || !strcmp(key, "splits") || !strcmp(key, "budget"))
        return read_section(t, key, value, where, err);
    return read_key(t, "", key, value, where, err);
}

struct task *task_from_json(const struct env_registry *r, json_t *json, const char *where,
                            struct error *err)
{
    const char *name = json_string_value(json_object_get(json, "env")), *key;
    const struct env *env;
    struct task *t;
    json_t *value;

    if (!name) {
        error_set(err, "%s: not a task: it names no \"env\"", where);
        return NULL;
    }
    env = env_find(r, name, err);
    if (!env)
        return NULL;
    t = task_create(env);
    value = json_object_get(json, "plan");
    if (value && !json_is_boolean(value)) {
        bad_type(where, "plan", "true or false", err);
        goto fail;
    }
    set_plan(t, json_is_true(value));
    json_object_foreach (json, key, value)
        if (read_top(t, key, value, where, err) != 0)
            goto fail;
    return t;

fail:
    task_destroy(t);
    return NULL;
}

struct task *task_load(const struct env_registry *r, const char *name, struct error *err)
{
    const struct env *env;
    struct task *t = NULL;
    json_error_t why;
    json_t *json;

    if (!strstr(name, ".json")) {
        env = env_find(r, name, err);
        return env ? task_create(env) : NULL;
    }
    json = json_load_file(name, JSON_REJECT_DUPLICATES, &why);
    if (!json)
        error_set(err, "%s: line %d: %s", name, why.line, why.text);
    else
        t = task_from_json(r, json, name, err);
    json_decref(json);
    return t;
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
