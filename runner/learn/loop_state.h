/* loop_state.h - what the parts of the loop share: private to runner/learn/. */
#ifndef RATCHET_RUNNER_LEARN_LOOP_STATE_H
#define RATCHET_RUNNER_LEARN_LOOP_STATE_H

#include "runner/learn/loop.h"
#include "runner/record/ledger/ledger_rows.h"
#include "runner/tools/tools.h"

/* How a step of the loop ended. STOP: loop.outcome.stop_reason says why. */
enum loop_status { LOOP_ON, LOOP_STOP, LOOP_FAILED };

/* One past iteration, owned. */
struct past {
    char *change, *why, sha256[65], tokens_sha256[65];
    enum verdict verdict;
    int64_t iteration;
    double dev_before, dev_after;
};

/* The best candidate of a behaviour cell, owned. */
struct archived {
    char *name, *source, sha256[65], cell[64];
    int64_t iteration;
    double mean;
    bool is_tried; /* it was the parent since the last promotion */
};

/* A candidate's comparison with the incumbent, as far as it has come. Owned. */
struct contest {
    struct comparison with;
    int64_t iteration; /* that it began in: names its seeds */
    int64_t ordinal;   /* of the candidate in its line; 0: the gate was not asked yet */
    double error;      /* that the comparison may spend */
};
void contest_clear(struct contest *c);

/* A candidate that is unclear against the incumbent of now. Owned. */
struct challenger {
    struct champion candidate;
    struct contest contest;
    char tokens_sha256[65], *change;
};

enum loop_budget {
    BUDGET_STEPS,
    BUDGET_CALLS,
    BUDGET_TOKENS,
    BUDGET_USD,
    BUDGET_MINUTES,
    N_BUDGETS
};

/* The run as it stands. What holds between two iterations:
 *
 * - Steps, calls and time are counted by the ledger; memo.steps_left and planner_left are
 *   what it left of the budgets when the run began, and only the memo takes from them.
 *   memo also points at tally, returns and planner_left, which live here.
 * - incumbent is what candidates are compared with. best differs from it only where the
 *   last promotion was not proven to be as good as the strongest ever. parent is a copy of
 *   the incumbent (parent_iteration -1), or of one of the archive: after `patience`
 *   fruitless iterations, until the next promotion or change of parent.
 * - A promotion (promote.c) resets the parent and n_fruitless, and drops the challengers:
 *   their contests are with the incumbent of now.
 * - The four champions are copies: each owns its texts and results, none borrows of
 *   another. past and cases only grow.
 * - outcome is the caller's: iterate() counts iterations, promote.c promotions. */
struct loop {
    const struct loop_config *c;
    const struct task *task;
    struct task *own_task; /* the same, until its worst return is settled */
    struct memo memo;
    const char *doing; /* the tool that plays now, for whoever waits; NULL: none. Borrowed */
    struct tally tally;                     /* of the memo */
    struct returns returns; /* of the run so far: the gate's range */
    struct starts starts;   /* that seeds give, once they were counted */
    double pair_std;        /* of the differences of the last comparison; NAN: none yet */
    struct champion start, incumbent, best; /* best: the strongest ever, by the gate */
    struct champion
        parent; /* what the model works on: the incumbent, or one of the archive */
    int64_t incumbent_iteration; /* 0: the start */
    int64_t parent_iteration;    /* -1: it is the incumbent */
    struct archived *archive;
    int n_archive;
    int n_fruitless;         /* iterations since the last promotion */
    int n_empty;             /* iterations without a candidate to evaluate, in a row */
    int n_warned[N_BUDGETS]; /* warnings given */
    int64_t planner_left;    /* of that budget; memo points at it where there is one */
    double worked;          /* s; on the run so far, by all processes, up to `since` */
    double since;           /* clock_now */
    char remark[256];       /* of this iteration: a change of parent; or "" */
    struct workbench bench; /* of this iteration */
    struct case_list cases;
    json_t *memory;  /* what dreams before the run kept: ledger_dream_memory */
    struct ledger_cases retired; /* cases that someone took out */
    struct challenger *challengers;
    int n_challengers;
    struct past *past;
    int n_past;
    struct brief_ancestor
        *ancestors; /* policies that were the incumbent once, oldest first */
    int n_ancestors;
    int64_t iteration;
    int64_t n_known;  /* iterations that the ledger had when this process began */
    int n_simplify;   /* iterations that began with the target reached */
    int n_too_long;   /* conversations that were longer than the model takes */
    struct loop_outcome *outcome;
};

