/* ledger.h - what happened, in one SQLite file: append-only in meaning, open to many
 * processes.
 *
 * The ledger is also the journal of a run: every model turn and every episode is put down
 * as soon as it is known and looked up before it is made, so that a run that was killed
 * is simply run again, finds what it had done, and goes on where it stopped. */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_LEDGER_H
#define RATCHET_RUNNER_RECORD_LEDGER_LEDGER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct ledger;

/* What an episode was played for; replay: once more, for `best.replay`, with what the
 * policy says of it. */
#define PURPOSES(X) X(probe) X(dev) X(gate) X(regression) X(tuning) X(holdout) X(audit) X(replay)
enum purpose {
#define X(name) PURPOSE_##name,
    PURPOSES(X)
#undef X
        N_PURPOSES
};
const char *purpose_name(enum purpose p);
enum purpose purpose_read(const char *text); /* N_PURPOSES: it is none */

/* Further words of the ledger, each with its text: none is "", and what is no such word. */


/* What became of a candidate, from the gate to whoever reads the ledger; none: not judged
 * yet. A gate never says simpler or refused. */
#define VERDICTS(X) X(better) X(simpler) X(unchanged) X(worse) X(unclear) X(refused)
enum verdict {
    VERDICT_none,
#define X(name) VERDICT_##name,
    VERDICTS(X)
#undef X
};
const char *verdict_name(enum verdict v);
enum verdict verdict_read(const char *text);
/* Does such a candidate become the incumbent? */
bool verdict_promotes(enum verdict v);

/* A run as it was put down last: it works, may go on, or has ended. */
#define RUN_STATES(X) X(running) X(paused) X(stopped)
enum run_state {
    RUN_none,
#define X(name) RUN_##name,
    RUN_STATES(X)
#undef X
};
const char *run_state_name(enum run_state v);
enum run_state run_state_read(const char *text);

/* A regression case's life. */
#define CASE_STATES(X) X(proposed) X(admitted) X(retired)
enum case_state {
    CASE_none,
#define X(name) CASE_##name,
    CASE_STATES(X)
#undef X
};
const char *case_state_name(enum case_state v);
enum case_state case_state_read(const char *text);

/* Who may have known a run's hidden seeds: nobody, whoever read its salt when the run had
 * ended, or had it before the run began. */
#define SECRECIES(X) X(hidden) X(published) X(public)
enum secrecy {
    SECRECY_none,
#define X(name) SECRECY_##name,
    SECRECIES(X)
#undef X
};
const char *secrecy_name(enum secrecy v);
enum secrecy secrecy_read(const char *text);

/* Opens or creates the file, and brings an older one up to date. NULL on failure: not a
 * ledger, damaged, from a later version, not writable. */
struct ledger *ledger_open(const char *path, struct error *err);
/* For those that only look: the file must be there, nothing is written, neither to it nor
 * beside it, and a folder that cannot be written will do. Whoever works on it goes on. An
 * older one is read as it would be, brought up to date. */
struct ledger *ledger_read(const char *path, struct error *err);
void ledger_close(struct ledger *l); /* NULL is fine */

/* All of what follows until the end, or nothing of it. */
int ledger_begin(struct ledger *l, struct error *err);
int ledger_end(struct ledger *l, bool is_kept, struct error *err);

/* A run of the loop. Text is owned by whoever holds the struct: ledger_run_clear. */
struct ledger_run {
    int64_t id;
    char *name; /* unique, e.g. "breakout-3" */
    char *folder;
    char *task;         /* JSON */
    char *model;        /* as given to --model */
    char *start_policy; /* path that it was started from */
    char *start_sha256;
    char *salt_sha256; /* of the secret that hidden seeds come from */
    int64_t seed;      /* of the loop's own chance */
    int64_t created;   /* seconds since 1970 */
    enum run_state state;
    char *stop_reason; /* "" while it runs */
    bool is_sealed;    /* false: an external agent ran outside of a jail */
    int64_t env_version, chance; /* that its episodes were played in; -1: unknown (an old run) */
    int64_t brief_format; /* of what the model was told, and of what counts as a failure */
};
int ledger_run_add(struct ledger *l, struct ledger_run *run,
                   struct error *err); /* sets id */
