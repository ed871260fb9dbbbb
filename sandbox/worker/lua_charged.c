/* lua_charged.c - charges for work inside Lua's core that no instruction counts: one
 * instruction may compare, convert or copy megabytes. Linked over Lua's static library
 * (Makefile, WORKER_WRAP); the layouts are those of Lua 5.4's lobject.h, and
 * tests/test_vm.c sees to it that the charges arrive. */
#include <lua.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/worker/flush.h"
#include "sandbox/worker/lua_tables.h"
#include "sandbox/worker/vm.h"

#define COMPARED_PER_UNIT 32 /* bytes, for equality */
#define ORDERED_PER_UNIT 8   /* bytes, for order */
#define PARSED_PER_UNIT 4    /* bytes of a number in text */
#define PARSE_UNITS 30       /* of any number in text */
#define PRINT_UNITS 18       /* of a format's conversion into text... */
#define FLOAT_UNITS 44       /* ...of a float... */
#define FLOAT_DIGIT_UNITS 4  /* ...and of each of its digits */
#define MESSAGE_UNITS 30     /* of a formatted message... */
#define READ_PER_UNIT 1      /* ...instructions and locals that are read for its names */
#define HASHED_PER_UNIT 6    /* bytes of a string that is hashed */
#define MEETING_FREE 8       /* short strings of one hash that are passed over... */
#define SHORT_MOST 40        /* ...bytes of those: LUAI_MAXSHORTLEN */
#define TEXT_UNITS 10        /* of anything as text */
#define OPEN_PER_UNIT 2      /* registers above a variable that a closure takes */
#define COPIED_PER_UNIT 4    /* values of `...`, of arguments, parameters */
#define C_CALL_UNITS 2       /* of a call of a C function by an instruction... */
#define C_CALLED_UNITS 5     /* ...or by C: of a metamethod, by pcall, by sort... */
#define LOOKED_UP_UNITS 3    /* of a metamethod */
#define DIVIDED_PER_UNIT 6   /* bits of exponent between the operands of % */

enum {
    TM_CALL = 23,
    TYPE_FLOAT = 0x13,
    TYPE_LUA = 6 | 0x40,
    TYPE_C_LIGHT = 0x16,
    TYPE_C = 0x26 | 0x40
};

/* The beginnings of lua_State, of a Lua function's closure and of its prototype. */
struct state_head {
    void *next;
    uint8_t type, mark, status, allow_hook;
    uint16_t n_calls;
    const struct lua_value *top;
    const struct global_head *global;
    const struct call_head *call;
};
/* Of lstate.h's global_State: the strings of up to SHORT_MOST bytes, each there once. */
struct global_head {
    void *before[6];
    struct string_head **short_strings;
    int n_short, n_lists;
};
struct call_head {
    const struct lua_value *function, *top;
    const struct call_head *previous, *next;
    const uint32_t *at; /* of a Lua function: its next instruction */
};
struct proto_head {
    void *next;
    uint8_t type, mark, n_params, is_vararg, n_registers;
    int n_upvalues, n_constants, n_code, n_lines, n_protos, n_locals, n_absolute, line,
        last_line;
    const struct lua_value *constants;
    const uint32_t *code;
};
struct closure_head {
    void *next;
    uint8_t type, mark, n_upvalues;
    void *gc_list;
    const struct proto_head *proto;
};

LUA_WRAPPED(int, luaS_eqlngstr, const struct string_head *a, const struct string_head *b);
LUA_WRAPPED(size_t, luaO_str2num, const char *text, void *out);
LUA_WRAPPED(void, luaT_getvarargs, lua_State *L, void *ci, void *where, int wanted);
LUA_WRAPPED(const char *, luaO_pushvfstring, lua_State *L, const char *format,
            va_list args);
LUA_WRAPPED(unsigned int, luaS_hashlongstr, struct string_head *text);
LUA_WRAPPED(struct string_head *, luaS_newlstr, lua_State *L, const char *text, size_t len);
LUA_WRAPPED(const char *, luaL_tolstring, lua_State *L, int index, size_t *len);
LUA_WRAPPED(void *, luaF_findupval, lua_State *L, const struct lua_value *variable);
LUA_WRAPPED(const struct lua_value *, luaT_gettm, struct table_head *t, int event,
            struct string_head *name);
