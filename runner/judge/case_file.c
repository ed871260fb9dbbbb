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

static int case_file_add_run(struct tape *t, long action, long long n)
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
        if (end == text || (*end && *end != ' ') || case_file_add_run(t, action, n) != 0)
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
    char *path = xasprintf("%s/%s.json", folder, name);
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
    if (file_make_folder(retired, err) != 0 || json_to_file(to, json, err) != 0)
        goto out;
    status = unlink(path) == 0 ? 0 : error_set(err, "%s: %s", path, strerror(errno));
out:
    json_decref(json);
    free(to);
    free(retired);
    free(path);
    return status;
}

/* What a file says, of the right types. Text and task are borrowed from the JSON. */
struct said {
    json_int_t format, env_version, chance, take_over, horizon, iteration, n_continuations;
    const char *name, *signature, *event, *cut_from, *fixed_by, *seed, *prefix;
    double floor, pass_rate;
    json_t *task;
};

static int read_said(json_t *json, struct said *s, const char *path, struct error *err)
{
    json_error_t why;

    *s = (struct said){
        .chance = 1, .n_continuations = 1, .floor = -INFINITY, .pass_rate = 1
    };
    if (json_unpack_ex(
            json, &why, 0,
            "{s:I, s:s, s:s, s:{s:s, s?F}, s:I, s:I, s:I, s:s, s:s, s:I, s:o, s:s, s:s,"
            " s?I, s?I, s?F}",
            "format", &s->format, "name", &s->name, "signature", &s->signature, "must",
            "not_happen", &s->event, "or_end_with", &s->floor, "env_version",
            &s->env_version, "take_over", &s->take_over, "horizon", &s->horizon,
            "cut_from", &s->cut_from, "fixed_by", &s->fixed_by, "iteration",
            &s->iteration, "task", &s->task, "prefix", &s->prefix, "seed", &s->seed,
            "chance", &s->chance, "continuations", &s->n_continuations, "pass_rate",
            &s->pass_rate) != 0)
        return error_set(err, "%s: not a case: %s", path, why.text);
    if (s->format != FORMAT)
        return error_set(err, "%s: not a case of format %d", path, FORMAT);
    return 0;
}

/* A case is written into a file of its name, and told by it. */
static bool case_file_is_plain_name(const char *name)
{
    return name[0] && name[0] != '.' && strlen(name) < 100 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "_-.") == strlen(name);
}

static int case_file_read_seed(const char *text, uint64_t *out)
{
    if (!text[0] || strspn(text, "0123456789") != strlen(text))
        return -1;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno ? -1 : 0;
}

/* NULL, or what is damaged. */
static const char *find_damage(const struct said *s, const struct env *env)
{
    return !case_file_is_plain_name(s->name) ? "name"
           : s->env_version < 0 || s->env_version > UINT32_MAX || s->chance < 0 ||
                   s->chance > UINT32_MAX
               ? "version"
           : s->n_continuations < 1 || s->n_continuations > CASE_MOST_CONTINUATIONS
               ? "number of continuations"
           : !(s->pass_rate > 0 && s->pass_rate <= 1)      ? "pass rate"
           : s->horizon < 1 || s->horizon > MOST_PREFIX    ? "horizon"
           : !failure_event_bit(env, s->event) && strcmp(s->event, "fault") &&
                   (strcmp(s->event, CASE_FAR_BELOW) || !isfinite(s->floor))
               ? "event"
               : NULL;
}

static int case_file_read_prefix(struct tape *t, const struct said *s,
                                 const struct env *env, const char *path,
                                 struct error *err)
{
    struct error why = { "" };

    t->width = tape_width(env);
    if ((t->width == 1 ? read_runs(s->prefix, t) : read_bytes(s->prefix, t)) != 0)
        return error_set(err, "%s: a case with a damaged prefix", path);
    if (t->n_steps != s->take_over)
        return error_set(err, "%s: a case whose prefix does not end at its take-over",
                         path);
    return tape_check(t, env, &why) == 0 ? 0 : error_set(err, "%s: %s", path, why.text);
}

static int read_case(struct regression_case *c, json_t *json,
                     const struct env_registry *envs, const char *path, struct error *err)
{
    struct error why = { "" };
    const char *damage;
    struct said s;

    if (read_said(json, &s, path, err) != 0)
        return -1;
    c->task = task_from_json(envs, s.task, path, &why);
    if (!c->task)
        return strstr(why.text, path) ? error_set(err, "%s", why.text)
                                      : error_set(err, "%s: %.900s", path, why.text);
    c->name = xstrdup(s.name);
    c->signature = xstrdup(s.signature);
    c->event = xstrdup(s.event);
    c->cut_from = xstrdup(s.cut_from);
    c->fixed_by = xstrdup(s.fixed_by);
    c->env_version = (uint32_t)s.env_version;
    c->iteration = s.iteration;
    c->horizon = s.horizon;
    c->floor = s.floor;
    c->chance = (uint32_t)s.chance;
    c->n_continuations = (int)s.n_continuations;
    c->pass_rate = s.pass_rate;
    damage = find_damage(&s, c->task->env);
    if (!damage && case_file_read_seed(s.seed, &c->seed) != 0)
        damage = "seed";
    if (damage)
        return error_set(err, "%s: a case with a damaged %s", path, damage);
    return case_file_read_prefix(&c->prefix, &s, c->task->env, path, err);
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
