/* lua_mend.h - a program as an editor or a chat window left it, made Lua again. */
#ifndef RATCHET_RUNNER_POLICY_LUA_MEND_H
#define RATCHET_RUNNER_POLICY_LUA_MEND_H

#include "base/error.h"

/* A copy of the source in which, outside of strings and comments, a blank that is not
 * ASCII is a space, a byte order mark is gone, and a pair of typographic quotes on one
 * line is a pair of plain ones. Within strings and comments nothing changes. NULL, with
 * the line in err, when a typographic quote has no partner that it could mean. The caller
 * frees it. */
char *lua_mend(const char *source, struct error *err);

#endif
