/* brief.h - what the model is told: the task, the policy, how it failed, what was
 * tried. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_H
#define RATCHET_RUNNER_BRIEF_BRIEF_H

#include "runner/evaluate/evaluate.h"
#include "runner/judge/cases.h"
#include "runner/judge/failures.h"
#include "runner/judge/robust.h"

/* Of the brief, and of what counts as a failure (failures.h): a session says in its header
 * which of them its replies answered, and is played by the same. 2: see docs/loop.md. */
#define BRIEF_FORMAT 2

#define BRIEF_LOOKS 3

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

/* What the gate can see at a number of pairs, by the noise so far. */
struct brief_look {
    int pairs;
    double gain; /* the least true one that is found in nine cases of ten */
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
    const struct robust *robust; /* of the incumbent; n = 0: not measured */
    bool is_at_target;           /* on hidden seeds */
    struct brief_look looks[BRIEF_LOOKS]; /* the first: of the whole gate; n_looks of
                                             them, 0: not known yet */
    int n_looks;
    int pairs_for_equal; /* that prove "no worse than by the margin"; 0: none would */
    int n_starts;        /* that all seeds give; 0: many, or not counted */
    int n_challengers;
    int n_too_long; /* conversations of the run that the model refused for their length:
                       each halves what is shown */
    int n_empty, n_fruitless; /* iterations in a row: without a candidate; without a
                                 promotion */
};

/* The part that is the same for the whole run: the task, the policy's world, the rules.
 * The caller frees it. */
char *brief_system(const struct task *task);

/* The part that is this iteration's. The caller frees it. NULL when the environment
 * cannot be created. It is the same, to the byte, when a run that was killed comes here
 * again: nothing in it is of a clock. */
char *brief_user(const struct brief *b, struct error *err);

/* The same as data, for providers that are no language models. A new reference. */
json_t *brief_facts(const struct brief *b);

/* Of so many rows or bytes as many as a model takes that has refused longer ones. */
static inline int brief_share(const struct brief *b, int most)
{
    return b->n_too_long < 30 ? most >> b->n_too_long : 0;
}

/* Parts of it, private to runner/brief/. */
void brief_seeds_write(FILE *f, const struct brief *b);   /* brief_seeds.c */
void brief_reward_write(FILE *f, const struct brief *b);
void brief_gate_write(FILE *f, const struct brief *b);    /* brief_gate.c */
void brief_ask_write(FILE *f, const struct brief *b, int tokens);
void brief_past_write(FILE *f, const struct brief *b);    /* brief_past.c */
void brief_notes_write(FILE *f, const struct brief *b);
void brief_cases_write(FILE *f, const struct brief *b);

#endif
