/* vm_params.c - the parameters that a policy declares: { name = { default, min, max }
 * }. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "sandbox/worker/vm_world.h"

/* The C library's qsort makes calls that the jail forbids. */
static void sort_by_name(struct vm_param *params, int n)
{
    for (int i = 1; i < n; i++) {
        struct vm_param p = params[i];
        int at = i;
        for (; at > 0 && strcmp(params[at - 1].name, p.name) > 0; at--)
            params[at] = params[at - 1];
        params[at] = p;
    }
}

static double number_field(lua_State *L, const char *name, double fallback)
{
    double v = fallback;

    lua_getfield(L, -1, name);
    if (lua_type(L, -1) == LUA_TNUMBER)
        v = lua_tonumber(L, -1);
    else if (!lua_isnil(L, -1))
        v = NAN;
    lua_pop(L, 1);
    return v;
}

/* One entry of `params`: the key at -2, the declaration at -1. */
static void read_param(lua_State *L, struct vm_param *p)
{
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;

    if (!name || strlen(name) >= sizeof(p->name))
        luaL_error(L, "params: names are strings of at most %d bytes",
                   (int)sizeof(p->name) - 1);
    if (!lua_istable(L, -1))
        luaL_error(L, "params.%s: not a table { default = , min = , max = }", name);
    strcpy(p->name, name);
    p->value = number_field(L, "default", NAN);
    p->min = number_field(L, "min", -INFINITY);
    p->max = number_field(L, "max", INFINITY);
    if (!isfinite(p->value) || !(p->min <= p->value && p->value <= p->max))
        luaL_error(L, "params.%s: default must be a number from min to max", name);
}

int vm_params_read(lua_State *L, struct vm_param *params)
{
    int n = 0;

    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (n == VM_MAX_PARAMS)
            luaL_error(L, "params: at most %d", VM_MAX_PARAMS);
        read_param(L, &params[n++]);
        lua_pop(L, 1);
    }
    sort_by_name(params, n);
    return n;
}