/* The run of that name or folder; name NULL: the latest. 1: found, 0: none, -1: error. */
int ledger_run_find(struct ledger *l, const char *name, struct ledger_run *out,
                    struct error *err);
/* All of them, oldest first; how many. */
struct ledger_runs {
    struct ledger_run *list;
    int n;
};
int ledger_runs(struct ledger *l, struct ledger_runs *out, struct error *err);
void ledger_runs_clear(struct ledger_runs *all);
int ledger_run_set_state(struct ledger *l, int64_t run, enum run_state state,
                         const char *stop_reason, struct error *err);
/* From now on the run counts as unsealed. */
int ledger_run_unseal(struct ledger *l, int64_t run, struct error *err);
/* Its folder is gone, and another run has its place: it gets another name, and has ended. */
int ledger_run_retire(struct ledger *l, int64_t run, struct error *err);
void ledger_run_clear(struct ledger_run *run);

/* Sessions: a run may have a name of its own, which may change. The run of that session,
 * or, as ledger_run_find, of that name or folder. */
int ledger_session_find(struct ledger *l, const char *name, struct ledger_run *out,
                        struct error *err);
/* Could a run get this name? -1 with the reason. */
int ledger_session_check(struct ledger *l, const char *name, struct error *err);
/* Names the run, or renames it. -1: not a name, or another run has it. */
int ledger_session_name(struct ledger *l, int64_t run, const char *name,
                        struct error *err);
/* Adds `run` (its id is set), paused, under the name `name`, with all that the ledger has
 * of the old one: turns, episodes, candidates, cases, notes, openings, budgets. All or
 * nothing. */
int ledger_session_fork(struct ledger *l, int64_t old, struct ledger_run *run,
                        const char *name, struct error *err);
/* The run that it was forked from, and that one again, to the first; itself where there
 * is none. What a dream came to since then is not for a fork: its past would be judged
 * anew. */
int64_t ledger_session_root(struct ledger *l, int64_t run);
/* A row a run, those that were active last first; see SQL. NULL on failure. */
json_t *ledger_session_list(struct ledger *l, struct error *err);
/* Budgets (JSON) that a run got when it was resumed; the latest in *budget, which the
 * caller frees, or NULL when there is none. -1: the ledger does not tell. */
int ledger_allowance_add(struct ledger *l, int64_t run, const char *budget,
                         struct error *err);
int ledger_allowance_get(struct ledger *l, int64_t run, char **budget,
                         struct error *err);

/* A salt that anyone may know from now on: `how` is "published" or "session" (it came
 * from one). */
int ledger_salt_publish(struct ledger *l, const char *sha256, const char *how,
                        struct error *err);
/* 1: it is public, 0: a secret still, -1: error. */
int ledger_salt_is_public(struct ledger *l, const char *sha256, struct error *err);
/* How many other runs of this salt may still go on; -1: error. */
int ledger_salt_count_open(struct ledger *l, const char *sha256, int64_t but_run,
                           struct error *err);

/* Sources by content hash. */
int ledger_source_add(struct ledger *l, const char *sha256, const char *text,
                      struct error *err);
char *ledger_source_get(struct ledger *l, const char *sha256,
                        struct error *err); /* or NULL */

/* The one whole hash that starts with prefix. 1: found, 0: none, -1: several, or an
 * error. */
int ledger_source_find(struct ledger *l, const char *prefix, char sha256[65],
                       struct error *err);
/* What runs made of a policy: rows of run, iteration, verdict, parent, dev_before,
 * dev_after, low, high, change, why, details, model, is_sealed; the oldest first. NULL on
 * failure. */
