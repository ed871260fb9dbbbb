/* cases.c - regression cases: cut from failures, proven, run. */
#include "runner/judge/cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "runner/judge/faults.h"

/* How long before the failure the policy takes over, tried from the shortest on: in
 * seconds of the environment's time. */
static const double take_over_seconds[] = { 0.5, 1, 2, 4, 8, 16 };
#define N_TAKE_OVERS ((int)(sizeof(take_over_seconds) / sizeof(take_over_seconds[0])))
#define N_BISECTIONS 2
#define CONTINUATIONS 8 /* of a case where actions are sticky */
#define PASS_RATE 0.75
#define AFTER_SECONDS                                                \
    0.25 /* the horizon goes on past the failure: a delay is no cure \
          */

void case_clear(struct regression_case *c)
{
    free(c->name);
    free(c->signature);
    free(c->event);
    free(c->cut_from);
    free(c->fixed_by);
    task_destroy(c->task);
    tape_clear(&c->prefix);
    *c = (struct regression_case){ 0 };
}

void case_list_clear(struct case_list *l)
{
    for (int i = 0; i < l->n; i++)
        case_clear(&l->list[i]);
    free(l->list);
    *l = (struct case_list){ 0 };
}

void case_list_add(struct case_list *l, struct regression_case *c)
{
    *xgrow(l->list, l->n) = *c;
    *c = (struct regression_case){ 0 };
}

bool case_is_stale(const struct regression_case *c)
{
    return c->env_version != c->task->env->version ||
           (c->task->rules.sticky > 0 && c->chance != CHANCE_VERSION);
}

/* What a case is, and which of its continuations, as a number: the ledger knows its
 * episodes by it, whatever the case is called. */
static int64_t case_index(const struct regression_case *c, int continuation)
{
    char *text = NULL, hex[65];
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fprintf(f, "%s %llu %lld %lld %u %d ", c->event, (unsigned long long)c->seed,
            (long long)c->prefix.n_steps, (long long)c->horizon, c->env_version,
            continuation);
    if (c->prefix.n_steps)
        fwrite(c->prefix.data, (size_t)c->prefix.width, (size_t)c->prefix.n_steps, f);
    fclose(f);
    sha256_hex(text, size, hex);
    free(text);
    hex[15] = '\0';
    return (int64_t)strtoull(hex, NULL, 16);
}

/* Of what the whole episode returns, and not of what happens in it? */
static bool case_is_of_return(const struct regression_case *c)
{
    return !strcmp(c->event, CASE_FAR_BELOW);
}

/* The first step after the take-over at which what must not happen happens, by playing
 * the result's tape, or at which the episode is given up; -1: there is none; -2: the
 * environment cannot be created or was lost, which says nothing of the policy. */
static int64_t find_failure(const struct regression_case *c, const struct task *task,
                            const struct episode_result *r, struct error *err)
{
    uint32_t bit = failure_event_bit(task->env, c->event);
    double action[ENV_MAX_ACTION];
    struct episode e;
    void *instance = task_create_instance(task, err);
    int64_t step = -1;
    int lost = -1;

    if (!instance)
        return -2;
    episode_init(&e, task->env, instance, &task->rules);
    for (int tries = 0; tries < 2 && lost != 0; tries++) {
        step = -1;
        episode_reset(&e, c->seed);
        for (int64_t i = 0; i < r->tape.n_steps && !episode_is_over(&e) && step < 0;
             i++) {
            tape_get(&r->tape, task->env, i, action);
            if ((episode_step(&e, action).events & bit) && i >= c->prefix.n_steps)
                step = i;
        }
        lost = r->fault == FAULT_environment
                   ? error_set(err, "%s: %.900s", task->env->name, r->fault_text)
                   : env_check(task->env, instance, err);
    }
    if (lost != 0)
        step = -2;
    else if (step < 0 && case_is_of_return(c) && episode_is_over(&e) &&
             e.now.total < c->floor)
        step = r->n_steps;
    else if (step < 0 && (r->fault || (e.now.terminated && e.now.total < c->floor &&
                                       r->n_steps < c->prefix.n_steps + c->horizon)))
        step = r->n_steps;
    episode_clear(&e);
    task->env->destroy(instance);
    return step;
}

