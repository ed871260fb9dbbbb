/* schema.h - checks a value against the part of JSON Schema that our tools' schemas
 * use. */
#ifndef RATCHET_RUNNER_BRIEF_SCHEMA_H
#define RATCHET_RUNNER_BRIEF_SCHEMA_H

#include <jansson.h>

#include "base/error.h"

/* Knows type (also a list of types), properties, required, additionalProperties (false,
 * or a schema), items, enum, minimum, maximum, minLength, maxLength (bytes), minItems,
 * maxItems. -1 with where and what in err: `"seeds"[2]: must be an integer`. */
int schema_check(const json_t *schema, const json_t *value, struct error *err);

/* A tool's schema as OpenAI's strict mode takes it, the caller's: every argument is required,
 * one that need not be given may be null, and bounds, which not all of its models take, stand
 * in the descriptions. */
json_t *schema_strict(const json_t *schema);

#endif
