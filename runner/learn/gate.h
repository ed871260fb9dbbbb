/* gate.h - candidate against incumbent on the same hidden seeds: better, unchanged, worse
 * or unclear, with a stated confidence.
 *
 * Pairs are drawn in growing batches, so that a clear verdict costs few episodes. The
 * error that a run allows (1 - confidence) is shared among its candidates (the k-th gets
 * 1/(k(k+1)) of it) and among the looks at one candidate, so that trying often does not
 * make luck a promotion. Pairs whose trajectories were seen before are the same evidence
 * and count once. */
#ifndef RATCHET_RUNNER_LEARN_GATE_H
#define RATCHET_RUNNER_LEARN_GATE_H

#include "runner/evaluate/memo.h"
#include "runner/evaluate/seeds.h"

#define GATE_VERDICTS(X) X(better) X(unchanged) X(worse) X(unclear)
enum gate_verdict {
#define X(name) GATE_##name,
    GATE_VERDICTS(X)
#undef X
};
const char *gate_verdict_name(enum gate_verdict v);

struct gate_result {
    enum gate_verdict verdict;
    double difference, low,
        high;            /* of the mean paired difference, candidate - incumbent */
    double confidence;   /* of this interval, one-sided at each end */
    int pairs, distinct; /* played, and different from each other */
    int n_void;          /* candidate's episodes lost to the clock */
    int n_faults;        /* pairs in which the candidate alone broke */
};

struct gate {
    struct memo *memo;
    const struct salt *salt;
    const char *scope; /* names the comparison: fresh seeds for each; borrowed */
    int64_t number;    /* of the candidate in the run, from 1 */
};

/* Compares. MEMO_DONE with *out, or why it could not. */
enum memo_status gate_compare(const struct gate *g, const struct policy *candidate,
                              const struct policy *incumbent, struct gate_result *out,
                              struct error *err);

#endif
