/* lua_params.h - the declared parameters' defaults, found and changed in a policy's
 * source. */
#ifndef RATCHET_RUNNER_MODEL_LUA_PARAMS_H
#define RATCHET_RUNNER_MODEL_LUA_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

/* How often the source declares `NAME = { ... default = NUMBER ... }` in a table
 * `params`; at and len are the bytes of the first one's number, its sign included.
 * Comments and strings are not looked into, and what is no plain number does not count.
 */
int lua_params_find(const char *source, const char *name, size_t *at, size_t *len);

/* The source with the default changed to what `number` says, verified by another scan;
 * NULL unless the parameter is declared exactly once. The caller frees it. */
char *lua_params_set(const char *source, const char *name, const char *number);

#endif
