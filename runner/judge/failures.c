/* failures.c - where a policy's episodes went wrong, grouped by what the failures look
 * like.
 *
 * A failure is an event that the environment calls one, a fault of the policy, or the end
 * of an episode that had been without reward for long; an end whose reward is far worse
 * than any step before; an episode without any of these whose score is far below the
 * others' is one, too. Its signature is its kind and, for the fields that the environment
 * marks, the bin that the value fell into just before. */
#include "runner/judge/failures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/evaluate/stats.h"

#define STUCK_SHARE 0.2    /* of the longest episode: so long without reward is stuck */
#define STUCK_SECONDS 30   /* after the last reward: where a stuck episode is looked at */
#define FAR_LEAST 5        /* episodes that have neighbours */
#define FAR_SPREADS 3.5    /* below the median (Iglewicz & Hoaglin 1993) */
#define FAR_SHARE 0.25     /* of the median, at least */
#define MOST_IN_EPISODE 64 /* failures kept of one episode */
#define BAD_END_WORSE 3    /* times the worst reward before, */
#define BAD_END_TIMES 10   /* and the mean size of those before */

struct scan {
    struct failures *out;
    const struct task *task;
    struct episode episode;
    double *before; /* the observation before the step that failed */
    int rules;
};

/* The rewards of an episode, as they come. */
struct failure_rewards {
    int64_t last_gain, last_change; /* steps: above 0; other than the one before */
    double last, lowest, sum;       /* lowest and sum of sizes: of those before the last */
    bool has_gain, has_cost;
};

uint32_t failure_event_bit(const struct env *env, const char *kind)
{
    for (int i = 0; env->events && env->events[i].name; i++)
        if (!strcmp(env->events[i].name, kind))
            return 1u << i;
    return 0;
}

static void write_signature(const struct scan *s, const char *kind, char *out,
                            size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s", kind);
    const double *v = s->before;

    for (const struct env_field *f = s->task->env->fields; f->name; v += f->n, f++) {
        int bin;
        if (f->bins < 2 || f->n != 1 || !isfinite(f->min) || !isfinite(f->max))
            continue;
        bin = (int)floor((v[0] - f->min) / (f->max - f->min) * f->bins);
        bin = bin < 0 ? 0 : bin >= f->bins ? f->bins - 1 : bin;
        if (len < size)
            len += (size_t)snprintf(out + len, size - len, " %s=%d/%d", f->name, bin + 1,
                                    f->bins);
    }
}

static struct failure *failures_add(struct scan *s, int episode, const char *kind)
{
    struct failures *f = s->out;
    struct failure *one;

    one = xgrow(f->list, f->n);
    *one = (struct failure){ .episode = episode,
                             .step = s->episode.now.n_steps - 1,
                             .total = s->episode.now.total,
                             .cause = -1,
                             .kind = kind,
                             .floor = -INFINITY };
    one->step = one->step < 0 ? 0 : one->step;
    write_signature(s, kind, one->signature, sizeof(one->signature));
    return one;
}

/* A counter of so many digits that begins at 0 again takes nearly all away at once. */
static bool failures_score_turned_over(double total, double reward)
{
    double before = total - reward, digits = 1000;

    while (digits <= before)
        digits *= 10;
    return reward < 0 && before >= 0.9 * digits && reward <= -0.9 * digits;
}

static void add_events(struct scan *s, int episode, const struct env_step *step, int *left)
{
    const struct env_event *e = s->task->env->events;
    bool is_over = failures_score_turned_over(s->episode.now.total, step->reward);

    for (int i = 0; e && e[i].name; i++)
        if (e[i].is_failure && (step->events >> i & 1) && (*left)-- > 0)
            failures_add(s, episode, is_over ? "score_turned_over" : e[i].name);
}

static bool failure_has_event(const struct env *env, uint32_t events)
{
    for (int i = 0; env->events && env->events[i].name; i++)
        if (env->events[i].is_failure && (events >> i & 1))
            return true;
    return false;
}

