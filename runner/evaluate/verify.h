/* verify.h - plays a worker's actions again in the harness: what comes out is the
 * score. */
#ifndef RATCHET_RUNNER_EVALUATE_VERIFY_H
#define RATCHET_RUNNER_EVALUATE_VERIFY_H

#include "runner/evaluate/evaluate.h"
#include "sandbox/wire.h"

/* What the worker says of an episode: all of it hostile. */
struct claim {
    struct vm_fault fault;
    struct tape tape; /* its bytes are borrowed from the message */
    double total;
    uint64_t trajectory;
    int64_t most_instructions, planner_steps;
    struct episode_result said; /* its notes and marks, and nothing else */
};

/* The notes and marks of a message, which belong to steps 0..last_step, into out.
 * *bytes_left is what they may take together. A message that is not right turns bad. */
void read_said(struct wire *in, int64_t last_step, int64_t *bytes_left,
               struct episode_result *out);

/* Reads the claim that a message goes on with. What it said is the caller's to clear, or
 * verify_claim's to take. -1, with nothing to clear: it is none, or of more planner steps
 * than a policy can have made. */
int read_claim(struct wire *in, const struct task *task, struct claim *claim);

/* Plays the claim's actions in e from the request's seed and fills in out, which takes
 * what was said. A claim that does not hold ends in FAULT_nonsense or FAULT_forged. The
 * tape is copied. */
void verify_claim(struct episode *e, const struct task *task,
                  const struct episode_request *request, struct claim *claim,
                  struct episode_result *out);

/* Puts down an episode that has no actions to judge it by: lost with its worker. */
void verify_lost(const struct task *task, const struct episode_request *request,
                 const struct vm_fault *fault, struct episode_result *out);

/* Can a policy have made so many planner steps in so many acts? */
bool planner_steps_fit(const struct task *task, int64_t planner_steps, int64_t n_acts);

/* The score of an episode that reached `total` and then ended in a fault. NAN where the
 * worst return has to be measured first (worst.h). */
double fault_score(const struct task *task, enum fault_kind fault, double total);

#endif
