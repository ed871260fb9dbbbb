/* tool_work.h - one call of a tool while it is worked on: private to tools*.c. */
#ifndef RATCHET_RUNNER_TOOLS_TOOL_WORK_H
#define RATCHET_RUNNER_TOOLS_TOOL_WORK_H

#include "runner/tools/tools.h"

struct tool_work {
    const struct tool_context *c;
    const struct tool_call *call;
    json_t *arguments; /* they fit the schema */
    json_t *data;      /* what the tool puts its answer into */
    struct tool_answer *out;
    struct error *err;
};

#define TOOLS(X)    \
    X(task_info)    \
    X(policy_read)  \
    X(policy_write) \
    X(policy_edit)  \
    X(check)        \
    X(run_episodes) \
    X(failures)     \
    X(trace)        \
    X(frames)       \
    X(replay_diff)  \
    X(probe)        \
    X(ram_changes)  \
    X(cases)        \
    X(case_propose) \
    X(tune)         \
    X(note)         \
    X(notes_search) \
    X(submit)
#define X(name) enum memo_status tool_##name(struct tool_work *w);
TOOLS(X)
#undef X

/* A row: description, schemas as JSON text, and what it does. `out` is the schema of the
 * answer's own properties; each answer has `steps`, too. */
struct tool {
    const char *name, *about, *in, *out;
    enum memo_status (*run)(struct tool_work *w);
};
extern const struct tool tool_table[];
#define X(name) +1
enum { TOOL_COUNT = 0 TOOLS(X) };
#undef X

/* The call was wrong: says so to the model, and goes on. */
enum memo_status tool_wrong(struct tool_work *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, of what may not be had: by name in the ledger, too. */
enum memo_status tool_refused(struct tool_work *w, const char *what, const char *format,
                              ...) __attribute__((format(printf, 3, 4)));

const char *tool_text(const struct tool_work *w, const char *key); /* NULL: not given */
int64_t tool_number(const struct tool_work *w, const char *key, int64_t otherwise);
bool tool_flag(const struct tool_work *w, const char *key, bool otherwise);

/* The source that the model works on: the draft, else the policy as it is. */
const char *tool_draft(const struct tool_work *w);
struct policy tool_draft_policy(const struct tool_work *w); /* borrowed, too */
/* A policy's check as the answer has it: ok, fault, unknown_globals, tokens... */
enum memo_status tool_check_source(struct tool_work *w, const char *name,
                                   const char *source);
/* The source of the candidate of an earlier iteration (0: the start) and its hash; NULL
 * with the answer or the error set. The caller frees it. */
char *tool_ancestor(struct tool_work *w, int64_t iteration, enum memo_status *status);

#define TOOL_MOST_SEEDS 64

/* The argument `seeds`: dev seeds by index; what is asked beyond them does not exist for
 * the model. False: it was answered. */
bool tool_read_seeds(struct tool_work *w, int64_t *index, int *n,
                     enum memo_status *status);

/* Overrides of a policy's parameters. */
struct param_set {
    struct vm_param params[VM_MAX_PARAMS];
    int n;
};

/* Values for what the policy declares, from a list of {name, value}, or of such lists: one set
 * each. False: it was answered (a name or value that is none), or *status says why. */
bool tool_read_params(struct tool_work *w, const struct policy *policy, const json_t *asked,
                      bool are_sets, struct param_set *sets, enum memo_status *status);

/* Which episodes: dev seeds or practice seeds, as they are, after some random actions, or
 * with sticky frames. */
enum tool_starts { STARTS_plain, STARTS_perturbed, STARTS_sticky };
struct tool_courses {
    int64_t index[TOOL_MOST_SEEDS];
    int n;
    bool is_practice;
    enum tool_starts starts;
};
/* The arguments `seeds`, `practice` and `starts`. False: it was answered. */
bool tool_read_courses(struct tool_work *w, struct tool_courses *c,
                       enum memo_status *status);
/* As tool_play_sets. */
enum memo_status tool_play_courses(struct tool_work *w, const struct policy *policy,
                                   const struct param_set *sets, int n_sets,
                                   const struct tool_courses *c, enum purpose purpose,
                                   struct episode_result *results);

/* Mean, spread, worst seeds and faults of n episodes; and of a minus b, seed by seed, with
 * its standard error. */
json_t *tool_sum_up(const int64_t *index, const struct episode_result *results, int n);
json_t *tool_difference(const struct episode_result *a, const struct episode_result *b,
                        int n);

/* Each set plays the n dev seeds, all in one evaluation; results[n_sets * n], set by set,
 * for results_clear. sets NULL: one, of no overrides. */
enum memo_status tool_play_sets(struct tool_work *w, const struct policy *policy,
                                const struct param_set *sets, int n_sets,
                                const int64_t *index, int n, enum purpose purpose,
                                struct episode_result *results);

/* An episode that a call looks into: of the current policy, of the draft, or of an
 * earlier iteration's candidate, by the arguments `policy`, `iteration`, `seed` and
 * `params`. */
struct tool_episode {
    struct policy policy;
    char *source; /* owned, where it is an ancestor's */
    struct param_set *set; /* owned; NULL: as declared */
    int64_t seed; /* index */
    struct episode_result own;
    const struct episode_result *r;
};
/* False: the answer or *status says why. Cleared in any case by tool_episode_clear. */
bool tool_episode_get(struct tool_work *w, const char *policy, int64_t iteration,
                      struct tool_episode *e, enum memo_status *status);
void tool_episode_clear(struct tool_episode *e);

/* Plays an episode's tape again up to (not with) step `to`. */
struct tool_step {
    int64_t step;
    const double *values; /* the observation before it */
    const double *action;
    struct env_step now;
    double total; /* with this step */
};
int tool_walk(struct tool_work *w, const struct episode_result *r, int64_t to,
              void (*each)(void *user, const struct tool_step *s), void *user);

double tool_round(double value);  /* to six digits */
json_t *tool_json(double value); /* so; null where it is not finite */

#endif
