/* measure.c - how large a program is, by its tokens: comments and layout count for
 * nothing. */
#include "runner/policy/measure.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "runner/policy/lua_token.h"

static bool is_one_of(const char *at, size_t len, const char *words)
{
    for (const char *w = words; *w;) {
        size_t n = strcspn(w, " ");
        if (n == len && !memcmp(w, at, n))
            return true;
        w += n + (w[n] == ' ');
    }
    return false;
}

struct measure measure_source(const char *source)
{
    struct measure m = { 0 };
    int depth = 0;

    for (struct lua_token t = lua_token_next(source, NULL); t.len > 0;
         t = lua_token_next(t.at + t.len, NULL)) {
        const char *at = t.at;
        size_t len = t.len;
        m.tokens++;
        m.branches += is_one_of(at, len, "if elseif and or");
        m.loops += is_one_of(at, len, "for while repeat");
        m.functions += is_one_of(at, len, "function");
        if (is_one_of(at, len, "function if for while repeat"))
            m.depth = ++depth > m.depth ? depth : m.depth;
        else if (is_one_of(at, len, "end until") && depth > 0)
            depth--;
    }
    return m;
}

void measure_hash(const char *source, char out[65])
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (struct lua_token t = lua_token_next(source, NULL); t.len > 0;
         t = lua_token_next(t.at + t.len, NULL))
        fprintf(f, "%.*s\n", (int)t.len, t.at);
    fclose(f);
    sha256_hex(text, size, out);
    free(text);
}

bool measure_may_draw(const char *source)
{
    for (struct lua_token t = lua_token_next(source, NULL), name; t.len > 0;
         t = lua_token_next(t.at + t.len, NULL)) {
        if (is_one_of(t.at, t.len, "_G _ENV"))
            return true;
        if (!is_one_of(t.at, t.len, "math"))
            continue;
        t = lua_token_next(t.at + t.len, NULL);
        if (!is_one_of(t.at, t.len, "."))
            return true; /* under another name it is everything */
        name = lua_token_next(t.at + t.len, NULL);
        if (is_one_of(name.at, name.len, "random randomseed"))
            return true;
    }
    return false;
}
