/* nightly_config.c - what `ratchet nightly` is told to do, from one strict JSON file. */
#include "runner/experiment/nightly_config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/model/model.h"
#include "runner/record/task_keys.h"

#define MOST_CONFIG (1u << 20) /* bytes */
#define MOST_TASKS 100
#define MOST_NAME 64

static const char *const budget_keys[] = { "iterations",   "minutes",     "steps", "usd",
                                           "model_tokens", "model_calls", NULL };
static const char *const entry_keys[] = { "name",   "task", "policy", "model", "cases",
                                         "budget", "set",  "freeze", NULL };
static const char *const config_keys[] = { "tasks",  "jobs", "disk_mib", "log_kib",
                                           "after",  "at",   "engine",   "shards",
                                           "shared", NULL };

static int check_keys(const json_t *object, const char *const *known, const char *where,
                      struct error *err)
{
    const char *unknown = json_unknown_key(object, known);

    if (!json_is_object(object))
        return error_set(err, "%s: an object expected", where);
    if (unknown)
        return error_set(err, "%s: unknown key \"%.60s\"; see `ratchet nightly --help`",
                         where, unknown);
    return 0;
}

static int nightly_config_get_text(const json_t *object, const char *key,
                                   const char **out, const char *where, struct error *err)
{
    const json_t *v = json_object_get(object, key);

    *out = json_string_value(v);
    if (v && (!*out || !**out || strlen(*out) != json_string_length(v)))
        return error_set(err, "%s: \"%s\" must be a text that is not empty", where, key);
    return 0;
}

static int nightly_config_get_number(const json_t *object, const char *key, int least,
                                     int most, int *out, const char *where,
                                     struct error *err)
{
    const json_t *v = json_object_get(object, key);

    if (!v)
        return 0;
    if (!json_is_integer(v) || json_integer_value(v) < least ||
        json_integer_value(v) > most)
        return error_set(err, "%s: \"%s\" must be a whole number from %d to %d", where,
                         key, least, most);
    *out = (int)json_integer_value(v);
    return 0;
}

static int check_budget(const json_t *budget, const char *where, struct error *err)
{
    const char *key;
    json_t *value;

    if (!budget)
        return 0;
    if (check_keys(budget, budget_keys, where, err) != 0)
        return -1;
    json_object_foreach((json_t *)(uintptr_t)budget, key, value) {
        const struct task_key *k = task_find_key(key, strlen(key));
        double v = json_is_number(value) ? json_number_value(value) : -1;
        if (v < 0 || v > k->max || (k->kind != TASK_DOUBLE && v != floor(v)))
            return error_set(
                err, "%s: budget \"%s\" must be a %snumber of 0 or more, up to %g", where,
                key, k->kind == TASK_DOUBLE ? "" : "whole ", k->max);
    }
    return 0;
}

static int check_set(const json_t *set, const char *where, struct error *err)
{
    json_t *one;
    size_t i;

    if (set && !json_is_array(set))
        return error_set(err, "%s: \"set\" must be a list of \"KEY=VALUE\"", where);
    json_array_foreach(set, i, one) {
        if (!json_is_string(one) || !strchr(json_string_value(one), '='))
            return error_set(err, "%s: \"set\" must be a list of \"KEY=VALUE\"", where);
    }
    return 0;
}

/* Fit to be a folder's name. */
static bool nightly_config_is_name(const char *name)
{
    return name[0] && name[0] != '.' && strlen(name) <= MOST_NAME &&
           !name[strspn(name,
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "_-.")];
}

static int read_task(struct night_config *c, json_t *json, const char *path,
                     struct error *err)
{
    struct night_task *t = &c->tasks[c->n_tasks];
    scoped char *where = xasprintf("%s: task %d", path, c->n_tasks + 1);
    const json_t *freezes = json_object_get(json, "freeze");
    struct error why;
    int status = -1;

