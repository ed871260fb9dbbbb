/* lua_fixed.c - takes out of Lua what differs from run to run. Linked over Lua's static
 * library (Makefile, WORKER_WRAP), so that table order, sorting and text are the same
 * everywhere.
 *
 * Lua seeds its string hash from the time and from addresses by one call of luaS_hash
 * outside of lstring.c; the seed is fixed here. Policies get no clock, no addresses and
 * no locale (see strcoll in lua_charged.c), and nothing that runs when the garbage
 * collector does. */
#include <lua.h>
#include <string.h>
#include <time.h>

#include "sandbox/worker/vm.h"

#define HASH_SEED 0x72617463u

unsigned int __wrap_luaS_hash(const char *text, size_t len, unsigned int seed);
const void *__wrap_lua_topointer(lua_State *L, int index);
void *__real_luaS_new(lua_State *L, const char *text) __attribute__((weak));
void *__wrap_luaS_new(lua_State *L, const char *text);

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

/* While a Lua state is made, it asks for the names under which it will look for
 * metamethods. For finalizers and weak tables it gets names that no key of a table can
 * equal: Lua compares them as short strings, and these are long ones. */
void *__wrap_luaS_new(lua_State *L, const char *text)
{
    if (!vm_of(L) && !strcmp(text, "__gc"))
        text = "__gc: finalizers would run whenever the collector does";
    else if (!vm_of(L) && !strcmp(text, "__mode"))
        text = "__mode: weak tables would change whenever the collector runs";
    return __real_luaS_new(L, text);
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
