/* ledger_rows.h - what runs put down, read back as typed rows.
 *
 * Functions return -1 where the ledger cannot be read, else what they say. Whoever asks
 * for rows owns them, with their text, until the clear of their type; a text is "" and a
 * number NAN (a count 0) where the ledger has none. */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_LEDGER_ROWS_H
#define RATCHET_RUNNER_RECORD_LEDGER_LEDGER_ROWS_H

#include "runner/record/ledger/ledger.h"

struct ledger_candidates {
    struct ledger_candidate *list;
    int n;
};
/* Of a run, oldest first; how many. */
int ledger_candidates(struct ledger *l, int64_t run, struct ledger_candidates *out,
                      struct error *err);
/* The last that was promoted: iteration (of its promotion), sha256, dev_after, details
 * alone. 1; 0: the start policy is the incumbent still. */
int ledger_incumbent(struct ledger *l, int64_t run, struct ledger_candidate *out,
                     struct error *err);
void ledger_candidate_clear(struct ledger_candidate *c);
void ledger_candidates_clear(struct ledger_candidates *all);
/* The hash of the run's candidate of an iteration; of iteration 0 the start's. 1; 0: it
 * has none. */
int ledger_candidate_find(struct ledger *l, int64_t run, int64_t iteration,
                          char sha256[65], struct error *err);
/* The last iteration that the run finished; 0: none. */
int64_t ledger_last_iteration(struct ledger *l, int64_t run, struct error *err);

/* What became an incumbent, in any run. */
struct ledger_promotion {
    int64_t run, iteration;
    char *folder, *task, *source; /* of the run; the task's name; the program */
};
struct ledger_promotions {
    struct ledger_promotion *list;
    int n;
};
/* The newest first, at most 500; how many. */
int ledger_promotions(struct ledger *l, struct ledger_promotions *out, struct error *err);
void ledger_promotions_clear(struct ledger_promotions *all);

/* A change in a case's life. */
struct ledger_case {
    int64_t iteration;
    char *name, *reason;
};
struct ledger_cases {
    struct ledger_case *list;
    int n;
};
/* Those of a run that came to this state, oldest first; how many. */
int ledger_cases(struct ledger *l, int64_t run, enum case_state state,
                 struct ledger_cases *out, struct error *err);
void ledger_cases_clear(struct ledger_cases *all);

/* How many of the model's turns were answered before an iteration. */
int64_t ledger_count_replies(struct ledger *l, int64_t run, int64_t before,
                             struct error *err);

struct ledger_episodes {
    struct ledger_episode *list;
    int n;
};
/* Of whatever run, those put down since row *last (0: all), in the order of their keys:
 * key, steps, score, trajectory, fault alone. How many; *last is then the last of them.
 */
int ledger_episodes_since(struct ledger *l, int64_t *last, struct ledger_episodes *out,
                          struct error *err);
void ledger_episodes_clear(struct ledger_episodes *all);
/* How many a run has but those of holdout, audit and replay. */
int64_t ledger_count_episodes(struct ledger *l, int64_t run, struct error *err);
/* How many start states an opening of a hidden split has in common with the run's
 * episodes of a purpose. */
int64_t ledger_count_shared(struct ledger *l, int64_t run, enum purpose split,
                            int64_t opening, enum purpose with, struct error *err);

#endif
