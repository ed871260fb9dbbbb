/* settings.h - what a user sets of a model beside its name: `--model-option`, models.json.
 *
 * One table knows every key: its kind, and the field of each dialect that it becomes. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_SETTINGS_H
#define RATCHET_RUNNER_MODEL_WIRE_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

enum wire { WIRE_CHAT, WIRE_RESPONSES, WIRE_ANTHROPIC, N_WIRES };

/* Unknown keys, wrong types, and a key (a secret) that is typed where its name belongs are
 * refused; the error holds no value. NULL: no settings. */
int settings_check(const json_t *settings, struct error *err);

/* Text and numbers; NULL or `otherwise` where it is not set. Borrowed. */
const char *settings_text(const json_t *settings, const char *key);
double settings_number(const json_t *settings, const char *key, double otherwise);

/* Puts into a request's body what is set: the dialect's fields, then `body`, whose null
 * takes a field away. -1: a setting that the dialect does not have. */
int settings_put(const json_t *settings, enum wire wire, json_t *body, struct error *err);

/* The query behind a URL, "?a=b&c=d" or "": what the base had, then what is set. The
 * caller frees it. */
char *settings_query(const json_t *settings, const char *of_base);

/* `{model}` in a path becomes the model's name, percent-encoded. The caller frees it. */
char *settings_path(const char *path, const char *model);

#endif