LUA_WRAPPED(const struct lua_value *, luaT_gettmbyobj, lua_State *L,
            const struct lua_value *object, int event);
LUA_WRAPPED(void *, luaD_precall, lua_State *L, const struct lua_value *f, int n_results);
LUA_WRAPPED(int, luaD_pretailcall, lua_State *L, void *ci, const struct lua_value *f,
            int n_args, int delta);
LUA_WRAPPED(void, luaD_call, lua_State *L, const struct lua_value *f, int n_results);
LUA_WRAPPED(void, luaD_callnoyield, lua_State *L, const struct lua_value *f,
            int n_results);
double __real_fmod(double x, double y) __attribute__((weak));
double __wrap_fmod(double x, double y);
int __wrap_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int __wrap___snprintf_chk(char *out, size_t size, int flag, size_t room,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

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
    vm_charge_running(2 + (int64_t)(at / ORDERED_PER_UNIT));
    return (unsigned char)a[at] - (unsigned char)b[at];
}

/* Text as a number, by the compiler, by tonumber, by arithmetic and by whatever takes a
 * number. */
size_t __wrap_luaO_str2num(const char *text, void *out)
{
    struct lua_value *value = out;
    double number;
    size_t len;

    vm_charge_running(PARSE_UNITS + (int64_t)(strlen(text) / PARSED_PER_UNIT));
    len = __real_luaO_str2num(text, out);
    if (len && value->type == TYPE_FLOAT) {
        memcpy(&number, &value->bits, sizeof(number));
        number = flush_number(number);
        memcpy(&value->bits, &number, sizeof(number));
    }
    return len;
}

/* Numbers as text. What follows is Lua's, which is in the middle of something: the call is
 * ended at the next instruction. */
static int lua_charged_print(char *out, size_t size, const char *format, va_list args)
{
    int n = vsnprintf(out, size, format, args), is_float = !!strpbrk(format, "aAeEfFgG");

    vm_charge_later(PRINT_UNITS + (is_float ? FLOAT_UNITS : 0) +
                    (n > 0 ? n * (is_float ? FLOAT_DIGIT_UNITS : 1) : 0));
    return n;
}

int __wrap_snprintf(char *out, size_t size, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = lua_charged_print(out, size, format, args);
    va_end(args);
    return n;
}

/* The same as libraries call it that were built with _FORTIFY_SOURCE; they are right about
 * the room. */
int __wrap___snprintf_chk(char *out, size_t size, int flag, size_t room,
                          const char *format, ...)
{
    va_list args;
    int n;

    (void)flag, (void)room;
    va_start(args, format);
    n = lua_charged_print(out, size, format, args);
    va_end(args);
    return n;
}

/* Lua names in its errors what failed: it reads the function from its beginning to learn
 * how a value came to its register. The function is the running one, or the one that
 * called the C function that complains. */
static int64_t read_for_name(const struct call_head *call)
{
    const struct lua_value *f = call ? call->function : NULL;
    const struct proto_head *proto;

    if (!f || f->type != TYPE_LUA)
        return 0;
    proto = ((const struct closure_head *)(uintptr_t)f->bits)->proto;
    return (call->at - proto->code + proto->n_locals) / READ_PER_UNIT;
}

const char *__wrap_luaO_pushvfstring(lua_State *L, const char *format, va_list args)
{
    const struct call_head *call = ((const struct state_head *)L)->call;

    vm_charge_later(MESSAGE_UNITS + read_for_name(call) +
                    read_for_name(call ? call->previous : NULL));
    return __real_luaO_pushvfstring(L, format, args);
}

/* Once a string: its hash stays with it. */
unsigned int __wrap_luaS_hashlongstr(struct string_head *text)
{
    if (!text->extra)
        vm_charge_running((int64_t)(text->long_len / HASHED_PER_UNIT));
    return __real_luaS_hashlongstr(text);
}

/* A short string is looked for among those of its hash before it is made: strings of one
 * hash lie in one list, new ones first (lstring.c's internshrstr). */
struct string_head *__wrap_luaS_newlstr(lua_State *L, const char *text, size_t len)
{
    const struct global_head *g = ((const struct state_head *)L)->global;
    int n_before = g->n_short;
    struct string_head *s = __real_luaS_newlstr(L, text, len);
    const struct string_head *at, *end = s;
    int64_t steps = 0;

