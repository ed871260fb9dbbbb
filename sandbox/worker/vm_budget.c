/* vm_budget.c - what a policy's calls cost.
 *
 * One number, `left`, is the budget of the running call. Every VM instruction of every
 * thread takes one from it (__wrap_luaG_traceexec), the library's functions and the
 * allocator take by size. When it is used up, the call stack is written down and the call
 * is left by longjmp: no pcall of the policy's can catch it, and the VM, whose memory is
 * the arena, is thrown away or restored as a whole. */
#include "sandbox/worker/vm_budget.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/worker/flush.h"
#include "sandbox/worker/lua_ops.h"

#define OBJECT_UNITS 8        /* of a new object or a part of one, with its collection... */
#define ALLOC_FREE 512        /* ...bytes of an allocation that cost nothing more... */
#define ALLOC_PER_UNIT 32     /* ...and bytes a unit beyond */
#define COLLECT_UNITS 16      /* of each block in use when a collection must find room... */
#define COLLECT_PER_UNIT 128  /* ...and bytes in use a unit */
#define RETURNED_PER_UNIT 4   /* values that a function returns, as many as there are */
#define STACK_SHOWN 12        /* levels of a call stack in a fault */

/* The VM whose call runs, for those of Lua's functions that are not told their state. */
static struct vm *active;
static uint32_t flushed_before; /* that call */

struct vm *vm_of(lua_State *L)
{
    return *(struct vm **)lua_getextraspace(L);
}

struct rng *vm_chance(struct vm *vm)
{
    return &vm->chance;
}

const struct vm_sink *vm_sink(const struct vm *vm)
{
    return &vm->world->sink;
}

const struct vm_world *vm_world(const struct vm *vm)
{
    return vm->world;
}

struct sim *vm_sim(struct vm *vm)
{
    return &vm->sim;
}

size_t vm_stack_text(lua_State *L, int level, char *out, size_t size)
{
    lua_Debug ar;
    size_t len = 0;

    out[0] = '\0';
    for (int shown = 0; shown < STACK_SHOWN && lua_getstack(L, level, &ar);
         level++, shown++) {
        int n;
        lua_getinfo(L, "Sln", &ar);
        if (ar.currentline > 0 && *ar.what == 'm')
            n = snprintf(out + len, size - len, "\n  %s:%d: in the chunk", ar.short_src,
                         ar.currentline);
        else if (ar.currentline > 0 && !ar.name)
            n = snprintf(out + len, size - len, "\n  %s:%d: in the function of line %d",
                         ar.short_src, ar.currentline, ar.linedefined);
        else if (ar.currentline > 0)
            n = snprintf(out + len, size - len, "\n  %s:%d: in function %s", ar.short_src,
                         ar.currentline, ar.name);
        else
            n = snprintf(out + len, size - len, "\n  in the library's %s",
                         ar.name ? ar.name : "?");
        if (n < 0 || (size_t)n >= size - len)
            break;
        len += (size_t)n;
    }
    return len;
}

void vm_write_stack(struct vm *vm, char *out, size_t size)
{
    if (size)
        out[0] = '\0';
    if (vm->running)
        vm_stack_text(vm->running, 0, out, size);
}

/* "policy.lua:12: " of the innermost Lua function, or "". */
static void vm_budget_write_place(lua_State *L, char *out, size_t size)
{
    lua_Debug ar;

    out[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            snprintf(out, size, "%s:%d: ", ar.short_src, ar.currentline);
            return;
        }
    }
}

void vm_set_fault(struct vm *vm, enum fault_kind kind, const char *format, ...)
{
    struct vm_fault *fault = vm->world->fault;
    va_list args;

    va_start(args, format);
    vsnprintf(fault->text, sizeof(fault->text), format, args);
    va_end(args);
    fault->kind = kind;
}

/* What a memory fault will say, in case that no room is found. The work of looking for
 * it, a whole collection, is charged. */
static void note_shortage(struct vm *vm, size_t size)
{
    char stack[2048] = "", place[256] = "";

    vm->left -= (int64_t)(vm->arena.used / COLLECT_PER_UNIT) +
                (int64_t)vm->n_blocks * COLLECT_UNITS;
    if (vm->running) {
        vm_stack_text(vm->running, 0, stack, sizeof(stack));
        vm_budget_write_place(vm->running, place, sizeof(place));
    }
    vm_set_fault(vm, FAULT_none,
              "%s%s used up its %lld KiB of memory: %zu bytes more, with %zu KiB "
              "in use%s",
              place, vm->call, (long long)vm->world->limits.memory_kib, size,
              vm->arena.used >> 10, stack);
}

