/* loop.c - the learning loop: evaluate, find failures, ask the model, judge, keep or
 * drop. */
#include "runner/learn/loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "runner/evaluate/worst_settle.h"
#include "runner/learn/loop_state.h"
#include "runner/record/ledger/ledger_dream.h"

/* What is left of the budgets of steps and time: of a run that goes on, less than all. */
static int open_budget(struct loop *l, struct error *err)
{
    const struct task_budget *b = &l->task->budget;
    int64_t steps, planner;

    if (loop_count_steps(l, &steps, &planner, err) != 0)
        return -1;
    l->memo.steps_left = b->steps ? b->steps - steps : INT64_MAX;
    l->planner_left = b->planner_steps - planner;
    l->memo.planner_left = b->planner_steps ? &l->planner_left : NULL;
    return ledger_work_sum(l->c->ledger, l->c->run->id, &l->worked, err);
}

static void loop_on_progress(void *user, enum purpose purpose, int done, int n)
{
    const struct loop *l = user;
    const struct provider *p = l->c->provider;

    if (l->c->progress)
        l->c->progress(l->c->user, purpose, done, n);
    if (p->kind->progress)
        p->kind->progress(p->self, l->doing ? l->doing : purpose_name(purpose), done, n);
}

/* it NULL: the run is over. */
static void loop_tell(const struct loop *l, const struct iteration *it)
{
    const struct provider *p = l->c->provider;
    json_t *news;

    if (!p->kind->tell)
        return;
    news = it ? json_pack("{s:I, s:s, s:s, s:b, s:o}", "iteration",
                          (json_int_t)it->number, "verdict", verdict_name(it->verdict), "why", it->why,
                          "promoted", it->is_promoted, "dev_before",
                          json_finite(it->before.mean))
              : json_pack("{s:s}", "over", l->outcome->stop_reason);
    if (it && it->has_candidate)
        json_object_set_new(news, "dev_after", json_finite(it->after.mean));
    p->kind->tell(p->self, news);
    json_decref(news);
}

static enum loop_status iterate(struct loop *l, struct error *err)
{
    struct iteration it = { .number = l->iteration,
                            .is_known = l->iteration <= l->n_known,
                            .began = clock_now() };
    int64_t before, planner_before, after, planner_after;
    char *reply = NULL, *why = NULL;
    enum loop_status status = loop_count_steps(l, &before, &planner_before, err) == 0 &&
                                      incident_cases(l, err) == 0
                                  ? LOOP_ON
                                  : LOOP_FAILED;

    if (status == LOOP_ON)
        status = challengers_play(l, err);
    if (status == LOOP_ON)
        status = parent_choose(l, err);
    it.remark = l->remark;
    if (status == LOOP_ON)
        status = loop_converse(l, &reply, &why, err);
    if (status == LOOP_ON)
        status = loop_judge(l, reply, why, &it, err);
    if (status == LOOP_ON && loop_count_steps(l, &after, &planner_after, err) != 0)
        status = LOOP_FAILED;
    if (status == LOOP_ON) {
        it.steps = after - before;
        it.planner_steps = planner_after - planner_before;
        it.incumbent = l->incumbent.sha256;
        l->outcome->iterations++;
        l->n_empty = it.has_candidate ? 0 : l->n_empty + 1;
        if (l->c->on_iteration)
            l->c->on_iteration(l->c->user, &it);
        loop_tell(l, &it);
    }
    free(reply);
    free(why);
    return status;
}

/* What the environment breaks can be measured against nothing. */
static int check_start(const struct loop *l, struct error *err)
{
    for (int i = 0; i < l->start.n; i++)
        if (result_is_void(&l->start.results[i]))
            return error_set(err,
                             "%s: dev seed %d: the environment failed, twice, so nothing "
                             "can be compared with it: %.900s",
                             l->task->env->name, i, l->start.results[i].fault_text);
    return 0;
}

static enum loop_status loop_begin(struct loop *l, struct error *err)
{
    struct policy_facts facts;
    enum loop_status status;