/* Stuck is looked at where it began, not where the time ran out. */
static void add_stuck(struct scan *s, int index, const struct episode_result *r,
                      int64_t last_reward)
{
    double rate = s->task->env->frames_per_second / s->task->rules.frame_skip;
    int64_t step = last_reward + (int64_t)(STUCK_SECONDS * rate);
    struct failure *f;
    double action[ENV_MAX_ACTION];

    step = step < r->n_steps ? step : r->n_steps - 1;
    episode_reset(&s->episode, r->seed);
    for (int64_t i = 0; i <= step; i++) {
        s->task->env->observe(s->episode.instance, s->before);
        tape_get(&r->tape, s->task->env, i, action);
        episode_step(&s->episode, action);
    }
    f = failures_add(s, index, "stuck");
    f->last_reward = last_reward;
}

static void failure_reward(struct failure_rewards *w, int64_t step, double reward)
{
    if (step > 0) {
        w->lowest = fmin(w->lowest, w->last);
        w->sum += fabs(w->last);
    }
    if (step == 0 || reward != w->last)
        w->last_change = step;
    if (reward > 0)
        w->last_gain = step;
    w->has_gain |= reward > 0;
    w->has_cost |= reward < 0;
    w->last = reward;
}

/* Since which step it was stuck, if it was. Where an episode has earned nothing, no news is
 * what counts: a cost that no longer changes, and not one that is paid no more. */
static bool failure_is_stuck(const struct scan *s, const struct failure_rewards *w,
                             const struct episode_result *r, int64_t *since)
{
    int64_t longest = (s->task->rules.max_frames - 1) / s->task->rules.frame_skip + 1;
    bool is_cost = s->rules >= 2 && !w->has_gain;

    *since = is_cost ? w->last_change : w->last_gain;
    return r->truncated && !(is_cost && w->has_cost && w->last == 0) &&
           r->n_steps - *since > (int64_t)(STUCK_SHARE * (double)longest);
}

static bool failure_is_bad_end(const struct scan *s, const struct failure_rewards *w,
                               const struct episode_result *r)
{
    return s->rules >= 2 && r->terminated && r->n_steps > 1 && w->last < 0 &&
           w->last <= BAD_END_WORSE * w->lowest &&
           w->last <= -BAD_END_TIMES * w->sum / (double)(r->n_steps - 1);
}

static void scan_once(struct scan *s, int index, const struct episode_result *r)
{
    const struct env *env = s->task->env;
    struct failure_rewards w = { 0 };
    int left = MOST_IN_EPISODE;
    double action[ENV_MAX_ACTION];
    struct env_step step = { 0 };
    int64_t since;

    episode_reset(&s->episode, r->seed);
    env->observe(s->episode.instance, s->before);
    observed_begin(&s->out->seen);
    for (int64_t i = 0; i < r->tape.n_steps && !episode_is_over(&s->episode); i++) {
        env->observe(s->episode.instance, s->before);
        observed_see(&s->out->seen, s->before);
        tape_get(&r->tape, env, i, action);
        step = episode_step(&s->episode, action);
        failure_reward(&w, i, step.reward);
        observed_earn(&s->out->seen, &step);
        if (step.events)
            add_events(s, index, &step, &left);
    }
    if (r->fault)
        failures_add(s, index, fault_name(r->fault));
    else if (failure_is_stuck(s, &w, r, &since))
        add_stuck(s, index, r, since);
    else if (failure_is_bad_end(s, &w, r) && !failure_has_event(env, step.events))
        failures_add(s, index, "bad_end")->floor = r->total - w.last / 2;
}

/* -1: the environment was lost, twice. Episodes that it cost say nothing of the
 * policy. */
static int scan_episode(struct scan *s, int index, const struct episode_result *r,
                        struct error *err)
{
    int n_before = s->out->n, status = r->fault == FAULT_environment ? 0 : -1;

    struct observed kept = s->out->seen;

    for (int tries = 0; tries < 2 && status != 0; tries++) {
        s->out->n = n_before;
        s->out->seen = kept;
        scan_once(s, index, r);
        status = env_check(s->task->env, s->episode.instance, err);
    }
    return status;
}

