/* budget.c - what ends a run: its budgets, the file STOP, and a model that brings
 * nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "runner/learn/loop_state.h"

/* Warns once at a half and once at four fifths. True when it is used up. */
static bool is_spent(struct loop *l, enum loop_budget which, double used, double budget)
{
    static const char *const names[] = { "steps", "model calls", "model tokens",
                                         "dollars", "minutes" };
    static const int percents[] = { 50, 80 };
    char text[128];

    if (!(budget > 0))
        return false;
    for (int i = l->n_warned[which]; i < 2; i++) {
        if (used < budget * percents[i] / 100)
            continue;
        l->n_warned[which] = i + 1;
        if (used >= budget || (i == 0 && used >= budget * percents[1] / 100))
            continue;
        snprintf(text, sizeof(text), "%d %% of the budget is used: %.6g of %.6g %s",
                 percents[i], used, budget, names[which]);
        if (l->c->on_warning)
            l->c->on_warning(l->c->user, text);
    }
    return used >= budget;
}

static enum loop_status budget_check_model(struct loop *l, struct error *err)
{
    const struct task_budget *b = &l->task->budget;
    int64_t calls, tokens;
    double usd;

    if (ledger_count_calls(l->c->ledger, l->c->run->id, &calls, &tokens, &usd, err) != 0)
        return LOOP_FAILED;
    if (is_spent(l, BUDGET_CALLS, (double)calls, (double)b->model_calls))
        return loop_stop(l, "budget: model calls");
    if (is_spent(l, BUDGET_TOKENS, (double)tokens, (double)b->model_tokens))
        return loop_stop(l, "budget: model tokens");
    if (b->usd > 0 && calls > 0 && isnan(usd))
        return loop_stop(
            l, "budget: money: what the model costs is unknown; write its price "
               "into prices.json (see docs/models.md), or give no --max-usd");
    if (is_spent(l, BUDGET_USD, usd, b->usd))
        return loop_stop(l, "budget: money");
    return LOOP_ON;
}

int loop_keep_time(struct loop *l, struct error *err)
{
    double now = clock_now(), seconds = now - l->since;

    l->since = now;
    l->worked += seconds;
    return ledger_work_add(l->c->ledger, l->c->run->id, seconds, err);
}

enum loop_status loop_check_budget(struct loop *l, struct error *err)
{
    const struct task_budget *b = &l->task->budget;
    char *stop = xasprintf("%s/STOP", l->c->folder);
    bool is_there = access(stop, F_OK) == 0;
    double steps;

    free(stop);
    l->outcome->is_paused = is_there;
    if (is_there)
        return loop_stop(l, "a file STOP is in the run's folder");
    steps = b->steps ? (double)(b->steps - l->memo.steps_left) : 0;
    if (b->steps && steps < (double)b->steps)
        is_spent(l, BUDGET_STEPS, steps, (double)b->steps);
    if (loop_keep_time(l, err) != 0)
        return LOOP_FAILED;
    if (is_spent(l, BUDGET_MINUTES, l->worked / 60, b->minutes))
        return loop_stop(l, "budget: minutes");
    return budget_check_model(l, err);
}

enum loop_status loop_check_end(struct loop *l)
{
    const struct task_budget *b = &l->task->budget;
    char reason[128];

    if (setup_is_interrupted(&l->memo.base.setup))
        return loop_status_of(l, MEMO_INTERRUPTED);
    l->outcome->is_at_target =
        b->after_target != AFTER_TARGET_climb && loop_is_at_target(l) &&
        (b->after_target == AFTER_TARGET_stop || l->c->provider->kind->tunes_only ||
         l->n_simplify++ >= b->simplify);
    if (l->outcome->is_at_target)
        return loop_stop(l, "target reached");
    if (b->iterations && l->iteration > b->iterations)
        return loop_stop(l, "budget: iterations");
    if (b->fruitless && l->n_empty >= b->fruitless) {
        snprintf(reason, sizeof(reason),
                 "%d replies in a row held no new policy that loads", l->n_empty);
        return loop_stop(l, reason);
    }
    return LOOP_ON;
}
