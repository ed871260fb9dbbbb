/* json.h - what JSON objects hold, and do not hold. */
#ifndef RATCHET_BASE_JSON_H
#define RATCHET_BASE_JSON_H

#include <jansson.h>

#include "base/error.h"
#include <stdint.h>

/* A member's text or number; "" or NAN where there is none. Borrowed. */
const char *json_get_text(const json_t *object, const char *key);
double json_get_number(const json_t *object, const char *key);

/* A new reference: null for what is not finite. */
json_t *json_finite(double value);
/* A new reference: an integer, or decimal digits as text where it is one of more than
 * INT64_MAX, which jansson does not write. */
json_t *json_unsigned(uint64_t value);

/* A new reference: a path, which may be no UTF-8: then as it is shown. */
json_t *json_path(const char *path);

/* A file of JSON, with jansson's flags. A new reference; NULL with the line in err. */
json_t *json_from_file(const char *path, size_t flags, struct error *err);

/* As text for people, indented; through a temporary (file_save). -1 with the line in err. */
int json_to_file(const char *path, const json_t *json, struct error *err);

/* The first key that is none of known (NULL at its end); NULL when all are. Borrowed. */
const char *json_unknown_key(const json_t *object, const char *const *known);

#endif
