/* vm_globals.c - the globals that a policy reads and nobody sets, found without running
 * it.
 *
 * Lua's compiler has done the scoping: in its dumped form (5.4's lundump.h) every access
 * to a global is one of two instructions with the name as a constant. Only dumps that
 * were made here are read, never a policy's; what cannot be understood is passed over. */
#include "sandbox/worker/vm_globals.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HEADER 31 /* bytes, then the number of upvalues */
#define OP_GETTABUP 11
#define OP_SETTABUP 15
#define MOST_NAMES 256
#define MOST_DEPTH 200

struct span {
    const char *at;
    size_t len;
};

struct access {
    struct span name;
    int line; /* of the first reading, or 0: it is only set */
    bool is_set;
};

struct dump {
    const uint8_t *at, *end;
    bool is_bad;
    struct access list[MOST_NAMES];
    int n;
};

/* A function of the dump; what its code says is known once its debug information is
 * read. */
struct function {
    const uint8_t *code, *line_steps;
    size_t n_code, n_steps, n_constants;
    struct span *constants; /* of those that are strings */
    int line;
    int env; /* upvalue that is _ENV, or -1 */
};

static const uint8_t *vm_globals_take(struct dump *d, size_t n)
{
    const uint8_t *at = d->at;

    if ((size_t)(d->end - d->at) < n) {
        d->is_bad = true;
        return NULL;
    }
    d->at += n;
    return at;
}

static size_t take_size(struct dump *d)
{
    size_t value = 0;
    const uint8_t *byte;

    do {
        byte = vm_globals_take(d, 1);
        if (!byte || value > SIZE_MAX >> 8) {
            d->is_bad = true;
            return 0;
        }
        value = value << 7 | (*byte & 0x7f);
    } while (!(*byte & 0x80));
    return value;
}

static struct span take_string(struct dump *d)
{
    size_t size = take_size(d);
    struct span s = { NULL, size ? size - 1 : 0 };

    s.at = (const char *)vm_globals_take(d, s.len);
    return s;
}

static void take_constants(struct dump *d, struct function *f)
{
    f->n_constants = take_size(d);
    if (f->n_constants > (size_t)(d->end - d->at))
        d->is_bad = true;
    if (d->is_bad)
        return;
    f->constants = xcalloc(f->n_constants + 1, sizeof(*f->constants));
    for (size_t i = 0; i < f->n_constants && !d->is_bad; i++) {
        const uint8_t *type = vm_globals_take(d, 1);
        if (!type)
            return;
        if (*type == LUA_TSTRING || *type == (LUA_TSTRING | 16))
            f->constants[i] = take_string(d);
        else if (*type == LUA_TNUMBER || *type == (LUA_TNUMBER | 16))
            vm_globals_take(d, 8);
    }
}

static struct access *vm_globals_find(struct dump *d, struct span name)
{
    for (int i = 0; i < d->n; i++)
        if (d->list[i].name.len == name.len &&
            !memcmp(d->list[i].name.at, name.at, name.len))
            return &d->list[i];
    if (d->n == MOST_NAMES)
        return NULL;
    d->list[d->n] = (struct access){ .name = name };
    return &d->list[d->n++];
}

static void note_accesses(struct dump *d, const struct function *f)
{
    int line = f->line;

    for (size_t i = 0; i < f->n_code; i++) {
        uint32_t op, a, b, c, k;
        struct access *access;
        int8_t step = i < f->n_steps ? (int8_t)f->line_steps[i] : 0;
        line += step == -128 ? 0 : step; /* -128: it stands elsewhere; good enough */
        memcpy(&op, f->code + 4 * i, 4);
        a = op >> 7 & 255;
        b = op >> 16 & 255;
        c = op >> 24;
        op &= 127;
        if ((op != OP_GETTABUP || (int)b != f->env) &&
            (op != OP_SETTABUP || (int)a != f->env))
            continue;
        k = op == OP_GETTABUP ? c : b;
        access = k < f->n_constants && f->constants[k].at
                     ? vm_globals_find(d, f->constants[k])
                     : NULL;
        if (!access)
            continue;
        access->is_set |= op == OP_SETTABUP;
        if (op == OP_GETTABUP && (!access->line || line < access->line))
            access->line = line;
    }
}

static void take_debug(struct dump *d, struct function *f)
{
    size_t n;

    f->n_steps = take_size(d);
    f->line_steps = vm_globals_take(d, f->n_steps);
    for (n = take_size(d); n && !d->is_bad; n--) {
        take_size(d);
        take_size(d);
    }
    for (n = take_size(d); n && !d->is_bad; n--) { /* local variables */
        take_string(d);
        take_size(d);
        take_size(d);
    }
    n = take_size(d);
    for (size_t i = 0; i < n && !d->is_bad; i++) {
        struct span name = take_string(d);
        if (name.at && name.len == 4 && !memcmp(name.at, "_ENV", 4))
            f->env = (int)i;
    }
}

static void take_function(struct dump *d, int depth)
{
    struct function f = { .env = -1 };
    size_t n;

    take_string(d);
    f.line = (int)take_size(d);
    take_size(d);
    vm_globals_take(d, 3);
    f.n_code = take_size(d);
    f.code = f.n_code <= (size_t)(d->end - d->at) / 4 ? vm_globals_take(d, 4 * f.n_code)
                                                      : NULL;
    if (!f.code)
        d->is_bad = true;
    if (!d->is_bad)
        take_constants(d, &f);
    n = d->is_bad ? 0 : take_size(d);
    vm_globals_take(d, n <= (size_t)(d->end - d->at) ? 3 * n : SIZE_MAX);
    for (n = d->is_bad ? 0 : take_size(d); n && !d->is_bad; n--) {
        if (depth == MOST_DEPTH)
            d->is_bad = true;
        else
            take_function(d, depth + 1);
    }
    if (!d->is_bad)
        take_debug(d, &f);
    if (!d->is_bad)
        note_accesses(d, &f);
    free(f.constants);
}

static int write_dump(lua_State *L, const void *bytes, size_t len, void *file)
{
    (void)L;
    return fwrite(bytes, 1, len, file) != len;
}

void vm_write_unknown_globals(lua_State *L, const char *source, size_t len, FILE *out)
{
    char *bytes = NULL;
    size_t size, shown = 0;
    FILE *f = open_memstream(&bytes, &size);
    struct dump *d = xcalloc(1, sizeof(*d));
    int top = lua_gettop(L);

    if (luaL_loadbufferx(L, source, len, "@policy", "t") == LUA_OK)
        lua_dump(L, write_dump, f, 0);
    fclose(f);
    if (size > HEADER + 1) {
        d->at = (const uint8_t *)bytes + HEADER + 1;
        d->end = (const uint8_t *)bytes + size;
        take_function(d, 0);
    }
    for (int i = 0; i < d->n; i++) {
        const struct access *a = &d->list[i];
        lua_pushglobaltable(L);
        lua_pushlstring(L, a->name.at, a->name.len);
        if (a->line && !a->is_set && lua_rawget(L, -2) == LUA_TNIL)
            fprintf(out, "%s%.*s (line %d)", shown++ ? ", " : "",
                    (int)(a->name.len < 60 ? a->name.len : 60), a->name.at, a->line);
        lua_settop(L, top);
    }
    lua_settop(L, top);
    free(d);
    free(bytes);
}
