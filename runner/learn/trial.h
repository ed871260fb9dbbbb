/* trial.h - one candidate on its way to a verdict: private to runner/learn/. */
#ifndef RATCHET_RUNNER_LEARN_TRIAL_H
#define RATCHET_RUNNER_LEARN_TRIAL_H

#include "runner/learn/loop_state.h"
#include "runner/policy/measure.h"

struct trial {
    struct loop *l;
    struct iteration *it;
    struct champion candidate;
    struct measure size, incumbent_size;
    char tokens_sha256[65];
    struct contest contest; /* with the incumbent */
    bool is_best;           /* at least as good as the strongest ever, proven */
    char why[2048];
    enum loop_status status;
};

/* Sets the verdict "refused" and the reason; it is not promoted. */
void trial_refuse(struct trial *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void trial_incident(struct trial *t, const char *what, struct error *err,
                    const char *text);

/* trial_checks.c: what speaks against a candidate beside its score. Each refuses. */
void trial_check_limits(struct trial *t);
void trial_check_faults(struct trial *t);
void trial_check_cases(struct trial *t, struct error *err);
void trial_check_dev(struct trial *t, struct error *err); /* after the gate: its dev seeds */
void trial_check_tape(struct trial *t, struct error *err);
/* The first line of a fault, for a table: the policy's own words, made harmless. */
const char *trial_first_line(const char *text, char *out, size_t size);

/* trial_gate.c: the comparison on hidden seeds; sets verdict, why, is_promoted. Where the
 * contest was begun before, it goes on. `most`: seeds to play in all. */
void trial_ask_gate(struct trial *t, int most, struct error *err);

/* challenger.c: an unclear candidate stays, with the pairs that it has played. */
void challenger_keep(struct trial *t, const char *change);
/* Is the candidate the same program as one of them? Then the trial goes on with it. */
bool challenger_take(struct trial *t);

/* promote.c: the candidate becomes the incumbent, what it mastered becomes cases. */
void trial_promote(struct trial *t, struct error *err);

#endif
