/* as_recorded.h - a run that plays a recorded session with all that the first run rested
 * on: its salt, its numbers at the gate, what it remembered. Its verdicts then fall as
 * they fell, and no reply answers a brief that was never written. */
#ifndef RATCHET_RUNNER_EXPERIMENT_AS_RECORDED_H
#define RATCHET_RUNNER_EXPERIMENT_AS_RECORDED_H

#include "runner/evaluate/seeds.h"
#include "runner/learn/loop.h"
#include "runner/model/session_file.h"

/* Zero at first. */
struct as_recorded {
    struct session_file file;
    bool is_same; /* task and start policy are the session's, and its salt is known */
    bool is_used; /* and the run's salt is that one */
    char why_not[200]; /* "" where it is the same, or no session */
    int64_t *ordinals;
    int n_ordinals;
    struct provider_kind kind;
};

/* Reads the session of `recorded:FILE`; of another model it does nothing. */
int as_recorded_open(struct as_recorded *a, const char *model, const struct task *task,
                     const char *start_source, struct error *err);
/* The run's salt at path: what lies there, else the session's where it fits, unless a
 * fresh one is wanted. */
int as_recorded_salt(struct as_recorded *a, struct salt *salt, const char *path,
                     bool wants_fresh, struct error *err);
/* Where it is used: the provider takes as many turns as the first one did... */
void as_recorded_limit(struct as_recorded *a, struct provider *p);
/* The format of the briefs that the replies answer; without a session: of this
 * version's. */
int as_recorded_brief(const struct as_recorded *a);
/* ...and the loop gets its numbers and its memory. */
void as_recorded_loop(const struct as_recorded *a, struct loop_config *config);
void as_recorded_clear(struct as_recorded *a);

/* What a run rests on, for the session that records it. A new reference. */
json_t *as_recorded_run(const struct loop_config *config, const struct provider *p,
                        struct error *err);
/* Its retired cases, for the session's end: rows of iteration, name. A new reference;
 * NULL: the ledger cannot be read. */
json_t *as_recorded_retired(struct ledger *l, int64_t run, struct error *err);

#endif