static double failures_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), stats_compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double failures_far_below(const struct episode_result *results, int n)
{
    double *values = xcalloc((size_t)n + 1, sizeof(*values)), middle, spread;

    if (n < FAR_LEAST) {
        free(values);
        return -INFINITY;
    }
    for (int i = 0; i < n; i++)
        values[i] = results[i].score;
    middle = failures_median(values, n);
    for (int i = 0; i < n; i++)
        values[i] = fabs(results[i].score - middle);
    spread = 1.4826 *
             failures_median(values, n); /* a normal's standard deviation from its MAD */
    free(values);
    return middle - fmax(FAR_SPREADS * spread, FAR_SHARE * fabs(middle));
}

/* An episode that ended well but for its score: it is looked at where it ended. */
static void add_far_below(struct scan *s, int index, const struct episode_result *r,
                          double far)
{
    double action[ENV_MAX_ACTION];

    episode_reset(&s->episode, r->seed);
    for (int64_t i = 0; i < r->tape.n_steps && !episode_is_over(&s->episode); i++) {
        s->task->env->observe(s->episode.instance, s->before);
        tape_get(&r->tape, s->task->env, i, action);
        episode_step(&s->episode, action);
    }
    failures_add(s, index, "far_below")->floor = s->rules >= 2 ? far : -INFINITY;
}

static int by_lost(const void *a, const void *b)
{
    const struct failure_group *x = a, *y = b;

    if (x->lost != y->lost)
        return x->lost < y->lost ? 1 : -1;
    return strcmp(x->signature, y->signature);
}

/* Each failure bears an equal part of what its episode fell short by. */
static void group(struct failures *f, const struct episode_result *results, int n,
                  double best)
{
    int *count = xcalloc((size_t)n, sizeof(*count));

    for (int i = 0; i < f->n; i++)
        count[f->list[i].episode]++;
    for (int i = 0; i < f->n; i++) {
        const struct failure *one = &f->list[i];
        struct failure_group *g = NULL;
        for (int k = 0; k < f->n_groups; k++)
            if (!strcmp(f->groups[k].signature, one->signature))
                g = &f->groups[k];
        if (!g) {
            g = xgrow(f->groups, f->n_groups);
            *g = (struct failure_group){ .kind = one->kind, .first = i };
            memcpy(g->signature, one->signature, sizeof(g->signature));
        }
        g->n++;
        g->lost += fmax(0, best - results[one->episode].score) / count[one->episode];
        if (one->total < f->list[g->first].total)
            g->first = i;
    }
    free(count);
    if (f->n_groups)
        qsort(f->groups, (size_t)f->n_groups, sizeof(*f->groups), by_lost);
}

int failures_find(struct failures *f, const struct task *task,
                  const struct episode_result *results, int n, int rules,
                  struct error *err)
{
    struct scan s = { .out = f, .task = task, .rules = rules };
    void *instance = task_create_instance(task, err);
    double best = isfinite(task->target) ? task->target : -INFINITY;

    double far = failures_far_below(results, n);
    int status = 0;

    *f = (struct failures){ 0 };
    if (!instance)
        return -1;
    episode_init(&s.episode, task->env, instance, &task->rules);
    s.before = xcalloc((size_t)s.episode.n_obs, sizeof(double));
    observed_init(&f->seen, task->env, s.episode.n_obs);
    observed_count(&f->seen, results, n);
    for (int i = 0; i < n && status == 0; i++) {
        int n_before = f->n;
        best = fmax(best, results[i].score);
        status = scan_episode(&s, i, &results[i], err);
        if (status == 0 && f->n == n_before && results[i].score < far &&
            results[i].fault != FAULT_environment)
            add_far_below(&s, i, &results[i], far);
    }
    group(f, results, n, best);
    free(s.before);
    episode_clear(&s.episode);
    task->env->destroy(instance);
    if (status != 0)
        failures_clear(f);
    return status;
}

void failures_clear(struct failures *f)
{
    free(f->list);
    free(f->groups);
    observed_clear(&f->seen);
    *f = (struct failures){ 0 };
}
