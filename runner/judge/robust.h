/* robust.h - is a policy more than a tape? Its score under sticky actions and from
 * perturbed starts, and whether what it does depends on what it sees. */
#ifndef RATCHET_RUNNER_JUDGE_ROBUST_H
#define RATCHET_RUNNER_JUDGE_ROBUST_H

#include "runner/evaluate/memo.h"
#include "runner/evaluate/seeds.h"

#define ROBUST_TAPE 0.98 /* agreement from which a policy is called a tape, */
#define ROBUST_LIKE 0.9  /* and from which it is one when its gain is gone there */

struct robust {
    int n;    /* dev seeds that it was measured on; 0: it was not */
    double p; /* of a sticky frame */
    int lost; /* episodes of all three that the environment broke: they are in no mean */
    double plain, sticky,
        starts;        /* means: as it is, with sticky actions, perturbed starts */
    double agreement;  /* of its actions there with those of the same seeds as they are:
                          1: all are the same, 0: no more than by chance, NAN: unknown */
    bool is_open_loop; /* asked for the same actions whatever came of them */
};

/* Plays the first dev seeds with sticky actions, and once more with some random actions
 * before the policy takes over. dev: its results on the dev seeds, with tapes. */
enum memo_status robust_measure(struct memo *m, const struct salt *salt,
                                const struct policy *policy,
                                const struct episode_result *dev, int n_dev,
                                struct robust *out, struct error *err);

/* Of a task's own starts and chance: a share of sticky frames that is well above the task's,
 * and some random actions (owned: tape_clear) before the policy takes over. */
double robust_sticky(const struct task *task);
void robust_random_start(struct tape *t, const struct task *task, uint64_t seed);

/* The agreement of two episodes' actions from a step on, as far as both go (struct
 * robust). NAN where they show nothing: the same episode, too short, one action all the
 * time. */
double robust_agreement(const struct episode_result *a, const struct episode_result *b,
                        int64_t from);

/* The same requested actions, not all equal, in episodes that started differently. */
bool robust_is_tape(const struct episode_result *results, int n);

json_t *robust_to_json(const struct robust *r); /* a new reference */

#endif
