/* spec.c - what stands behind `--model`.
 *
 * Settings travel inside the spec, so that whatever keeps it (the ledger, a session, a
 * comparison's list, an ensemble's file) keeps them too, and a run that is resumed asks as
 * it was asked before. Keys are never in it: a setting names the variable that holds
 * one. */
#include "runner/model/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "runner/model/wire/settings.h"

#define MOST_FILE ((size_t)1 << 20) /* bytes */

void spec_clear(struct spec *s)
{
    free(s->model);
    json_decref(s->settings);
    *s = (struct spec){ 0 };
}

/* Where settings begin, or NULL. */
static char *spec_braces(const char *text)
{
    static const char *const others[] = { "command", "files", "recorded", "search", "mcp" };
    size_t n = strcspn(text, ":");

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strlen(others[i]) == n && strncmp(text, others[i], n) == 0)
            return NULL;
    return strstr(text, " {");
}

/* The entry of models.json that is called so; NULL with no error: there is none. */
static json_t *spec_entry(const char *name, struct error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *path = config && *config
                     ? xasprintf("%s/ratchet/models.json", config)
                     : xasprintf("%s/.config/ratchet/models.json", home ? home : "");
    json_t *all = NULL, *entry = NULL, *settings;
    struct error why = { "" };
    json_error_t at;
    char *text = NULL;
    size_t len;

    if (access(path, F_OK) != 0)
        goto out;
    text = (char *)file_load(path, MOST_FILE, &len, err);
    if (!text)
        goto out;
    all = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
    entry = json_incref(json_object_get(all, name));
    if (!json_is_object(all)) {
        error_set(err, "%s: line %d: %.200s", path, all ? 1 : at.line,
                  all ? "must be an object of models by name" : at.text);
    } else if (entry) {
        settings = json_copy(entry);
        json_object_del(settings, "model");
        if (!json_is_object(entry))
            error_set(&why, "must be an object");
        else if (json_object_get(entry, "model") &&
                 !json_is_string(json_object_get(entry, "model")))
            error_set(&why, "`model` must be \"PROVIDER:NAME\"");
        else
            settings_check(settings, &why);
        if (*why.text) {
            error_set(err, "%s: \"%.60s\": %.700s", path, name, why.text);
            json_decref(entry);
            entry = NULL;
        }
        json_decref(settings);
    }

out:
    json_decref(all);
    free(text);
    free(path);
    return entry;
}

int spec_read(struct spec *s, const char *text, struct error *err)
{
    const char *braces = spec_braces(text), *model;
    struct error why = { "" };
    json_error_t at;
    json_t *own = NULL, *entry;

    *s = (struct spec){ .model = braces ? xasprintf("%.*s", (int)(braces - text), text)
                                        : xstrdup(text) };
    if (braces) {
        own = json_loads(braces + 1, JSON_REJECT_DUPLICATES, &at);
        if (!json_is_object(own)) {
            error_set(err, "%.80s: the settings are no JSON object: %.200s", s->model,
                      own ? "another value" : at.text);
            json_decref(own);
            return -1;
        }
        if (settings_check(own, &why) != 0) {
            json_decref(own);
            return error_set(err, "%.80s: %.700s", s->model, why.text);
        }
    }
    entry = spec_entry(s->model, &why);
    if (*why.text) {
        json_decref(own);
        return error_set(err, "%s", why.text);
    }
    s->settings = own;
    if (!entry)
        return 0;
    model = json_string_value(json_object_get(entry, "model"));
    if (model) {
        free(s->model);
        s->model = xstrdup(model);
    }
    s->settings = json_copy(entry);
    json_object_del(s->settings, "model");
    json_object_update(s->settings, own);
    json_decref(own);
    json_decref(entry);
    return 0;
}

int spec_add(char **text, const char *option, struct error *err)
{
    const char *equals = strchr(option, '=');
    char *braces = spec_braces(*text), *key, *dump, *whole;
    json_t *settings = braces ? json_loads(braces + 1, 0, NULL) : json_object();
    json_t *value;
    int status = -1;

    if (!equals || equals == option || !json_is_object(settings)) {
        json_decref(settings);
        return error_set(err, "--model-option is KEY=JSON, not \"%.60s\"",
                         equals ? *text : option);
    }
    key = xasprintf("%.*s", (int)(equals - option), option);
    value = json_loads(equals + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        value = json_string(equals + 1);
    if (value)
        json_object_set_new(settings, key, value);
    status = value ? settings_check(settings, err)
                   : error_set(err, "--model-option %.60s: its value is not UTF-8", key);
    if (status == 0) {
        dump = json_dumps(settings, JSON_COMPACT);
        whole = xasprintf("%.*s %s", (int)(braces ? (size_t)(braces - *text) : strlen(*text)),
                          *text, dump);
        free(dump);
        free(*text);
        *text = whole;
    }
    json_decref(settings);
    free(key);
    return status;
}