json_t *ledger_source_history(struct ledger *l, const char *sha256, struct error *err);

/* One episode. Its key is (run, purpose, scope, sha256, seed_index): put once, never
 * changed. Text and blob are borrowed when put, owned when got (ledger_episode_clear). */
struct ledger_episode {
    enum purpose purpose;
    const char *scope;  /* what tells evaluations of one purpose apart: "", "iteration 3",
                           "case 12", parameters */
    const char *sha256; /* of the policy */
    int64_t seed_index, seed;
    double score, total;
    int64_t steps, frames, planner_steps, most_instructions;
    bool terminated, truncated, verified;
    int fault, tries;
    char *fault_text; /* NULL without fault */
    uint64_t trajectory, start_hash;
    uint32_t events;
    void *tape; /* packed by the caller; may be NULL */
    size_t tape_len;
};
/* What the scope of an episode begins with that the budget of steps cut off: its steps
 * were made and count, it was not played. */
#define LEDGER_CUT "cut: "
int ledger_episode_add(struct ledger *l, int64_t run, const struct ledger_episode *e,
                       struct error *err);
/* The key is filled in by the caller. 1: found, 0: none, -1: error. What the row holds is
 * as it was written; a score that is no number is NAN. */
int ledger_episode_find(struct ledger *l, int64_t run, struct ledger_episode *e,
                        struct error *err);
void ledger_episode_clear(struct ledger_episode *e);

/* Steps by purpose so far: counted from the episodes themselves. Episodes that were cut
 * off count for their steps alone. */
struct ledger_steps {
    int64_t steps[N_PURPOSES], planner_steps[N_PURPOSES], episodes[N_PURPOSES];
};
int ledger_count_steps(struct ledger *l, int64_t run, struct ledger_steps *out,
                       struct error *err);

/* Time that a process worked on a run, put down as it goes; and all of it so far. */
int ledger_work_add(struct ledger *l, int64_t run, double seconds, struct error *err);
int ledger_work_sum(struct ledger *l, int64_t run, double *seconds, struct error *err);

/* Model turns, the failed ones included (turn NULL, error set). -1 in a count:
 * unknown. */
struct ledger_call {
    int64_t iteration, turn;
    const char *model;
    char *reply; /* the turn as JSON, or NULL; owned when got */
    const char *error;
    int64_t tokens_in, tokens_cached, tokens_out, tokens_reasoning;
    bool is_estimated;
    double usd, seconds; /* usd NAN: unknown */
    int64_t tries;
};
int ledger_call_add(struct ledger *l, int64_t run, const struct ledger_call *c,
                    struct error *err);
/* The reply of an earlier success for this iteration and turn. 1, 0, -1 as above. */
int ledger_call_find(struct ledger *l, int64_t run, int64_t iteration, int64_t turn,
                     char **reply, struct error *err);
/* Marks the call of that number in the turn's reply: it was taken back while it ran, and is
 * not played again when the run goes on. */
int ledger_call_cancel(struct ledger *l, int64_t run, int64_t iteration, int64_t turn,
                       int64_t number, struct error *err);
/* Sums over the run; usd NAN when what any reply cost is unknown. */
int ledger_count_calls(struct ledger *l, int64_t run, int64_t *calls, int64_t *tokens,
                       double *usd, struct error *err);

/* One iteration's candidate and what became of it. */
struct ledger_candidate {
    int64_t iteration;
    const char *sha256, *parent_sha256; /* sha256 "" when there was no candidate */
    enum verdict verdict;
    const char *why; /* of the verdict, one sentence */
    const char *change;                                  /* the model's own sentence */
    double dev_before, dev_after, difference, low, high; /* NAN where there is none */
    int64_t pairs, cases_passed, cases;
    double seconds; /* of the iteration: model, tools, episodes, verdict */
    int64_t steps;  /* of the run, all purposes, when the iteration was over */
    double before_half, after_half; /* half the dev means' 95 % intervals */
    const char *details;            /* JSON */
};
int ledger_candidate_add(struct ledger *l, int64_t run, const struct ledger_candidate *c,
                         struct error *err);

