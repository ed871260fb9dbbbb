/* task_json.c - a task as JSON: written with every key, read from a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/record/task_keys.h"

static json_t *task_json_number(double v, bool is_whole)
{
    if (!isfinite(v))
        return json_null();
    return is_whole ? json_integer((json_int_t)v) : json_finite(v);
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
    json_object_set_new(json, "observation",
                        json_string(observation_name(t->observation)));
    if (t->fields) {
        json_t *fields = json_array();
        for (int i = 0; i < t->n_fields; i++)
            json_array_append_new(fields, json_string(t->fields[i]));
        json_object_set_new(json, "fields", fields);
    }
    json_object_set_new(json, "parents",
                        json_string(t->uses_archive ? "archive" : "best"));
    json_object_set_new(json, "plan", json_boolean(t->plan));
    if (t->plan)
        json_object_set_new(json, "plan_state",
                            json_string(t->sim_is_true ? "true" : "observation"));
    for (size_t i = 0; i < n_task_keys; i++) {
        const struct task_key *k = &task_keys[i];
        json_t *section = k->section[0] ? json_object_get(json, k->section) : json;
        if (!section) {
            section = json_object();
            json_object_set_new(json, k->section, section);
        }
        json_object_set_new(
            section, k->name,
            task_json_number(task_get_number(t, k), k->kind != TASK_DOUBLE));
    }
    json_object_set_new(json_object_get(json, "budget"), "after_target",
                        json_string(after_target_name(t->budget.after_target)));
    return json;
}

static int bad_type(const char *where, const char *key, const char *wanted,
                    struct error *err)
{
    return error_set(err, "%s: \"%s\" must be %s", where, key, wanted);
}

static int read_key(struct task *t, const char *section, const char *name,
                    const json_t *value, const char *where, struct error *err)
{
    const struct task_key *k = task_find_key(name, strlen(name));

    if (!strcmp(section, "budget") && !strcmp(name, "after_target")) {
        if (!json_is_string(value))
            return bad_type(where, name, "a string", err);
        return task_set_text(t, task_find_text(name, strlen(name)),
                             json_string_value(value), where, err);
    }
    if (!k || strcmp(k->section, section))
        return error_set(err, "%s: unknown key \"%s%s%s\" (see `ratchet task`)",
                         where, section, section[0] ? "." : "", name);
    if (!json_is_number(value) && !json_is_null(value))
        return bad_type(where, name, "a number", err);
    if (json_is_null(value) && !strcmp(name, "fault_return")) {
        t->rules.fault_return = t->env->fault_return; /* infinite when it was written */
        return 0;
    }
    return task_set_number(
        t, k, json_is_null(value) ? INFINITY : json_number_value(value), where, err);
}

static int task_json_read_options(struct task *t, json_t *options, const char *where,
                                  struct error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(options))
        return bad_type(where, "options", "an object of strings", err);
    json_object_foreach(options, name, value) {
        if (!json_is_string(value))
            return bad_type(where, name, "a string", err);
        if (env_option_index(t->env, name, strlen(name)) < 0)
            return error_set(err, "%s: %s has no option \"%s\"", where, t->env->name,
                             name);
        task_set_option(t, name, strlen(name), json_string_value(value));
    }
    return 0;
}

static int task_json_read_fields(struct task *t, const json_t *fields, const char *where,
                                 struct error *err)
{
    if (!json_is_array(fields))
        return bad_type(where, "fields", "a list of names", err);
    task_clear_fields(t);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *name = json_string_value(json_array_get(fields, i));
        if (!name)
            return bad_type(where, "fields", "a list of names", err);
        if (task_add_field(t, name, strlen(name), where, err) != 0)
            return -1;
    }
    return 0;
}

static int read_section(struct task *t, const char *section, json_t *object,
                        const char *where, struct error *err)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return bad_type(where, section, "an object", err);
    json_object_foreach(object, name, value)
        if (read_key(t, section, name, value, where, err) != 0)
            return -1;
    return 0;
}

static bool task_json_is_plain_name(const char *name)
{
    return name[0] && strlen(name) < 100 && !strstr(name, "..") && name[0] != '/' &&
           strspn(name,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") ==
               strlen(name);
}

static int read_top(struct task *t, const char *key, json_t *value, const char *where,
                    struct error *err)
{
    int text = task_find_text(key, strlen(key));

    if (!strcmp(key, "env") || !strcmp(key, "plan"))
        return 0; /* read before the others */
    if (!strcmp(key, "options"))
        return task_json_read_options(t, value, where, err);
    if (!strcmp(key, "fields"))
        return task_json_read_fields(t, value, where, err);
    if (!strcmp(key, "limits") || !strcmp(key, "splits") || !strcmp(key, "budget"))
        return read_section(t, key, value, where, err);
    if (strcmp(key, "name") && text < 0)
        return read_key(t, "", key, value, where, err);
    if (!json_is_string(value))
        return bad_type(where, key, "a string", err);
    if (text >= 0)
        return task_set_text(t, text, json_string_value(value), where, err);
    if (!task_json_is_plain_name(json_string_value(value)))
        return bad_type(where, key, "a plain name: letters, digits, _ - . /", err);
    free(t->name);
    t->name = xstrdup(json_string_value(value));
    return 0;
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
    task_set_plan(t, json_is_true(value));
    json_object_foreach(json, key, value)
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
    json_t *json;

    if (!strstr(name, ".json")) {
        env = env_find(r, name, err);
        return env ? task_create(env) : NULL;
    }
    json = json_from_file(name, JSON_REJECT_DUPLICATES, err);
    if (json)
        t = task_from_json(r, json, name, err);
    json_decref(json);
    return t;
}
