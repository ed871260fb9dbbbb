/* loop_state.c - what the parts of the loop do with its state. */
#include "runner/learn/loop_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void champion_clear(struct champion *c)
{
    free(c->name);
    free(c->source);
    results_clear(c->results, c->n);
    free(c->results);
    free(c->hidden);
    *c = (struct champion){ 0 };
}

struct policy champion_policy(const struct champion *c)
{
    return (struct policy){ .name = c->name, .source = c->source };
}

void champion_copy(struct champion *to, const struct champion *from)
{
    *to = *from;
    to->name = xstrdup(from->name);
    to->source = xstrdup(from->source);
    to->results = xcalloc((size_t)from->n, sizeof(*to->results));
    for (int i = 0; i < from->n; i++)
        result_copy(&to->results[i], &from->results[i]);
    to->hidden = xcalloc((size_t)from->n_hidden, sizeof(*to->hidden));
    if (from->n_hidden)
        memcpy(to->hidden, from->hidden, sizeof(*to->hidden) * (size_t)from->n_hidden);
}

double champion_highest(const struct champion *c)
{
    double highest = c->highest_gate;

    for (int i = 0; i < c->n; i++)
        highest = fmax(highest, c->results[i].score);
    for (int i = 0; i < c->n_hidden; i++)
        highest = fmax(highest, c->hidden[i]);
    return highest;
}

void contest_clear(struct contest *c)
{
    comparison_clear(&c->with);
    *c = (struct contest){ 0 };
    comparison_init(&c->with);
}

void challenger_clear(struct challenger *c)
{
    champion_clear(&c->candidate);
    contest_clear(&c->contest);
    free(c->change);
}

void challengers_clear(struct loop *l)
{
    for (int i = 0; i < l->n_challengers; i++)
        challenger_clear(&l->challengers[i]);
    free(l->challengers);
    l->challengers = NULL;
    l->n_challengers = 0;
}

enum loop_status loop_stop(struct loop *l, const char *reason)
{
    snprintf(l->outcome->stop_reason, sizeof(l->outcome->stop_reason), "%s", reason);
    return LOOP_STOP;
}

enum loop_status loop_status_of(struct loop *l, enum memo_status status)
{
    switch (status) {
    case MEMO_DONE:
        return LOOP_ON;
    case MEMO_INTERRUPTED:
        l->outcome->is_interrupted = true;
        return loop_stop(l, "interrupted");
    case MEMO_NO_STEPS:
        return loop_stop(l, "budget: steps");
    default:
        return LOOP_FAILED;
    }
}

enum loop_status loop_evaluate(struct loop *l, struct champion *c,
                               struct policy_facts *facts, struct error *err)
{
    int n = l->task->splits.dev, n_done = 0;
    struct evaluation check = l->memo.base;
    struct policy policy = champion_policy(c);
    struct episode_request *requests;
    int64_t *index;
    double *scores;
    enum memo_status status;

    check.policy = policy;
    check.on_result = NULL;
    if (evaluate_check(&check, facts, err) != 0)
        return LOOP_FAILED;
    if (facts->fault)
        return LOOP_ON;
    c->n_declared = facts->n_params;
    memcpy(c->declared, facts->params, sizeof(c->declared));
    requests = xcalloc((size_t)n, sizeof(*requests));
    index = xcalloc((size_t)n, sizeof(*index));
    scores = xcalloc((size_t)n, sizeof(*scores));
    c->results = xcalloc((size_t)n, sizeof(*c->results));
    c->n = n;
    for (int i = 0; i < n; i++) {
        index[i] = i;
        requests[i].seed = split_seed(l->c->salt, SPLIT_DEV, l->task->name, "", i);
    }
    status = memo_evaluate(&l->memo, PURPOSE_dev, "", &policy, requests, index, n,
                           c->results, err);
    for (int i = 0; i < n; i++)
        if (c->results[i].is_done) /* all, unless the run ends here */
            scores[n_done++] = c->results[i].score;
    c->dev = summarize(scores, n_done);
    c->highest_gate = -INFINITY;
    free(scores);
    free(requests);
    free(index);
    return loop_status_of(l, status);
}

/* What was lost to the clock or with the environment, once more. */
static enum memo_status play_lost(struct loop *l, const struct policy *policy,
                                  const struct episode_request *request, int64_t index,
                                  struct episode_result *r, struct error *err)
{
    if (r->fault != FAULT_void && r->fault != FAULT_environment)
        return MEMO_DONE;
    results_clear(r, 1);
    return memo_evaluate(&l->memo, PURPOSE_gate, "gain again", policy, request, &index, 1,
                         r, err);
}

enum loop_status loop_measure_gain(struct loop *l, struct champion *c, struct error *err)
{
    int n = l->task->splits.dev;
    struct policy policy = champion_policy(c);
    struct episode_request *requests = xcalloc((size_t)n, sizeof(*requests));
    struct episode_result *results = xcalloc((size_t)n, sizeof(*results));
    int64_t *index = xcalloc((size_t)n, sizeof(*index));
    enum memo_status status;

    for (int i = 0; i < n; i++) {
        index[i] = i;
        requests[i].seed = split_seed(l->c->salt, SPLIT_GATE, l->task->name, "gain", i);
    }
    status = memo_evaluate(&l->memo, PURPOSE_gate, "gain", &policy, requests, index, n,
                           results, err);
    for (int i = 0; i < n && status == MEMO_DONE; i++)
        status = play_lost(l, &policy, &requests[i], i, &results[i], err);
    if (status == MEMO_DONE) {
        c->hidden = xrealloc(c->hidden, sizeof(*c->hidden) * (size_t)n);
        c->n_hidden = n;
        for (int i = 0; i < n; i++)
            c->hidden[i] = result_is_void(&results[i]) ? NAN : results[i].score;
    }
    results_clear(results, n);
    free(results);
    free(requests);
    free(index);
    return loop_status_of(l, status);
}

bool loop_is_at_target(const struct loop *l)
{
    const struct champion *c = &l->incumbent;

    double *whole = xcalloc((size_t)c->n_hidden + 1, sizeof(*whole));
    int n = 0;
    bool result;

    for (int i = 0; i < c->n_hidden; i++)
        if (!isnan(c->hidden[i]))
            whole[n++] = c->hidden[i];
    result = summarize(whole, n).mean >= l->task->target; /* never of none */
    free(whole);
    return result;
}

void loop_note_past(struct loop *l, const struct iteration *it, const char *tokens_sha256)
{
    struct past *p;

    p = xgrow(l->past, l->n_past);
    *p = (struct past){
        .change = xstrdup(it->change),
        .why = xstrdup(it->why),
        .verdict = it->verdict,
        .iteration = it->number,
        .dev_before = it->before.mean,
        .dev_after = it->has_candidate ? it->after.mean : NAN,
    };
    snprintf(p->sha256, sizeof(p->sha256), "%s", it->sha256);
    snprintf(p->tokens_sha256, sizeof(p->tokens_sha256), "%s", tokens_sha256);
}

/* -1: the ledger cannot be read, and nothing may be played on a budget that is unknown. */
int loop_count_steps(struct loop *l, int64_t *own, int64_t *planner, struct error *err)
{
    struct ledger_steps steps;

    *own = *planner = 0;
    if (ledger_count_steps(l->c->ledger, l->c->run->id, &steps, err) != 0)
        return -1;
    for (int p = 0; p < N_PURPOSES; p++) {
        *own += steps.steps[p];
        *planner += steps.planner_steps[p];
    }
    return 0;
}
