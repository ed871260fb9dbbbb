/* failures.h - where a policy's episodes went wrong, grouped by what the failures look
 * like. */
#ifndef RATCHET_RUNNER_JUDGE_FAILURES_H
#define RATCHET_RUNNER_JUDGE_FAILURES_H

#include "runner/evaluate/evaluate.h"
#include "runner/judge/observed.h"

/* What counts as a failure changed with the brief's format (brief.h): a run keeps to the
 * rules that it began with.
 * 1: events, faults, "stuck" (long without a reward above 0), "far_below".
 * 2: besides, "bad_end", and far_below becomes a case; where no reward is ever above 0,
 *    stuck is a cost that no longer changes. */
#define FAILURE_RULES 2

/* One failure of one episode. */
struct failure {
    int episode;         /* index into the results */
    int64_t step;        /* the step that brought it (from 0) */
    int64_t last_reward; /* stuck: the last step that had one */
    double total;        /* return up to and with that step */
    /* Where it was decided: the last step found at which another action, held for
     * cause_hold steps, would have avoided it. -1: not looked for, or none was found.
     * See failures_cause.h. */
    int64_t cause, cause_hold;
    double cause_action[ENV_MAX_ACTION];
    char signature[160]; /* "life_lost ball_x=2/5 ball_dx=1/3": event or kind, and bins */
    const char *kind; /* the event's name, "score_turned_over" in its place, "stuck",
                         "bad_end", "far_below", "error", "cut_off"...; borrowed */
    double floor; /* bad_end, far_below: a return that is no failure is at least this */
};

struct failure_group {
    char signature[160];
    const char *kind;
    double lost; /* return lost over all of them, as a share of what was within reach */
    int n;       /* failures */
    int first;   /* index of the most telling one in the list */
};

struct failures {
    struct failure *list; /* n of them */
    int n;
    struct failure_group *groups; /* most return lost first */
    int n_groups;
    struct observed seen; /* of the task, by the way */
};

/* Plays the episodes again and notes their failures. Results must have their tapes. -1
 * when the environment cannot be created or is lost. */
int failures_find(struct failures *f, const struct task *task,
                  const struct episode_result *results, int n, int rules,
                  struct error *err);
void failures_clear(struct failures *f);

/* Scores below this are far below the others', as robust statistics have it; -INFINITY
 * for a few episodes. */
double failures_far_below(const struct episode_result *results, int n);

/* The event's bit of a kind that is an event of the environment, or 0. */
uint32_t failure_event_bit(const struct env *env, const char *kind);

#endif
