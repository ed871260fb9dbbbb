/* lua_charged.c - charges for work inside Lua's core that no instruction counts: one
 * instruction may compare, convert or copy megabytes. Linked over Lua's static library
 * (Makefile, WORKER_WRAP); the layouts are those of Lua 5.4's lobject.h, and
 * tests/test_vm.c sees to it that the charges arrive. */
#include <lua.h>
#include <stdint.h>
#include <string.h>

#include "sandbox/vm.h"

#define COMPARED_PER_UNIT 32 /* bytes */
#define PARSED_PER_UNIT 4    /* bytes of a number in text */
#define COPIED_PER_UNIT 4    /* values of `...` */
#define COPIED_FREE 256      /* a function's registers, which are counted among them */
#define SCANNED_FREE 256   /* slots of a table; traversals of smaller ones cost nothing */
#define SCANNED_PER_UNIT 8 /* slots that a traversal passes over */

/* The head of a string object and of a table, as far as it is read here. */
struct string_head {
    void *next;
    uint8_t type, mark, extra, short_len;
    uint32_t hash;
    size_t long_len;
};
struct table_head {
    void *next;
    uint8_t type, mark, flags, log2_nodes;
    uint32_t array_hint;
    const char *array, *nodes;
};
enum { VALUE_SIZE = 16, NODE_SIZE = 24 }; /* bytes; a node begins with its value */

/* Not there in a program that is linked without WORKER_WRAP. */
#define WEAK __attribute__((weak))

int __real_luaS_eqlngstr(const struct string_head *a, const struct string_head *b) WEAK;
int __wrap_luaS_eqlngstr(const struct string_head *a, const struct string_head *b);
size_t __real_luaO_str2num(const char *text, void *out) WEAK;
size_t __wrap_luaO_str2num(const char *text, void *out);
void __real_luaT_getvarargs(lua_State *L, void *ci, void *where, int wanted) WEAK;
void __wrap_luaT_getvarargs(lua_State *L, void *ci, void *where, int wanted);
int __real_luaH_next(lua_State *L, const struct table_head *t, void *key) WEAK;
int __wrap_luaH_next(lua_State *L, const struct table_head *t, void *key);
unsigned int luaH_realasize(const struct table_head *t);
const void *luaH_get(const struct table_head *t, const void *key);

/* Long strings, by == and as keys. */
int __wrap_luaS_eqlngstr(const struct string_head *a, const struct string_head *b)
{
    if (a != b && a->long_len == b->long_len)
        vm_charge_running((int64_t)(a->long_len / COMPARED_PER_UNIT));
    return __real_luaS_eqlngstr(a, b);
}

/* Lua compares strings by the locale; here by bytes. A string with NULs comes in
 * pieces. */
int strcoll(const char *a, const char *b)
{
    size_t at = 0;

    while (a[at] && a[at] == b[at])
        at++;
    vm_charge_running(1 + (int64_t)(at / COMPARED_PER_UNIT));
    return (unsigned char)a[at] - (unsigned char)b[at];
}

/* Text as a number, by tonumber, by arithmetic and by whatever takes a number. */
size_t __wrap_luaO_str2num(const char *text, void *out)
{
    vm_charge_running((int64_t)(strlen(text) / PARSED_PER_UNIT));
    return __real_luaO_str2num(text, out);
}

void __wrap_luaT_getvarargs(lua_State *L, void *ci, void *where, int wanted)
{
    int n;

    __real_luaT_getvarargs(L, ci, where, wanted);
    n = lua_gettop(L);
    if (wanted < 0 && n > COPIED_FREE)
        vm_charge(L, n / COPIED_PER_UNIT);
}

/* The slot of a key in a traversal, counted from 1; 0 for nil and for what is not
 * there. */
static int64_t slot_of(const struct table_head *t, int64_t array_len, const void *key)
{
    const char *at = luaH_get(t, key);
    int64_t n = (int64_t)1 << t->log2_nodes;

    if (at >= t->array && at < t->array + array_len * VALUE_SIZE)
        return (at - t->array) / VALUE_SIZE + 1;
    if (at >= t->nodes && at < t->nodes + n * NODE_SIZE)
        return array_len + (at - t->nodes) / NODE_SIZE + 1;
    return 0;
}

/* next and pairs pass over slots that are empty. */
int __wrap_luaH_next(lua_State *L, const struct table_head *t, void *key)
{
    int64_t array_len = luaH_realasize(t), n = array_len + ((int64_t)1 << t->log2_nodes),
            from;
    int more;

    if (n <= SCANNED_FREE)
        return __real_luaH_next(L, t, key);
    from = slot_of(t, array_len, key);
    more = __real_luaH_next(L, t, key);
    vm_charge(L, ((more ? slot_of(t, array_len, key) : n) - from) / SCANNED_PER_UNIT);
    return more;
}
