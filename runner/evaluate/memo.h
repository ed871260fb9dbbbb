/* memo.h - evaluations through the ledger: what a run has played before is not played
 * again, what it plays is put down at once, and budgets of steps are kept where the steps
 * are made. */
#ifndef RATCHET_RUNNER_EVALUATE_MEMO_H
#define RATCHET_RUNNER_EVALUATE_MEMO_H

#include "runner/evaluate/evaluate.h"
#include "runner/evaluate/tally.h"

/* The lowest and the highest return of whole episodes, as played by the task's own rules
 * for the purposes dev and gate. */
struct returns {
    double lowest, highest; /* INFINITY, -INFINITY: none yet */
};

struct memo {
    struct ledger *ledger;
    int64_t run;
    struct evaluation base; /* task, workers; the policy is each call's own */
    int64_t steps_left;     /* of the budget; INT64_MAX: without limit */
    int64_t
        *planner_left; /* the same of planner steps, shared by copies; NULL: no limit */
    bool keeps_tapes;  /* of all purposes; else of dev, probe and regression episodes */
    struct tally *tally; /* gets each episode; shared by copies; may be NULL */
    struct returns *returns; /* grows with every call that ends well, whether its episodes
                                come from the ledger or not; NULL: not kept */
    void (*progress)(void *user, enum purpose purpose, int done, int n); /* may be NULL */
    void *user;
};

enum memo_status { MEMO_DONE, MEMO_INTERRUPTED, MEMO_NO_STEPS, MEMO_FAILED };

/* Plays n requests of one policy for a purpose. index[i] is the seed's place in its split
 * (or the case's number); scope tells evaluations of one purpose apart. Results that come
 * from the ledger carry the tapes that it keeps; an episode that is asked for twice is
 * played and counted once. MEMO_NO_STEPS: the budget ended it, to the step, or, for planner
 * steps, at the end of an act; requests behind the one that it cut off are not played.
 * results: results_clear. */
enum memo_status memo_evaluate(struct memo *m, enum purpose purpose, const char *scope,
                               const struct policy *policy,
                               const struct episode_request *requests,
                               const int64_t *index, int n,
                               struct episode_result *results, struct error *err);

#endif
