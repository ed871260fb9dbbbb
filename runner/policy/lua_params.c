/* lua_params.c - the declared parameters' defaults, found and changed in a policy's
 * source.
 *
 * A scan over tokens, not a parser of Lua: comments and strings are stepped over,
 * brackets are counted, and a field is what stands behind `{`, `,` or `;`. The text
 * around the number stays as it was, to the byte. */
#include "runner/policy/lua_params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "runner/policy/lua_token.h"

struct scan {
    const char *source;
    size_t end; /* of the token; the next one is behind it */
    enum token_kind kind;
    size_t at; /* of the token */
};

static void lua_params_next(struct scan *s)
{
    struct lua_token t = lua_token_next(s->source + s->end, NULL);

    s->kind = t.kind;
    s->at = (size_t)(t.at - s->source);
    s->end = s->at + t.len;
}

static bool is_sign(const struct scan *s, char sign)
{
    return s->kind == TOKEN_SIGN && s->end - s->at == 1 && s->source[s->at] == sign;
}

/* Of a name, or of a string without escapes. */
static bool lua_params_is_word(const struct scan *s, const char *word)
{
    size_t len = strlen(word), quotes = s->kind == TOKEN_STRING ? 1 : 0;

    return (s->kind == TOKEN_NAME || s->kind == TOKEN_STRING) &&
           s->end - s->at == len + 2 * quotes &&
           strncmp(s->source + s->at + quotes, word, len) == 0;
}

/* From a token on to the separator or the closing brace that ends its field. */
static void skip_field(struct scan *s)
{
    int depth = 0;

    for (; s->kind != TOKEN_END; lua_params_next(s)) {
        char c = s->kind == TOKEN_SIGN ? s->source[s->at] : ' ';

        if (depth == 0 && (c == ',' || c == ';' || c == '}'))
            return;
        depth += c == '{' || c == '(' || c == '[';
        depth -= depth > 0 && (c == '}' || c == ')' || c == ']');
    }
}

/* The token is the one behind `{`, or the separator behind a field. Goes on to the value
 * of the field of that name; false at the table's end. */
static bool find_field(struct scan *s, const char *name)
{
    while (s->kind != TOKEN_END && !is_sign(s, '}')) {
        bool is_it;

        if (is_sign(s, ',') || is_sign(s, ';')) {
            lua_params_next(s);
            continue;
        }
        if (is_sign(s, '[')) {
            lua_params_next(s);
            is_it = lua_params_is_word(s, name);
            lua_params_next(s);
            is_it = is_it && is_sign(s, ']');
        } else {
            is_it = s->kind == TOKEN_NAME && lua_params_is_word(s, name);
        }
        if (s->kind == TOKEN_NAME || is_sign(s, ']'))
            lua_params_next(s);
        if (is_it && is_sign(s, '=')) {
            lua_params_next(s);
            return true;
        }
        skip_field(s);
    }
    return false;
}

/* At a value: is it a plain number, and nothing else? */
static bool lua_params_take_number(struct scan *s, size_t *at, size_t *len)
{
    *at = s->at;
    if (is_sign(s, '-'))
        lua_params_next(s);
    if (s->kind != TOKEN_NUMBER)
        return false;
    *len = s->end - *at;
    lua_params_next(s);
    return is_sign(s, ',') || is_sign(s, ';') || is_sign(s, '}');
}

/* In the table whose first token is the scan's. */
static int find_in_params(struct scan s, const char *name, size_t *at, size_t *len)
{
    int n_found = 0;

    while (find_field(&s, name)) {
        struct scan inner = s;
        size_t number_at, number_len;

        skip_field(&s);
        if (!is_sign(&inner, '{'))
            continue;
        lua_params_next(&inner);
        if (!find_field(&inner, "default") ||
            !lua_params_take_number(&inner, &number_at, &number_len))
            continue;
        if (n_found++ == 0) {
            *at = number_at;
            *len = number_len;
        }
    }
    return n_found;
}

int lua_params_find(const char *source, const char *name, size_t *at, size_t *len)
{
    struct scan s = { .source = source };
    int n_found = 0;

    for (lua_params_next(&s); s.kind != TOKEN_END; lua_params_next(&s)) {
        struct scan ahead = s;
        size_t first_at = 0, first_len = 0;
        int n;

        if (!lua_params_is_word(&s, "params"))
            continue;
        lua_params_next(&ahead);
        if (s.kind == TOKEN_STRING && is_sign(&ahead, ']'))
            lua_params_next(&ahead);
        if (!is_sign(&ahead, '='))
            continue;
        lua_params_next(&ahead);
        if (!is_sign(&ahead, '{'))
            continue;
        lua_params_next(&ahead);
        n = find_in_params(ahead, name, &first_at, &first_len);
        if (n > 0 && n_found == 0) {
            *at = first_at;
            *len = first_len;
        }
        n_found += n;
    }
    return n_found;
}

char *lua_params_set(const char *source, const char *name, const char *number)
{
    size_t at, len, check_at, check_len;
    char *changed;

    if (lua_params_find(source, name, &at, &len) != 1)
        return NULL;
    changed = xasprintf("%.*s%s%s", (int)at, source, number, source + at + len);
    if (lua_params_find(changed, name, &check_at, &check_len) == 1 && check_at == at &&
        check_len == strlen(number) && strncmp(changed + at, number, check_len) == 0)
        return changed;
    free(changed);
    return NULL;
}

void lua_params_number(double min, double max, double value, char out[40])
{
    double shorter;

    snprintf(out, 32, "%.6g", value);
    shorter = strtod(out, NULL);
    if (shorter < min || shorter > max)
        snprintf(out, 32, "%.17g", value);
    if (!strpbrk(out, ".en"))
        strcat(out, ".0");
}
