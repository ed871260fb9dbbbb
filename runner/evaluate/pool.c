/* pool.c - spreads episodes over workers: a thread for each, which feeds its worker,
 * confirms what comes back, and replaces a worker that is lost. */
#include "runner/evaluate/pool.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "envs/describe.h"
#include "runner/evaluate/outside.h"
#include "runner/evaluate/process.h"
#include "runner/evaluate/verify.h"

#define MOST_AT_ONCE 64 /* episodes in one message */
#define LOAD_TRIES 2    /* of a policy that loads, where the clock ran out */
#define START_TRIES 4   /* of a worker, before the policy */

/* One call of pool_play. requests[i] and results[i] belong to the lane that took i; next
 * only grows, so that each is taken once. The first failure stays, and no lane takes more
 * after it; the first worker that loads the policy gives the facts. */
struct pool {
    const struct evaluation *e;
    const struct episode_request *requests;
    struct episode_result *results;
    struct job job;
    struct watch *watch;
    double (*worst)(const struct evaluation *e);
    int n, n_lanes, at_once; /* at_once: episodes in one message, at most */

    pthread_mutex_t mutex; /* guards what follows */
    int next;
    bool is_failed;
    struct error failure;
    struct policy_facts facts;
    bool has_facts;
};

/* One thread with its worker and its own environment. process.pid is 0 while there is no
 * worker; `again` is empty between two portions. */
struct lane {
    struct pool *pool;
    int index;
    pthread_t thread;
    struct process process;
    struct outside_kept kept; /* outside: environments that episodes are played in; */
    struct episode episode;   /* inside: the one to confirm them in */
    struct policy_facts facts;
    struct wire out;
    int n_tries;                      /* of what is played now */
    int again[MOST_AT_ONCE], n_again; /* episodes that were lost with their environment */
};

static void pool_fail(struct pool *p, const struct error *why)
{
    pthread_mutex_lock(&p->mutex);
    if (!p->is_failed)
        p->failure = *why;
    p->is_failed = true;
    pthread_mutex_unlock(&p->mutex);
}

static bool pool_is_interrupted(const struct pool *p)
{
    return setup_is_interrupted(&p->e->setup);
}

/* The next requests: [*from, result). Empty when there are no more. Inside, portions
 * shrink towards the end, so that no lane works long after the others. */
static int pool_take(struct pool *p, int *from)
{
    int to, share;

    pthread_mutex_lock(&p->mutex);
    *from = p->next;
    share = p->e->is_outside ? p->n : (p->n - p->next) / (2 * p->n_lanes) + 1;
    share = share < p->at_once ? share : p->at_once;
    to = p->next + share < p->n ? p->next + share : p->n;
    if (p->is_failed || pool_is_interrupted(p))
        to = *from;
    p->next = to;
    pthread_mutex_unlock(&p->mutex);
    return to;
}

/* The score of a fault where the worst return was not known yet. */
static void settle_score(struct pool *p, struct episode_result *r)
{
    double worst;

    if (!isnan(r->score))
        return;
    worst = p->worst ? p->worst(p->e) : NAN;
    r->score = fmin(r->total, isfinite(worst) ? worst : 0);
}

static void deliver(struct pool *p, int index)
{
    settle_score(p, &p->results[index]);
    pthread_mutex_lock(&p->mutex);
    if (p->e->on_result)
        p->e->on_result(p->e->user, index, &p->results[index]);
    pthread_mutex_unlock(&p->mutex);
}

/* Loading that was lost to the clock is tried once more, like an episode; a worker that
 * did not come so far as the policy, for the machine was busy, more often. */
static int pool_start(struct lane *l, struct error *err)
{
    struct pool *p = l->pool;
    struct ready ready;
    int status, n_tries = 0;

    do {
        ready = (struct ready){ 0 };
        status = process_start(&l->process, p->watch, &p->job, &ready, err);
        n_tries++;
    } while (ready.fault.kind == FAULT_void &&
             n_tries < (status == 0 ? LOAD_TRIES : START_TRIES) &&
             !pool_is_interrupted(p));
    if (status != 0) {
        p->facts.jail_layers = ready.layers; /* `doctor` tells which are missing */
        return -1;
    }
    l->facts = (struct policy_facts){ .fault = ready.fault.kind,
                                      .n_params = ready.n_params,
                                      .jail_layers = ready.layers };
    memcpy(l->facts.fault_text, ready.fault.text, sizeof(l->facts.fault_text));
    memcpy(l->facts.params, ready.params, sizeof(l->facts.params));
    memcpy(l->facts.unknown_globals, ready.unknown_globals,
           sizeof(l->facts.unknown_globals));
    pthread_mutex_lock(&p->mutex);
    if (!p->has_facts)
        p->facts = l->facts;
    p->has_facts = true;
    pthread_mutex_unlock(&p->mutex);
    return 0;
}

