/* sort.c - table.sort for policies: a stable merge sort, so that equal elements keep
 * their order and the work is bounded and the same on every run. Lua's own picks pivots
 * by the clock, is quadratic at worst, and leaves the order of equals open. */
#include <lauxlib.h>
#include <lua.h>

#include "sandbox/worker/lualib.h"
#include "sandbox/worker/vm.h"

#define SORT_MOST 1000000 /* elements */
#define SORT_UNITS 5      /* of one comparison */

/* Stack of `sort`: 1 the table, 2 the comparator or nil, 3 and 4 the two buffers. */
enum { TABLE = 1, LESS, FROM, TO };

/* Is the element on top less than the one below it? Pops nothing. */
static int top_is_less(lua_State *L)
{
    int result;

    vm_charge(L, SORT_UNITS);
    if (lua_isnil(L, LESS))
        return lua_compare(L, -1, -2, LUA_OPLT);
    lua_pushvalue(L, LESS);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_call(L, 2, 1);
    result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

/* Merges from[low..middle) and from[middle..high) into to[low..high); indexes from 1. */
static void sort_merge(lua_State *L, int from, int to, lua_Integer low,
                       lua_Integer middle, lua_Integer high)
{
    lua_Integer left = low, right = middle;

    for (lua_Integer at = low; at < high; at++) {
        bool takes_right = left == middle;
        if (left < middle && right < high) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            takes_right = top_is_less(L);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, takes_right ? right++ : left++);
        lua_rawseti(L, to, at);
    }
}

int lualib_sort(lua_State *L)
{
    lua_Integer n = luaL_len(L, TABLE);
    int from = FROM, to = TO;

    luaL_argcheck(L, n <= SORT_MOST, TABLE, "array too big");
    if (!lua_isnoneornil(L, LESS))
        luaL_checktype(L, LESS, LUA_TFUNCTION);
    lua_settop(L, LESS);
    lua_createtable(L, (int)(n > 0 ? n : 0), 0);
    lua_createtable(L, (int)(n > 0 ? n : 0), 0);
    vm_charge(L, n);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, TABLE, i);
        lua_rawseti(L, FROM, i);
    }
    for (lua_Integer width = 1; width < n; width *= 2) {
        vm_charge(L, n);
        for (lua_Integer low = 1; low <= n; low += 2 * width) {
            lua_Integer middle = low + width < n + 1 ? low + width : n + 1;
            lua_Integer high = low + 2 * width < n + 1 ? low + 2 * width : n + 1;
            sort_merge(L, from, to, low, middle, high);
        }
        from ^= FROM ^ TO;
        to ^= FROM ^ TO;
    }
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, from, i);
        lua_seti(L, TABLE, i);
    }
    return 0;
}
