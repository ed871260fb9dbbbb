/* lua_token.c - a Lua 5.4 source as tokens (the manual, section 3.1). */
#include "runner/policy/lua_token.h"

#include <ctype.h>
#include <string.h>

/* The byte there; 0 behind the end. */
static char peek(const char *at, const char *end)
{
    return end && at >= end ? '\0' : *at;
}

static bool lua_token_is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The end of the long bracket that opens at `at`; NULL when none opens. *is_open: it does
 * not close, and the source is over. */
static const char *long_bracket(const char *at, const char *end, bool *is_open)
{
    size_t level = 0;

    if (peek(at, end) != '[')
        return NULL;
    while (peek(at + 1 + level, end) == '=')
        level++;
    if (peek(at + 1 + level, end) != '[')
        return NULL;
    at += level + 2;
    while (peek(at, end)) {
        size_t n = 0;
        if (*at++ != ']')
            continue;
        while (peek(at + n, end) == '=')
            n++;
        at += n;
        if (n == level && peek(at, end) == ']')
            return at + 1;
    }
    *is_open = true;
    return at;
}

static const char *line_end(const char *at, const char *end)
{
    while (peek(at, end) && *at != '\n' && *at != '\r')
        at++;
    return at;
}

/* Over blanks and comments. A comment that does not close is given back as a token. */
static const char *skip_blank(const char *at, const char *end, const char **comment_end)
{
    for (;;) {
        const char *close;
        bool is_open = false;
        while (peek(at, end) && strchr(" \t\r\n\v\f", *at))
            at++;
        if (peek(at, end) != '-' || peek(at + 1, end) != '-')
            return at;
        close = long_bracket(at + 2, end, &is_open);
        if (close && is_open) {
            *comment_end = close;
            return at;
        }
        at = close ? close : line_end(at + 2, end);
    }
}

/* A backslash takes a line's end with it, and \z all blanks behind it. */
static const char *skip_escape(const char *at, const char *end)
{
    char c = peek(at + 1, end);

    if (c == 'z') {
        at += 2;
        while (peek(at, end) && strchr(" \t\r\n\v\f", *at))
            at++;
        return at;
    }
    if ((c == '\r' && peek(at + 2, end) == '\n') ||
        (c == '\n' && peek(at + 2, end) == '\r'))
        return at + 3;
    return c ? at + 2 : at + 1;
}

static const char *quoted(const char *at, const char *end, bool *is_open)
{
    char quote = *at++;

    while (peek(at, end) && *at != quote && *at != '\n' && *at != '\r')
        at = *at == '\\' ? skip_escape(at, end) : at + 1;
    *is_open = peek(at, end) != quote;
    return *is_open ? at : at + 1;
}

static const char *lua_token_number(const char *at, const char *end)
{
    bool is_hex = *at == '0' && (peek(at + 1, end) | 0x20) == 'x';

    for (at++; peek(at, end); at++) {
        char sign = peek(at + 1, end), mark = is_hex ? 'p' : 'e';
        if ((*at | 0x20) == mark && (sign == '-' || sign == '+'))
            at++;
        else if (!lua_token_is_name_char(*at) && *at != '.')
            break;
    }
    return at;
}

static const char *lua_token_sign(const char *at, const char *end)
{
    static const char *const signs[] = { "...", "..", "==", "~=", "<=",
                                         ">=",  "//", "::", "<<", ">>" };

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t n = 0;
        while (signs[i][n] && peek(at + n, end) == signs[i][n])
            n++;
        if (!signs[i][n])
            return at + n;
    }
    return at + 1;
}

struct lua_token lua_token_next(const char *at, const char *end)
{
    const char *stop = NULL, *comment_end = NULL;
    struct lua_token t = { .kind = TOKEN_END };
    bool is_open = false;
    char c;

    t.at = at = skip_blank(at, end, &comment_end);
    c = peek(at, end);
    if (comment_end) {
        t.kind = TOKEN_OPEN;
        stop = comment_end;
    } else if (!c) {
        stop = at;
    } else if (isdigit((unsigned char)c) ||
               (c == '.' && isdigit((unsigned char)peek(at + 1, end)))) {
        t.kind = TOKEN_NUMBER;
        stop = lua_token_number(at, end);
    } else if (lua_token_is_name_char(c)) {
        t.kind = TOKEN_NAME;
        for (stop = at; lua_token_is_name_char(peek(stop, end)); stop++)
            ;
    } else if (c == '"' || c == '\'' || (stop = long_bracket(at, end, &is_open))) {
        stop = stop ? stop : quoted(at, end, &is_open);
        t.kind = is_open ? TOKEN_OPEN : TOKEN_STRING;
    } else {
        t.kind = strchr("+-*/%^#&~|<>=(){}[];:,.", c) ? TOKEN_SIGN : TOKEN_ODD;
        stop = lua_token_sign(at, end);
    }
    t.len = (size_t)(stop - at);
    return t;
}

bool lua_token_is(const struct lua_token *t, const char *word)
{
    return strlen(word) == t->len && !memcmp(t->at, word, t->len);
}

bool lua_token_is_any(const struct lua_token *t, const char *const *words)
{
    for (; *words; words++)
        if (lua_token_is(t, *words))
            return true;
    return false;
}

bool lua_token_is_same(const struct lua_token *a, const struct lua_token *b)
{
    return a->len == b->len && !memcmp(a->at, b->at, a->len);
}

bool lua_token_is_name(const struct lua_token *t)
{
    static const char *const keywords[] = {
        "and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
        "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
        "repeat",   "return", "then", "true", "until",  "while", NULL
    };

    return t->kind == TOKEN_NAME && !lua_token_is_any(t, keywords);
}
