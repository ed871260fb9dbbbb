/* lua_mend.c - a program as an editor or a chat window left it, made Lua again.
 *
 * The lexer says what stands outside of strings and comments: only there does a byte
 * begin no token, and so a program that was fine never changes. */
#include "runner/policy/lua_mend.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/policy/lua_token.h"

/* A character in UTF-8, and what it means in a program. */
struct odd {
    const char *bytes, *meaning;
};

static const struct odd blanks[] = {
    { "\xef\xbb\xbf", "" },  /* U+FEFF, the byte order mark */
    { "\xe2\x80\x8b", "" },  /* U+200B, zero width space */
    { "\xc2\xa0", " " },     /* U+00A0, no-break space */
    { "\xe2\x80\xaf", " " }, /* U+202F, narrow no-break space */
    { "\xe2\x81\x9f", " " }, /* U+205F */
    { "\xe3\x80\x80", " " }, /* U+3000 */
    { "\xe2\x88\x92", "-" }, /* U+2212, minus */
};

static const char *const doubles[] = { "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e",
                                       "\xe2\x80\x9f", NULL };
static const char *const singles[] = { "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9a",
                                       "\xe2\x80\x9b", NULL };

static bool is_of(const char *at, const char *const *list)
{
    for (; *list; list++)
        if (text_begins(at, *list))
            return true;
    return false;
}

static const char *blank_meaning(const char *at, size_t *len)
{
    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
        if (text_begins(at, blanks[i].bytes)) {
            *len = strlen(blanks[i].bytes);
            return blanks[i].meaning;
        }
    /* U+2000 to U+200A: blanks of many widths. */
    if (text_begins(at, "\xe2\x80") && (unsigned char)at[2] >= 0x80 &&
        (unsigned char)at[2] <= 0x8a) {
        *len = 3;
        return " ";
    }
    return NULL;
}

static int quote_fault(const char *source, const char *at, struct error *err)
{
    int line = 1;

    for (const char *p = source; p < at; p++)
        line += *p == '\n';
    return error_set(err,
                     "line %d of the policy has a typographic quote where Lua wants a "
                     "plain one (\" or '), and what it quotes is not clear",
                     line);
}

/* The typographic quote that closes the one at `at`: on its line, with nothing between
 * that a plain quote would end or an escape change. NULL: there is none. */
static const char *closing(const char *at, const char *const *quotes, char plain)
{
    for (at += 3; *at && *at != '\n' && *at != '\r' && *at != plain && *at != '\\'; at++)
        if (is_of(at, quotes))
            return at;
    return NULL;
}

/* Writes the odd character at `at`, or the string that it opens; how many bytes it took,
 * 0 on failure. */
static size_t lua_mend_put(FILE *f, const char *source, const char *at, struct error *err)
{
    size_t len = 1;
    const char *meaning = blank_meaning(at, &len), *end;
    bool is_double = is_of(at, doubles);
    char plain = is_double ? '"' : '\'';

    if (meaning) {
        fputs(meaning, f);
        return len;
    }
    if (!is_double && !is_of(at, singles)) {
        fputc(*at, f); /* Lua names it */
        return 1;
    }
    end = closing(at, is_double ? doubles : singles, plain);
    if (!end) {
        quote_fault(source, at, err);
        return 0;
    }
    fprintf(f, "%c%.*s%c", plain, (int)(end - at - 3), at + 3, plain);
    return (size_t)(end - at) + 3;
}

char *lua_mend(const char *source, struct error *err)
{
    const char *from = source; /* what is not written yet */
    char *text = NULL;
    size_t size, len = 1;
    FILE *f = open_memstream(&text, &size);
    struct lua_token t = lua_token_next(source, NULL);

    while (len && t.kind != TOKEN_END) {
        if (t.kind == TOKEN_ODD && (unsigned char)*t.at >= 0x80) {
            fwrite(from, 1, (size_t)(t.at - from), f);
            len = lua_mend_put(f, source, t.at, err);
            from = t.at + len;
        } else if (t.kind == TOKEN_OPEN && (*t.at == '"' || *t.at == '\'')) {
            /* Opened by a plain quote, closed by a typographic one? */
            for (const char *p = t.at; p < t.at + t.len && len; p++)
                if (is_of(p, doubles) || is_of(p, singles))
                    len = (quote_fault(source, p, err), 0);
        }
        t = lua_token_next(t.kind == TOKEN_ODD && from > t.at ? from : t.at + t.len,
                           NULL);
    }
    fputs(from, f);
    fclose(f);
    if (len)
        return text;
    free(text);
    return NULL;
}
