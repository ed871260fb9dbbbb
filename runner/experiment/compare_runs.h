/* compare_runs.h - the runs of a comparison, by `ratchet improve`, read from the
 * ledger. */
#ifndef RATCHET_RUNNER_EXPERIMENT_COMPARE_RUNS_H
#define RATCHET_RUNNER_EXPERIMENT_COMPARE_RUNS_H

#include "runner/evaluate/seeds.h"
#include "runner/experiment/run_options.h"
#include "runner/record/ledger/ledger.h"

enum cost { COST_STEPS, COST_TOKENS, COST_USD, N_COSTS };

/* What a run had reached after so much of each cost. */
struct milestone {
    double cost[N_COSTS]; /* NAN: unknown */
    double score;         /* mean of the incumbent on fresh seeds */
};

struct compared_run {
    struct milestone *list; /* the start, each promotion, the end; owned */
    int n, promotions;
    char *stop_reason;
    bool is_sealed;
    bool is_estimated; /* tokens, and money by them: nobody counted all of them */
};

/* What all runs share. Borrowed. */
struct comparison {
    struct setup *setup;
    const char *env, *folder;
    const char *home;     /* RATCHET_HOME of the runs; NULL: ours */
    const struct run_options *options; /* of every run alike */
    int n_seeds;          /* fresh ones, which no run has seen */
    struct ledger *ledger;
    struct salt salt; /* of the fresh seeds */
    struct task *task;
    json_t *scores; /* what was played already: a policy's hash, its mean */
};

/* Runs the model, or goes on with its run, and reads what came out. `repeat` counts from
 * 1: runs of one repeat share their salt and their seed. -1: see err. */
int compare_run(const struct comparison *c, const char *model, int number, int repeat,
                struct compared_run *out, struct error *err);
void compared_run_clear(struct compared_run *r);
/* Is what it cost known all along? */
bool compared_run_knows(const struct compared_run *r, enum cost by);
/* The score that it had for at most so much. NAN where the environment broke each of its
 * episodes. */
double compared_run_at(const struct compared_run *r, enum cost by, double most);

#endif
