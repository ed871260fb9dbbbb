/* vm.c - one policy in its Lua world: loaded, asked for actions, snapshot and restored.
 * What it costs is counted in vm_budget.c. */
#include "sandbox/worker/vm.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/worker/flush.h"
#include "sandbox/worker/lualib.h"
#include "sandbox/worker/vm_budget.h"

/* A budget that nothing uses up; small enough that charges cannot overflow it. */
#define UNLIMITED (INT64_MAX / 2)

struct vm_snapshot {
    size_t len;
    uint8_t bytes[];
};

lua_State *vm_state(const struct vm *vm)
{
    return vm->L;
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

/* The message handler of every call: writes the fault before the stack unwinds. Error
 * objects are not asked for their __tostring, which would be the policy's code. */
static int vm_on_error(lua_State *L)
{
    char stack[2048];
    const char *text = NULL;

    if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER)
        text = lua_tostring(L, 1);
    vm_stack_text(L, 1, stack, sizeof(stack));
    if (text)
        vm_set_fault(vm_of(L), FAULT_error, "%.900s%s%s", text,
                  strlen(text) > 900 ? "..." : "", stack);
    else
        vm_set_fault(vm_of(L), FAULT_error, "an error object that is a %s%s",
                  lua_typename(L, lua_type(L, 1)), stack);
    return 1;
}

static int vm_tell(struct vm *vm, int status)
{
    struct vm_fault *fault = vm->world->fault;

    if (status == LUA_ERRMEM)
        fault->kind = FAULT_memory; /* the text is note_shortage's */
    else if (status == LUA_ERRERR && fault->kind == FAULT_none)
        vm_set_fault(vm, FAULT_error, "an error while handling an error in %s", vm->call);
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
        vm_end(vm);
        return -1;
    }
    vm_begin(vm, name, budget, &escape);
    if (view) {
        lua_pushvalue(vm->L, vm->act);
        vm_obs_push(vm->L, &vm->obs, vm->world, view);
    }
    if (!lua_iscfunction(vm->L, -1 - n_args))
        vm->left += CALLED_UNITS; /* the policy did not ask for this one */
    status = lua_pcall(vm->L, n_args, n_results, 1);
    vm_end(vm);
    return vm_tell(vm, status);
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
    vm->L = lua_newstate(vm_allocate, vm);
    if (!vm->L)
        goto fail;
    *(struct vm **)lua_getextraspace(vm->L) = vm;
    if (!world->is_uncounted)
        vm_count(vm);
    lua_pushcfunction(vm->L, vm_on_error);
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
    uint32_t before;
    int status;

    if (len > VM_MAX_SOURCE) {
        vm_set_fault(vm, FAULT_load, "%s: %zu bytes of source; %d is the most", name, len,
                  VM_MAX_SOURCE);
        free(chunk);
        return -1;
    }
    before = flush_set(FLUSH_BITS); /* the compiler calculates with constants */
    status = luaL_loadbufferx(L, source, len, chunk, "t");
    flush_set(before);
    free(chunk);
    if (status == LUA_ERRMEM) {
        vm_set_fault(vm, FAULT_memory, "%s: its source needs more memory than it may have",
                  name);
        return -1;
    }
    if (status != LUA_OK) {
        const char *why = lua_tostring(L, -1);
        bool has_name = !strncmp(why, name,
                                 strlen(name)); /* not when nested too deeply */
        vm_set_fault(vm, FAULT_load, "%s%s%.2000s", has_name ? "" : name,
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
        vm_set_fault(vm, FAULT_action, "act returned %s", why);
        return -1;
    }
    lua_settop(L, vm->reset);
    if (vm->world->sim)
        sim_end(&vm->sim, vm->world, action);
    return 0;
}
