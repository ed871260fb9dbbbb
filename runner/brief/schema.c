/* schema.c - checks a value against the part of JSON Schema that our tools' schemas
 * use. */
#include "runner/brief/schema.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DEPTH 32
#define MOST_PATH 200

static const char *article(const char *type)
{
    return strchr("aeiou", type[0]) ? "an" : "a";
}

static bool schema_is_type(const json_t *value, const char *type)
{
    return !strcmp(type, "object")    ? json_is_object(value)
           : !strcmp(type, "array")   ? json_is_array(value)
           : !strcmp(type, "string")  ? json_is_string(value)
           : !strcmp(type, "integer") ? json_is_integer(value)
           : !strcmp(type, "number")  ? json_is_number(value)
           : !strcmp(type, "boolean") ? json_is_boolean(value)
           : !strcmp(type, "null")    ? json_is_null(value)
                                      : false;
}

static int check_type(const json_t *type, const json_t *value, const char *path,
                      struct error *err)
{
    const char *first = json_string_value(json_is_array(type) ? json_array_get(type, 0)
                                                              : type);

    if (!type || (json_is_string(type) && schema_is_type(value, first)))
        return 0;
    for (size_t i = 0; i < json_array_size(type); i++)
        if (schema_is_type(value, json_string_value(json_array_get(type, i))))
            return 0;
    return error_set(err, "%s: must be %s %s", path, article(first), first);
}

static int check_enum(const json_t *list, const json_t *value, const char *path,
                      struct error *err)
{
    char *text;

    if (!list)
        return 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return 0;
    text = json_dumps(list, JSON_COMPACT);
    error_set(err, "%s: must be one of %.300s", path, text);
    free(text);
    return -1;
}

static int check_bound(const json_t *schema, const char *key, bool is_least, double have,
                       const char *unit, const char *path, struct error *err)
{
    const json_t *bound = json_object_get(schema, key);
    double limit = json_number_value(bound);

    if (!bound || (is_least ? have >= limit : have <= limit))
        return 0;
    return error_set(err, "%s: must be at %s %.15g%s", path, is_least ? "least" : "most",
                     limit, unit);
}

static int schema_check_bounds(const json_t *schema, const json_t *value,
                               const char *path, struct error *err)
{
    if (json_is_number(value))
        return check_bound(schema, "minimum", true, json_number_value(value), "", path,
                           err) ||
                       check_bound(schema, "maximum", false, json_number_value(value), "",
                                   path, err)
                   ? -1
                   : 0;
    if (json_is_string(value)) {
        double len = (double)json_string_length(value);
        return check_bound(schema, "minLength", true, len, " bytes long", path, err) ||
                       check_bound(schema, "maxLength", false, len, " bytes long", path,
                                   err)
                   ? -1
                   : 0;
    }
    if (json_is_array(value)) {
        double n = (double)json_array_size(value);
        return check_bound(schema, "minItems", true, n, " items long", path, err) ||
                       check_bound(schema, "maxItems", false, n, " items long", path, err)
                   ? -1
                   : 0;
    }
    return 0;
}

static int schema_check_value(const json_t *schema, const json_t *value, const char *path,
                              int depth, struct error *err);

static int check_object(const json_t *schema, const json_t *value, const char *path,
                        int depth, struct error *err)
{
    const json_t *known = json_object_get(schema, "properties");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const json_t *required = json_object_get(schema, "required");
    const char *key;
    json_t *item;

    for (size_t i = 0; i < json_array_size(required); i++) {
        key = json_string_value(json_array_get(required, i));
        if (!json_object_get(value, key))
            return error_set(err, "%s: \"%s\" is missing", path, key);
    }
    json_object_foreach((json_t *)value, key, item) {
        const json_t *one = json_object_get(known, key);
        char below[MOST_PATH];
        snprintf(below, sizeof(below), "\"%.80s\"", key);
        if (!one && json_is_false(others))
            return error_set(err, "%s: there is no argument %s", path, below);
        one = one ? one : others;
        if (json_is_object(one) &&
            schema_check_value(one, item, below, depth + 1, err) != 0)
            return -1;
    }
    return 0;
}

static int schema_check_value(const json_t *schema, const json_t *value, const char *path,
                              int depth, struct error *err)
{
    const json_t *items = json_object_get(schema, "items");

    if (depth > MOST_DEPTH)
        return error_set(err, "%s: is nested too deeply", path);
    if (check_type(json_object_get(schema, "type"), value, path, err) != 0 ||
        check_enum(json_object_get(schema, "enum"), value, path, err) != 0 ||
        schema_check_bounds(schema, value, path, err) != 0)
        return -1;
    if (json_is_object(value))
        return check_object(schema, value, path, depth, err);
    for (size_t i = 0; items && i < json_array_size(value); i++) {
        char below[MOST_PATH];
        snprintf(below, sizeof(below), "%.150s[%zu]", path, i);
        if (schema_check_value(items, json_array_get(value, i), below, depth + 1, err) !=
            0)
            return -1;
    }
    return 0;
}

int schema_check(const json_t *schema, const json_t *value, struct error *err)
{
    return schema_check_value(schema, value, "the arguments", 0, err);
}

static void schema_tell_bounds(json_t *schema)
{
    static const char *const bounds[][3] = {
        { "minimum", "least", "" },         { "maximum", "most", "" },
        { "minItems", "least", " items" },  { "maxItems", "most", " items" },
        { "minLength", "least", " bytes" }, { "maxLength", "most", " bytes" },
    };

    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const json_t *bound = json_object_get(schema, bounds[i][0]);
        const char *about = json_string_value(json_object_get(schema, "description"));
        char limit[64], text[1024];
        if (!bound)
            continue;
        snprintf(limit, sizeof(limit), "at %s %.15g%s", bounds[i][1],
                 json_number_value(bound), bounds[i][2]);
        snprintf(text, sizeof(text), "%.900s%s%s", about ? about : "", about ? "; " : "",
                 limit);
        json_object_set_new(schema, "description", json_string(text));
        json_object_del(schema, bounds[i][0]);
    }
}

static void schema_allow_null(json_t *schema)
{
    json_t *choices = json_object_get(schema, "enum");

    json_object_set_new(schema, "type",
                        json_pack("[O, s]", json_object_get(schema, "type"), "null"));
    if (choices)
        json_array_append_new(choices, json_null());
}

static bool schema_requires(const json_t *required, const char *name)
{
    for (size_t i = 0; i < json_array_size(required); i++)
        if (!strcmp(json_string_value(json_array_get(required, i)), name))
            return true;
    return false;
}

static void schema_make_strict(json_t *schema)
{
    json_t *properties = json_object_get(schema, "properties"), *all, *value;
    const char *name;

    schema_tell_bounds(schema);
    if (json_object_get(schema, "items"))
        schema_make_strict(json_object_get(schema, "items"));
    if (!properties)
        return;
    all = json_array();
    json_object_foreach(properties, name, value) {
        schema_make_strict(value);
        if (!schema_requires(json_object_get(schema, "required"), name))
            schema_allow_null(value);
        json_array_append_new(all, json_string(name));
    }
    json_object_set_new(schema, "required", all);
}

json_t *schema_strict(const json_t *schema)
{
    json_t *strict = json_deep_copy(schema);

    schema_make_strict(strict);
    return strict;
}