void *vm_allocate(void *ud, void *old, size_t old_size, size_t size)
{
    struct vm *vm = ud;
    void *block;

    if (!old) { /* then old_size is no size, but says what kind of object it will be */
        vm->left -= OBJECT_UNITS;
        old_size = 0;
    }
    if (size > old_size + ALLOC_FREE)
        vm->left -= (int64_t)((size - old_size) / ALLOC_PER_UNIT);
    block = arena_realloc(&vm->arena, old, old_size, size);
    if (!old && block)
        vm->n_blocks++;
    else if (old && !size)
        vm->n_blocks--;
    if (!block && size && vm->escape)
        note_shortage(vm, size - old_size);
    return block;
}

static void exhaust(struct vm *vm, lua_State *L, int64_t units)
{
    char stack[2048], place[256], more[96] = "";
    int64_t had = vm->left + units;

    active = NULL; /* nothing is charged for from here on */
    vm_stack_text(L, 0, stack, sizeof(stack));
    vm_budget_write_place(L, place, sizeof(place));
    if (had < 0)
        snprintf(more, sizeof(more), ", %lld too many for what its last instruction asked for",
                 (long long)-had);
    else if (units > 1)
        snprintf(more, sizeof(more), ": this call takes %lld, and %lld were left",
                 (long long)units, (long long)had);
    vm_set_fault(vm, FAULT_instructions, "%s%s used up its %lld instructions%s%s", place,
              vm->call, (long long)vm->budget, more, stack);
    longjmp(*vm->escape, 1);
}

void vm_charge(lua_State *L, int64_t units)
{
    struct vm *vm = vm_of(L);

    vm->left -= units;
    if (vm->left < 0 && vm->escape)
        exhaust(vm, L, units);
}

void vm_charge_running(int64_t units)
{
    if (active)
        vm_charge(active->running, units);
}

void vm_charge_later(int64_t units)
{
    if (active)
        active->left -= units;
}

/* Lua calls this before every instruction of a thread that has a hook, and threads
 * inherit theirs: nothing runs uncounted. Lua's own function, which calls the hook, is
 * only needed once, so that the hook finds its place in the program. In a program that is
 * linked without WORKER_WRAP (Makefile) it is not there, and the hook itself counts, at
 * three times the cost. */
int __wrap_luaG_traceexec(lua_State *L, const void *pc);
int __real_luaG_traceexec(lua_State *L, const void *pc) __attribute__((weak));

static void on_hook(lua_State *L, lua_Debug *ar)
{
    struct vm *vm = vm_of(L);

    (void)ar;
    vm->running = L;
    if (!__real_luaG_traceexec)
        vm->left--;
    if (vm->left < 0 && vm->escape)
        exhaust(vm, L, 1);
}

/* Apart, so that the way of every instruction saves no registers. */
static __attribute__((noinline)) int find_place(lua_State *L, const void *pc)
{
    lua_sethook(L, on_hook, LUA_MASKCOUNT, 1);
    return __real_luaG_traceexec(L, pc);
}

/* The same for the few instructions that cost more than their unit. */
static __attribute__((noinline)) int count_more(lua_State *L, const void *pc)
{
    struct vm *vm = vm_of(L);

    vm->left -= 1 + more_units(pc);
    if (returns_all(*(const uint32_t *)pc))
        vm->left -= lua_gettop(L) / RETURNED_PER_UNIT;
    return vm->left >= 0 ? 1 : find_place(L, pc);
}

int __wrap_luaG_traceexec(lua_State *L, const void *pc)
{
    struct vm *vm = vm_of(L);

    vm->running = L;
    if (has_more_units(*(const uint32_t *)pc))
        return count_more(L, pc);
    return --vm->left >= 0 ? 1 : find_place(L, pc);
}

void vm_count(struct vm *vm)
{
    lua_sethook(vm->L, on_hook, LUA_MASKCOUNT, __real_luaG_traceexec ? INT_MAX : 1);
}

void vm_begin(struct vm *vm, const char *name, int64_t budget, jmp_buf *escape)
{
    vm->call = name;
    vm->budget = vm->left = budget;
    vm->running = vm->L;
    vm->escape = escape;
    active = vm;
    flushed_before = flush_set(FLUSH_BITS);
}

void vm_end(struct vm *vm)
{
    int64_t spent = vm->budget - vm->left;

    flush_set(flushed_before);
    vm->escape = NULL;
    active = NULL;
    if (spent > vm->most)
        vm->most = spent;
}