    if (check_keys(json, entry_keys, where, err) != 0 ||
        nightly_config_get_text(json, "name", &t->name, where, err) != 0 ||
        nightly_config_get_text(json, "task", &t->task, where, err) != 0 ||
        nightly_config_get_text(json, "policy", &t->policy, where, err) != 0 ||
        nightly_config_get_text(json, "model", &t->model, where, err) != 0 ||
        nightly_config_get_text(json, "cases", &t->cases, where, err) != 0 ||
        check_budget(json_object_get(json, "budget"), where, err) != 0 ||
        check_set(json_object_get(json, "set"), where, err) != 0)
        return -1;
    t->name = t->name ? t->name : t->task;
    t->budget = json_object_get(json, "budget");
    t->set = json_object_get(json, "set");
    t->freezes = !freezes || json_is_true(freezes);
    if (!t->task)
        error_set(err, "%s: \"task\" is missing: an environment or a task's JSON file",
                  where);
    else if (!nightly_config_is_name(t->name))
        error_set(err, "%s: give it a \"name\" of letters, digits, -, _ and .", where);
    else if (freezes && !json_is_boolean(freezes))
        error_set(err, "%s: \"freeze\" must be true or false", where);
    else if (t->model && provider_check(t->model, &why) != 0)
        error_set(err, "%s: %.700s", where, why.text);
    else
        status = 0;
    for (int i = 0; i < c->n_tasks && status == 0; i++)
        if (!strcmp(c->tasks[i].name, t->name))
            status = error_set(err,
                               "%s: another task is called \"%s\"; give it a \"name\"",
                               where, t->name);
    c->n_tasks += status == 0;
    return status;
}

static int read_time(struct night_config *c, const char *path, struct error *err)
{
    const char *at;
    char extra;

    if (nightly_config_get_text(c->json, "at", &at, path, err) != 0)
        return -1;
    if (at && (sscanf(at, "%2d:%2d%c", &c->hour, &c->minute, &extra) != 2 ||
               c->hour < 0 || c->hour > 23 || c->minute < 0 || c->minute > 59))
        return error_set(err, "%s: \"at\" must be a time like \"03:00\"", path);
    return 0;
}

static int read_config(struct night_config *c, const char *path, struct error *err)
{
    json_t *list = json_object_get(c->json, "tasks");
    size_t n = json_array_size(list);

    if (check_keys(c->json, config_keys, path, err) != 0 ||
        nightly_config_get_text(c->json, "after", &c->after, path, err) != 0 ||
        nightly_config_get_number(c->json, "jobs", 1, 1024, &c->jobs, path, err) != 0 ||
        nightly_config_get_text(c->json, "engine", &c->engine, path, err) != 0 ||
        nightly_config_get_text(c->json, "shared", &c->shared, path, err) != 0 ||
        nightly_config_get_number(c->json, "shards", 1, 10000, &c->shards, path, err) !=
            0 ||
        nightly_config_get_number(c->json, "disk_mib", 1, 1 << 30, &c->disk_mib, path,
                                  err) != 0 ||
        nightly_config_get_number(c->json, "log_kib", 4, 1 << 20, &c->log_kib, path,
                                  err) != 0 ||
        read_time(c, path, err) != 0)
        return -1;
    if (c->engine && strcmp(c->engine, "local") && strcmp(c->engine, "slurm"))
        return error_set(err, "%s: \"engine\" must be \"local\" or \"slurm\"", path);
    if (n < 1 || n > MOST_TASKS)
        return error_set(err, "%s: \"tasks\" must be a list of 1 to %d tasks", path,
                         MOST_TASKS);
    c->tasks = xcalloc(n, sizeof(*c->tasks));
    for (size_t i = 0; i < n; i++)
        if (read_task(c, json_array_get(list, i), path, err) != 0)
            return -1;
    return 0;
}

int night_config_load(struct night_config *c, const char *path, struct error *err)
{
    json_error_t why;
    size_t len;
    char *text = (char *)file_load(path, MOST_CONFIG, &len, err);
    int status = -1;

    *c = (struct night_config){ .log_kib = 1024, .hour = 3 };
    if (!text)
        return -1;
    c->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
    if (c->json)
        status = read_config(c, path, err);
    else
        error_set(err, "%s: line %d: %s", path, why.line, why.text);
    free(text);
    if (status != 0)
        night_config_clear(c);
    return status;
}

void night_config_clear(struct night_config *c)
{
    free(c->tasks);
    json_decref(c->json);
    *c = (struct night_config){ 0 };
}