    if (len > SHORT_MOST)
        return s;
    at = g->short_strings[s->hash & (uint32_t)(g->n_lists - 1)];
    if (g->n_short > n_before) { /* it is new: all others were passed over */
        at = s->next_short;
        end = NULL;
    }
    for (; at != end && at; at = at->next_short)
        steps++;
    vm_charge_running((int64_t)(len / HASHED_PER_UNIT) +
                      (steps > MEETING_FREE ? steps + steps / 2 : 0));
    return s;
}

/* By tostring, print and note, and by format, for which a metatable is asked. */
const char *__wrap_luaL_tolstring(lua_State *L, int index, size_t *len)
{
    vm_charge(L, TEXT_UNITS);
    return __real_luaL_tolstring(L, index, len);
}

/* Variables that closures hold already are a list, from the top of the stack down. */
void *__wrap_luaF_findupval(lua_State *L, const struct lua_value *variable)
{
    const struct call_head *call = ((const struct state_head *)L)->call;

    vm_charge(L, (call->top - variable) / OPEN_PER_UNIT);
    return __real_luaF_findupval(L, variable);
}

/* The library's takes one step a bit of the exponents' difference, and puts its result
 * together from bits. */
double __wrap_fmod(double x, double y)
{
    int a, b;

    frexp(x, &a);
    frexp(y, &b);
    vm_charge_running(1 + (a > b ? (a - b) / DIVIDED_PER_UNIT : 0));
    return flush_number(__real_fmod(x, y));
}

void __wrap_luaT_getvarargs(lua_State *L, void *ci, void *where, int wanted)
{
    __real_luaT_getvarargs(L, ci, where, wanted);
    vm_charge(L, (wanted < 0 ? lua_gettop(L) : wanted) / COPIED_PER_UNIT);
}

/* Along a chain of metatables one instruction asks each of them. */
const struct lua_value *__wrap_luaT_gettm(struct table_head *t, int event,
                                          struct string_head *name)
{
    vm_charge_running(LOOKED_UP_UNITS);
    return __real_luaT_gettm(t, event, name);
}

/* What is called through __call becomes an argument before the others, which move: the
 * object lies below them on the stack. */
const struct lua_value *__wrap_luaT_gettmbyobj(lua_State *L,
                                               const struct lua_value *object, int event)
{
    int64_t n = event == TM_CALL ? ((const struct state_head *)L)->top - object : 0;

    vm_charge(L, LOOKED_UP_UNITS + (n > 0 ? n : 0) / COPIED_PER_UNIT);
    return __real_luaT_gettmbyobj(L, object, event);
}

/* A C function has no instructions of its own; a Lua function's parameters that no argument
 * was given for are set. */
static void charge_call(lua_State *L, const struct lua_value *f, int64_t units,
                        int64_t c_units)
{
    if (f->type == TYPE_LUA)
        vm_charge(L, units + ((const struct closure_head *)(uintptr_t)f->bits)
                                     ->proto->n_params /
                                 COPIED_PER_UNIT);
    else if (f->type == TYPE_C || f->type == TYPE_C_LIGHT)
        vm_charge(L, c_units);
}

void *__wrap_luaD_precall(lua_State *L, const struct lua_value *f, int n_results)
{
    charge_call(L, f, 0, C_CALL_UNITS);
    return __real_luaD_precall(L, f, n_results);
}

int __wrap_luaD_pretailcall(lua_State *L, void *ci, const struct lua_value *f, int n_args,
                            int delta)
{
    charge_call(L, f, 0, C_CALL_UNITS);
    return __real_luaD_pretailcall(L, ci, f, n_args, delta);
}

void __wrap_luaD_call(lua_State *L, const struct lua_value *f, int n_results)
{
    charge_call(L, f, CALLED_UNITS, C_CALLED_UNITS);
    __real_luaD_call(L, f, n_results);
}

void __wrap_luaD_callnoyield(lua_State *L, const struct lua_value *f, int n_results)
{
    charge_call(L, f, CALLED_UNITS, C_CALLED_UNITS);
    __real_luaD_callnoyield(L, f, n_results);
}
