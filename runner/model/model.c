/* model.c - the table of providers, and how a `--model` is read. */
#include "runner/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/brief/providers.h"
#include "runner/model/spec.h"

const struct provider_kind *const provider_kinds[] = {
    &openai_provider,
    &responses_provider,
    &anthropic_provider,
    &files_provider,
    &recorded_provider,
    &search_provider,
    &mcp_provider,
    &best_of_provider,
    &command_provider,
    &ensemble_provider,
    NULL,
};

static const struct provider_kind *model_find_kind(const char *name, size_t len)
{
    for (int i = 0; provider_kinds[i]; i++)
        if (strlen(provider_kinds[i]->name) == len &&
            strncmp(provider_kinds[i]->name, name, len) == 0)
            return provider_kinds[i];
    return NULL;
}

const struct provider_kind *provider_find(const char *text)
{
    const struct provider_kind *kind;
    struct spec spec;
    struct error why;

    kind = spec_read(&spec, text, &why) == 0
               ? model_find_kind(spec.model, strcspn(spec.model, ":"))
               : NULL;
    spec_clear(&spec);
    return kind;
}

static int unknown_kind(const char *spec, struct error *err)
{
    char known[512] = "";

    for (int i = 0; provider_kinds[i]; i++) {
        const struct provider_kind *kind = provider_kinds[i];
        size_t at = strlen(known);

        snprintf(known + at, sizeof(known) - at, "%s%s%s%s", i ? ", " : "", kind->name,
                 *kind->argument ? ":" : "", kind->argument);
    }
    return error_set(err, "%.100s: no such provider; there are %s", spec, known);
}

/* The kind of a spec that was read; NULL: there is none, or it has no settings. */
static const struct provider_kind *model_kind_of(const struct spec *spec,
                                                 struct error *err)
{
    const struct provider_kind *kind = model_find_kind(spec->model,
                                                       strcspn(spec->model, ":"));

    if (!kind)
        unknown_kind(spec->model, err);
    else if (json_object_size(spec->settings) > 0 && !kind->has_settings) {
        error_set(err, "%s: a model of this kind has no settings", kind->name);
        return NULL;
    }
    return kind;
}

/* What stands behind the provider's colon. */
static const char *model_name_of(const struct spec *spec)
{
    size_t len = strcspn(spec->model, ":");

    return spec->model[len] == ':' ? spec->model + len + 1 : "";
}

static int check_inner(struct provider *out, const char *spec,
                       struct provider_config config, struct error *err)
{
    (void)config;
    *out = (struct provider){ 0 };
    return provider_check(spec, err);
}

int provider_check(const char *text, struct error *err)
{
    const struct provider_kind *kind = NULL;
    struct provider_config config = { .open = check_inner };
    struct spec spec;
    int status = -1;
    void *self;

    if (spec_read(&spec, text, err) == 0 && (kind = model_kind_of(&spec, err)))
        status = 0;
    if (status == 0 && kind->asks_others) {
        config.name = model_name_of(&spec);
        self = kind->create(&config, err);
        kind->destroy(self);
        status = self ? 0 : -1;
    }
    spec_clear(&spec);
    return status;
}

int provider_open(struct provider *out, const char *text, struct provider_config config,
                  struct error *err)
{
    const struct provider_kind *kind = NULL;
    json_t *settings = NULL;
    struct spec spec;
    char why[512] = "";
    int status = -1;

    memset(out, 0, sizeof(*out));
    if (spec_read(&spec, text, err) != 0 || !(kind = model_kind_of(&spec, err)))
        goto out;
    /* Of one that opens another, what it was set to holds for that, too. */
    settings = spec.settings ? json_copy(spec.settings) : json_object();
    json_object_update(settings, config.settings);
    config.settings = json_object_size(settings) > 0 ? settings : NULL;
    if (!config.settings && kind->is_usable && !kind->is_usable(why, sizeof(why))) {
        error_set(err, "%s: %s", kind->name, why);
        goto out;
    }
    config.open = provider_open;
    config.name = model_name_of(&spec);
    out->self = kind->create(&config, err);
    if (out->self) {
        out->kind = kind;
        status = 0;
    }

out:
    json_decref(settings);
    spec_clear(&spec);
    return status;
}

/* Of a provider that asks others: they are asked in its place, and none is kept. */
static int answers_inner(struct provider *out, const char *spec,
                         struct provider_config config, struct error *err)
{
    *out = (struct provider){ 0 };
    return provider_answers(spec, config, err);
}

static void model_add_usage(struct usage *to, const struct usage *more)
{
    to->tokens_in += more->tokens_in > 0 ? more->tokens_in : 0;
    to->tokens_out += more->tokens_out > 0 ? more->tokens_out : 0;
    to->is_estimated |= more->is_estimated;
    to->usd += more->usd; /* NAN stays NAN */
    to->n_tries += more->n_tries;
    to->seconds += more->seconds;
}

int provider_answers(const char *text, struct provider_config config, struct error *err)
{
    const struct provider_kind *kind = NULL;
    json_t *settings = NULL;
    struct usage took = { 0 };
    struct provider p;
    struct spec spec;
    int status = -1;
    void *self;

    if (spec_read(&spec, text, err) == 0 && (kind = model_kind_of(&spec, err)))
        status = 0;
    if (status == 0 && kind->asks_others) {
        settings = spec.settings ? json_copy(spec.settings) : json_object();
        json_object_update(settings, config.settings);
        config.settings = settings;
        config.open = answers_inner;
        config.name = model_name_of(&spec);
        self = kind->create(&config, err);
        kind->destroy(self);
        status = self ? 0 : -1;
    } else if (status == 0 && kind->answers) {
        status = provider_open(&p, text, config, err);
        if (status == 0)
            status = kind->answers(p.self, &took, err);
        provider_clear(&p);
        if (config.told)
            model_add_usage(config.told, &took);
    }
    json_decref(settings);
    spec_clear(&spec);
    return status;
}

/* Of a command its program: no word that sets a variable before it, which may be a key,
 * and none of its arguments. */
static char *shown_program(const char *command)
{
    size_t len;

    for (;; command += len) {
        command += strspn(command, " \t\n\"'");
        len = strcspn(command, " \t\n\"'");
        if (len == 0 || !memchr(command, '=', len))
            return xasprintf("%.*s", (int)len, command);
    }
}

char *provider_shown(const char *spec)
{
    size_t len = strcspn(spec, ":");
    const struct provider_kind *kind = model_find_kind(spec, len);
    const char *argument = spec[len] == ':' ? spec + len + 1 : "";
    char *shown, *result, *end;

    if (kind == &best_of_provider) {
        const char *inner = strchr(argument, ':');
        shown = provider_shown(inner ? inner + 1 : "");
        result = inner ? xasprintf("%.*s%s", (int)(inner + 1 - spec), spec, shown)
                       : xstrdup(spec);
        free(shown);
        return result;
    }
    /* An API's model has a slash in its name, but where it is a file's. */
    if (kind && !kind->argument_is_local && !strchr("/~.", argument[0]))
        return xstrdup(spec);
    shown = kind == &command_provider ? shown_program(argument) : xstrdup(argument);
    for (end = shown + strlen(shown); end > shown && end[-1] == '/';)
        *--end = '\0';
    end = strrchr(shown, '/');
    result = xasprintf("%.*s%s%s", (int)len, spec, argument[0] ? ":" : "",
                       end ? end + 1 : shown);
    free(shown);
    return result;
}
