/* outcome.h - what an iteration came to, as JSON: written when a run is recorded,
 * compared when it is played again.
 *
 * {"iteration", "verdict", "candidate" and "incumbent" (sha256), "ordinal", "pairs",
 * "dev", "difference", "low", "high" (null: none), "cases": [passed, of], "played":
 * {"steps": {purpose: n}, "planner", "episodes", "lost", "trajectories"}}; the evaluation
 * of the start policy is iteration 0. Nothing that a clock decides is in it. */
#ifndef RATCHET_RUNNER_LEARN_OUTCOME_H
#define RATCHET_RUNNER_LEARN_OUTCOME_H

#include "runner/learn/loop.h"

/* New references. */
json_t *outcome_to_json(const struct iteration *it);
json_t *outcome_of_start(const struct champion *start, const struct tally_mark *played);
json_t *outcome_played(const struct tally_mark *played);
/* A candidate of the ledger, in the same form; what an older ratchet did not keep is left
 * out. */
json_t *outcome_of_row(const struct ledger_candidate *row);

struct outcome_parting {
    const char *what; /* "verdict", "steps of gate", ... */
    char was[80], is[80];
};

/* False: they part, and *out says where. What `was` lacks is not compared. */
bool outcome_is_same(const json_t *was, const json_t *is, struct outcome_parting *out);

#endif
