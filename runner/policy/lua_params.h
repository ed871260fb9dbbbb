/* lua_params.h - the declared parameters' defaults, found and changed in a policy's
 * source. */
#ifndef RATCHET_RUNNER_POLICY_LUA_PARAMS_H
#define RATCHET_RUNNER_POLICY_LUA_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

/* How often the source declares `NAME = { ... default = NUMBER ... }` in a table
 * `params`; at and len are the bytes of the first one's number, its sign included.
 * Comments and strings are not looked into, and what is no plain number does not
 * count. */
int lua_params_find(const char *source, const char *name, size_t *at, size_t *len);

/* The source with the default changed to what `number` says, verified by another scan;
 * NULL unless the parameter is declared exactly once. The caller frees it. */
char *lua_params_set(const char *source, const char *name, const char *number);

/* A value as it stands in a policy: six digits, and always a float. Rounding does not
 * take it out of its bounds. */
void lua_params_number(double min, double max, double value, char out[40]);

#endif
