/* cases.h - regression cases: failures that were once mastered and must stay so.
 *
 * A case is a recorded prefix that the policy shadows (it is asked for its actions, the
 * recorded ones are played, so that its own state warms up), the step at which it takes
 * over, a horizon, and an event that must not happen in it; to end the episode early is
 * no way out, unless with as much return. Where actions are sticky, several courses of
 * chance go on from there, and a stated share of them must hold. It is admitted only when
 * it was seen to fail on the policy that it was cut from and to pass on the one that
 * fixed it. */
#ifndef RATCHET_RUNNER_JUDGE_CASES_H
#define RATCHET_RUNNER_JUDGE_CASES_H

#include "runner/evaluate/memo.h"
#include "runner/judge/failures.h"

#define CASE_MOST_CONTINUATIONS 64
#define CASE_FAR_BELOW "far_below" /* in place of an event: an episode that, once it is over,
                                      has returned less than the floor */

/* Owns everything; case_clear. */
struct regression_case {
    char *name;        /* "case-003"; the file's name without .json */
    char *signature;   /* of the failure */
    char *event;       /* that must not happen: an event of the environment, "fault" or
                          CASE_FAR_BELOW */
    struct task *task; /* rules and options that it was cut under */
    uint32_t env_version, chance; /* chance: CHANCE_VERSION, where frames are sticky */
    uint64_t seed;
    struct tape prefix; /* its length is the take-over point */
    int64_t horizon;    /* steps from the take-over on */
    double floor; /* least return of an episode that is over before the horizon: what
                     the old policy had when it failed; -INFINITY: any */
    char *cut_from, *fixed_by; /* SHA-256 of policies */
    int64_t iteration;
    int n_continuations; /* stochastic tasks: so many courses from the take-over; else 1
                          */
    double pass_rate;    /* the share of them that must hold */
    bool is_retired;     /* by someone, with a reason; in a loop's list alone */
};

struct case_list {
    struct regression_case *list;
    int n;
};

void case_clear(struct regression_case *c);
void case_list_clear(struct case_list *l);
void case_list_add(struct case_list *l,
                   struct regression_case *c); /* takes what c owns */

/* JSON files of a folder, by name; a folder that is not there has none. Damaged files are
 * errors. */
int case_list_load(struct case_list *l, const struct env_registry *envs,
                   const char *folder, struct error *err);
char *case_to_text(const struct regression_case *c); /* the file's; the caller frees it */
/* Moves a case's file into the folder retired/, with the reason in it. */
int case_retire(const char *folder, const char *name, const char *reason,
                struct error *err);
int case_save(const struct regression_case *c, const char *folder, struct error *err);

/* A case whose environment has another version than it was cut under proves nothing until
 * it is proven again. */
bool case_is_stale(const struct regression_case *c);

/* What came of a case. */
struct case_outcome {
    bool passed;
    int held, n;                  /* continuations */
    int n_broken;                 /* those that the policy broke off */
    int worst;                    /* the first continuation that failed, or 0 */
    struct episode_result result; /* its episode; owned */
};
void case_outcomes_clear(struct case_outcome *out, int n);

/* Runs cases on a policy, out[i] for each; those that are stale or retired are left
 * out. */
enum memo_status cases_run(struct memo *m, const struct policy *policy,
                           const struct case_list *cases, struct case_outcome *out,
                           struct error *err);

/* Cuts a case from a failure of `old`: the latest take-over from which `old` still fails
 * and `new` passes, with the shortest horizon that shows it. 1: *out is a proven case,
 * not yet named; 0: there is none; -1: see *status. */
int case_cut(struct memo *m, const struct policy *old, const struct policy *fixed,
             const struct failure *f, const struct episode_result *result,
             struct regression_case *out, enum memo_status *status, struct error *err);

#endif