/* One PLAYED message, confirmed. -1 when it is not one. */
static int read_played(struct lane *l, const struct episode_request *request,
                       struct episode_result *out)
{
    struct claim claim;

    if (read_claim(&l->process.in, l->pool->e->task, &claim) != 0 ||
        !fault_is_policys(claim.fault.kind) || !wire_is_done(&l->process.in)) {
        results_clear(&claim.said, 1);
        l->process.is_nonsense = true;
        return -1;
    }
    verify_claim(&l->episode, l->pool->e->task, request, &claim, out);
    return 0;
}

/* Plays requests [from, to) in one message and delivers them, but for what the
 * environment broke for the first time. Returns how many were: fewer than all when the
 * worker was lost; what it was lost with is in *lost. */
static int play_inside(struct lane *l, int from, int to, struct vm_fault *lost)
{
    struct pool *p = l->pool;
    int i;

    wire_reset(&l->out);
    process_put_episodes(&l->out, p->requests + from, to - from);
    watch_begin(&l->process, &p->job.limits);
    i = from;
    if (process_send(&l->process, MESSAGE_PLAY, &l->out) == 0)
        for (; i < to && process_receive(&l->process, MESSAGE_PLAYED) == 0; i++) {
            watch_pause(&l->process); /* it may have to wait for us */
            if (read_played(l, &p->requests[i], &p->results[i]) != 0)
                break;
            p->results[i].n_tries = l->n_tries;
            if (p->results[i].fault == FAULT_environment && l->n_tries == 1)
                l->again[l->n_again++] = i;
            else
                deliver(p, i);
            watch_begin(&l->process, &p->job.limits); /* the next episode */
        }
    if (i < to)
        process_end(&l->process, lost);
    else
        watch_pause(&l->process);
    return i - from;
}

/* The same in outside mode, where a batch is delivered as a whole, but for what was lost
 * with its environment for the first time. */
static int play_outside(struct lane *l, int from, int to, struct vm_fault *lost)
{
    struct pool *p = l->pool;

    if (outside_play(&l->process, p->e, &p->job, &l->kept, p->requests + from, to - from,
                     p->results + from, lost) != 0)
        return 0;
    for (int i = from; i < to; i++) {
        p->results[i].n_tries = l->n_tries;
        if (p->results[i].fault == FAULT_environment && l->n_tries == 1)
            l->again[l->n_again++] = i;
        else if (p->results[i].is_done)
            deliver(p, i);
        else
            results_clear(&p->results[i], 1); /* interrupted */
    }
    return to - from;
}

static void give_up(struct lane *l, int index, const struct vm_fault *fault)
{
    struct pool *p = l->pool;

    verify_lost(p->e->task, &p->requests[index], fault, &p->results[index]);
    p->results[index].n_tries = l->n_tries;
    l->n_tries = 1;
    deliver(p, index);
}

/* All of [from, to), whatever the worker does. An episode that is lost to the clock is
 * tried once more, alone; what then is lost, stays lost. n_tries: 2 of those in
 * `again`. */
static int pool_play_all(struct lane *l, int from, int to, int n_tries, struct error *err)
{
    struct vm_fault lost = { 0 };
    bool is_alone = false;

    l->n_tries = n_tries;
    while (from < to && !pool_is_interrupted(l->pool)) {
        int end = is_alone ? from + 1 : to, n;
        if (!l->process.pid && !l->facts.fault && pool_start(l, err) != 0)
            return -1;
        if (pool_is_interrupted(l->pool))
            return 0;
        if (l->facts.fault) {
            lost.kind = l->facts.fault;
            memcpy(lost.text, l->facts.fault_text, sizeof(lost.text));
            give_up(l, from++, &lost);
            continue;
        }
        n = l->pool->e->is_outside ? play_outside(l, from, end, &lost)
                                   : play_inside(l, from, end, &lost);
        from += n;
        if (from < end && pool_is_interrupted(l->pool))
            return 0; /* the watch ended the worker */
        if (from == end) {
            is_alone = false;
            l->n_tries = 1;
        } else if (l->pool->e->is_outside && end - from > 1) {
            is_alone = true; /* to learn which of them it was */
        } else if ((lost.kind == FAULT_void || lost.kind == FAULT_environment) &&
                   l->n_tries == 1) {
            is_alone = true;
            l->n_tries = 2;
        } else {
            give_up(l, from++, &lost);
            is_alone = false;
        }
    }
    return 0;
}

