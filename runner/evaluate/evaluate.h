/* evaluate.h - episodes of one policy, spread over jailed workers, and confirmed here. */
#ifndef RATCHET_RUNNER_EVALUATE_EVALUATE_H
#define RATCHET_RUNNER_EVALUATE_EVALUATE_H

#include "runner/evaluate/setup.h"
#include "runner/record/replay.h"
#include "sandbox/param.h"

struct episode_result;

/* One policy in one task. Everything is borrowed for the time of a call. */
struct policy {
    const char *name; /* as messages call it: "follow.lua" */
    const char *source;
    struct vm_param *params; /* overrides of declared parameters, n_params of them */
    int n_params;
};

/* Who plays what, and how. Plain data, constant for the time of a call: whoever needs it
 * otherwise (in outside mode, say, for an environment that is remote) plays a copy. It
 * owns nothing. Lanes read it at once; on_result alone is called under a lock, from their
 * threads. */
struct evaluation {
    const struct task *task;
    struct policy policy;
    struct setup setup; /* where and how it is played */
    bool is_outside;    /* the harness steps; the worker sees observations only */
    bool wants_globals; /* the facts name the globals that nobody sets */
    /* Called as episodes finish, one at a time, in any order; may be NULL. */
    void (*on_result)(void *user, int index, const struct episode_result *result);
    void *user;
};

struct episode_request {
    uint64_t seed;
    int64_t max_steps; /* 0: to the end; the episode then counts as cut, not failed */
    int64_t max_planner; /* the same of planner steps, looked at between acts */
    const struct tape
        *shadow; /* actions that are played in place of the policy's; or NULL */
    bool wants_notes;
    const struct vm_param
        *params;  /* overrides in this episode alone, beside the policy's; */
    int n_params; /* borrowed */
};

/* What came of one episode. The harness's own word, except for the notes. */
struct episode_result {
    uint64_t seed;
    bool is_done; /* false: interrupted before it was played */
    double score; /* what counts: total, or less after a fault (struct task) */
    double total; /* what the played actions gave, up to a fault: always finite */
    int64_t n_steps, n_frames, planner_steps;
    bool terminated, truncated;
    bool verified; /* the worker's trajectory and ours are the same */
    enum fault_kind fault;
    char *fault_text; /* owned; NULL without fault */
    uint64_t trajectory, start_hash;
    uint32_t events;           /* all that happened, as bits */
    int64_t most_instructions; /* of one act; the worker's word */
    int n_tries;               /* 2 after a void episode */
    struct tape tape;          /* owned */
    struct replay_note *notes; /* owned */
    int n_notes;
    struct replay_mark *marks; /* owned */
    int n_marks;
};

/* Was it lost to the environment, twice? Then it tells nothing of the policy, and its
 * score ranks nobody. */
static inline bool result_is_void(const struct episode_result *r)
{
    return r->fault == FAULT_environment;
}

/* The scores of those that are not void, into out; returns how many. */
int results_scores(const struct episode_result *r, int n, double *out);

/* What is known of a policy once a worker has loaded it. */
struct policy_facts {
    enum fault_kind fault; /* of loading it */
    char fault_text[3072];
    struct vm_param params[VM_MAX_PARAMS];
    int n_params;
    char unknown_globals[512]; /* evaluate_check: "name (line 3), ..."; "" for none */
    uint32_t jail_layers;
};

/* Plays n episodes; results[i] belongs to requests[i] and is the caller's
 * (results_clear). A policy that cannot be loaded gives every episode its fault. facts
 * may be NULL. -1: the harness itself could not go on. */
int evaluate(const struct evaluation *e, const struct episode_request *requests, int n,
             struct episode_result *results, struct policy_facts *facts,
             struct error *err);
void results_clear(struct episode_result *results, int n);
/* A deep copy, without notes and marks: results_clear. */
void result_copy(struct episode_result *to, const struct episode_result *from);

/* Loads the policy in a worker and plays nothing. */
int evaluate_check(const struct evaluation *e, struct policy_facts *facts,
                   struct error *err);

/* Makes a replay of a result: everything that is needed to play it again. */
struct replay *replay_of_result(const struct evaluation *e,
                                const struct episode_result *r, struct error *err);

#endif
