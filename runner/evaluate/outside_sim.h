/* outside_sim.h - the copy that policies plan with over the bridge: stepped by the
 * harness for the worker, and counted here. */
#ifndef RATCHET_RUNNER_EVALUATE_OUTSIDE_SIM_H
#define RATCHET_RUNNER_EVALUATE_OUTSIDE_SIM_H

#include "runner/evaluate/outside.h"

/* What one seat's planning comes to. */
struct planner {
    const void *instance; /* that it plays in */
    int64_t frames_left;  /* of this act's budget */
    int64_t n_frames;     /* of the episode */
    uint32_t n_kept;      /* states; the last SIM_MOST_KEPT are there */
    char lost[512];       /* why the copy was lost; "": it was not */
};

/* One copy for all seats: each takes it in turn, and begins by loading a state. */
struct outside_sim {
    const struct task *task;
    void *copy; /* borrowed; NULL: there is none */
    struct planner *planners[OUTSIDE_MOST];
    struct planner *now; /* whose state it holds */
    struct wire out;
};

/* An act of this seat begins; returns the ticket of the state that it is in. */
uint64_t outside_sim_begin(struct outside_sim *s, uint32_t seat);

/* Does what a SIM message asks for; what SIM_DONE will say is in s->out. -1: it is no
 * such message, or asks for more than the budget holds. */
int outside_sim_serve(struct outside_sim *s, struct wire *in);
void outside_sim_clear(struct outside_sim *s);

#endif
