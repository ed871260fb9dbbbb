/* model.h - the providers that there are, chosen by `--model PROVIDER[:NAME]`. */
#ifndef RATCHET_RUNNER_MODEL_MODEL_H
#define RATCHET_RUNNER_MODEL_MODEL_H

#include "runner/brief/provider.h"

extern const struct provider_kind *const provider_kinds[]; /* NULL at the end */

/* spec: "openai:gpt-x", "recorded:FILE", "search". config->name is taken from it. The
 * caller clears the provider. -1 when there is no such provider or it cannot be used. */
int provider_open(struct provider *out, const char *spec, struct provider_config config,
                  struct error *err);
const struct provider_kind *provider_find(const char *spec); /* or NULL */
/* Is there such a provider, and those that it asks, too? Opens none. -1 names those that
 * there are. */
int provider_check(const char *spec, struct error *err);
/* The same for others than this machine: without folders, and of a command its program
 * alone ("files:claude" of "files:/home/me/claude"). The caller frees it. */
char *provider_shown(const char *spec);

/* Does every model that this needs answer one tiny call? Of those without a network none
 * is asked, nor made. -1 tells which does not, and why. */
int provider_answers(const char *spec, struct provider_config config, struct error *err);

#endif
