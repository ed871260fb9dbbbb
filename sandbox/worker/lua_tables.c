/* lua_tables.c - charges for what Lua's tables do beyond one step: keys that collide lie
 * in one chain, and an instruction that looks for one of them walks it.
 *
 * Linked over Lua's static library (Makefile, WORKER_WRAP). Looking for integers and
 * short strings is done here, as ltable.c does it but counting; other keys are looked for
 * by Lua's function and then counted. Before a table grows, what that will take is worked
 * out from where its keys will lie: keys that lie apart in a small table may all collide
 * in the next one. The layouts are those of Lua 5.4's lobject.h. */
#include <lua.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/worker/lua_tables.h"
#include "base/error.h"
#include "sandbox/worker/vm.h"

#define WALKED_FREE 8     /* nodes of a chain */
#define WALKED_PER_UNIT 2 /* nodes beyond */
#define BINARY_UNITS 8    /* of the search for the end of an array with holes */
#define GROW_UNITS 10     /* of growing, whatever the size... */
#define GROW_SLOTS 8      /* ...slots of the array part a unit... */
#define GROW_NODES 3      /* ...units a node... */
#define GROW_FAR 16       /* ...or so many in a table that no cache holds */
#define FAR_NODES 8192
#define FAR_UNITS 16 /* of a traversal's step in such a table */
#define CROWDED 64  /* nodes: in smaller tables no chain is long */

enum {
    TYPE_ABSENT = 0x20,
    TYPE_INTEGER = 3,
    TYPE_FLOAT = 0x13,
    TYPE_BOOLEAN = 1, /* variants of it: false, true */
    TYPE_SHORT = 4 | 0x40,
    TYPE_LONG = 0x14 | 0x40,
    COLLECTABLE = 0x40,
    IS_HINT = 0x80, /* in flags: array_hint is not the array's size */
};

static const struct lua_value absent = { .type = TYPE_ABSENT };

static void charge_walk(int64_t steps)
{
    if (steps > WALKED_FREE)
        vm_charge_running(steps / WALKED_PER_UNIT);
}

static bool is_nil(const struct lua_value *v)
{
    return (v->type & 15) == 0;
}

/* ltable.c's l_hashfloat. */
static uint32_t hash_float(double x)
{
    int exponent;
    double n = frexp(x, &exponent) * 2147483648.0;
    uint32_t u;

    if (!(n >= -0x1p63 && n < 0x1p63))
        return 0;
    u = (uint32_t)exponent + (uint32_t)(int64_t)floor(n);
    return u <= INT32_MAX ? u : ~u;
}

/* Where a key lies first of all in 2^bits nodes: ltable.c's mainposition. */
static size_t main_position(uint8_t type, uint64_t bits_of_key, int bits)
{
    uint64_t mask = ((uint64_t)1 << bits) - 1, odd = mask | 1;
    double number;

    if (type == TYPE_INTEGER)
        return bits_of_key <= INT32_MAX ? (uint32_t)bits_of_key % (uint32_t)odd
                                        : bits_of_key % odd;
    if (type == TYPE_SHORT || type == TYPE_LONG)
        return ((const struct string_head *)(uintptr_t)bits_of_key)->hash & mask;
    if (type == TYPE_FLOAT) {
        memcpy(&number, &bits_of_key, sizeof(number));
        return hash_float(number) % (uint32_t)odd;
    }
    if ((type & 15) == TYPE_BOOLEAN)
        return (type >> 4) & mask;
    return (uint32_t)bits_of_key % (uint32_t)odd;
}

/* The node of a key that is compared by its bits. */
static const struct lua_value *walk(const struct table_head *t, uint8_t type,
                                    uint64_t key)
{
    const struct lua_node *n = t->nodes + main_position(type, key, t->log2_nodes);
    int64_t steps = 1;

    for (; n->key_type != type || n->key != key; n += n->next, steps++)
        if (!n->next) {
            charge_walk(steps);
            return &absent;
        }
    charge_walk(steps);
    return &n->value;
}

/* Apart, so that a key that lies first in its chain, as nearly all do, takes no counting. */
static __attribute__((noinline)) const struct lua_value *
walk_short(const struct lua_node *n, uint64_t key)
{
    int64_t steps = 1;

    for (; n->key != key || n->key_type != TYPE_SHORT; n += n->next, steps++)
        if (!n->next) {
            charge_walk(steps);
            return &absent;
        }
    charge_walk(steps);
    return &n->value;
}

const struct lua_value *__wrap_luaH_getshortstr(const struct table_head *t,
                                                const struct string_head *key)
{
    const struct lua_node *n = t->nodes +
                               (key->hash & (((uint32_t)1 << t->log2_nodes) - 1));

    if (n->key == (uint64_t)(uintptr_t)key && n->key_type == TYPE_SHORT)
        return &n->value;
    return walk_short(n, (uint64_t)(uintptr_t)key);
}

const void *__real_lua_topointer(lua_State *L, int index) __attribute__((weak));

const void *lua_tables_object(lua_State *L, int index)
{
    return __real_lua_topointer ? __real_lua_topointer(L, index) : NULL;
}