/* Plays a policy on the dev seeds; fills dev and results. facts tell of its loading. */
enum loop_status loop_evaluate(struct loop *l, struct champion *c,
                               struct policy_facts *facts, struct error *err);
/* Plays a policy on the hidden seeds of the gain, as many as dev has; fills hidden. */
enum loop_status loop_measure_gain(struct loop *l, struct champion *c, struct error *err);
/* Is the incumbent's mean on these at the task's target? */
bool loop_is_at_target(const struct loop *l);
/* The highest return that is known of it; -INFINITY: none. */
double champion_highest(const struct champion *c);
void champion_clear(struct champion *c);
struct policy champion_policy(const struct champion *c); /* borrowed from c */
void champion_copy(struct champion *to, const struct champion *from);

/* All steps of the run so far, and the planner's. -1: the ledger cannot be read. */
int loop_count_steps(struct loop *l, int64_t *steps, int64_t *planner_steps,
                     struct error *err);
/* budget.c. Puts down the time since it was put down last. */
int loop_keep_time(struct loop *l, struct error *err);

/* A memo's end as the loop's; MEMO_DONE is LOOP_ON. */
enum loop_status loop_status_of(struct loop *l, enum memo_status status);
enum loop_status loop_stop(struct loop *l, const char *reason);

/* budget.c. Before each call of the model: a resumed run first comes to where it
 * stopped. */
enum loop_status loop_check_budget(struct loop *l, struct error *err);
/* Before each iteration. */
enum loop_status loop_check_end(struct loop *l);

/* converse.c: one iteration's conversation. *reply is the last turn's text, owned by the
 * caller; NULL when the model gave none that can be used (then *why says so, owned
 * too). */
enum loop_status loop_converse(struct loop *l, char **reply, char **why,
                               struct error *err);

/* parents.c: the archive of candidates, and the parent of the next one. */
void archive_add(struct loop *l, const struct champion *c);
void archive_clear(struct loop *l);
void parent_reset(struct loop *l); /* to the incumbent */
enum loop_status parent_choose(struct loop *l, struct error *err);

/* incidents.c: what was tried and may not be, by name, in the ledger. */
int loop_incident(struct loop *l, const char *what, struct error *err, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
/* A score that the reply claims and the harness did not measure; dev NULL: nothing
 * was. */
int incident_claims(struct loop *l, const char *reply, const struct summary *dev,
                    struct error *err);
/* Case files that are not what was admitted are put right. */
int incident_cases(struct loop *l, struct error *err);
int incident_files(struct loop *l, struct error *err); /* before the first iteration */
/* Did someone retire it, now or at a later iteration of a run that goes on? */
bool case_is_out(const struct loop *l, const char *name);

/* trial_gate.c: the least true gain that so many pairs would show of the next candidate,
 * by the noise so far; NAN where it is not known. */
double trial_least_gain(struct loop *l, int pairs);

/* challenger.c. Further pairs for the strongest near miss; at the start of an
 * iteration. May promote it. */
enum loop_status challengers_play(struct loop *l, struct error *err);
void challenger_clear(struct challenger *c);
void challengers_clear(struct loop *l);

/* trial.c: a reply becomes a candidate, and the candidate a verdict. Promotes. */
enum loop_status loop_judge(struct loop *l, const char *reply, const char *no_reply,
                            struct iteration *it, struct error *err);
/* Text that an iteration points at; valid until the next. */
void loop_note_past(struct loop *l, const struct iteration *it,
                    const char *tokens_sha256);

#endif
