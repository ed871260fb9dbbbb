/* worst_settle.c - the worst return of a task, measured through the ledger. */
#include "runner/evaluate/worst_settle.h"

enum memo_status worst_settle(struct memo *m, struct task *task, struct error *err)
{
    struct episode_result results[WORST_EPISODES] = { 0 };
    int64_t index[WORST_EPISODES];
    struct worst_plan plan;
    struct memo mine = *m;
    struct policy policy = { .name = "random.lua" };
    enum memo_status status;

    if (!worst_is_unknown(task))
        return MEMO_DONE;
    worst_plan_init(&plan, task);
    policy.source = plan.source;
    mine.base.task = plan.task;
    for (int i = 0; i < WORST_EPISODES; i++)
        index[i] = i;
    status = memo_evaluate(&mine, PURPOSE_probe, WORST_SCOPE, &policy, plan.requests,
                           index, WORST_EPISODES, results, err);
    m->steps_left = mine.steps_left;
    if (status == MEMO_DONE)
        task->rules.fault_return = worst_of(plan.task, results);
    if (status == MEMO_DONE && worst_is_unknown(task)) {
        error_set(err, "%s: no episode of it could be played: %s", task->env->name,
                  results[0].fault_text ? results[0].fault_text : "it was lost");
        status = MEMO_FAILED;
    }
    results_clear(results, WORST_EPISODES);
    worst_plan_clear(&plan);
    return status;
}