/* A number is no object that the collector must hear of. */
bool lua_tables_put(const void *table, const void *name, double number)
{
    struct lua_value *slot =
        (struct lua_value *)__wrap_luaH_getshortstr(table, name);

    if (is_nil(slot))
        return false;
    memcpy(&slot->bits, &number, sizeof(slot->bits));
    slot->type = TYPE_FLOAT;
    return true;
}

const struct lua_value *__wrap_luaH_getint(struct table_head *t, int64_t key)
{
    uint64_t place = (uint64_t)key - 1;

    if (place < t->array_hint)
        return &t->array[place];
    if (t->flags & IS_HINT && place < luaH_realasize(t))
        return __real_luaH_getint(t, key); /* moves the hint */
    return walk(t, TYPE_INTEGER, (uint64_t)key);
}

/* What Lua's own search for a key has passed on its way to where it ended. */
static const struct lua_value *counted(const struct table_head *t,
                                       const struct lua_value *key,
                                       const struct lua_value *found)
{
    const struct lua_node *n;
    int64_t steps = 1;

    if (((int64_t)1 << t->log2_nodes) <= WALKED_FREE)
        return found;
    n = t->nodes + main_position(key->type, key->bits, t->log2_nodes);
    for (; &n->value != found && n->next; n += n->next)
        steps++;
    charge_walk(steps);
    return found;
}

const struct lua_value *__wrap_luaH_getstr(struct table_head *t, struct string_head *key)
{
    struct lua_value v = { .bits = (uint64_t)(uintptr_t)key, .type = TYPE_LONG };

    if ((key->type | COLLECTABLE) == TYPE_SHORT)
        return __wrap_luaH_getshortstr(t, key);
    return counted(t, &v, __real_luaH_getstr(t, key));
}

const struct lua_value *__wrap_luaH_get(struct table_head *t, const struct lua_value *key)
{
    double number;

    switch (key->type) {
    case TYPE_SHORT:
        return __wrap_luaH_getshortstr(t, (struct string_head *)(uintptr_t)key->bits);
    case TYPE_INTEGER:
        return __wrap_luaH_getint(t, (int64_t)key->bits);
    case TYPE_FLOAT:
        memcpy(&number, &key->bits, sizeof(number));
        if (number == floor(number) && number >= -0x1p63 && number < 0x1p63)
            return __wrap_luaH_getint(t, (int64_t)number);
        break;
    default:
        break;
    }
    if (is_nil(key))
        return &absent;
    if (key->type == TYPE_FLOAT || (key->type & COLLECTABLE && key->type != TYPE_LONG))
        return walk(t, key->type, key->bits); /* equal by their bits alone */
    return counted(t, key, __real_luaH_get(t, key));
}

static int ceil_log2(uint64_t n)
{
    int bits = 0;

    while (((uint64_t)1 << bits) < n)
        bits++;
    return bits;
}

/* Pairs of keys that meet in one place when the live keys lie in 2^bits nodes; those that
 * the array part may take are left out, as whole numbers that are near hardly meet. */
static int64_t count_meetings(const struct table_head *t, uint64_t most_dense, int bits)
{
    static uint32_t *counts;
    static int counts_bits = -1;
    int64_t n = (int64_t)1 << t->log2_nodes, meetings = 0;

    if (bits > counts_bits) {
        counts = xrealloc(counts, sizeof(*counts) << bits);
        counts_bits = bits;
    }
    memset(counts, 0, sizeof(*counts) << bits);
    for (int64_t i = 0; i < n; i++) {
        const struct lua_node *node = &t->nodes[i];
        if (!is_nil(&node->value) &&
            !(node->key_type == TYPE_INTEGER && node->key - 1 < most_dense))
            meetings += counts[main_position(node->key_type, node->key, bits)]++;
    }
    return meetings;
}

/* Each key is looked for in the new nodes before it is put there: keys that meet walk
 * past each other. How many of them the array part takes is not known, so the worst of
 * the sizes that are left counts. */
static int64_t meetings_when_grown(const struct table_head *t)
{
    int64_t n = (int64_t)1 << t->log2_nodes, worst = 0;
    uint64_t live = 0, dense = 0, most_dense = 4 * (uint64_t)n;

    if (n < CROWDED)
        return 0;
    for (int64_t i = 0; i < n; i++) {
        const struct lua_node *node = &t->nodes[i];
        if (is_nil(&node->value))
            continue;
        live++;
        dense += node->key_type == TYPE_INTEGER && node->key - 1 < most_dense;
    }
    if (live - dense < CROWDED)
        return 0;
    for (int bits = ceil_log2(live - dense + 1); bits <= ceil_log2(live + 1); bits++) {
        int64_t meetings = count_meetings(t, most_dense, bits);
        worst = meetings > worst ? meetings : worst;
    }
    return worst;
}

/* Lua grows a table when its last free node is gone; it looks for one from the end on, as
 * is done here. */
