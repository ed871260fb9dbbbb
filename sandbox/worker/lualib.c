/* lualib.c - the functions of the policy's world.
 *
 * They are Lua's own wherever their work is bounded by VM instructions. Where it is not,
 * a guard stands before Lua's function: it charges the work by its size, then calls it.
 * What reaches outside (io, os, package, debug, load, collectgarbage) is not there at
 * all. */
#include "sandbox/worker/lualib.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "sandbox/worker/vec.h"
#include "sandbox/worker/vm.h"

#define BYTES_PER_UNIT 32     /* of plain copying */
#define CHANGED_PER_UNIT 8    /* bytes that are looked at one by one */
#define CONCAT_UNITS 3        /* of an item of table.concat... */
#define CONCAT_BASE_UNITS 8   /* ...and of any */
#define VALUES_PER_UNIT 2     /* arguments or results that are moved */
#define TEXT_UNITS 3          /* of a function that makes or reads a string */
#define RADIX_PER_UNIT 3      /* bytes of a number to another base */
#define TURN_UNITS 4          /* of a tangent */
#define FAR_TURN 1e5          /* radians; beyond, turns are taken off digit by digit... */
#define FAR_TURN_UNITS 25     /* ...at this cost */
#define MATCH_MOST 16777216.0 /* steps that a pattern may take at worst */
#define SEARCH_UNITS 4        /* of any search in a string */
#define SHIFT_UNITS 8         /* of any change of a list's length */
#define PROTECT_UNITS 10      /* of a pcall, which an error may leave */
#define CHECK_UNITS 8         /* of looking into a metatable */
#define LEVEL_UNITS 2         /* of a call that error looks up */
#define SWITCH_UNITS 50       /* of a coroutine that is made or resumed */

/* Goes on as the guarded function, which is this closure's upvalue, in the same call:
 * errors and tracebacks name it and its caller, and it may yield. */
static int pass_on(lua_State *L)
{
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int64_t length_of(lua_State *L, int index)
{
    return (int64_t)lua_rawlen(L, index);
}

static void charge_items(lua_State *L, double n)
{
    if (n > 0)
        vm_charge(L, (int64_t)fmin(n, 1e15));
}

static int guard_rep(lua_State *L)
{
    double n = luaL_checknumber(L, 2),
           len = (double)length_of(L, 1) + (double)length_of(L, 3);

    if (n > 0)
        vm_charge(L, SEARCH_UNITS +
                         (int64_t)fmin(n * (0.5 + len / BYTES_PER_UNIT), 1e15));
    return pass_on(L);
}

/* The most steps that Lua's backtracking matcher can take: it starts at every byte unless
 * the pattern is anchored, and each repetition in the pattern may try every length. */
static double match_steps(const char *pattern, size_t len, double size)
{
    double steps = *pattern == '^' ? 1 : size;

    for (size_t i = *pattern == '^'; i < len; i++) {
        char c = pattern[i];
        if (c == '%' && i + 1 < len) {
            c = pattern[++i];
            steps *= c == 'b' ? size : c >= '0' && c <= '9' ? 1 + size / 16 : 1;
        } else if (c == '*' || c == '+' || c == '-') {
            steps *= size;
        } else if (c == '?') {
            steps *= 2;
        }
    }
    return steps * (1 + (double)len / 16);
}

static int guard_match(lua_State *L)
{
    size_t len;
    const char *pattern = luaL_checklstring(L, 2, &len);
    double size = (double)length_of(L, 1) + 1, steps;

    vm_charge(L, (int64_t)len); /* which is read for what it may cost */
    steps = match_steps(pattern, len, size);
    if (steps > MATCH_MOST)
        return luaL_error(L,
                          "this pattern may take %f steps on %d bytes; at most %d are "
                          "allowed",
                          steps, (int)size - 1, (int)MATCH_MOST);
    vm_charge(L, SEARCH_UNITS +
                     (int64_t)(steps / (1 + (double)len / 16) * (1 + (double)len) / 2));
    return pass_on(L);
}

/* What stands for each match is made anew: captures become strings. */
static int guard_gsub(lua_State *L)
{
    double size = (double)length_of(L, 1) + 1, units = 6;
    size_t len;

    if (lua_type(L, 3) == LUA_TSTRING) {
        const char *with = lua_tolstring(L, 3, &len);
        units = 2 + (double)len / CHANGED_PER_UNIT;
        for (size_t i = 0; i < len; i++)
            units += with[i] == '%' ? 5 : 0;
    }
    vm_charge(L, (int64_t)fmin(units * size, 1e15));
    return guard_match(L);
}

static bool is_pattern(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] && strchr("^$*+?.([%-", text[i]))
            return true;
    return false;
}

