/* lua_fixed.c - takes out of Lua what differs from run to run. Linked over Lua's static library
 * (Makefile, WORKER_WRAP), so that table order, sorting and text are the same everywhere.
 *
 * Lua seeds its string hash from the time and from addresses by one call of luaS_hash outside
 * of lstring.c; the seed is fixed here. Policies get no clock, no addresses and no locale. */
#include <lua.h>
#include <string.h>
#include <time.h>

#define HASH_SEED 0x72617463u

unsigned int __wrap_luaS_hash(const char *text, size_t len, unsigned int seed);
const void *__wrap_lua_topointer(lua_State *L, int index);

unsigned int __wrap_luaS_hash(const char *text, size_t len, unsigned int seed)
{
    (void)text;
    (void)len;
    (void)seed;
    return HASH_SEED;
}

/* What %p and tostring print. */
const void *__wrap_lua_topointer(lua_State *L, int index)
{
    (void)L;
    (void)index;
    return NULL;
}

/* Lua compares strings by the locale; here by bytes. */
int strcoll(const char *a, const char *b)
{
    return strcmp(a, b);
}

time_t time(time_t *out)
{
    if (out)
        *out = 0;
    return 0;
}

clock_t clock(void)
{
    return 0;
}
