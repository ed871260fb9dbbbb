/* settings.c - what a user sets of a model beside its name: `--model-option`, models.json. */
#include "runner/model/wire/settings.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model/wire/api_keys.h"

enum kind {
    TEXT,
    NAME,   /* of a variable: never a key itself */
    NUMBER, /* finite */
    COUNT,  /* at least 1 */
    SWITCH,
    OBJECT,
    TEXTS,    /* an object of strings */
    LIST,     /* of strings */
    THINKING, /* a count of tokens, or "adaptive" */
};

/* A field of a body is "NAME" or "OUTER.NAME"; NULL: the dialect has none, and the setting
 * is not a field ("" in all three). */
static const struct {
    const char *key;
    enum kind kind;
    const char *fields[N_WIRES];
} keys[] = {
    { "reasoning_effort",
      TEXT,
      { "reasoning_effort", "reasoning.effort", "output_config.effort" } },
    { "verbosity", TEXT, { "verbosity", "text.verbosity", NULL } },
    { "temperature", NUMBER, { "temperature", "temperature", "temperature" } },
    { "top_p", NUMBER, { "top_p", "top_p", "top_p" } },
    { "thinking_budget", THINKING, { NULL, NULL, "thinking" } },
    { "service_tier", TEXT, { "service_tier", "service_tier", "service_tier" } },
    { "cache_key", TEXT, { "prompt_cache_key", "prompt_cache_key", NULL } },
    { "betas", LIST, { NULL, NULL, "" } },
    { "max_tokens", COUNT, { "", "", "" } },
    { "stream", SWITCH, { "", "", "" } },
    { "organization", TEXT, { "", "", "" } },
    { "project", TEXT, { "", "", "" } },
    { "base", TEXT, { "", "", "" } },
    { "path", TEXT, { "", "", "" } },
    { "api_version", TEXT, { "", "", "" } },
    { "key", NAME, { "", "", "" } },
    { "auth", TEXT, { "", "", "" } },
    { "aws_region", TEXT, { "", "", "" } },
    { "aws_service", TEXT, { "", "", "" } },
    { "headers", TEXTS, { "", "", "" } },
    { "query", TEXTS, { "", "", "" } },
    { "body", OBJECT, { "", "", "" } },
};
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static int settings_find_key(const char *key)
{
    for (int i = 0; i < N_KEYS; i++)
        if (strcmp(keys[i].key, key) == 0)
            return i;
    return -1;
}

static int settings_unknown_key(const char *key, struct error *err)
{
    char known[512] = "";

    for (int i = 0; i < N_KEYS; i++)
        snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
                 i ? ", " : "", keys[i].key);
    return error_set(err, "no such setting of a model: \"%.60s\"; there are %s", key, known);
}

static bool settings_is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static bool is_variable(const char *text)
{
    if (!isalpha((unsigned char)*text) && *text != '_')
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    return true;
}

/* A header's value that is a secret must be $NAME, perhaps behind "Bearer ". */
static int check_texts(const json_t *texts, const char *key, struct error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)texts, name, value) {
        const char *text = json_string_value(value);

        if (!text || !settings_is_plain(text) || !settings_is_plain(name) || strpbrk(name, ": "))
            return error_set(err, "`%s` must be an object of names and plain texts", key);
        if (!strchr(text, '$') &&
            (api_keys_is_secret_name(name) || api_keys_looks_secret(text)))
            return error_set(err,
                             "`%s`: the value of \"%.60s\" is a key: write $NAME, and set "
                             "NAME in the environment or in the file of keys",
                             key, name);
    }
    return 0;
}

static int check_value(int i, const json_t *value, struct error *err)
{
    const char *text = json_string_value(value), *key = keys[i].key;
    double number = json_number_value(value);
    const json_t *item;
    size_t k;

    switch (keys[i].kind) {
    case TEXT:
        if (!text || !*text || !settings_is_plain(text) || strlen(text) > 2000)
            return error_set(err, "`%s` must be a plain text", key);
        return api_keys_looks_secret(text)
                   ? error_set(err, "`%s` holds what looks like a key", key)
                   : 0;
    case NAME:
        if (!text || !is_variable(text) || api_keys_looks_secret(text))
            return error_set(err,
                             "`%s` must be the name of a variable that holds the key, "
                             "never the key itself",
                             key);
        return 0;
    case NUMBER:
        return json_is_number(value) && isfinite(number)
                   ? 0
                   : error_set(err, "`%s` must be a number", key);
    case COUNT:
        return json_is_integer(value) && number >= 1 && number <= 1e9
                   ? 0
                   : error_set(err, "`%s` must be a count, at least 1", key);
    case THINKING:
        return (text && strcmp(text, "adaptive") == 0) ||
                       (json_is_integer(value) && number >= 1 && number <= 1e9)
                   ? 0
                   : error_set(err, "`%s` must be a count of tokens, or \"adaptive\"", key);
    case SWITCH:
        return json_is_boolean(value) ? 0
                                      : error_set(err, "`%s` must be true or false", key);
    case OBJECT:
        return json_is_object(value) ? 0 : error_set(err, "`%s` must be an object", key);
    case TEXTS:
        return json_is_object(value)
                   ? check_texts(value, key, err)
                   : error_set(err, "`%s` must be an object of texts", key);
    case LIST:
        json_array_foreach(value, k, item)
            if (!json_is_string(item) || !settings_is_plain(json_string_value(item)))
                return error_set(err, "`%s` must be a list of texts", key);
        return json_is_array(value) ? 0 : error_set(err, "`%s` must be a list of texts", key);
    }
    return 0;
}

