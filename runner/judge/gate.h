/* gate.h - candidate against incumbent on the same hidden seeds: better, unchanged, worse
 * or unclear, with a stated confidence.
 *
 * Pairs are drawn in growing batches, so that a clear verdict costs few episodes; both
 * sides take turns. What they prove is a confidence sequence (confseq.h): it holds at
 * every look, for any shape of the differences, within the range of returns that the task
 * and the episodes so far allow. The error that a line of policies allows (1 -
 * confidence) is shared among its candidates: the k-th gets 1/(k(k+1)) of it, so that
 * trying often does not make luck a promotion. */
#ifndef RATCHET_RUNNER_JUDGE_GATE_H
#define RATCHET_RUNNER_JUDGE_GATE_H

#include "runner/evaluate/memo.h"
#include "runner/evaluate/seeds.h"
#include "runner/evaluate/starts.h"
#include "runner/judge/confseq.h"

/* How one side fared where the mean does not tell. */
struct gate_side {
    int n_far;    /* episodes below the incumbent's 5 % quantile, or with a fault */
    int n_faults; /* those with a fault */
    double worst, decile; /* the least return; the quantile of 10 % */
};

struct gate_result {
    enum verdict verdict;
    double difference, low,
        high;            /* of the mean paired difference, candidate - incumbent */
    double confidence;   /* of this interval, one-sided at each end */
    double std;          /* of the pairs' differences */
    int pairs, distinct; /* played, and different from each other */
    int n_void;          /* pairs lost twice on the candidate's side: to the clock or with
                            the environment */
    int n_left_out;      /* pairs lost twice on the incumbent's side alone */
    int n_faults;        /* pairs in which the candidate alone broke */
    bool is_exact;       /* the pairs are all that seeds can give */
    struct gate_side candidate, incumbent;
};

/* What a comparison goes by; borrowed. */
struct gate {
    struct memo *memo; /* its returns must be kept (memo.h) */
    const struct salt *salt;
    const char *scope;           /* names the comparison: fresh seeds for each */
    double error;                /* that it may spend, at each end of the interval */
    const struct starts *starts; /* NULL: not counted */
    double candidate_highest;    /* the highest return known of either, from before */
    double incumbent_highest;    /* the comparison; -INFINITY: none */
};

/* The error that the k-th candidate of a line may spend, of a task's confidence. */
double gate_error(const struct task *task, int64_t k);

/* The range that a pair's difference may have as far as is known: confseq.h. False where
 * nothing is known yet but one return. */
bool gate_range(const struct memo *memo, double candidate_highest,
                double incumbent_highest, double *most_loss, double *most_gain);

/* The i-th pair that counts: [0] the candidate's side, [1] the incumbent's. */
struct gate_pair {
    double score[2];
    uint64_t trajectory[2];
    bool is_fault[2], is_broken[2]; /* broken: by the policy itself */
};

/* One comparison, as far as it has come; it can go on later. Plain data: init, clear. */
struct comparison {
    struct gate_pair *pairs;
    int n, n_allocated;
    int next; /* place of the next seed in the scope; those before are played */
    int n_turns; /* taken; who begins changes with each */
    int n_void, n_left_out;
    double highest[2]; /* returns known of each side */
    struct confseq evidence;
    bool is_begun, is_exact;
    double exact, exact_low, exact_high; /* the weighed mean difference, its interval */
    struct gate_result now;   /* after the last look */
};
void comparison_init(struct comparison *c);
void comparison_clear(struct comparison *c);

/* Plays on until there is a verdict, or `most` seeds are played. MEMO_DONE with c->now,
 * or why it could not; c is whole all the same. A verdict that is not `unclear` stays. */
enum memo_status comparison_play(struct comparison *c, const struct gate *g,
                                 const struct policy *candidate,
                                 const struct policy *incumbent, int most,
                                 struct error *err);

/* Plays on, for as many as `most` seeds, while it may yet be proven that the candidate is
 * not worse than the incumbent by the task's margin: c->now.low > -margin. */
enum memo_status comparison_settle(struct comparison *c, const struct gate *g,
                                   const struct policy *candidate,
                                   const struct policy *incumbent, int most,
                                   struct error *err);

/* A whole comparison, to the task's splits.gate. */
enum memo_status gate_compare(const struct gate *g, const struct policy *candidate,
                              const struct policy *incumbent, struct gate_result *out,
                              struct error *err);

/* What has no column of its own in the ledger; a new reference. */
json_t *gate_to_json(const struct gate_result *r);

/* Lost to the clock or with the environment: it tells nothing of the policy's mean. */
bool gate_is_lost(const struct episode_result *r);

/* gate_pairs.c: plays pairs [from, from + n) of the seeds of g->scope and adds those that
 * count. */
enum memo_status pairs_play(struct comparison *c, const struct gate *g,
                            const struct policy *const sides[2], int n,
                            struct error *err);
/* Plays every start twice, if that is all there is: c->is_exact. */
enum memo_status pairs_play_starts(struct comparison *c, const struct gate *g,
                                   const struct policy *const sides[2],
                                   struct error *err);

#endif
