/* sim.h - a policy's private copy of the environment, for planning: metered, and set from
 * what the policy may know. */
#ifndef RATCHET_SANDBOX_WORKER_SIM_H
#define RATCHET_SANDBOX_WORKER_SIM_H

#include "envs/episode.h"

struct lua_State;
struct vm_view;
struct vm_world;

/* The copy itself lies outside of the VMs, one for all of them: what it holds counts only
 * within one act, which begins by setting it. What stays between acts is here, and this
 * is part of a VM. */
struct sim {
    struct chance chance;        /* its own stream, never the episode's */
    int64_t left;                /* planner steps of this act */
    int64_t n_steps;             /* planner steps of this episode */
    const struct vm_view *view;  /* NULL outside of act */
    bool is_set;                 /* from the view */
    double held[ENV_MAX_ACTION]; /* what the policy asked for last */
};

/* Puts the object `sim` into the table on top of the stack. Raises Lua errors. */
void sim_open(struct lua_State *L, const struct vm_world *world);

/* An episode begins; an act that sees a view does; it has ended with an action. */
void sim_reset(struct sim *s, const struct vm_world *world, uint64_t chance);
void sim_begin(struct sim *s, const struct vm_world *world, const struct vm_view *view);
void sim_end(struct sim *s, const struct vm_world *world, const double *action);

#endif
