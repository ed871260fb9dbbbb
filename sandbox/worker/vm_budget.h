/* vm_budget.h - the inside of a VM, and the counting of what its calls cost: private to
 * vm*.c. */
#ifndef RATCHET_SANDBOX_WORKER_VM_BUDGET_H
#define RATCHET_SANDBOX_WORKER_VM_BUDGET_H

#include <lua.h>
#include <setjmp.h>

#include "sandbox/worker/arena.h"
#include "sandbox/worker/sim.h"
#include "sandbox/worker/vm.h"
#include "sandbox/worker/vm_world.h"

/* A snapshot is the arena's bytes from the VM on, put back at the same address: so nothing
 * in here owns memory elsewhere, and `world` alone points out of the arena while no call
 * runs. escape is set, and `left` counts down from `budget`, from vm_begin to vm_end alone.
 * Once the policy is loaded the stack is the message handler (index 1), the observation's
 * table with what belongs to it, act and reset: nothing above that between two calls. */
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
    int n_blocks; /* of memory that Lua has */
    struct vm_obs obs;
    struct sim sim;
    int act, reset; /* stack indexes */
};

/* A call runs between these two, without denormals (flush.h); escape is where it is left
 * when its budget is used up. */
void vm_begin(struct vm *vm, const char *name, int64_t budget, jmp_buf *escape);
void vm_end(struct vm *vm);

/* The allocator of the VM's Lua state. */
void *vm_allocate(void *ud, void *old, size_t old_size, size_t size);
/* From here on every instruction of the VM's threads is counted. */
void vm_count(struct vm *vm);

void vm_set_fault(struct vm *vm, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The stack of L from a level on, a line a call, without any work in the VM. Its
 * length. */
size_t vm_stack_text(lua_State *L, int level, char *out, size_t size);

#endif
