/* lua_shape.h - is a text a whole Lua program, and one that returns a policy? */
#ifndef RATCHET_RUNNER_POLICY_LUA_SHAPE_H
#define RATCHET_RUNNER_POLICY_LUA_SHAPE_H

#include <stdbool.h>

/* What a chunk returns, as far as its text alone tells; the larger, the more a policy. */
enum lua_returns {
    RETURNS_NONE,   /* nothing, or what cannot be a policy */
    RETURNS_VALUE,  /* what only running it would tell */
    RETURNS_POLICY, /* a table with `act` */
};

struct lua_shape {
    bool is_chunk; /* by the grammar (the manual, section 9), to the end */
    enum lua_returns returns;
    const char *fault;      /* where the grammar ends; NULL when is_chunk */
    const char *return_end; /* behind the chunk's return statement; NULL without one */
};

/* Of the bytes from `at` up to `end`, none of them NUL. Nothing is run. */
struct lua_shape lua_shape_of(const char *at, const char *end);

#endif
