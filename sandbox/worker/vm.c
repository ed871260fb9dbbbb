/* vm.c - one policy in its Lua world: loaded, asked for actions, snapshot and restored.
 *
 * One number, `left`, is the budget of the running call. Every VM instruction of every
 * thread takes one from it (count_instruction), the library's functions and the allocator
 * take by size. When it is used up, the call stack is written down and the call is left
 * by longjmp: no pcall of the policy's can catch it, and the VM, whose memory is the
 * arena, is thrown away or restored as a whole. */
#include "sandbox/worker/vm.h"

#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <lualib.h>
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/worker/arena.h"
#include "sandbox/worker/lua_ops.h"
#include "sandbox/worker/lualib.h"
#include "sandbox/worker/sim.h"
#include "sandbox/worker/vm_world.h"

#define OBJECT_UNITS 8        /* of a new object or a part of one, with its collection... */
#define ALLOC_FREE 512        /* ...bytes of an allocation that cost nothing more... */
#define ALLOC_PER_UNIT 32     /* ...and bytes a unit beyond */
#define COLLECT_PER_UNIT 1024 /* bytes in use a unit when a collection must find room */
#define STACK_SHOWN 12        /* levels of a call stack in a fault */

/* A budget that nothing uses up; small enough that charges cannot overflow it. */
#define UNLIMITED (INT64_MAX / 2)

struct vm {
    struct arena arena; /* first: the VM lies at the head of its arena */
    lua_State *L;
    lua_State *running; /* the thread of the last instruction */
    const struct vm_world *world;
    jmp_buf *escape; /* NULL: no call is running */
    int64_t left;    /* of the budget; below 0 it is used up */
    int64_t budget, most;
    const char *call; /* "act" */
    struct rng chance;
    struct vm_param params[VM_MAX_PARAMS];
    int n_params;
    struct vm_obs obs;
    struct sim sim;
    int act, reset; /* stack indexes */
};

struct vm_snapshot {
    size_t len;
    uint8_t bytes[];
};

/* The VM whose call runs, for those of Lua's functions that are not told their state. */
static struct vm *active;

struct vm *vm_of(lua_State *L)
{
    return *(struct vm **)lua_getextraspace(L);
}

lua_State *vm_state(const struct vm *vm)
{
    return vm->L;
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

int64_t vm_planner_steps(const struct vm *vm)
{
    return vm->sim.n_steps;
}

int64_t vm_most_instructions(const struct vm *vm)
{
    return vm->most;
}

const struct vm_param *vm_params(const struct vm *vm, int *n)
{
    *n = vm->n_params;
    return vm->params;
}

/* The stack of L from a level on, a line a call, without any work in the VM. */
static size_t write_stack(lua_State *L, int level, char *out, size_t size)
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
        write_stack(vm->running, 0, out, size);
}

/* "policy.lua:12: " of the innermost Lua function, or "". */
static void write_place(lua_State *L, char *out, size_t size)
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

static void set_fault(struct vm *vm, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void set_fault(struct vm *vm, enum fault_kind kind, const char *format, ...)
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

    vm->left -= (int64_t)(vm->arena.used / COLLECT_PER_UNIT);
    if (vm->running) {
        write_stack(vm->running, 0, stack, sizeof(stack));
        write_place(vm->running, place, sizeof(place));
    }
    set_fault(vm, FAULT_none,
              "%s%s used up its %lld KiB of memory: %zu bytes more, with %zu KiB "
              "in use%s",
              place, vm->call, (long long)vm->world->limits.memory_kib, size,
              vm->arena.used >> 10, stack);
}

static void *allocate(void *ud, void *old, size_t old_size, size_t size)
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
    if (!block && size && vm->escape)
        note_shortage(vm, size - old_size);
    return block;
}