/* A plain find compares the needle at every byte. */
static int guard_find(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);

    if (!lua_toboolean(L, 4)) {
        vm_charge(L, (int64_t)len);
        if (is_pattern(text, len))
            return guard_match(L);
    }
    vm_charge(L, SEARCH_UNITS + (int64_t)((double)length_of(L, 1) *
                                          (1 + (double)length_of(L, 2)) / 8));
    return pass_on(L);
}

/* Work by the number of the arguments and the bytes of the strings among them. */
static int guard_size(lua_State *L)
{
    int n = lua_gettop(L);

    for (int i = 1; i <= n; i++)
        if (lua_type(L, i) == LUA_TSTRING)
            vm_charge(L, length_of(L, i) / CHANGED_PER_UNIT);
    charge_items(L, n);
    return pass_on(L);
}

static int guard_text(lua_State *L)
{
    vm_charge(L, TEXT_UNITS);
    return guard_size(L);
}

/* Digits of another base are taken one by one. */
static int guard_tonumber(lua_State *L)
{
    if (lua_gettop(L) > 1)
        vm_charge(L, length_of(L, 1) / RADIX_PER_UNIT);
    return guard_size(L);
}

static int guard_format(lua_State *L)
{
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);
    int64_t units = 0;

    for (size_t i = 0; i < len; i++)
        units += format[i] == '%' ? 2 : 0;
    vm_charge(L, units);
    for (int i = 2, n = lua_gettop(L); i <= n; i++) /* %q writes two bytes for one */
        if (lua_type(L, i) == LUA_TSTRING)
            vm_charge(L, length_of(L, i) / CHANGED_PER_UNIT);
    return guard_size(L);
}

/* Work by the number of the values that it is given. */
static int guard_values(lua_State *L)
{
    charge_items(L, 1 + lua_gettop(L) / VALUES_PER_UNIT);
    return pass_on(L);
}

static int guard_turn(lua_State *L)
{
    if (fabs(luaL_checknumber(L, 1)) > FAR_TURN)
        vm_charge(L, FAR_TURN_UNITS);
    return pass_on(L);
}

static int guard_tangent(lua_State *L)
{
    vm_charge(L, TURN_UNITS);
    return guard_turn(L);
}

/* byte(s, from, to) pushes to - from + 1 values; negative places count from the end. */
static int guard_byte(lua_State *L)
{
    double len = (double)length_of(L, 1);
    double from = luaL_optnumber(L, 2, 1), to = luaL_optnumber(L, 3, from);

    from = fmax(from < 0 ? len + from + 1 : from, 1);
    to = fmin(to < 0 ? len + to + 1 : to, len);
    charge_items(L, fmax(to - from + 1, 0) + TEXT_UNITS);
    return pass_on(L);
}

/* Lua asks __len for a length, each time anew; what cannot be charged is refused. */
static double items_of(lua_State *L)
{
    if (lua_istable(L, 1) && luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        luaL_error(L, "a table with __len is not taken here");
    return (double)length_of(L, 1);
}

static int guard_unpack(lua_State *L)
{
    double n = items_of(L);

    n = luaL_optnumber(L, 3, n) - luaL_optnumber(L, 2, 1) + 1;
    charge_items(L, 3 + fmax(n + n / 4, 0));
    return pass_on(L);
}

static int guard_concat(lua_State *L)
{
    double n = items_of(L);

    vm_charge(L, CONCAT_BASE_UNITS);
    charge_items(L, (luaL_optnumber(L, 4, n) - luaL_optnumber(L, 3, 1) + 1) *
                        CONCAT_UNITS);
    return pass_on(L);
}

static int guard_move(lua_State *L)
{
    vm_charge(L, SHIFT_UNITS);
    charge_items(L, luaL_checknumber(L, 3) - luaL_checknumber(L, 2) + 1);
    return pass_on(L);
}

/* insert and remove shift what stands behind their place. */
static int guard_shift(lua_State *L)
{
    int is_number;
    double n = items_of(L), place = lua_tonumberx(L, 2, &is_number);

    vm_charge(L, SHIFT_UNITS);
    if (is_number)
        charge_items(L, n - place + 1);
    return pass_on(L);
}

static int guard_setmetatable(lua_State *L)
{
    vm_charge(L, CHECK_UNITS);
    if (lua_istable(L, 2)) {
        lua_pushstring(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "__gc: finalizers are not allowed");
        lua_pushstring(L, "__mode");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "__mode: weak tables are not allowed");
        lua_settop(L, 2);
    }
    return pass_on(L);
}

/* Looks for its caller so many calls up. */
static int guard_error(lua_State *L)
{
    double level = lua_tonumber(L, 2);

    if (level > 1)
        vm_charge(L, (int64_t)fmin(level, 1e15) * LEVEL_UNITS);
    return pass_on(L);
}

