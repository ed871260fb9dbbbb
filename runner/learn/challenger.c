/* challenger.c - near misses: candidates that the gate could not tell from the incumbent
 * within the pairs of one comparison.
 *
 * Each iteration begins with further pairs for the strongest of those that lean to
 * better: so many, by count, however long a model takes. The comparison goes on where it
 * stood: the bound holds at every look, so that its share of the error was spent once. A
 * comparison belongs to its incumbent: when that changes, the challengers are dropped. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/trial.h"

static void contest_move(struct contest *to, struct contest *from)
{
    contest_clear(to);
    *to = *from;
    *from = (struct contest){ 0 };
    comparison_init(&from->with);
}

static void drop(struct loop *l, int i)
{
    challenger_clear(&l->challengers[i]);
    l->challengers[i] = l->challengers[--l->n_challengers];
}

void challenger_keep(struct trial *t, const char *change)
{
    struct loop *l = t->l;
    struct challenger *c;

    if (t->it->verdict != VERDICT_unclear || t->contest.with.is_exact || t->contest.with.next >= task_gate_most(l->task))
        return;
    c = xgrow(l->challengers, l->n_challengers);
    *c = (struct challenger){ .change = xstrdup(change) };
    champion_copy(&c->candidate, &t->candidate);
    contest_move(&c->contest, &t->contest);
    memcpy(c->tokens_sha256, t->tokens_sha256, sizeof(c->tokens_sha256));
}

bool challenger_take(struct trial *t)
{
    struct loop *l = t->l;

    for (int i = 0; i < l->n_challengers; i++) {
        struct challenger *c = &l->challengers[i];
        if (strcmp(c->tokens_sha256, t->tokens_sha256))
            continue;
        contest_move(&t->contest, &c->contest);
        free(t->candidate.source);
        t->candidate.source = xstrdup(c->candidate.source);
        memcpy(t->candidate.sha256, c->candidate.sha256, sizeof(t->candidate.sha256));
        drop(l, i);
        return true;
    }
    return false;
}

/* The one with the most evidence for it, of those that lean to better; -1: none. */
static int find_strongest(const struct loop *l)
{
    double most = 0;
    int strongest = -1;

    for (int i = 0; i < l->n_challengers; i++) {
        const struct comparison *c = &l->challengers[i].contest.with;
        double wealth = c->evidence.n ? confseq_wealth(&c->evidence, 0) : 0;
        if (c->now.difference > 0 && wealth > most) {
            most = wealth;
            strongest = i;
        }
    }
    return strongest;
}

static int challenger_put_down(const struct trial *t, struct error *err)
{
    const struct iteration *it = t->it;
    json_t *json = gate_to_json(&it->gate);
    struct ledger_challenge row = {
        .iteration = it->number,
        .of_iteration = t->contest.iteration,
        .sha256 = t->candidate.sha256,
        .verdict = it->verdict,
        .why = t->why,
        .change = it->change,
        .dev_before = it->before.mean,
        .dev_after = it->after.mean,
        .before_half = mean_interval(&it->before, 0.95),
        .after_half = mean_interval(&it->after, 0.95),
        .difference = it->gate.difference,
        .low = it->gate.low,
        .high = it->gate.high,
        .pairs = it->gate.pairs,
    };
    int64_t planner_steps;
    int status;

    json_object_set_new(json, "ordinal", json_integer(t->contest.ordinal));
    row.details = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    status = loop_count_steps(t->l, &row.steps, &planner_steps, err);
    if (status == 0)
        status = ledger_challenge_add(t->l->c->ledger, t->l->c->run->id, &row, err);
    free((char *)row.details);
    json_decref(json);
    return status;
}

/* What is remembered of its iteration is what became of it since. */
static void remember(struct trial *t)
{
    for (int i = 0; i < t->l->n_past; i++) {
        struct past *p = &t->l->past[i];
        if (p->iteration != t->contest.iteration)
            continue;
        free(p->why);
        p->why = xasprintf("As challenger in iteration %lld: %s",
                           (long long)t->it->number, t->why);
        p->verdict = t->it->verdict;
    }
}

static void try_again(struct trial *t, int most, struct error *err)
{
    trial_ask_gate(t, most, err);
    if (t->status == LOOP_ON)
        trial_check_dev(t, err);
    if (t->status == LOOP_ON && t->it->is_promoted)
        trial_check_tape(t, err);
    if (t->status == LOOP_ON && t->it->is_promoted)
        trial_promote(t, err);
}

enum loop_status challengers_play(struct loop *l, struct error *err)
{
    int i = find_strongest(l), grant = l->task->splits.challenger, most;
    struct iteration it = { .number = l->iteration,
                            .is_known = l->iteration <= l->n_known,
                            .has_candidate = true };
    struct trial t = { .l = l, .it = &it, .status = LOOP_ON };
    char *change;

    if (i < 0 || !grant)
        return LOOP_ON;
    comparison_init(&t.contest.with);
    contest_move(&t.contest, &l->challengers[i].contest);
    champion_copy(&t.candidate, &l->challengers[i].candidate);
    memcpy(t.tokens_sha256, l->challengers[i].tokens_sha256, sizeof(t.tokens_sha256));
    change = xstrdup(l->challengers[i].change);
    drop(l, i);
    it.change = change;
    it.before = l->incumbent.dev;
    it.after = t.candidate.dev;
    it.sha256 = t.candidate.sha256;
    t.size = measure_source(t.candidate.source);
    t.incumbent_size = measure_source(l->incumbent.source);
    most = t.contest.with.next + grant;
    if (most > task_gate_most(l->task))
        most = task_gate_most(l->task);
    it.challenger_of = t.contest.iteration;
    try_again(&t, most, err);
    it.why = t.why;
    if (t.status == LOOP_ON && challenger_put_down(&t, err) != 0)
        t.status = LOOP_FAILED;
    if (t.status == LOOP_ON) {
        remember(&t);
        if (l->c->on_challenger)
            l->c->on_challenger(l->c->user, &it);
        challenger_keep(&t, change);
    }
    free(change);
    contest_clear(&t.contest);
    champion_clear(&t.candidate);
    return t.status;
}
