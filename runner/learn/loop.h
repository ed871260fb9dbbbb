/* loop.h - the learning loop: evaluate, find failures, ask the model, judge, keep or
 * drop.
 *
 * The loop is a function of its task, its start policy, its salt and what the model says;
 * the ledger remembers every episode and every turn. A run that was killed is started
 * again and comes to the same verdicts, without playing or asking twice. */
#ifndef RATCHET_RUNNER_LEARN_LOOP_H
#define RATCHET_RUNNER_LEARN_LOOP_H

#include "runner/brief/brief.h"
#include "runner/brief/provider.h"
#include "runner/evaluate/stats.h"
#include "runner/evaluate/tally.h"
#include "runner/judge/gate.h"
#include "runner/judge/robust.h"

#define LOOP_MOST_TURNS 64 /* of one iteration, where the provider does not say */

/* A policy with what is known of it. Owns everything. */
struct champion {
    char *name, *source;
    char sha256[65];
    struct vm_param declared[VM_MAX_PARAMS];
    int n_declared;
    struct episode_result *results; /* on the dev seeds */
    int n;
    struct summary dev;
    double *hidden;        /* its returns on as many hidden seeds, the same for the start;
                              NAN: the environment broke the episode */
    int n_hidden;          /* and every incumbent; 0: not measured */
    struct robust robust;  /* under perturbation; n = 0: not measured */
    double highest_gate;   /* return that the gate saw of it; -INFINITY: none */
};

/* What an iteration came to; borrowed, for on_iteration. */
struct iteration {
    int64_t number;
    const char *change;  /* the model's sentence */
    enum verdict verdict;
    const char *why;
    bool is_promoted;
    bool is_known;                /* it was over before: all of it is from the ledger */
    bool has_candidate;           /* it was evaluated on the dev seeds */
    struct summary before, after; /* of the dev seeds */
    struct gate_result gate;      /* pairs = 0: the gate was not asked */
    int cases_passed, cases;
    int64_t steps, planner_steps; /* of all purposes, in this iteration */
    double began,
        seconds; /* clock_now; from then to the verdict: model, tools, episodes */
    const char *sha256;
    const char *remark;   /* of the loop: a change of parent, or "" */
    struct robust robust; /* n = 0: not measured */
    int64_t challenger_of; /* the iteration that it comes from, for on_challenger; else 0 */
    int64_t ordinal; /* the candidate's number at the gate; 0: the gate was not asked */
    struct tally_mark played; /* in this iteration */
    const char *incumbent;    /* sha256, behind the verdict */
};

struct loop_config {
    struct ledger *ledger;
    struct ledger_run *run; /* in the ledger already */
    struct evaluation base; /* task and workers; the policy is ignored */
    const struct salt *salt;
    struct provider *provider;
    const char *start_name, *start_source;
    const char *folder; /* of the run: best.lua, cases/, briefs/, candidates/ */
    /* A run that is played again has what the first one had; NULL: its own. */
    json_t *memory;          /* ledger_dream_memory */
    const int64_t *ordinals; /* at the gate, by iteration (from 1), n_ordinals of them */
    int n_ordinals;
    void (*on_start)(void *user, const struct champion *start,
                     const struct tally_mark *played);
    void (*on_iteration)(void *user, const struct iteration *it);
    /* A near miss got further pairs before the iteration's model was asked. May be NULL. */
    void (*on_challenger)(void *user, const struct iteration *it);
    void (*progress)(void *user, enum purpose purpose, int done, int n);
    void (*on_warning)(void *user, const char *text); /* may be NULL */
    void *user;
};

struct loop_outcome {
    int64_t iterations, promotions;
    struct summary start, best; /* on as many hidden seeds as dev has, less those that
                                   the environment broke; n = 0: none was played */
    double gain, gain_low, gain_high; /* paired, on these, 95 % (Student's t) */
    int cases, retired;
    int64_t answers; /* of the model, those of a run that goes on included */
    struct ledger_steps steps;
    char stop_reason[1100]; /* all of an error's text */
    bool is_interrupted; /* --resume goes on */
    bool is_at_target; /* it ended for that */
    bool has_model_failed; /* it ended for that: it may go on when the model can be asked */
    bool is_paused; /* by the file STOP, or its client has hung up: it may go on */
    char best_path[1024], replay_path[1024];
};

/* Not one answer, though one was wanted: neither had the start reached the target, nor
 * did someone pause it. */
bool loop_heard_nothing(const struct loop_outcome *o);

/* What dreams before the run kept for its task; NULL on failure. */
json_t *loop_memory(struct ledger *ledger, const char *task, int64_t run,
                    struct error *err);

/* Runs to an end. -1: it could not go on (what was reached is in the ledger). */
int loop_run(const struct loop_config *config, struct loop_outcome *out,
             struct error *err);

#endif
