/* cases.c - regression cases: cut from failures, proven, run. */
#include "runner/learn/cases.h"

#include <stdlib.h>
#include <string.h>

#include "runner/record/hash.h"

/* How long before the failure the policy takes over, tried from the shortest on: in seconds
 * of the environment's time. */
static const double take_over_seconds[] = { 0.5, 1, 2, 4, 8, 16 };
#define N_TAKE_OVERS ((int)(sizeof(take_over_seconds) / sizeof(take_over_seconds[0])))
#define AFTER_SECONDS 0.25 /* the horizon goes on past the failure: a delay is no cure */

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
    l->list = xrealloc(l->list, sizeof(*l->list) * (size_t)(l->n + 1));
    l->list[l->n++] = *c;
    *c = (struct regression_case){ 0 };
}

bool case_is_stale(const struct regression_case *c)
{
    return c->env_version != c->task->env->version;
}

/* Did what must not happen happen after the take-over? */
static bool holds(const struct regression_case *c, const struct episode_result *r,
                  uint32_t events_after)
{
    if (r->fault)
        return false;
    return !(events_after & failure_event_bit(c->task->env, c->event));
}

/* The events of the steps after the take-over, by playing the result's tape. */
static int events_after(const struct regression_case *c, const struct episode_result *r,
                        uint32_t *out, struct error *err)
{
    double action[ENV_MAX_ACTION];
    struct episode e;
    void *instance = task_create_instance(c->task, err);

    if (!instance)
        return -1;
    *out = 0;
    episode_init(&e, c->task->env, instance, &c->task->rules);
    episode_reset(&e, c->seed);
    for (int64_t i = 0; i < r->tape.n_steps && !episode_is_over(&e); i++) {
        uint32_t events;
        tape_get(&r->tape, c->task->env, i, action);
        events = episode_step(&e, action).events;
        if (i >= c->prefix.n_steps)
            *out |= events;
    }
    episode_clear(&e);
    c->task->env->destroy(instance);
    return 0;
}

/* What a case is, as text: the ledger knows its episodes by it, whatever it is called. */
static void case_hash(const struct regression_case *c, char out[65])
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fprintf(f, "%s %llu %lld %lld %u ", c->event, (unsigned long long)c->seed,
            (long long)c->prefix.n_steps, (long long)c->horizon, c->env_version);
    fwrite(c->prefix.data, (size_t)c->prefix.width, (size_t)c->prefix.n_steps, f);
    fclose(f);
    sha256_hex(text, size, out);
    free(text);
}

static enum memo_status run_one(struct memo *m, const struct policy *policy,
                                const struct regression_case *c, bool *passed,
                                struct episode_result *result, struct error *err)
{
    struct episode_request request = { .seed = c->seed,
                                       .max_steps = c->prefix.n_steps + c->horizon,
                                       .shadow = &c->prefix };
    struct memo mine = *m;
    enum memo_status status;
    const int64_t index = 0;
    uint32_t events = 0;
    char scope[65];

    case_hash(c, scope);
    mine.base.task = c->task;
    mine.base.n_jobs = 1;
    status = memo_evaluate(&mine, PURPOSE_regression, scope, policy, &request, &index, 1, result,
                           err);
    m->steps_left = mine.steps_left;
    if (status == MEMO_DONE && events_after(c, result, &events, err) != 0)
        status = MEMO_FAILED;
    *passed = status == MEMO_DONE && holds(c, result, events);
    return status;
}

enum memo_status cases_run(struct memo *m, const struct policy *policy,
                           const struct case_list *cases, bool *passed,
                           struct episode_result *results, struct error *err)
{
    enum memo_status status = MEMO_DONE;

    for (int i = 0; i < cases->n && status == MEMO_DONE; i++) {
        struct episode_result mine = { 0 };
        status = run_one(m, policy, &cases->list[i], &passed[i], &mine, err);
        if (results)
            results[i] = mine;
        else
            results_clear(&mine, 1);
    }
    return status;
}

static void fill(struct regression_case *c, const struct task *task, const struct failure *f,
                 const struct episode_result *r, double seconds)
{
    double steps_per_second = task->env->frames_per_second / task->rules.frame_skip;
    int64_t before = (int64_t)(seconds * steps_per_second) + 1;
    int64_t take_over = f->step > before ? f->step - before : 0;

    *c = (struct regression_case){
        .name = xstrdup(""),
        .signature = xstrdup(f->signature),
        .event = xstrdup(failure_event_bit(task->env, f->kind) ? f->kind : "fault"),
        .task = task_copy(task),
        .env_version = task->env->version,
        .seed = r->seed,
        .prefix = { .n_steps = take_over, .width = r->tape.width },
        .horizon = f->step - take_over + 1 + (int64_t)(AFTER_SECONDS * steps_per_second),
        .cut_from = xstrdup(""),
        .fixed_by = xstrdup(""),
    };
    c->prefix.data = xcalloc((size_t)take_over + 1, (size_t)r->tape.width);
    memcpy(c->prefix.data, r->tape.data, (size_t)take_over * (size_t)r->tape.width);
}

int case_cut(struct memo *m, const struct policy *old, const struct policy *fixed,
             const struct failure *f, const struct episode_result *result,
             struct regression_case *out, enum memo_status *status, struct error *err)
{
    *status = MEMO_DONE;
    if (!failure_event_bit(m->base.task->env, f->kind) && strcmp(f->kind, "error"))
        return 0;
    for (int i = 0; i < N_TAKE_OVERS && *status == MEMO_DONE; i++) {
        struct episode_result one = { 0 };
        bool old_passes = true, new_passes = false;
        fill(out, m->base.task, f, result, take_over_seconds[i]);
        *status = run_one(m, old, out, &old_passes, &one, err);
        results_clear(&one, 1);
        if (*status == MEMO_DONE && !old_passes)
            *status = run_one(m, fixed, out, &new_passes, &one, err);
        results_clear(&one, 1);
        if (*status == MEMO_DONE && !old_passes && new_passes) {
            free(out->cut_from);
            free(out->fixed_by);
            out->cut_from = xcalloc(65, 1);
            out->fixed_by = xcalloc(65, 1);
            sha256_hex(old->source, strlen(old->source), out->cut_from);
            sha256_hex(fixed->source, strlen(fixed->source), out->fixed_by);
            return 1;
        }
        case_clear(out);
    }
    return *status == MEMO_DONE ? 0 : -1;
}