/* The task with the chance of a continuation: the first goes on as it was recorded. */
static struct task *continue_task(const struct regression_case *c, int continuation)
{
    struct task *t = task_copy(c->task);
    char label[32];

    snprintf(label, sizeof(label), "continuation %d", continuation);
    t->rules.branch_step = c->prefix.n_steps;
    t->rules.branch = continuation ? chance_derive(c->seed, label) | 1 : 0;
    return t;
}

static bool cases_is_same_task(const struct task *a, const struct task *b)
{
    json_t *x = task_to_json(a), *y = task_to_json(b);
    bool is_same = json_equal(x, y);

    json_decref(x);
    json_decref(y);
    return is_same;
}

/* Names the episodes of the cases of a task. A run's own cases are of its own task; the
 * same seed and prefix under other rules are other episodes. */
static char *case_scope(const struct task *own, const struct task *task)
{
    json_t *json;
    char *text, sha[65], *scope;

    if (cases_is_same_task(own, task))
        return xstrdup("case");
    json = task_to_json(task);
    text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    sha256_hex(text, strlen(text), sha);
    scope = xasprintf("case of task %s", sha);
    free(text);
    json_decref(json);
    return scope;
}

/* n cases of one task (all with that rules), one continuation of each. */
static enum memo_status play_cases(struct memo *m, const struct policy *policy,
                                   const struct task *task,
                                   struct regression_case **cases, int n,
                                   int continuation, struct episode_result *results,
                                   struct error *err)
{
    struct episode_request *requests = xcalloc((size_t)n, sizeof(*requests));
    int64_t *index = xcalloc((size_t)n, sizeof(*index));
    char *scope = case_scope(m->base.task, cases[0]->task);
    struct memo mine = *m;
    enum memo_status status;

    for (int i = 0; i < n; i++) {
        requests[i] = (struct episode_request){ .seed = cases[i]->seed,
                                                .max_steps = cases[i]->prefix.n_steps +
                                                             cases[i]->horizon,
                                                .shadow = &cases[i]->prefix };
        index[i] = case_index(cases[i], continuation);
    }
    mine.base.task = task;
    status = memo_evaluate(&mine, PURPOSE_regression, scope, policy, requests, index, n,
                           results, err);
    m->steps_left = mine.steps_left;
    free(scope);
    free(requests);
    free(index);
    return status;
}

/* Puts one continuation's episode into the outcome, which takes it. */
static int count_result(const struct regression_case *c, const struct task *task,
                        int continuation, struct episode_result *r,
                        struct case_outcome *out, struct error *err)
{
    int64_t step = find_failure(c, task, r, err);

    out->held += step == -1;
    out->n_broken += fault_is_broken(r);
    out->n++;
    if (step >= 0 && out->held == out->n - 1) { /* the first that fails is kept */
        results_clear(&out->result, 1);
        out->result = *r;
        out->worst = continuation;
    } else if (continuation == 0) {
        out->result = *r;
    } else {
        results_clear(r, 1);
    }
    *r = (struct episode_result){ 0 };
    return step == -2 ? -1 : 0;
}

static enum memo_status run_continuation(struct memo *m, const struct policy *policy,
                                         struct regression_case *c, int k,
                                         struct case_outcome *out, struct error *err)
{
    struct task *task = continue_task(c, k);
    struct episode_result r = { 0 };
    enum memo_status status = play_cases(m, policy, task, &c, 1, k, &r, err);

    if (status != MEMO_DONE)
        results_clear(&r, 1);
    else if (count_result(c, task, k, &r, out, err) != 0)
        status = MEMO_FAILED;
    task_destroy(task);
    return status;
}

static void close_outcome(const struct regression_case *c, struct case_outcome *out)
{
    out->passed = out->held >= c->pass_rate * c->n_continuations - 1e-9;
}

static enum memo_status cases_run_one(struct memo *m, const struct policy *policy,
                                      struct regression_case *c, struct case_outcome *out,
                                      struct error *err)
{
    enum memo_status status = MEMO_DONE;

    *out = (struct case_outcome){ 0 };
    for (int k = 0; k < c->n_continuations && status == MEMO_DONE; k++)
        status = run_continuation(m, policy, c, k, out, err);
    close_outcome(c, out);
    return status;
}

