/* lua_token.h - a Lua 5.4 source as tokens. */
#ifndef RATCHET_RUNNER_POLICY_LUA_TOKEN_H
#define RATCHET_RUNNER_POLICY_LUA_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_NAME, /* or a keyword */
    TOKEN_NUMBER,
    TOKEN_STRING, /* quoted, or in long brackets */
    TOKEN_SIGN,
    TOKEN_OPEN, /* a string, a long string or a comment that does not end */
    TOKEN_ODD   /* a byte that begins no token */
};

struct lua_token {
    enum token_kind kind;
    const char *at;
    size_t len; /* 0 at the end */
};

/* The first token at or behind `at`: blanks and comments are stepped over. The source
 * ends at `end`, or where end is NULL at its NUL. What is no Lua is a token, too, so that
 * whoever counts goes on. */
struct lua_token lua_token_next(const char *at, const char *end);

bool lua_token_is(const struct lua_token *t, const char *word); /* to the letter */
bool lua_token_is_any(const struct lua_token *t, const char *const *words);
bool lua_token_is_same(const struct lua_token *a, const struct lua_token *b);
/* A name that is no keyword. */
bool lua_token_is_name(const struct lua_token *t);

#endif