/* pass_on, where arguments and results move and the function itself cannot yield. */
static int pass_values(lua_State *L)
{
    int n;

    charge_items(L, lua_gettop(L) / VALUES_PER_UNIT);
    n = pass_on(L);
    charge_items(L, n / VALUES_PER_UNIT);
    return n;
}

/* A yield in what is protected does not come back here: its results move uncharged. */
static int guard_protect(lua_State *L)
{
    vm_charge(L, PROTECT_UNITS);
    return pass_values(L);
}

static int guard_switch(lua_State *L)
{
    vm_charge(L, SWITCH_UNITS);
    return pass_values(L);
}

/* The function that coroutine.wrap makes, which is this closure's upvalue. */
static int call_wrapped(lua_State *L)
{
    vm_charge(L, SWITCH_UNITS + lua_gettop(L) / VALUES_PER_UNIT);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    charge_items(L, lua_gettop(L)); /* twice */
    return lua_gettop(L);
}

static int guard_wrap(lua_State *L)
{
    vm_charge(L, SWITCH_UNITS);
    pass_on(L);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

/* pairs and ipairs as Lua's, with iterators that are ours. */
static int pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pop(L, 1);
        vm_charge(L, CHECK_UNITS);
        return pass_on(L);
    }
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int ipairs_step(lua_State *L)
{
    lua_Integer i = (lua_Integer)((lua_Unsigned)luaL_checkinteger(L, 2) + 1);

    lua_pushinteger(L, i);
    return lua_geti(L, 1, i) == LUA_TNIL ? 1 : 2;
}

static int ipairs(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* As Lua's math.random, from the episode's chance. */
static int random_number(lua_State *L)
{
    struct rng *r = vm_chance(vm_of(L));
    lua_Integer low = 1, high;
    uint64_t span, v;

    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, rng_uniform(r));
        return 1;
    case 1:
        high = luaL_checkinteger(L, 1);
        if (high == 0) { /* all 64 bits */
            lua_pushinteger(L, (lua_Integer)rng_next(r));
            return 1;
        }
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        high = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "wrong number of arguments");
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    span = (uint64_t)high - (uint64_t)low;
    v = rng_next(r);
    if (span < UINT64_MAX)
        for (uint64_t most = UINT64_MAX - UINT64_MAX % (span + 1); v >= most;)
            v = rng_next(r);
    lua_pushinteger(
        L, (lua_Integer)((span < UINT64_MAX ? v % (span + 1) : v) + (uint64_t)low));
    return 1;
}

static int random_seed(lua_State *L)
{
    double seed = luaL_optnumber(L, 1, 0);
    uint64_t bits;

    memcpy(&bits, &seed, sizeof(bits));
    rng_seed(vm_chance(vm_of(L)), bits, 1);
    return 0;
}

static int lualib_note(lua_State *L)
{
    const struct vm_sink *sink = vm_sink(vm_of(L));
    size_t len;
    const char *text;

    luaL_checkany(L, 1);
    text = luaL_tolstring(L, 1, &len);
    vm_charge(L, 20 + (int64_t)len / BYTES_PER_UNIT);
    if (sink->note)
        sink->note(sink->user, text, len);
    return 0;
}

static int lualib_print(lua_State *L)
{
    luaL_Buffer b;
    int n = lua_gettop(L);

    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&b, ' ');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    lua_replace(L, 1);
    return n ? lualib_note(L) : 0;
}

/* mark(kind, x, y [, a, b] [, label]); the kinds are enum mark_kind of the replay. */
static int mark(lua_State *L)
{
    static const char *const kinds[] = { "point", "line", "box", "text", NULL };
    const struct vm_sink *sink = vm_sink(vm_of(L));
    int kind = luaL_checkoption(L, 1, NULL, kinds), at = 2;
    double place[4] = { 0 };
    const char *label;
    size_t len = 0;

    for (int i = 0, n = kind == 1 || kind == 2 ? 4 : 2; i < n; i++)
        place[i] = luaL_checknumber(L, at++);
    for (int i = 0; i < 4; i++)
        luaL_argcheck(L, isfinite(place[i]), i + 2, "not a finite number");
    label = luaL_optlstring(L, at, "", &len);
    vm_charge(L, 20 + (int64_t)len / BYTES_PER_UNIT);
    if (sink->mark)
        sink->mark(sink->user, kind, place, label, len);
    return 0;
}

/* What Lua's own libraries keep: a name and the guard before it, NULL for none. */
struct entry {
    const char *name;
    lua_CFunction guard;
};