int settings_check(const json_t *settings, struct error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)settings, key, value) {
        int i = settings_find_key(key);

        if (i < 0)
            return settings_unknown_key(key, err);
        if (check_value(i, value, err) != 0)
            return -1;
    }
    return 0;
}

const char *settings_text(const json_t *settings, const char *key)
{
    return json_string_value(json_object_get(settings, key));
}

double settings_number(const json_t *settings, const char *key, double otherwise)
{
    const json_t *value = json_object_get(settings, key);

    return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* "OUTER.NAME" or "NAME". */
static void settings_put_field(json_t *body, const char *field, json_t *value)
{
    const char *dot = strchr(field, '.');
    json_t *outer;
    char *name;

    if (!dot) {
        json_object_set(body, field, value);
        return;
    }
    name = xasprintf("%.*s", (int)(dot - field), field);
    outer = json_object_get(body, name);
    if (!json_is_object(outer))
        json_object_set_new(body, name, outer = json_object());
    json_object_set(outer, dot + 1, value);
    free(name);
}

/* RFC 7396: objects are merged, null takes away, all else takes the place. */
static void merge_patch(json_t *to, json_t *patch)
{
    const char *key;
    json_t *value;

    json_object_foreach(patch, key, value) {
        json_t *old = json_object_get(to, key);

        if (json_is_null(value))
            json_object_del(to, key);
        else if (json_is_object(value) && json_is_object(old))
            merge_patch(old, value);
        else
            json_object_set_new(to, key, json_deep_copy(value));
    }
}

int settings_put(const json_t *settings, enum wire wire, json_t *body, struct error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)settings, key, value) {
        const char *field = keys[settings_find_key(key)].fields[wire];

        if (!field)
            return error_set(err,
                             "this provider has no field for `%s`; `body` sets any that "
                             "its server has",
                             key);
        if (keys[settings_find_key(key)].kind == THINKING && json_is_integer(value))
            json_object_set_new(body, field,
                                json_pack("{s:s, s:O}", "type", "enabled",
                                          "budget_tokens", value));
        else if (keys[settings_find_key(key)].kind == THINKING)
            json_object_set_new(body, field, json_pack("{s:O}", "type", value));
        else if (*field)
            settings_put_field(body, field, value);
    }
    merge_patch(body, json_object_get(settings, "body"));
    return 0;
}

static void percent_encode(FILE *f, const char *text)
{
    for (; *text; text++)
        if (isalnum((unsigned char)*text) || strchr("-._~", *text))
            fputc(*text, f);
        else
            fprintf(f, "%%%02X", (unsigned char)*text);
}

char *settings_query(const json_t *settings, const char *of_base)
{
    const char *name, *version = settings_text(settings, "api_version");
    char *text = NULL;
    json_t *value;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    if (of_base && *of_base)
        fprintf(f, "?%s", of_base);
    if (version) {
        fputs(ftell(f) > 0 ? "&api-version=" : "?api-version=", f);
        percent_encode(f, version);
    }
    json_object_foreach(json_object_get(settings, "query"), name, value) {
        fputc(ftell(f) > 0 ? '&' : '?', f);
        percent_encode(f, name);
        fputc('=', f);
        percent_encode(f, json_string_value(value));
    }
    fclose(f);
    return text;
}

char *settings_path(const char *path, const char *model)
{
    const char *at = strstr(path, "{model}");
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    fwrite(path, 1, at ? (size_t)(at - path) : strlen(path), f);
    if (at) {
        percent_encode(f, model);
        fputs(at + strlen("{model}"), f);
    }
    fclose(f);
    return text;
}
