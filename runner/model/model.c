/* model.c - the table of providers, and how a `--model` is read. */
#include "runner/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/brief/providers.h"

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

const struct provider_kind *provider_find(const char *spec)
{
    return model_find_kind(spec, strcspn(spec, ":"));
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

static int check_inner(struct provider *out, const char *spec,
                       struct provider_config config, struct error *err)
{
    (void)config;
    *out = (struct provider){ 0 };
    return provider_check(spec, err);
}

int provider_check(const char *spec, struct error *err)
{
    size_t len = strcspn(spec, ":");
    const struct provider_kind *kind = provider_find(spec);
    struct provider_config config = { .open = check_inner,
                                      .name = spec[len] == ':' ? spec + len + 1 : "" };
    void *self;

    if (!kind)
        return unknown_kind(spec, err);
    if (!kind->asks_others)
        return 0;
    self = kind->create(&config, err);
    kind->destroy(self);
    return self ? 0 : -1;
}

int provider_open(struct provider *out, const char *spec, struct provider_config config,
                  struct error *err)
{
    size_t len = strcspn(spec, ":");
    const struct provider_kind *kind = model_find_kind(spec, len);
    char why[512] = "";

    memset(out, 0, sizeof(*out));
    if (!kind)
        return unknown_kind(spec, err);
    if (kind->is_usable && !kind->is_usable(why, sizeof(why)))
        return error_set(err, "%s: %s", kind->name, why);
    config.open = provider_open;
    config.name = spec[len] == ':' ? spec + len + 1 : "";
    out->self = kind->create(&config, err);
    if (!out->self)
        return -1;
    out->kind = kind;
    return 0;
}