    l->start.name = xstrdup(l->c->start_name);
    l->start.source = xstrdup(l->c->start_source);
    sha256_hex(l->start.source, strlen(l->start.source), l->start.sha256);
    if (ledger_source_add(l->c->ledger, l->start.sha256, l->start.source, err) != 0)
        return LOOP_FAILED;
    status = loop_status_of(l, worst_settle(&l->memo, l->own_task, err));
    if (status != LOOP_ON)
        return status;
    status = loop_evaluate(l, &l->start, &facts, err);
    if (status == LOOP_ON && facts.fault) {
        error_set(err, "%s: %s", l->start.name, facts.fault_text);
        return LOOP_FAILED;
    }
    if (status == LOOP_ON && check_start(l, err) != 0)
        return LOOP_FAILED;
    champion_copy(&l->incumbent, &l->start);
    champion_copy(&l->best, &l->start);
    parent_reset(l);
    if (status == LOOP_ON) {
        struct tally_mark played;
        tally_mark(&l->tally, &played);
        if (l->c->on_start)
            l->c->on_start(l->c->user, &l->start, &played);
    }
    if (status == LOOP_ON)
        status = loop_measure_gain(l, &l->start, err);
    if (status == LOOP_ON) {
        champion_clear(&l->incumbent);
        champion_copy(&l->incumbent, &l->start);
    }
    return status;
}

/* The paired gain on hidden seeds that decided nothing, with its 95 % interval. A pair that
 * the environment broke a side of tells nothing; a run that ended before it could measure
 * them has none. */
static void sum_up_gain(struct loop *l)
{
    struct loop_outcome *o = l->outcome;
    int most = l->start.n_hidden < l->incumbent.n_hidden ? l->start.n_hidden
                                                         : l->incumbent.n_hidden;
    double *start = xcalloc(3 * (size_t)most + 1, sizeof(*start)), half;
    double *best = start + most, *differences = best + most;
    struct summary s;
    int n = 0;

    for (int i = 0; i < most; i++) {
        start[n] = l->start.hidden[i];
        best[n] = l->incumbent.hidden[i];
        differences[n] = best[n] - start[n];
        n += !isnan(differences[n]);
    }
    s = summarize(differences, n);
    half = n > 1 ? mean_interval(&s, 0.95) : NAN;
    o->gain = s.mean;
    o->gain_low = o->gain - half;
    o->gain_high = o->gain + half;
    o->start = summarize(start, n);
    o->best = summarize(best, n);
    o->cases = l->cases.n - o->retired;
    free(start);
}

/* Does the run's folder hold a replay of this policy on this seed? */
static bool has_replay(const struct loop *l, uint64_t seed)
{
    struct replay *old = replay_load(l->c->base.setup.envs, l->outcome->replay_path, NULL);
    bool is_there = old && old->seed == seed &&
                    !strcmp(old->policy_sha256, l->incumbent.sha256);

    replay_destroy(old);
    return is_there;
}

/* Plays a dev episode of the incumbent once more, with what the policy says of it. Its
 * steps count as any others: where the budget has none left, or the run has made them
 * before, *played stays without a tape. */
static enum memo_status loop_play_again(struct loop *l, int dev_index,
                                        struct episode_result *played, struct error *err)
{
    struct policy policy = champion_policy(&l->incumbent);
    struct episode_request request = { .seed = l->incumbent.results[dev_index].seed,
                                       .wants_notes = true };
    int64_t index = dev_index;
    struct memo mine = l->memo;

    mine.base.setup.interrupted = NULL;
    mine.progress = NULL;
    return memo_evaluate(&mine, PURPOSE_replay, "", &policy, &request, &index, 1, played,
                         err);
}

static int loop_save_replay(struct loop *l, int dev_index, struct error *err)
{
    const struct episode_result *r = &l->incumbent.results[dev_index];
    struct evaluation e = l->memo.base;
    struct episode_result played = { 0 };
    bool has_tape = r->tape.n_steps == r->n_steps;
    struct replay *replay;
    int status = -1;

    e.policy = champion_policy(&l->incumbent);
    if ((!l->outcome->is_interrupted || !has_tape) &&
        loop_play_again(l, dev_index, &played, err) == MEMO_FAILED)
        return -1;
    if (!has_tape || (played.is_done && played.tape.n_steps == played.n_steps))
        r = &played;
    if (!r->is_done || r->tape.n_steps != r->n_steps) {
        results_clear(&played, 1);
        return 0; /* there is nothing to make it of */
    }
    replay = replay_of_result(&e, r, err);
    if (replay)
        status = replay_save(replay, l->outcome->replay_path, err);
    replay_destroy(replay);
    results_clear(&played, 1);
    return status;
}

/* The incumbent and a replay of its median dev episode, where people look for them: the
 * episode is played once more, but not for someone who has interrupted the run, since a
 * planner's takes minutes. A run that ends before it has come to where it stopped once
 * leaves what it had put there. */
