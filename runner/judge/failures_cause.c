/* failures_cause.c - where a failure was decided: the last step at which another action
 * would have avoided it.
 *
 * An event often comes long after what brought it: a game shows an explosion for two
 * seconds before it counts the life. So copies of the episode are played from a step
 * before the failure with one action held in place of the recorded ones, each action in
 * turn. Where one of them gets past the failure, the fate was still open. Going back in
 * growing strides finds such a step, halving the stride the last one. (That the fate,
 * once open at a step, was open at all steps before it, is an assumption.) */
#include "runner/judge/failures_cause.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BACK_SECONDS 16.0   /* how far before the failure it is looked for */
#define PAST_SECONDS 0.5    /* how long the failure must stay away: a delay is no escape */
#define HOLD_SECONDS 0.15   /* of an action, then as recorded; or to the end */
#define SHOWN_SECONDS 0.25  /* after the cause: see failure_moment */
#define KEYFRAMES 32        /* of what is looked at */
#define MOST_ACTIONS 18     /* that are tried, the first ones */
#define MOST_STEPS 400000   /* of a failure, in an environment of ours */
#define MOST_REMOTE 24000   /* in one behind a pipe */

struct cause {
    const struct task *task;
    const struct episode_result *r;
    struct episode episode;
    uint32_t bit;             /* the failure's event */
    int64_t first, step, end; /* first: looked at; step: the failure; end: it is past */
    int64_t hold;             /* steps; see HOLD_SECONDS */
    int64_t stride, steps_left;
    uint8_t *blocks[KEYFRAMES + 1]; /* of step first + i * stride */
};

static int64_t cause_steps(const struct task *task, double seconds)
{
    double n = seconds * task->env->frames_per_second / task->rules.frame_skip;

    return n < 2 ? 2 : (int64_t)n;
}

int64_t failure_moment(const struct failure *f, const struct task *task)
{
    int64_t shown = f->cause + cause_steps(task, SHOWN_SECONDS);

    return f->cause < 0 || shown > f->step ? f->step : shown;
}

/* The i-th action in place of the recorded one; false: there are no more. Of one discrete
 * component all choices; else doing nothing, then each component at its bounds. */
static bool cause_action(const struct env *env, int i, const double *recorded, double *out)
{
    const struct env_action *a = env->actions;
    int n = env_count_actions(env);

    memcpy(out, recorded, sizeof(*out) * (size_t)n);
    if (n == 1 && a->is_discrete) {
        out[0] = a->min + i;
        return i < MOST_ACTIONS && out[0] <= a->max;
    }
    if (i == 0) {
        memcpy(out, env->noop, sizeof(*out) * (size_t)n);
        return true;
    }
    i--;
    if (i / 2 >= n || i + 1 >= MOST_ACTIONS)
        return false;
    a += i / 2;
    out[i / 2] = i % 2 ? isfinite(a->max) ? a->max : 1 : isfinite(a->min) ? a->min : -1;
    return true;
}

static void cause_recorded(const struct cause *c, int64_t step, double *out)
{
    const struct env *env = c->task->env;

    if (step < c->r->tape.n_steps)
        tape_get(&c->r->tape, env, step, out);
    else
        memcpy(out, env->noop, sizeof(*out) * (size_t)env_count_actions(env));
}

/* The episode as it was recorded, before step `at`. -1: it could not be put back. */
static int cause_seek(struct cause *c, int64_t at)
{
    int64_t i = (at - c->first) / c->stride;
    double action[ENV_MAX_ACTION];

    if (episode_load(&c->episode, c->blocks[i]) != 0)
        return -1;
    for (int64_t s = c->first + i * c->stride; s < at; s++, c->steps_left--) {
        cause_recorded(c, s, action);
        episode_step(&c->episode, action);
    }
    return 0;
}

/* Does the failure stay away when an action is held from step `at` on? -1: it could not
 * be tried. */
