/* api_keys.h - API keys: where they come from, and that they go nowhere else. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_API_KEYS_H
#define RATCHET_RUNNER_MODEL_WIRE_API_KEYS_H

#include <stdbool.h>

#include "base/error.h"

/* The value of NAME: from the environment, else from ./.env, else from
 * $XDG_CONFIG_HOME/ratchet/keys; lines of NAME=value. A file counts only when it is ours
 * and nobody else may read it (mode 600). NULL when it is nowhere, or in a file that does
 * not count or as a value that cannot stand in a header; then err says so ("" when
 * nowhere). The caller clears it with api_keys_free. */
char *api_keys_find(const char *name, struct error *err);

/* Overwrites, then frees. NULL is fine. */
void api_keys_free(char *key);

/* Replaces the key by as many asterisks wherever it stands in the text. */
void api_keys_redact(const char *key, char *text);
void api_keys_redact_all(char *const *keys, char *text); /* NULL at the end */

/* Is what goes by this name a secret ("x-api-key", "AUTH_TOKEN")? Does a text hold what
 * looks like one, by the vendors' beginnings or as NAME=value and --name value? */
bool api_keys_is_secret_name(const char *name);
bool api_keys_looks_secret(const char *text);
/* Blots out what looks like one with as many asterisks. True when there was any. */
bool api_keys_blot(char *text);

/* The text with each $NAME replaced by the value of NAME, api_keys_find()'s. NULL when one
 * is not set. The caller clears it with api_keys_free. */
char *api_keys_expand(const char *text, struct error *err);

#endif
