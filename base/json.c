/* json.c - what JSON objects hold, and do not hold. */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define MOST_JSON ((size_t)64 << 20) /* bytes of a file */

const char *json_get_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

double json_get_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

json_t *json_finite(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_path(const char *path)
{
    char *clean = text_clean(path, strlen(path), strlen(path), false);
    json_t *json = json_string(path);

    if (!json)
        json = json_string(clean);
    free(clean);
    return json;
}

json_t *json_unsigned(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value)
                              : json_sprintf("%" PRIu64, value);
}

json_t *json_from_file(const char *path, size_t flags, struct error *err)
{
    size_t len;
    uint8_t *bytes = file_load(path, MOST_JSON, &len, err);
    json_error_t why;
    json_t *json = bytes ? json_loadb((char *)bytes, len, flags, &why) : NULL;

    if (bytes && !json)
        error_set(err, "%s: line %d: %s", path, why.line, why.text);
    free(bytes);
    return json;
}

int json_to_file(const char *path, const json_t *json, struct error *err)
{
    char *text = json_dumps(json, JSON_INDENT(2));
    int status = text ? file_save(path, text, strlen(text), err)
                      : error_set(err, "%s: cannot be written as JSON", path);

    free(text);
    return status;
}

const char *json_unknown_key(const json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        int i = 0;
        while (known[i] && strcmp(known[i], key))
            i++;
        if (!known[i])
            return key;
    }
    return NULL;
}