/* The recorded course of all cases from the first on that share its task, spread over the
 * workers; done[] says which those were. */
static enum memo_status run_together(struct memo *m, const struct policy *policy,
                                     const struct case_list *cases, int first, bool *done,
                                     struct case_outcome *out, struct error *err)
{
    struct regression_case **mine = xcalloc((size_t)cases->n, sizeof(*mine));
    struct episode_result *results = xcalloc((size_t)cases->n, sizeof(*results));
    int *place = xcalloc((size_t)cases->n, sizeof(*place)), n = 0;
    struct task *task = continue_task(&cases->list[first], 0);
    enum memo_status status;

    for (int i = first; i < cases->n; i++)
        if (!done[i] &&
            cases_is_same_task(cases->list[first].task, cases->list[i].task)) {
            done[i] = true;
            place[n] = i;
            mine[n++] = &cases->list[i];
        }
    status = play_cases(m, policy, task, mine, n, 0, results, err);
    for (int i = 0; i < n && status == MEMO_DONE; i++)
        if (count_result(mine[i], task, 0, &results[i], &out[place[i]], err) != 0)
            status = MEMO_FAILED;
    results_clear(results, n);
    task_destroy(task);
    free(mine);
    free(results);
    free(place);
    return status;
}

enum memo_status cases_run(struct memo *m, const struct policy *policy,
                           const struct case_list *cases, struct case_outcome *out,
                           struct error *err)
{
    bool *done = xcalloc((size_t)cases->n + 1, sizeof(*done));
    enum memo_status status = MEMO_DONE;

    memset(out, 0, sizeof(*out) * (size_t)cases->n);
    for (int i = 0; i < cases->n; i++)
        done[i] = case_is_stale(&cases->list[i]) || cases->list[i].is_retired;
    for (int i = 0; i < cases->n && status == MEMO_DONE; i++)
        if (!done[i])
            status = run_together(m, policy, cases, i, done, out, err);
    for (int i = 0; i < cases->n && status == MEMO_DONE; i++) {
        struct regression_case *c = &cases->list[i];
        for (int k = 1; k < c->n_continuations && out[i].n && status == MEMO_DONE; k++)
            status = run_continuation(m, policy, c, k, &out[i], err);
        if (out[i].n)
            close_outcome(c, &out[i]);
    }
    free(done);
    return status;
}

void case_outcomes_clear(struct case_outcome *out, int n)
{
    for (int i = 0; i < n; i++)
        results_clear(&out[i].result, 1);
}

static void cases_fill(struct regression_case *c, const struct task *task,
                       const struct failure *f, const struct episode_result *r,
                       double seconds)
{
    double steps_per_second = task->env->frames_per_second / task->rules.frame_skip;
    int64_t before = isfinite(seconds) ? (int64_t)(seconds * steps_per_second) + 1
                                       : f->step + 1; /* from the start */
    int64_t take_over = f->step > before ? f->step - before : 0;

    *c = (struct regression_case){
        .name = xstrdup(""),
        .signature = xstrdup(f->signature),
        .event = xstrdup(failure_event_bit(task->env, f->kind) ||
                                 !strcmp(f->kind, CASE_FAR_BELOW)
                             ? f->kind
                             : "fault"),
        .task = task_copy(task),
        .env_version = task->env->version,
        .chance = CHANCE_VERSION,
        .seed = r->seed,
        .prefix = { .n_steps = take_over, .width = r->tape.width },
        .horizon = f->step - take_over + 1 + (int64_t)(AFTER_SECONDS * steps_per_second),
        .floor = isfinite(f->floor) ? f->floor : f->total,
        .n_continuations = task->rules.sticky > 0 ? CONTINUATIONS : 1,
        .pass_rate = task->rules.sticky > 0 ? PASS_RATE : 1,
        .cut_from = xstrdup(""),
        .fixed_by = xstrdup(""),
    };
    c->prefix.data = xcalloc((size_t)take_over + 1, (size_t)r->tape.width);
    memcpy(c->prefix.data, r->tape.data, (size_t)take_over * (size_t)r->tape.width);
    if (case_is_of_return(c)) /* the episode is over in any case */
        c->horizon = (task->rules.max_frames - 1) / task->rules.frame_skip + 2;
}

