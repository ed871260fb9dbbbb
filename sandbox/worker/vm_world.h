/* vm_world.h - what crosses the border of a VM: observations and info in, actions out. */
#ifndef RATCHET_SANDBOX_WORKER_VM_WORLD_H
#define RATCHET_SANDBOX_WORKER_VM_WORLD_H

#include "sandbox/worker/vm.h"

struct vm_obs_field {
    int at;    /* its first double in the observation */
    int n;     /* doubles */
    int index; /* stack index of its name (n = 1) or of its list */
};

/* The table that `act` gets. It lives on the VM's stack and is made once; a step writes
 * only what differs from the step before. */
struct vm_obs {
    int table; /* stack index */
    int n_fields;
    struct vm_obs_field *fields; /* in the VM's own memory, like the next two */
    double *last;
    uint8_t *last_ram;
    struct image *frame;
};

/* Leaves the table and what belongs to it on the stack of L. Raises Lua errors. */
void vm_obs_create(struct lua_State *L, const struct vm_world *world, struct vm_obs *obs);
/* Brings the table up to date and pushes it. Raises Lua errors when memory is used up. */
void vm_obs_push(struct lua_State *L, struct vm_obs *obs, const struct vm_world *world,
                 const struct vm_view *view);

/* Does the policy see this field? */
bool vm_field_is_wanted(const struct vm_world *world, const char *name);

/* The table that `reset` gets: env, actions, params, frame_skip, fps, max_steps, width,
 * height. Raises Lua errors. */
void vm_info_push(struct lua_State *L, const struct vm_world *world,
                  const struct vm_param *params, int n_params);

/* Reads the declarations in the table on top of the stack into params[VM_MAX_PARAMS], by
 * name; returns how many. Raises Lua errors. */
int vm_params_read(struct lua_State *L, struct vm_param *params);

/* Reads what act returned: the values above stack index `below`. -1 with a phrase in
 * why. */
int vm_action_read(struct lua_State *L, const struct env *env, int below, double *action,
                   char *why, size_t why_size);

#endif