/* A near miss that got further pairs at the start of an iteration, and the verdict since
 * then. What became the incumbent, as candidate or as challenger, is in the view
 * `promotion`: of one iteration, the challenger (place 0) was first. */
struct ledger_challenge {
    int64_t iteration, of_iteration; /* now; that it was the candidate of */
    enum verdict verdict;
    const char *sha256, *why, *change;
    double dev_before, before_half, dev_after, after_half, difference, low, high;
    int64_t pairs; /* all, those of its own iteration too */
    int64_t steps; /* of the run, all purposes */
    const char *details; /* JSON */
};
int ledger_challenge_add(struct ledger *l, int64_t run, const struct ledger_challenge *c,
                         struct error *err);

/* Candidates that were compared, numbered from 1 along a line of policies: a run, its
 * forks, and runs of the same task that start from what one of these promoted. The number
 * that this run's candidate of this iteration has, or gets now. -1 on failure. */
int64_t ledger_attempt_add(struct ledger *l, int64_t run, int64_t iteration,
                           struct error *err);
/* The number that the next one of the run's line would get. -1 on failure. */
int64_t ledger_attempt_next(struct ledger *l, int64_t run, struct error *err);

/* A change in a regression case's life. */
int ledger_case_add(struct ledger *l, int64_t run, int64_t iteration, const char *name,
                    const char *signature, enum case_state state, const char *reason,
                    struct error *err);

/* Those of an opening that the run would have now. */
int ledger_run_seeds(struct ledger *l, int64_t run, enum secrecy *out, struct error *err);
/* An opening of a hidden split; returns its number, -1 on failure: a candidate's second
 * opening fails. Numbers count up over all runs that draw the same hidden seeds, a run
 * and its forks: who forks gets no more looks at them. Its report follows when it has
 * been played: an opening without one was cut short and goes on. */
int64_t ledger_opening_add(struct ledger *l, int64_t run, const char *task,
                           const char *split, const char *sha256, struct error *err);
struct ledger_opening {
    int64_t run, number;
    char sha256[65], run_name[512];
    enum secrecy seeds;
    bool is_reported;
};
/* The opening of the split with this task, run (with its forks) and candidate; NULL or
 * run 0: any. Of several, one that was reported, then the run's own, then the latest. 1:
 * found, 0: none, -1: error. */
int ledger_opening_find(struct ledger *l, int64_t run, const char *task,
                        const char *split, const char *sha256, struct ledger_opening *out,
                        struct error *err);
/* What came out, as JSON. */
int ledger_report_add(struct ledger *l, int64_t run, const char *split, int64_t number,
                      const char *result, struct error *err);

/* Something that someone tried and may not do, by name; the report shows it. */
int ledger_incident_add(struct ledger *l, int64_t run, int64_t iteration,
                        const char *what, const char *details, struct error *err);

/* Notes, by author "harness" or "model". The same note of one iteration is kept once. */
int ledger_note_add(struct ledger *l, const char *task, int64_t run, int64_t iteration,
                    const char *author, const char *text, struct error *err);
/* Notes of a task that a run may see in an iteration: earlier runs' and its own so far.
 * What a fork has of the run that it comes from is shown once. */
struct ledger_note_query {
    const char *task,    /* NULL: of any */
        *words, *author; /* words NULL or without any: the newest; author NULL: any */
    int64_t run, iteration;
    int most;
};
/* Best match first: rows of run, task, name (of the run), iteration, author, text,
 * evidence (what a dreamt one rests on: "RUN:ITERATION ..."; else null). Without those
 * that a dream before the run has superseded. */
json_t *ledger_note_search(struct ledger *l, const struct ledger_note_query *q,
                           struct error *err);

#endif
