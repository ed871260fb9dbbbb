/* lua_tables.h - how Lua 5.4 lays out what is read and charged here: values, strings,
 * tables (lobject.h), and its functions that are wrapped (ltable.h). */
#ifndef RATCHET_SANDBOX_WORKER_LUA_TABLES_H
#define RATCHET_SANDBOX_WORKER_LUA_TABLES_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#define SCANNED_FREE 32    /* slots of a table; traversals of smaller ones cost nothing */
#define SCANNED_PER_UNIT 8 /* slots that a traversal passes over */

struct lua_value {
    uint64_t bits; /* a number, or where the object is */
    uint8_t type;
};

/* The key lies in the padding of the value. */
struct lua_node {
    union {
        struct lua_value value;
        struct {
            uint64_t value_bits;
            uint8_t value_type, key_type;
            int32_t next; /* nodes from this one; 0: it is the last of its chain */
            uint64_t key;
        };
    };
};

struct string_head {
    void *next;
    uint8_t type, mark, extra, short_len;
    uint32_t hash;
    union {
        uint64_t long_len;
        struct string_head *next_short; /* of its list in the table of short strings */
    };
};

struct table_head {
    void *next;
    uint8_t type, mark, flags, log2_nodes;
    uint32_t array_hint; /* the size of the array, or a border in it */
    struct lua_value *array;
    struct lua_node *nodes, *last_free; /* last_free NULL: there are no nodes */
};

unsigned int luaH_realasize(const struct table_head *t);

/* The table or string at an index of the stack. Objects stay where they are. NULL in a
 * program that is linked without WORKER_WRAP. */
const void *lua_tables_object(lua_State *L, int index);
/* table[name] = number as lua_rawset does it, charges and all, where name (up to 40 bytes)
 * is a key already; otherwise false, and nothing was done. */
bool lua_tables_put(const void *table, const void *name, double number);

/* The real ones are not there in a program that is linked without WORKER_WRAP. */
#define LUA_WRAPPED(type, name, ...)                       \
    type __real_##name(__VA_ARGS__) __attribute__((weak)); \
    type __wrap_##name(__VA_ARGS__)

LUA_WRAPPED(const struct lua_value *, luaH_getshortstr, const struct table_head *t,
            const struct string_head *key);
LUA_WRAPPED(const struct lua_value *, luaH_getint, struct table_head *t, int64_t key);
LUA_WRAPPED(const struct lua_value *, luaH_getstr, struct table_head *t,
            struct string_head *key);
LUA_WRAPPED(const struct lua_value *, luaH_get, struct table_head *t,
            const struct lua_value *key);
LUA_WRAPPED(void, luaH_finishset, lua_State *L, struct table_head *t,
            const struct lua_value *key, const struct lua_value *slot,
            const struct lua_value *value);
LUA_WRAPPED(void, luaH_set, lua_State *L, struct table_head *t,
            const struct lua_value *key, const struct lua_value *value);
LUA_WRAPPED(void, luaH_setint, lua_State *L, struct table_head *t, int64_t key,
            const struct lua_value *value);
LUA_WRAPPED(uint64_t, luaH_getn, struct table_head *t);
LUA_WRAPPED(int, luaH_next, lua_State *L, struct table_head *t, struct lua_value *key);

#endif
