/* served.c - the declared parameters' values that served best in earlier runs, as a
 * sentence. */
#include "runner/policy/served.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "runner/policy/lua_params.h"
#include "runner/policy/lua_token.h"

#define MOST_NAMES 24
#define MOST_NAME 40
#define HEAD "Parameters that served best: "

static void served_write(FILE *f, const char *source, const char *name, int *n)
{
    size_t at, len;

    if (*n < MOST_NAMES && lua_params_find(source, name, &at, &len) == 1 && len < 30)
        fprintf(f, "%s%s = %.*s", (*n)++ ? ", " : HEAD, name, (int)len, source + at);
}

/* Of what stands as NAME = { in a table `params`. */
char *served_values(const char *source)
{
    char *text = NULL, name[MOST_NAME + 1] = "";
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int depth = 0, step = 0, n = 0;

    for (struct lua_token t = lua_token_next(source, NULL); t.len > 0;
         t = lua_token_next(t.at + t.len, NULL)) {
        if (depth == 0) { /* params = { */
            step = lua_token_is(&t, "params")           ? 1
                   : step == 1 && lua_token_is(&t, "=") ? 2
                   : step == 2 && lua_token_is(&t, "{") ? 3
                                                        : 0;
            depth = step == 3;
            continue;
        }
        if (depth == 1 && lua_token_is(&t, "{") && name[0])
            served_write(f, source, name, &n);
        if (depth == 1 && t.len <= MOST_NAME && t.kind == TOKEN_NAME)
            snprintf(name, sizeof(name), "%.*s", (int)t.len, t.at);
        else if (!lua_token_is(&t, "="))
            name[0] = '\0';
        depth += lua_token_is(&t, "{") - lua_token_is(&t, "}");
    }
    fclose(f);
    return text;
}

double served_value(const char *sentence, const char *name)
{
    size_t len = strlen(name);
    const char *at = strstr(sentence, HEAD);

    for (at = at ? at + strlen(HEAD) : NULL; at; at = strstr(at, ", ")) {
        at += strspn(at, ", ");
        if (!strncmp(at, name, len) && !strncmp(at + len, " = ", 3))
            return strtod(at + len + 3, NULL);
    }
    return NAN;
}
