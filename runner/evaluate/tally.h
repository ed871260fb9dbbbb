/* tally.h - what a run has played, episode by episode: counted once, and as one digest.
 *
 * Two runs that played the same have the same marks, in whatever order their workers came
 * back, and whether an episode was played or remembered. Episodes that were lost to the
 * clock or with the environment are no work of the policy's: they are counted apart. */
#ifndef RATCHET_RUNNER_EVALUATE_TALLY_H
#define RATCHET_RUNNER_EVALUATE_TALLY_H

#include "runner/evaluate/evaluate.h"
#include "runner/record/ledger/ledger.h"

/* What was new between two calls of tally_mark. */
struct tally_mark {
    int64_t steps[N_PURPOSES], planner_steps;
    int64_t episodes, lost;
    char trajectories[65]; /* SHA-256 over the episodes; "" for none */
};

struct tally_entry {
    unsigned char key[16], digest[16];
};

/* Zero at first. */
struct tally {
    struct tally_entry *fresh; /* since the last mark */
    size_t n_fresh;
    unsigned char (*seen)[16]; /* a hash table; zero: free */
    size_t n_seen, size;
    struct tally_mark now;
};

/* One episode; those that were added before do not count again. sha256: of the policy
 * with its overrides. */
void tally_add(struct tally *t, enum purpose purpose, const char *scope,
               const char *sha256, int64_t index, const struct episode_result *r);
/* What was added since the last mark. */
void tally_mark(struct tally *t, struct tally_mark *out);
/* For what may turn out not to count: the copy is cleared, or takes the other's place. */
void tally_copy(struct tally *to, const struct tally *from);
void tally_clear(struct tally *t);

#endif
