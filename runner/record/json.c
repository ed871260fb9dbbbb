/* json.c - what JSON objects hold, and do not hold. */
#include "runner/record/json.h"

#include <math.h>

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
