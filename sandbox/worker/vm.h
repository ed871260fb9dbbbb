/* vm.h - one policy in its Lua world: loaded, asked for actions, snapshot and restored.
 *
 * The whole VM lies in an arena (arena.h), so that a policy's state is a block of bytes.
 * What the policy does wrong ends in a struct vm_fault; after a fault the VM must be
 * restored or destroyed before it is used again. Nothing here knows of processes: the
 * jail is around it. */
#ifndef RATCHET_SANDBOX_WORKER_VM_H
#define RATCHET_SANDBOX_WORKER_VM_H

#include "envs/env.h"
#include "envs/episode.h"
#include "sandbox/limits.h"
#include "sandbox/param.h"

struct vm;

/* Where notes and marks go; borrowed for the life of the VM. Calls come from inside
 * `act`. */
struct vm_sink {
    void (*note)(void *user, const char *text, size_t len);
    void (*mark)(void *user, int kind, const double at[4], const char *label, size_t len);
    void *user;
};

/* The world that a policy sees. Borrowed for the life of the VM. */
struct vm_world {
    const struct env *env;
    enum observation observation;
    const char *const *fields; /* of "features": names, n_fields of them; NULL: all */
    int n_fields;
    struct episode_rules rules;
    struct limits limits;
    struct vm_sink sink;
    struct episode *sim;    /* for the policy to plan with; NULL: it may not */
    bool sim_is_true;       /* it starts from the true state, not from the observation */
    uint64_t *sim_clock;    /* processor cycles that rollouts took; NULL: not measured */
    bool is_uncounted;      /* no instruction budget: for measurements */
    struct vm_fault *fault; /* where faults are written, also while a C function hangs */
};

/* What `act` is given; only the part of the task's observation mode is read. */
struct vm_view {
    const double *values; /* all fields, env_count_obs of them */
    const uint8_t *ram;
    struct canvas *frame; /* in gray mode its size alone */
    const uint8_t *gray;  /* a byte a pixel */
    const void *state;    /* the true one, for a sim that starts from it; else NULL */
};

/* A VM in the arena of a slot (0, 1, ...). NULL when there is no memory for it. */
struct vm *vm_create(int slot, const struct vm_world *world);
void vm_destroy(struct vm *vm); /* NULL is fine */

/* Runs the chunk under the load budget and checks the table that it returns. -1: see
 * fault. */
int vm_load(struct vm *vm, const char *name, const char *source, size_t len);

/* Declared parameters in the order of their names; n of them. Borrowed. */
const struct vm_param *vm_params(const struct vm *vm, int *n);
/* Overrides a parameter for later resets; -1 when it is not declared or out of its
 * bounds. */
int vm_set_param(struct vm *vm, const char *name, double value);

/* A copy of the VM as it stands, and back. The copy is good for this VM alone. */
struct vm_snapshot;
struct vm_snapshot *vm_snapshot(const struct vm *vm);
void vm_restore(struct vm *vm, const struct vm_snapshot *s);
void vm_snapshot_destroy(struct vm_snapshot *s);      /* NULL is fine */
size_t vm_snapshot_size(const struct vm_snapshot *s); /* bytes */

/* Calls reset(info); chance is the seed of the policy's math.random. -1: see fault. */
int vm_reset(struct vm *vm, uint64_t chance);
/* Calls act(obs); action gets one double a component, whole numbers where discrete,
 * finite and within bounds for those, finite for the others. -1: see fault. */
int vm_act(struct vm *vm, const struct vm_view *view, double *action);

/* Instructions of the costliest act (or reset) since the VM was loaded or restored. */
int64_t vm_most_instructions(const struct vm *vm);

/* Steps that the policy made in its sim since the last reset. */
int64_t vm_planner_steps(const struct vm *vm);

/* Writes the call stack as it is now, from a signal handler while a call hangs. */
void vm_write_stack(struct vm *vm, char *out, size_t size);

/* For the library's C functions: charges work to the running call's budget, and ends the
 * call when that is used up. L is opaque here. */
struct lua_State;
void vm_charge(struct lua_State *L, int64_t units);
#define CALLED_UNITS 4 /* of a Lua function that C calls: a metamethod, a comparator */
void vm_charge_running(int64_t units); /* the call that runs, if one does */
void vm_charge_later(int64_t units);   /* the same; it goes on to its next instruction */
struct vm *vm_of(struct lua_State *L);
struct lua_State *vm_state(const struct vm *vm);
struct rng *vm_chance(struct vm *vm);
const struct vm_sink *vm_sink(const struct vm *vm);
const struct vm_world *vm_world(const struct vm *vm);
struct sim *vm_sim(struct vm *vm);

#endif