static const struct entry base_entries[] = {
    { "assert", NULL },
    { "error", guard_error },
    { "getmetatable", guard_values },
    { "next", NULL },
    { "pcall", guard_protect },
    { "rawequal", NULL },
    { "rawget", NULL },
    { "rawlen", NULL },
    { "rawset", NULL },
    { "select", NULL },
    { "tostring", NULL },
    { "type", NULL },
    { "xpcall", guard_protect },
    { "tonumber", guard_tonumber },
    { "setmetatable", guard_setmetatable },
    { NULL, NULL },
};
static const struct entry string_entries[] = {
    { "byte", guard_byte },    { "char", guard_text },
    { "find", guard_find },    { "format", guard_format },
    { "gmatch", guard_match }, { "gsub", guard_gsub },
    { "len", NULL },           { "lower", guard_text },
    { "match", guard_match },  { "rep", guard_rep },
    { "reverse", guard_text }, { "sub", NULL },
    { "upper", guard_text },   { NULL, NULL },
};
static const struct entry table_entries[] = {
    { "concat", guard_concat },
    { "insert", guard_shift },
    { "move", guard_move },
    { "pack", guard_values },
    { "remove", guard_shift },
    { "unpack", guard_unpack },
    { NULL, NULL },
};
static const struct entry coroutine_entries[] = {
    { "close", NULL },          { "create", guard_switch }, { "isyieldable", NULL },
    { "resume", guard_switch }, { "running", NULL },        { "status", NULL },
    { "wrap", guard_wrap },     { "yield", guard_values },          { NULL, NULL },
};
static const struct entry math_entries[] = {
    { "abs", NULL },        { "acos", NULL },       { "asin", NULL },
    { "atan", NULL },       { "ceil", NULL },       { "cos", guard_turn },
    { "deg", NULL },        { "exp", NULL },        { "floor", NULL },
    { "fmod", NULL },       { "huge", NULL },       { "log", NULL },
    { "max", guard_size },        { "maxinteger", NULL }, { "min", guard_size },
    { "mininteger", NULL }, { "modf", NULL },       { "pi", NULL },
    { "rad", NULL },        { "sin", guard_turn },        { "sqrt", NULL },
    { "tan", guard_tangent },        { "tointeger", NULL },  { "type", NULL },
    { "ult", NULL },        { NULL, NULL },
};

/* From the library table below the top into the table on top. Every function becomes a
 * closure, its guard's or its own, with Lua's function as its upvalue: closures lie in
 * the arena, so that a table with functions as keys has the same order whatever the
 * linker did. */
static void lualib_keep(lua_State *L, const struct entry *entries)
{
    for (; entries->name; entries++) {
        lua_getfield(L, -2, entries->name);
        if (lua_iscfunction(L, -1)) {
            lua_CFunction own = lua_tocfunction(L, -1);
            lua_pushcclosure(L, entries->guard ? entries->guard : own, 1);
        }
        lua_setfield(L, -2, entries->name);
    }
}

/* Opens one of Lua's libraries and makes a global of what is kept of it, left on the
 * stack. */
static void open_library(lua_State *L, const char *name, lua_CFunction open,
                         const struct entry *entries)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    lua_newtable(L);
    lualib_keep(L, entries);
    lua_pushvalue(L, -1);
    lua_setglobal(L, name);
    lua_replace(L, -2);
}

static void lualib_set_function(lua_State *L, const char *name, lua_CFunction f)
{
    lua_pushnil(L);
    lua_pushcclosure(L, f, 1);
    lua_setfield(L, -2, name);
}

/* pairs with Lua's pairs and next, ipairs with its step, into the table on top. */
static void set_iterators(lua_State *L)
{
    lua_getfield(L, -2, "pairs");
    lua_getfield(L, -2, "next");
    lua_pushcclosure(L, pairs, 2);
    lua_setfield(L, -2, "pairs");
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushcclosure(L, ipairs_step, 1);
    lua_pushcclosure(L, ipairs, 2);
    lua_setfield(L, -2, "ipairs");
}

void lualib_open(lua_State *L)
{
    lua_newtable(L); /* the policy's globals; Lua's own table of them is left behind */
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 1);
    lua_insert(L, -2);
    lualib_keep(L, base_entries);
    set_iterators(L);
    lualib_set_function(L, "note", lualib_note);
    lualib_set_function(L, "mark", mark);
    lualib_set_function(L, "print", lualib_print);
    lua_pushstring(L, LUA_VERSION);
    lua_setfield(L, -2, "_VERSION");
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "_G");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pop(L, 1);

    open_library(L, "string", luaopen_string, string_entries);
    lua_pushstring(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 3);
    open_library(L, "table", luaopen_table, table_entries);
    lualib_set_function(L, "sort", lualib_sort);
    lua_pop(L, 1);
    open_library(L, "coroutine", luaopen_coroutine, coroutine_entries);
    lua_pop(L, 1);
    open_library(L, "math", luaopen_math, math_entries);
    lualib_set_function(L, "random", random_number);
    lualib_set_function(L, "randomseed", random_seed);
    lua_pop(L, 1);
    vec_open(L);
}