static int keep_best(struct loop *l, struct error *err)
{
    int64_t known = ledger_last_iteration(l->c->ledger, l->c->run->id, err);
    struct loop_outcome *o = l->outcome;
    const struct champion *c = &l->incumbent;
    int median = 0;

    snprintf(o->best_path, sizeof(o->best_path), "%s/best.lua", l->c->folder);
    snprintf(o->replay_path, sizeof(o->replay_path), "%s/best.replay", l->c->folder);
    if (known < 0 || o->iterations < known)
        return known < 0 ? -1 : 0;
    for (int i = 1; i < c->n; i++)
        if (fabs(c->results[i].score - c->dev.mean) <
            fabs(c->results[median].score - c->dev.mean))
            median = i;
    if (file_save(o->best_path, c->source, strlen(c->source), err) != 0)
        return -1;
    if (!c->n || !c->results[median].is_done || has_replay(l, c->results[median].seed))
        return 0;
    return loop_save_replay(l, median, err);
}

static void loop_clear(struct loop *l)
{
    for (int i = 0; i < l->n_past; i++) {
        free(l->past[i].change);
        free(l->past[i].why);
    }
    free(l->past);
    champion_clear(&l->start);
    champion_clear(&l->incumbent);
    champion_clear(&l->best);
    champion_clear(&l->parent);
    archive_clear(l);
    challengers_clear(l);
    workbench_clear(&l->bench);
    tally_clear(&l->tally);
    for (int i = 0; i < l->n_ancestors; i++)
        free(l->ancestors[i].scores);
    free(l->ancestors);
    json_decref(l->memory);
    ledger_cases_clear(&l->retired);
    case_list_clear(&l->cases);
    starts_clear(&l->starts);
}

bool loop_heard_nothing(const struct loop_outcome *o)
{
    return !o->answers && !o->is_paused && !o->is_interrupted &&
           !o->is_at_target;
}

json_t *loop_memory(struct ledger *ledger, const char *task, int64_t run,
                    struct error *err)
{
    return ledger_dream_memory(ledger, task, ledger_session_root(ledger, run), err);
}

static int loop_run_iterations(const struct loop_config *config, struct task *task,
                               struct loop_outcome *out, struct error *err)
{
    struct loop l = {
        .c = config,
        .task = config->base.task,
        .outcome = out,
        .since = clock_now(),
        .returns = { INFINITY, -INFINITY },
        .pair_std = NAN,
    };
    enum loop_status status;
    int result = -1;

    *out = (struct loop_outcome){ 0 };
    l.memo = (struct memo){ .ledger = config->ledger,
                            .run = config->run->id,
                            .base = config->base,
                            .tally = &l.tally,
                            .returns = &l.returns,
                            .progress = loop_on_progress,
                            .user = &l };
    if (config->provider->kind->interrupted)
        l.memo.base.setup.interrupted = config->provider->kind->interrupted(
            config->provider->self);
    l.n_known = ledger_last_iteration(config->ledger, config->run->id, err);
    if (l.n_known < 0)
        return -1;
    if (open_budget(&l, err) != 0)
        return -1;
    l.own_task = task;
    l.memory = config->memory
                   ? json_incref(config->memory)
                   : loop_memory(config->ledger, l.task->name, config->run->id, err);
    status = l.memory && ledger_cases(config->ledger, config->run->id, CASE_retired, &l.retired,
                                      err) >= 0 &&
                     incident_files(&l, err) == 0 &&
                     ledger_run_set_state(config->ledger, config->run->id, RUN_running, "",
                                           err) == 0
                 ? loop_begin(&l, err)
                 : LOOP_FAILED;
    for (l.iteration = 1; status == LOOP_ON; l.iteration++) {
        status = loop_check_end(&l);
        if (status == LOOP_ON)
            status = iterate(&l, err);
    }
    if (status != LOOP_FAILED && l.incumbent.source) {
        sum_up_gain(&l);
        result = keep_best(&l, err);
    }
    if (loop_keep_time(&l, result == 0 ? err : NULL) != 0)
        result = -1;
    if (result == 0)
        result = ledger_count_steps(config->ledger, config->run->id, &out->steps, err);
    if (result == 0)
        result = ledger_run_set_state(config->ledger, config->run->id,
                                       out->is_paused || out->is_interrupted ? RUN_paused
                                                                            : RUN_stopped,
                                       out->stop_reason, err);
    if (result == 0 && !out->is_interrupted)
        loop_tell(&l, NULL);
    loop_clear(&l);
    return result;
}

int loop_run(const struct loop_config *config, struct loop_outcome *out,
             struct error *err)
{
    struct task *task = task_copy(config->base.task); /* whose worst return is settled */
    struct loop_config mine = *config;
    int status;

    mine.base.task = task;
    status = loop_run_iterations(&mine, task, out, err);
    task_destroy(task);
    return status;
}
