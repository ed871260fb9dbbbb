/* case_file.c - regression cases as JSON files that people can read and keep in git. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/judge/cases.h"

#define MOST_PREFIX 10000000 /* steps */
#define FORMAT 1

/* One byte a step: runs of "ACTION*STEPS", in words; else hexadecimal bytes. */
static char *prefix_text(const struct tape *t)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (int64_t i = 0, run = 1; i < t->n_steps * (t->width == 1); i += run) {
        for (run = 1; i + run < t->n_steps && t->data[i + run] == t->data[i]; run++)
            continue;
        fprintf(f, "%s%d*%lld", i ? " " : "", t->data[i], (long long)run);
    }
    for (int64_t i = 0; t->width != 1 && i < t->n_steps * t->width; i++)
        fprintf(f, "%02x", t->data[i]);
    fclose(f);
    return text;
}

static int add_run(struct tape *t, long action, long long n)
{
    if (action < 0 || action > 255 || n < 1 || n > MOST_PREFIX - t->n_steps)
        return -1;
    t->data = xrealloc(t->data, (size_t)(t->n_steps + n));
    memset(t->data + t->n_steps, (int)action, (size_t)n);
    t->n_steps += n;
    return 0;
}

static int read_runs(const char *text, struct tape *t)
{
    while (*text) {
        char *end;
        long action = strtol(text, &end, 10);
        long long n;
        if (end == text || *end != '*')
            return -1;
        text = end + 1;
        n = strtoll(text, &end, 10);
        if (end == text || (*end && *end != ' ') || add_run(t, action, n) != 0)
            return -1;
        text = end + (*end == ' ');
    }
    return 0;
}

static int read_bytes(const char *text, struct tape *t)
{
    size_t len = strlen(text) / 2;

    if (strlen(text) % 2 || len % (size_t)t->width ||
        len / (size_t)t->width > MOST_PREFIX ||
        strspn(text, "0123456789abcdef") != strlen(text))
        return -1;
    t->data = xcalloc(len + 1, 1);
    for (size_t i = 0; i < len; i++) {
        char two[3] = { text[2 * i], text[2 * i + 1], '\0' };
        t->data[i] = (uint8_t)strtol(two, NULL, 16);
    }
    t->n_steps = (int64_t)(len / (size_t)t->width);
    return 0;
}

static json_t *case_to_json(const struct regression_case *c)
{
    char *prefix = prefix_text(&c->prefix);
    json_t *json = json_pack(
        "{s:i, s:s, s:s, s:{s:s, s:s}, s:s, s:i, s:I, s:I, s:s, s:s, s:I, s:o, s:s}",
        "format", FORMAT, "name", c->name, "signature", c->signature, "must",
        "not_happen", c->event, "within", "horizon", "env", c->task->env->name,
        "env_version", (int)c->env_version, "take_over", (json_int_t)c->prefix.n_steps,
        "horizon", (json_int_t)c->horizon, "cut_from", c->cut_from, "fixed_by",
        c->fixed_by, "iteration", (json_int_t)c->iteration, "task", task_to_json(c->task),
        "prefix", prefix);
    char *seed = xasprintf("%llu", (unsigned long long)c->seed);

    if (c->task->rules.sticky > 0)
        json_object_set_new(json, "chance", json_integer(c->chance));
    if (c->n_continuations > 1) {
        json_object_set_new(json, "continuations", json_integer(c->n_continuations));
        json_object_set_new(json, "pass_rate", json_finite(c->pass_rate));
    }
    if (isfinite(c->floor))
        json_object_set_new(json_object_get(json, "must"), "or_end_with",
                            json_finite(c->floor));
    json_object_set_new(json, "seed", json_string(seed));
    free(seed);
    free(prefix);
    return json;
}

char *case_to_text(const struct regression_case *c)
{
    json_t *json = case_to_json(c);
    char *text = json_dumps(json, JSON_INDENT(2));

    json_decref(json);
    return text;
}

int case_save(const struct regression_case *c, const char *folder, struct error *err)
{
    char *path = xasprintf("%s/%s.json", folder, c->name), *text = case_to_text(c);
    int status = file_make_folder(folder, err);

    if (status == 0)
        status = file_save(path, text, strlen(text), err);
    free(text);
    free(path);
    return status;
}

