/* brief.h - what the model is told: the task, the policy, how it failed, what was
 * tried. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_H
#define RATCHET_RUNNER_BRIEF_BRIEF_H

#include "runner/evaluate/evaluate.h"
#include "runner/judge/cases.h"
#include "runner/judge/failures.h"

#define BRIEF_FORMAT                                                  \
    1 /* changes when recorded sessions could no longer be understood \
       */

/* One earlier iteration, as the model is reminded of it. Text is borrowed. */
struct brief_past {
    int64_t iteration;
    enum verdict verdict;
    const char *change, *why;
    double dev_before, dev_after; /* NAN: not evaluated */
};

/* A policy that was the incumbent before, and its dev scores; scores is the owner's. */
struct brief_ancestor {
    int64_t iteration; /* 0: the start */
    double *scores;
    int n;
};

/* Everything that a brief is made of; borrowed. */
struct brief {
    const struct task *task;
    int64_t run, iteration;
    const struct policy *policy;     /* the incumbent */
    const struct vm_param *declared; /* its parameters, n_declared of them */
    int n_declared;
    const struct episode_result *results; /* its dev episodes, n of them */
    int n;
    const struct failures *failures;
    const struct case_list *cases;
    const struct brief_past *past; /* oldest first, n_past of them */
    int n_past;
    const struct brief_ancestor *ancestors; /* oldest first, n_ancestors of them */
    int n_ancestors;
    json_t *notes;            /* rows of ledger_note_search, or NULL */
    json_t *memory;           /* rows of ledger_dream_memory, or NULL */
    const char *remark;       /* of the loop: a change of parent; "" */
    int64_t parent_iteration; /* -1: the policy is the incumbent */
    double incumbent_mean;
    bool is_at_target; /* on hidden seeds */
    double least_gain; /* that the gate can see now; NAN: not known */
    int pairs;         /* that it can play for it */
    int n_challengers;
    int64_t steps_left; /* INT64_MAX: without limit */
    int n_too_long; /* conversations of the run that the model refused for their length:
                       each halves what is shown */
};

/* The part that is the same for the whole run: the task, the policy's world, the rules.
 * The caller frees it. */
char *brief_system(const struct task *task);

/* The part that is this iteration's. The caller frees it. NULL when the environment
 * cannot be created. */
char *brief_user(const struct brief *b, struct error *err);

/* The same as data, for providers that are no language models. A new reference. */
json_t *brief_facts(const struct brief *b);

#endif