/* The portion [from, to), then what of it was lost with its environment, each alone. */
static int play_portion(struct lane *l, int from, int to, struct error *err)
{
    int status = pool_play_all(l, from, to, 1, err);

    for (int i = 0; i < l->n_again && status == 0; i++) {
        int index = l->again[i];
        if (pool_is_interrupted(l->pool))
            break; /* the results are as they were at the first try */
        results_clear(&l->pool->results[index], 1);
        status = pool_play_all(l, index, index + 1, 2, err);
    }
    l->n_again = 0;
    return status;
}

static void *run_lane(void *arg)
{
    struct lane *l = arg;
    struct pool *p = l->pool;
    struct error err = { "" };
    void *instance = task_create_instance(p->e->task, &err);
    int from, to;

    pthread_mutex_lock(&p->mutex);
    if (p->has_facts && p->facts.fault)
        l->facts = p->facts; /* another lane has found out */
    pthread_mutex_unlock(&p->mutex);
    if (!instance) {
        pool_fail(p, &err);
        return NULL;
    }
    l->process = (struct process){
        .pidfd = -1, .socket = -1, .watch = p->watch, .watch_index = l->index
    };
    l->kept.list[0] = p->e->is_outside ? instance : NULL;
    if (!p->e->is_outside)
        episode_init(&l->episode, p->e->task->env, instance, &p->e->task->rules);
    if (p->n == 0 && pool_start(l, &err) != 0)
        pool_fail(p, &err);
    while ((to = pool_take(p, &from)) > from)
        if (play_portion(l, from, to, &err) != 0) {
            pool_fail(p, &err);
            break;
        }
    process_end(&l->process, NULL);
    if (p->e->is_outside) {
        outside_kept_clear(&l->kept, p->e->task->env);
    } else {
        episode_clear(&l->episode);
        p->e->task->env->destroy(instance);
    }
    wire_clear(&l->out);
    return NULL;
}

int pool_play(const struct evaluation *e, const struct episode_request *requests, int n,
              struct episode_result *results, struct policy_facts *facts,
              double (*worst)(const struct evaluation *e), struct error *err)
{
    struct evaluation mine = *e;
    struct pool p = {
        .e = &mine, .requests = requests, .results = results, .n = n, .worst = worst
    };
    int n_jobs = setup_jobs(&e->setup), n_started = 0;
    int n_lanes = n < 1 ? 1 : n_jobs < n ? n_jobs : n;
    struct lane *lanes = xcalloc((size_t)n_lanes, sizeof(*lanes));

    if (n)
        memset(results, 0, sizeof(*results) * (size_t)n);
    p.job = evaluation_job(e);
    if (e->task->env->is_remote) { /* the worker cannot step it */
        mine.is_outside = true;
        p.job.description = env_describe_put(e->task->env, &p.job.description_len);
    }
    p.n_lanes = n_lanes;
    p.at_once = MOST_AT_ONCE;
    if (mine.is_outside) {
        p.at_once = n / n_lanes < 1 || e->task->plan ? 1 /* a plan outlasts a message */
                    : OUTSIDE_MOST < n / n_lanes     ? OUTSIDE_MOST
                                                     : n / n_lanes;
        p.job.n_slots = (uint32_t)p.at_once;
    }
    pthread_mutex_init(&p.mutex, NULL);
    p.watch = watch_create(n_lanes, e->setup.interrupted);
    for (int i = 0; p.watch && i < n_lanes; i++) {
        lanes[i] = (struct lane){ .pool = &p, .index = i };
        if (pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]) != 0)
            break;
        n_started++;
    }
    for (int i = 0; i < n_started; i++)
        pthread_join(lanes[i].thread, NULL);
    watch_destroy(p.watch);
    pthread_mutex_destroy(&p.mutex);
    free(lanes);
    free(p.job.description);
    if (facts)
        *facts = p.facts;
    if (!n_started)
        return error_set(err, "no thread could be started");
    return p.is_failed ? error_set(err, "%s", p.failure.text) : 0;
}