static void before_insert(struct table_head *t)
{
    int64_t n = (int64_t)1 << t->log2_nodes;

    if (!t->last_free) { /* it has no nodes yet */
        vm_charge_running(GROW_UNITS + luaH_realasize(t) / GROW_SLOTS);
        return;
    }
    while (t->last_free > t->nodes && t->last_free[-1].key_type)
        t->last_free--;
    if (t->last_free > t->nodes)
        return;
    vm_charge_running(GROW_UNITS + luaH_realasize(t) / GROW_SLOTS +
                      n * (n > FAR_NODES ? GROW_FAR : GROW_NODES));
    vm_charge_running(meetings_when_grown(t) / WALKED_PER_UNIT);
}

void __wrap_luaH_finishset(lua_State *L, struct table_head *t,
                           const struct lua_value *key, const struct lua_value *slot,
                           const struct lua_value *value)
{
    if (slot->type == TYPE_ABSENT && !is_nil(value))
        before_insert(t);
    __real_luaH_finishset(L, t, key, slot, value);
}

void __wrap_luaH_set(lua_State *L, struct table_head *t, const struct lua_value *key,
                     const struct lua_value *value)
{
    __wrap_luaH_finishset(L, t, key, __wrap_luaH_get(t, key), value);
}

void __wrap_luaH_setint(lua_State *L, struct table_head *t, int64_t key,
                        const struct lua_value *value)
{
    const struct lua_value k = { .bits = (uint64_t)key, .type = TYPE_INTEGER };

    __wrap_luaH_finishset(L, t, &k, __wrap_luaH_getint(t, key), value);
}

/* ltable.c's hash_search: a border beyond j, which is in the table or 0. */
static uint64_t search_border(struct table_head *t, uint64_t j)
{
    uint64_t i;

    if (j == 0)
        j++;
    do {
        i = j;
        if (j <= INT64_MAX / 2) {
            j *= 2;
        } else {
            j = INT64_MAX;
            if (!is_nil(__wrap_luaH_getint(t, (int64_t)j)))
                return j;
            break;
        }
        vm_charge_running(2);
    } while (!is_nil(__wrap_luaH_getint(t, (int64_t)j)));
    while (j - i > 1) {
        uint64_t m = (i + j) / 2;
        vm_charge_running(2);
        if (is_nil(__wrap_luaH_getint(t, (int64_t)m)))
            j = m;
        else
            i = m;
    }
    return i;
}

uint64_t __wrap_luaH_getn(struct table_head *t)
{
    uint64_t size = luaH_realasize(t), hint = t->array_hint;

    if (hint > 0 && is_nil(&t->array[hint - 1])) { /* the border lies before it */
        vm_charge_running(BINARY_UNITS);
        return __real_luaH_getn(t);
    }
    if (hint < size) {
        if (!is_nil(&t->array[hint]) && is_nil(&t->array[size - 1]))
            vm_charge_running(BINARY_UNITS);
        if (is_nil(&t->array[hint]) || is_nil(&t->array[size - 1]))
            return __real_luaH_getn(t);
    }
    if (!t->last_free || is_nil(__wrap_luaH_getint(t, (int64_t)size + 1)))
        return size;
    return search_border(t, size);
}

/* Is a slot of a traversal, counted from 0, empty? */
static bool is_empty(const struct table_head *t, int64_t array_len, int64_t slot)
{
    return is_nil(slot < array_len ? &t->array[slot] : &t->nodes[slot - array_len].value);
}

/* The slot of a key in a traversal, counted from 1; 0 for nil and for what is not
 * there. */
static int64_t slot_of(struct table_head *t, int64_t array_len,
                       const struct lua_value *key)
{
    const struct lua_value *at = __wrap_luaH_get(t, key);
    int64_t n = (int64_t)1 << t->log2_nodes;

    if (at >= t->array && at < t->array + array_len)
        return at - t->array + 1;
    if ((const struct lua_node *)at >= t->nodes &&
        (const struct lua_node *)at < t->nodes + n)
        return array_len + ((const struct lua_node *)at - t->nodes) + 1;
    return 0;
}

/* next and pairs look for the key that they had, and pass over slots that are empty; key
 * and value that come next replace it on the stack, as ltable.c does it. */
int __wrap_luaH_next(lua_State *L, struct table_head *t, struct lua_value *key)
{
    int64_t array_len = luaH_realasize(t), n = array_len + ((int64_t)1 << t->log2_nodes);
    int64_t from, to;

    if (n <= SCANNED_FREE)
        return __real_luaH_next(L, t, key);
    from = to = slot_of(t, array_len, key);
    if (!from && !is_nil(key)) /* a key that is dead, or none of the table's */
        return __real_luaH_next(L, t, key);
    while (to < n && is_empty(t, array_len, to))
        to++;
    vm_charge(L, (to - from) / SCANNED_PER_UNIT + (n > FAR_NODES ? FAR_UNITS : 0));
    if (to == n)
        return 0;
    if (to < array_len) {
        key[0] = (struct lua_value){ .bits = (uint64_t)to + 1, .type = TYPE_INTEGER };
        key[1] = t->array[to];
    } else {
        const struct lua_node *node = &t->nodes[to - array_len];
        key[0] = (struct lua_value){ .bits = node->key, .type = node->key_type };
        key[1] = node->value;
    }
    return 1;
}