static int cause_escapes(struct cause *c, int64_t at, const double *action, int64_t hold)
{
    double now[ENV_MAX_ACTION];

    if (cause_seek(c, at) != 0)
        return -1;
    for (int64_t s = at; s < c->end && !episode_is_over(&c->episode); s++) {
        struct env_step step;
        cause_recorded(c, s, now);
        step = episode_step(&c->episode, s < at + hold ? action : now);
        c->steps_left--;
        if (step.events & c->bit)
            return 0;
    }
    return !c->episode.now.terminated;
}

/* Tries the actions at a step: 1 and which, 0: none escapes, -1: it could not be
 * tried. */
static int cause_try(struct cause *c, int64_t at, struct failure *f)
{
    double recorded[ENV_MAX_ACTION], action[ENV_MAX_ACTION];
    int64_t holds[] = { c->end - at, c->hold };

    cause_recorded(c, at, recorded);
    for (int k = 0; k < 2; k++)
        for (int i = 0; cause_action(c->task->env, i, recorded, action); i++) {
            int escapes = c->steps_left > 0 ? cause_escapes(c, at, action, holds[k]) : -1;
            if (escapes < 0)
                return -1;
            if (escapes) {
                f->cause = at;
                f->cause_hold = holds[k];
                memcpy(f->cause_action, action, sizeof(action));
                return 1;
            }
        }
    return 0;
}

/* Going back, then between: `closed` is the earliest step known at which nothing
 * helped. */
static void cause_search(struct cause *c, struct failure *f)
{
    int64_t closed = c->step + 1;
    int tried = 0;

    for (int64_t back = 0; tried == 0 && c->step - back >= c->first; back = 2 * back + 1) {
        tried = cause_try(c, c->step - back, f);
        if (tried == 0)
            closed = c->step - back;
    }
    while (tried == 1 && closed - f->cause > 1) {
        int64_t middle = f->cause + (closed - f->cause) / 2;
        int found = cause_try(c, middle, f);
        if (found < 0)
            break; /* what was found stands: an action that helps, maybe not the last */
        if (found == 0)
            closed = middle;
    }
}

/* Plays to the failure and keeps blocks on the way. */
static void cause_play(struct cause *c)
{
    double action[ENV_MAX_ACTION];

    episode_reset(&c->episode, c->r->seed);
    for (int64_t s = 0; s <= c->step; s++) {
        int64_t i = (s - c->first) / c->stride;
        if (s >= c->first && (s - c->first) % c->stride == 0) {
            c->blocks[i] = xcalloc(episode_block_size(&c->episode), 1);
            episode_save(&c->episode, c->blocks[i]);
        }
        cause_recorded(c, s, action);
        episode_step(&c->episode, action);
    }
}

static void cause_find(struct cause *c, struct failure *f)
{
    const struct env *env = c->task->env;

    c->step = f->step;
    c->first = f->step - cause_steps(c->task, BACK_SECONDS);
    c->first = c->first < 0 ? 0 : c->first;
    c->end = f->step + 1 + cause_steps(c->task, PAST_SECONDS);
    c->hold = cause_steps(c->task, HOLD_SECONDS);
    c->stride = (c->step - c->first) / KEYFRAMES + 1;
    c->steps_left = env->is_remote ? MOST_REMOTE : MOST_STEPS;
    cause_play(c);
    cause_search(c, f);
    for (int i = 0; i <= KEYFRAMES; i++) {
        free(c->blocks[i]);
        c->blocks[i] = NULL;
    }
    if (env_check(env, c->episode.instance, NULL) != 0)
        f->cause = -1; /* the other side was lost: what it said then is nothing */
}

int failures_find_causes(struct failures *f, const struct task *task,
                         const struct episode_result *results, int from, int n,
                         struct error *err)
{
    struct cause c = { .task = task };
    void *instance = task_create_instance(task, err);

    if (!instance)
        return -1;
    episode_init(&c.episode, task->env, instance, &task->rules);
    for (int i = from; i < from + n && i < f->n_groups; i++) {
        struct failure *one = &f->list[f->groups[i].first];
        c.bit = failure_event_bit(task->env, one->kind);
        c.r = &results[one->episode];
        if (c.bit && one->step < c.r->tape.n_steps)
            cause_find(&c, one);
    }
    episode_clear(&c.episode);
    task->env->destroy(instance);
    return 0;
}