static void exhaust(struct vm *vm, lua_State *L, int64_t units)
{
    char stack[2048], place[256], more[96] = "";
    int64_t had = vm->left + units;

    active = NULL; /* nothing is charged for from here on */
    write_stack(L, 0, stack, sizeof(stack));
    write_place(L, place, sizeof(place));
    if (had < 0)
        snprintf(more, sizeof(more), ", %lld too many for what its last instruction asked for",
                 (long long)-had);
    else if (units > 1)
        snprintf(more, sizeof(more), ": this call takes %lld, and %lld were left",
                 (long long)units, (long long)had);
    set_fault(vm, FAULT_instructions, "%s%s used up its %lld instructions%s%s", place,
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

int __wrap_luaG_traceexec(lua_State *L, const void *pc)
{
    struct vm *vm = vm_of(L);
    int64_t left = vm->left - 1 - more_units(*(const uint32_t *)pc);

    vm->running = L;
    vm->left = left;
    return left >= 0 ? 1 : find_place(L, pc);
}

/* The message handler of every call: writes the fault before the stack unwinds. Error
 * objects are not asked for their __tostring, which would be the policy's code. */
static int on_error(lua_State *L)
{
    char stack[2048];
    const char *text = NULL;

    if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER)
        text = lua_tostring(L, 1);
    write_stack(L, 1, stack, sizeof(stack));
    if (text)
        set_fault(vm_of(L), FAULT_error, "%.900s%s%s", text,
                  strlen(text) > 900 ? "..." : "", stack);
    else
        set_fault(vm_of(L), FAULT_error, "an error object that is a %s%s",
                  lua_typename(L, lua_type(L, 1)), stack);
    return 1;
}

static void begin(struct vm *vm, const char *name, int64_t budget, jmp_buf *escape)
{
    vm->call = name;
    vm->budget = vm->left = budget;
    vm->running = vm->L;
    vm->escape = escape;
    active = vm;
}

static void end(struct vm *vm)
{
    int64_t spent = vm->budget - vm->left;

    vm->escape = NULL;
    active = NULL;
    if (spent > vm->most)
        vm->most = spent;
}

static int tell(struct vm *vm, int status)
{
    struct vm_fault *fault = vm->world->fault;

    if (status == LUA_ERRMEM)
        fault->kind = FAULT_memory; /* the text is note_shortage's */
    else if (status == LUA_ERRERR && fault->kind == FAULT_none)
        set_fault(vm, FAULT_error, "an error while handling an error in %s", vm->call);
    return status == LUA_OK ? 0 : -1;
}

/* Calls the function below n_args on the stack, under the budget; with a view, act with
 * its observation. The handler lies at index 1 of the VM's stack for good. -1 after a
 * fault. */
static int call(struct vm *vm, const char *name, int64_t budget, int n_args,
                int n_results, const struct vm_view *view)
{
    jmp_buf escape;
    int status;

    if (setjmp(escape)) {
        end(vm);
        return -1;
    }
    begin(vm, name, budget, &escape);
    if (view) {
        lua_pushvalue(vm->L, vm->act);
        vm_obs_push(vm->L, &vm->obs, vm->world, view);
    }
    status = lua_pcall(vm->L, n_args, n_results, 1);
    end(vm);
    return tell(vm, status);
}

/* An error outside of any call: writing the observation found no memory. */
static int on_panic(lua_State *L)
{
    struct vm *vm = vm_of(L);

    if (!vm->escape)
        return 0;
    vm->world->fault->kind = FAULT_memory;
    longjmp(*vm->escape, 1);
}

#ifdef RATCHET_TEST_ESCAPE /* tests/hostile/escape.c: a policy that has broken the VM */
void escape_open(lua_State *L);
#endif

static int open_world(lua_State *L)
{
    struct vm *vm = vm_of(L);

    lualib_open(L);
#ifdef RATCHET_TEST_ESCAPE
    escape_open(L);
#endif
    lua_pushnil(
        L); /* stands where the handler stands, so that indexes are the same outside */
    vm_obs_create(L, vm->world, &vm->obs);
    if (vm->world->sim) {
        lua_pushvalue(L, vm->obs.table);
        sim_open(L, vm->world);
        lua_pop(L, 1);
    }
    return lua_gettop(L) - 1;
}

struct vm *vm_create(int slot, const struct vm_world *world)
{
    size_t limit = (size_t)world->limits.memory_kib << 10;
    struct vm *vm = (struct vm *)arena_create(slot, limit, sizeof(struct vm));

    if (!vm)
        return NULL;
    vm->world = world;
    vm->left = UNLIMITED;
    vm->L = lua_newstate(allocate, vm);
    if (!vm->L)
        goto fail;
    *(struct vm **)lua_getextraspace(vm->L) = vm;
    if (!world->is_uncounted)
        lua_sethook(vm->L, on_hook, LUA_MASKCOUNT, __real_luaG_traceexec ? INT_MAX : 1);
    lua_pushcfunction(vm->L, on_error);
    lua_pushcfunction(vm->L, open_world);
    if (lua_pcall(vm->L, 0, LUA_MULTRET, 0) != LUA_OK)
        goto fail;
    lua_atpanic(vm->L, on_panic);
    return vm;
fail:
    arena_destroy(&vm->arena);
    return NULL;
}

void vm_destroy(struct vm *vm)
{
    if (vm)
        arena_destroy(&vm->arena);
}

/* Checks the policy's table and returns its act and its reset. */
static int read_policy(lua_State *L)
{
    struct vm *vm = vm_of(L);

    if (!lua_istable(L, 1))
        return luaL_error(L,
                          "a policy returns a table with act (and reset, params); "
                          "this one returns a %s",
                          luaL_typename(L, 1));
    lua_getfield(L, 1, "params");
    if (!lua_isnil(L, -1) && !lua_istable(L, -1))
        return luaL_error(L, "params is a %s, not a table", luaL_typename(L, -1));
    if (lua_istable(L, -1))
        vm->n_params = vm_params_read(L, vm->params);
    lua_getfield(L, 1, "act");
    if (!lua_isfunction(L, -1))
        return luaL_error(L, "act is a %s, not a function", luaL_typename(L, -1));
    lua_getfield(L, 1, "reset");
    if (!lua_isnil(L, -1) && !lua_isfunction(L, -1))
        return luaL_error(L, "reset is a %s, not a function", luaL_typename(L, -1));
    return 2;
}

static int load_failed(struct vm *vm)
{
    if (vm->world->fault->kind == FAULT_error)
        vm->world->fault->kind = FAULT_load;
    return -1;
}

int vm_load(struct vm *vm, const char *name, const char *source, size_t len)
{
    int64_t budget = vm->world->limits.load_instructions;
    char *chunk = xasprintf("@%s", name);
    lua_State *L = vm->L;
    int status;

    if (len > VM_MAX_SOURCE) {
        set_fault(vm, FAULT_load, "%s: %zu bytes of source; %d is the most", name, len,
                  VM_MAX_SOURCE);
        free(chunk);
        return -1;
    }
    status = luaL_loadbufferx(L, source, len, chunk, "t");
    free(chunk);
    if (status == LUA_ERRMEM) {
        set_fault(vm, FAULT_memory, "%s: its source needs more memory than it may have",
                  name);
        return -1;
    }
    if (status != LUA_OK) {
        const char *why = lua_tostring(L, -1);
        bool has_name = !strncmp(why, name,
                                 strlen(name)); /* not when nested too deeply */
        set_fault(vm, FAULT_load, "%s%s%.2000s", has_name ? "" : name,
                  has_name ? "" : ": ", why);
        return -1;
    }
    if (call(vm, "loading", budget, 0, 1, NULL) != 0)
        return load_failed(vm);
    lua_pushcfunction(L, read_policy);
    lua_insert(L, -2);
    if (call(vm, "loading", budget, 1, 2, NULL) != 0)
        return load_failed(vm);
    vm->act = lua_gettop(L) - 1;
    vm->reset = lua_gettop(L);
    lua_gc(L, LUA_GCCOLLECT);
    vm->most = 0;
    return 0;
}

int vm_set_param(struct vm *vm, const char *name, double value)
{
    for (int i = 0; i < vm->n_params; i++)
        if (!strcmp(vm->params[i].name, name)) {
            if (!(vm->params[i].min <= value && value <= vm->params[i].max))
                return -1;
            vm->params[i].value = value;
            return 0;
        }
    return -1;
}

struct vm_snapshot *vm_snapshot(const struct vm *vm)
{
    struct vm_snapshot *s = xcalloc(1, sizeof(*s) + vm->arena.brk);

    s->len = vm->arena.brk;
    memcpy(s->bytes, vm, s->len);
    return s;
}

void vm_restore(struct vm *vm, const struct vm_snapshot *s)
{
    memcpy(vm, s->bytes, s->len);
}

void vm_snapshot_destroy(struct vm_snapshot *s)
{
    free(s);
}

size_t vm_snapshot_size(const struct vm_snapshot *s)
{
    return s->len;
}

static int make_info(lua_State *L)
{
    struct vm *vm = vm_of(L);

    vm_info_push(L, vm->world, vm->params, vm->n_params);
    return 1;
}

int vm_reset(struct vm *vm, uint64_t chance)
{
    lua_State *L = vm->L;

    chance_rng(&vm->chance, chance, "math.random");
    if (vm->world->sim)
        sim_reset(&vm->sim, vm->world, chance);
    vm->world->fault->kind = FAULT_none;
    if (lua_isnil(L, vm->reset))
        return 0;
    lua_pushvalue(L, vm->reset);
    lua_pushcfunction(L, make_info);
    if (call(vm, "reset", UNLIMITED, 0, 1, NULL) != 0)
        return -1;
    vm->most = 0;
    return call(vm, "reset", vm->world->limits.reset_instructions, 1, 0, NULL);
}

int vm_act(struct vm *vm, const struct vm_view *view, double *action)
{
    lua_State *L = vm->L;
    char why[256];
    int status;

    if (vm->world->sim)
        sim_begin(&vm->sim, vm->world, view);
    status = call(vm, "act", vm->world->limits.act_instructions, 1, LUA_MULTRET, view);
    vm->sim.view = NULL;
    if (status != 0)
        return -1;
    if (vm_action_read(L, vm->world->env, vm->reset, action, why, sizeof(why)) != 0) {
        set_fault(vm, FAULT_action, "act returned %s", why);
        return -1;
    }
    lua_settop(L, vm->reset);
    if (vm->world->sim)
        sim_end(&vm->sim, vm->world, action);
    return 0;
}
