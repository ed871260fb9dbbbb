/* starts.h - the different starts that a task's seeds give, counted. */
#ifndef RATCHET_RUNNER_EVALUATE_STARTS_H
#define RATCHET_RUNNER_EVALUATE_STARTS_H

#include <stdbool.h>

#include "runner/evaluate/seeds.h"
#include "runner/record/task.h"

#define STARTS_SCOPE "every start" /* of the gate's seeds, that they are counted among \
                                    */
#define STARTS_LEAST 8             /* times that each must have occurred */

struct start {
    uint64_t hash;    /* of the state in which the policy takes over */
    int n;            /* seeds that gave it */
    int64_t index[2]; /* places of the first two of them in STARTS_SCOPE */
};

struct starts {
    bool is_counted; /* starts_count was called */
    struct start *list;
    int n;       /* 0: too many to count, or chance goes on after the start */
    int n_seeds; /* that were looked at */
};

/* Resets the environment under one hidden seed after another; plays nothing. Gives up (n
 * = 0) beyond `most` different starts. -1: there is no instance. */
int starts_count(struct starts *out, const struct task *task, const struct salt *salt,
                 int most, struct error *err);
void starts_clear(struct starts *s);

#endif