int case_retire(const char *folder, const char *name, const char *reason,
                struct error *err)
{
    char *path = xasprintf("%s/%s.json", folder, name), *text = NULL;
    char *retired = xasprintf("%s/retired", folder),
         *to = xasprintf("%s/%s.json", retired, name);
    json_t *json = strchr(name, '/') ? NULL
                                     : json_from_file(path, JSON_REJECT_DUPLICATES, NULL);
    int status = -1;

    if (!json) {
        error_set(err, "%s: there is no such case", path);
        goto out;
    }
    json_object_set_new(json, "retired", json_string(reason));
    text = json_dumps(json, JSON_INDENT(2));
    if (file_make_folder(retired, err) != 0 ||
        file_save(to, text, strlen(text), err) != 0)
        goto out;
    status = unlink(path) == 0 ? 0 : error_set(err, "%s: %s", path, strerror(errno));
out:
    json_decref(json);
    free(text);
    free(to);
    free(retired);
    free(path);
    return status;
}

static const char *get_text(json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

static int read_case(struct regression_case *c, json_t *json,
                     const struct env_registry *envs, const char *path, struct error *err)
{
    const char *prefix = get_text(json, "prefix");
    json_t *n = json_object_get(json, "continuations"),
           *chance = json_object_get(json, "chance"),
           *rate = json_object_get(json, "pass_rate");
    json_t *must = json_object_get(json, "must"),
           *event = json_object_get(must, "not_happen");
    json_t *floor = json_object_get(must, "or_end_with");
    int bad;

    if (json_integer_value(json_object_get(json, "format")) != FORMAT)
        return error_set(err, "%s: not a case of format %d", path, FORMAT);
    c->task = task_from_json(envs, json_object_get(json, "task"), path, err);
    if (!c->task)
        return -1;
    c->name = xstrdup(get_text(json, "name"));
    c->signature = xstrdup(get_text(json, "signature"));
    c->event = xstrdup(json_is_string(event) ? json_string_value(event) : "");
    c->cut_from = xstrdup(get_text(json, "cut_from"));
    c->fixed_by = xstrdup(get_text(json, "fixed_by"));
    c->env_version = (uint32_t)json_integer_value(json_object_get(json, "env_version"));
    c->iteration = json_integer_value(json_object_get(json, "iteration"));
    c->horizon = json_integer_value(json_object_get(json, "horizon"));
    c->floor = floor ? json_number_value(floor) : -INFINITY;
    c->seed = strtoull(get_text(json, "seed"), NULL, 10);
    c->chance = chance ? (uint32_t)json_integer_value(chance) : 1;
    c->n_continuations = n ? (int)json_integer_value(n) : 1;
    c->pass_rate = rate ? json_number_value(rate) : 1;
    if (c->n_continuations < 1 || c->n_continuations > CASE_MOST_CONTINUATIONS ||
        !(c->pass_rate > 0 && c->pass_rate <= 1))
        return error_set(
            err, "%s: a case with a damaged number of continuations or pass rate", path);
    c->prefix.width = tape_width(c->task->env);
    bad = c->prefix.width == 1 ? read_runs(prefix, &c->prefix)
                               : read_bytes(prefix, &c->prefix);
    if (bad || c->horizon < 1 || c->horizon > MOST_PREFIX || !c->name[0] ||
        (!failure_event_bit(c->task->env, c->event) && strcmp(c->event, "fault")))
        return error_set(err, "%s: a case with a damaged prefix, horizon, name or event",
                         path);
    return tape_check(&c->prefix, c->task->env, err);
}

static int is_json(const struct dirent *entry)
{
    return text_ends_with(entry->d_name, ".json") && entry->d_name[0] != '.';
}

int case_list_load(struct case_list *l, const struct env_registry *envs,
                   const char *folder, struct error *err)
{
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_json, alphasort), status = 0;

    *l = (struct case_list){ 0 };
    if (n < 0)
        return errno == ENOENT ? 0 : error_set(err, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        struct regression_case c = { 0 };
        json_t *json = status == 0 ? json_from_file(path, JSON_REJECT_DUPLICATES, err)
                                   : NULL;
        if (!json)
            status = -1;
        if (status == 0)
            status = read_case(&c, json, envs, path, err);
        if (status == 0)
            case_list_add(l, &c);
        else
            case_clear(&c);
        json_decref(json);
        free(path);
        free(entries[i]);
    }
    free(entries);
    if (status != 0)
        case_list_clear(l);
    return status;
}
