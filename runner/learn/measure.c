/* measure.c - how large a program is, by its tokens: comments and layout count for
 * nothing. */
#include "runner/learn/measure.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/hash.h"

/* The end of a long bracket [[...]] or [=[...]=] that opens at `at`, or NULL if none
 * opens. */
static const char *long_bracket(const char *at)
{
    size_t level = strspn(at + 1, "=");
    char close[64];
    const char *end;

    if (at[0] != '[' || at[1 + level] != '[' || level > 60)
        return NULL;
    close[0] = ']';
    memset(close + 1, '=', level);
    strcpy(close + 1 + level, "]");
    end = strstr(at, close);
    return end ? end + level + 2 : at + strlen(at);
}

static const char *skip_blank(const char *at)
{
    for (;;) {
        const char *end;
        at += strspn(at, " \t\r\n\v\f");
        if (at[0] != '-' || at[1] != '-')
            return at;
        end = long_bracket(at + 2);
        at = end ? end : at + strcspn(at, "\n");
    }
}

static const char *quoted(const char *at)
{
    char quote = *at++;

    while (*at && *at != quote && *at != '\n')
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at == quote ? at + 1 : at;
}

/* The end of the token that starts at `at`. */
static const char *token_end(const char *at)
{
    static const char *const pairs[] = { "...", "..", "==", "~=", "<=",
                                         ">=",  "//", "::", "<<", ">>" };
    const char *end;

    if (isalnum((unsigned char)*at) || *at == '_') {
        bool is_number = isdigit((unsigned char)*at);
        while (isalnum((unsigned char)*at) || *at == '_' ||
               (is_number && (*at == '.' || ((*at == '-' || *at == '+') &&
                                             (at[-1] == 'e' || at[-1] == 'E')))))
            at++;
        return at;
    }
    if (*at == '"' || *at == '\'')
        return quoted(at);
    end = long_bracket(at);
    if (end)
        return end;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (!strncmp(at, pairs[i], strlen(pairs[i])))
            return at + strlen(pairs[i]);
    return at + 1;
}

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

const char *measure_token(const char *at, size_t *len)
{
    at = skip_blank(at);
    *len = *at ? (size_t)(token_end(at) - at) : 0;
    return at;
}

struct measure measure_source(const char *source)
{
    struct measure m = { 0 };
    int depth = 0;

    for (const char *at = skip_blank(source); *at;) {
        const char *end = token_end(at);
        size_t len = (size_t)(end - at);
        m.tokens++;
        m.branches += is_one_of(at, len, "if elseif and or");
        m.loops += is_one_of(at, len, "for while repeat");
        m.functions += is_one_of(at, len, "function");
        if (is_one_of(at, len, "function if for while repeat"))
            m.depth = ++depth > m.depth ? depth : m.depth;
        else if (is_one_of(at, len, "end until") && depth > 0)
            depth--;
        at = skip_blank(end);
    }
    return m;
}

void measure_hash(const char *source, char out[65])
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (const char *at = skip_blank(source); *at;) {
        const char *end = token_end(at);
        fprintf(f, "%.*s\n", (int)(end - at), at);
        at = skip_blank(end);
    }
    fclose(f);
    sha256_hex(text, size, out);
    free(text);
}