static void cases_sign(struct regression_case *c, const struct policy *old,
                       const struct policy *fixed)
{
    free(c->cut_from);
    free(c->fixed_by);
    c->cut_from = xcalloc(65, 1);
    c->fixed_by = xcalloc(65, 1);
    sha256_hex(old->source, strlen(old->source), c->cut_from);
    sha256_hex(fixed->source, strlen(fixed->source), c->fixed_by);
}

/* The horizon ends soon after the step at which the old policy fails. */
static int cases_shorten(struct regression_case *c, const struct case_outcome *old,
                         struct error *err)
{
    double rate = c->task->env->frames_per_second / c->task->rules.frame_skip;
    struct task *task = continue_task(c, old->worst);
    int64_t step = find_failure(c, task, &old->result, err);
    int64_t horizon = step - c->prefix.n_steps + 1 + (int64_t)(AFTER_SECONDS * rate);

    task_destroy(task);
    if (c->n_continuations == 1 && step >= 0 && horizon < c->horizon &&
        !case_is_of_return(c))
        c->horizon = horizon;
    return step == -2 ? -1 : 0;
}

/* Is there a case with this take-over? 1: *out is it, proven; 0: no; -1: see *status. */
static int cases_prove(struct memo *m, const struct policy *old,
                       const struct policy *fixed, const struct failure *f,
                       const struct episode_result *result, double seconds,
                       struct regression_case *out, enum memo_status *status,
                       struct error *err)
{
    struct case_outcome before = { 0 }, after = { 0 };
    bool is_proven = false;
    int64_t horizon;

    cases_fill(out, m->base.task, f, result, seconds);
    horizon = out->horizon;
    *status = cases_run_one(m, old, out, &before, err);
    if (*status == MEMO_DONE && !before.passed && cases_shorten(out, &before, err) != 0)
        *status = MEMO_FAILED;
    if (*status == MEMO_DONE && !before.passed && out->horizon != horizon) {
        case_outcomes_clear(&before, 1);
        *status = cases_run_one(m, old, out, &before, err);
    }
    if (*status == MEMO_DONE && !before.passed) {
        *status = cases_run_one(m, fixed, out, &after, err);
        is_proven = *status == MEMO_DONE && after.passed;
    }
    case_outcomes_clear(&before, 1);
    case_outcomes_clear(&after, 1);
    if (is_proven)
        cases_sign(out, old, fixed);
    else
        case_clear(out);
    return *status != MEMO_DONE ? -1 : is_proven;
}

/* Between a take-over that proves nothing and a later one that does: closer. */
static int bisect(struct memo *m, const struct policy *old, const struct policy *fixed,
                  const struct failure *f, const struct episode_result *result,
                  double low, double high, struct regression_case *out,
                  enum memo_status *status, struct error *err)
{
    for (int i = 0; i < N_BISECTIONS; i++) {
        double middle = (low + high) / 2;
        struct regression_case c = { 0 };
        int proven = cases_prove(m, old, fixed, f, result, middle, &c, status, err);
        if (proven < 0)
            return -1;
        if (!proven) {
            low = middle;
            continue;
        }
        high = middle;
        case_clear(out);
        *out = c;
    }
    return 1;
}

int case_cut(struct memo *m, const struct policy *old, const struct policy *fixed,
             const struct failure *f, const struct episode_result *result,
             struct regression_case *out, enum memo_status *status, struct error *err)
{
    *status = MEMO_DONE;
    if (!failure_event_bit(m->base.task->env, f->kind) && strcmp(f->kind, "error") &&
        !isfinite(f->floor))
        return 0;
    /* A return is of the whole episode; where frames are sticky it is chance, too. */
    if (!strcmp(f->kind, CASE_FAR_BELOW))
        return m->base.task->rules.sticky > 0 ? 0
                                              : cases_prove(m, old, fixed, f, result, INFINITY,
                                                      out, status, err);
    for (int i = 0; i < N_TAKE_OVERS; i++) {
        int proven = cases_prove(m, old, fixed, f, result, take_over_seconds[i], out,
                                 status, err);
        if (proven == 1 && i > 0)
            proven = bisect(m, old, fixed, f, result, take_over_seconds[i - 1],
                            take_over_seconds[i], out, status, err);
        if (proven)
            return proven;
    }
    return 0;
}
