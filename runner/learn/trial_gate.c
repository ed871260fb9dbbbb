/* trial_gate.c - the comparison of a candidate on hidden seeds, and what follows from it.
 *
 * A candidate is compared with the incumbent; where that is not the strongest policy ever
 * (it became the incumbent by being shorter), with that one, too. Its share of the error
 * is then split in two. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/trial.h"

static bool has_two_rivals(const struct loop *l)
{
    return strcmp(l->best.sha256, l->incumbent.sha256) != 0;
}

/* As it was recorded, in a run that is played again. */
static int64_t find_ordinal(struct loop *l, struct error *err)
{
    const struct loop_config *c = l->c;

    if (l->iteration <= c->n_ordinals && c->ordinals[l->iteration - 1] > 0)
        return c->ordinals[l->iteration - 1];
    return ledger_attempt_add(c->ledger, c->run->id, l->iteration, err);
}

/* The candidate's number and its share of the error; the starts, once a run. */
static enum loop_status trial_gate_begin(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct contest *c = &t->contest;

    if (c->ordinal)
        return LOOP_ON;
    if (!l->starts.is_counted &&
        starts_count(&l->starts, l->task, l->c->salt, l->task->splits.gate / 2, err) != 0)
        return LOOP_FAILED;
    c->ordinal = find_ordinal(l, err);
    if (c->ordinal < 0)
        return LOOP_FAILED;
    c->iteration = l->iteration;
    c->error = gate_error(l->task, c->ordinal) / (has_two_rivals(l) ? 2 : 1);
    return LOOP_ON;
}

static struct gate gate_of(const struct trial *t, const struct champion *rival,
                           const char *scope)
{
    struct loop *l = t->l;

    return (struct gate){ .memo = &l->memo,
                          .salt = l->c->salt,
                          .scope = scope,
                          .error = t->contest.error,
                          .starts = &l->starts,
                          .candidate_highest = champion_highest(&t->candidate),
                          .incumbent_highest = champion_highest(rival) };
}

/* Goes on with a comparison, to a verdict or to `most` seeds; where it may be equal, to
 * `settled` seeds. */
static enum loop_status trial_gate_compare(struct trial *t, struct champion *rival,
                                           const char *scope_word, struct comparison *c,
                                           int most, int settled, struct error *err)
{
    struct policy candidate = champion_policy(&t->candidate),
                  incumbent = champion_policy(rival);
    char *scope = xasprintf("%s %lld", scope_word, (long long)t->contest.iteration);
    struct gate gate = gate_of(t, rival, scope);
    enum memo_status status = comparison_play(c, &gate, &candidate, &incumbent, most,
                                              err);

    if (status == MEMO_DONE && settled > most)
        status = comparison_settle(c, &gate, &candidate, &incumbent, settled, err);
    rival->highest_gate = fmax(rival->highest_gate, c->highest[1]);
    t->candidate.highest_gate = fmax(t->candidate.highest_gate, c->highest[0]);
    free(scope);
    return loop_status_of(t->l, status);
}

/* Not worse by more than the margin, proven. Where no margin is granted: the same
 * episodes, move by move, in all pairs. */
static bool is_equal(const struct loop *l, const struct gate_result *r)
{
    return !r->n_faults && !r->n_void && r->verdict != VERDICT_worse &&
           (r->low > -l->task->margin ||
            (l->task->margin == 0 && r->verdict == VERDICT_unchanged));
}

/* Better than the incumbent; than the strongest ever, too? */
static void check_best(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct comparison best;

    t->is_best = !has_two_rivals(l);
    if (t->is_best)
        return;
    comparison_init(&best);
    t->status = trial_gate_compare(t, &l->best, "best", &best, l->task->splits.gate, 0,
                                   err);
    t->is_best = t->status == LOOP_ON && best.now.verdict == VERDICT_better;
    comparison_clear(&best);
}

/* Equal with less code: against the strongest policy ever, so that repeated compression
 * cannot drift down. */
static void check_simpler(struct trial *t, int most, struct error *err)
{
    struct loop *l = t->l;
    int settled = task_gate_most(l->task);
    struct gate_result r;

    if (t->size.tokens >= t->incumbent_size.tokens)
        return;
    if (has_two_rivals(l)) {
        struct comparison best;
        comparison_init(&best);
        t->status = trial_gate_compare(t, &l->best, "best", &best, most, settled, err);
        r = best.now;
        comparison_clear(&best);
    } else {
        t->status = trial_gate_compare(t, &l->incumbent, "iteration", &t->contest.with,
                                       most, settled, err);
        r = t->it->gate = t->contest.with.now;
    }
    if (t->status != LOOP_ON || !is_equal(l, &r))
        return;
    t->it->verdict = VERDICT_simpler;
    t->it->is_promoted = true;
    t->is_best = r.low > 0;
    snprintf(t->why, sizeof(t->why),
             "equal to the best with %d tokens in place of %d: %+.4g on %d hidden pairs, "
             "at least %+.4g at %.4g %%",
             t->size.tokens, t->incumbent_size.tokens, r.difference, r.pairs, r.low,
             100 * r.confidence);
}

/* What decides, in words: the mean, and what it does not tell. */
static void say(struct trial *t)
{
    const struct gate_result *g = &t->it->gate;
    FILE *f = fmemopen(t->why, sizeof(t->why), "w");

    fprintf(f, "%+.4g on %d hidden pairs (%d different), ", g->difference, g->pairs,
            g->distinct);
    if (isfinite(g->low))
        fprintf(f, "interval %+.4g to %+.4g at %.4g %%", g->low, g->high,
                100 * g->confidence);
    else
        fputs("which all return the same", f);
    if (g->is_exact)
        fputs("; these are all starts that seeds give", f);
    fprintf(f,
            "; worst %.4g (current policy: %.4g), lower decile %.4g (%.4g), %d far "
            "below the rest (%d)",
            g->candidate.worst, g->incumbent.worst, g->candidate.decile,
            g->incumbent.decile, g->candidate.n_far, g->incumbent.n_far);
    if (g->n_left_out)
        fprintf(f,
                "; %d more pairs are left out: the current policy's side was lost to "
                "the clock or with the environment, twice",
                g->n_left_out);
    fclose(f);
}

void trial_ask_gate(struct trial *t, int most, struct error *err)
{
    struct loop *l = t->l;
    struct gate_result *g = &t->it->gate;

    t->status = trial_gate_begin(t, err);
    t->it->ordinal = t->contest.ordinal;
    if (t->status == LOOP_ON)
        t->status = trial_gate_compare(t, &l->incumbent, "iteration", &t->contest.with,
                                       most, 0, err);
    *g = t->contest.with.now;
    if (t->status != LOOP_ON)
        return;
    l->pair_std = g->std;
    t->it->verdict = g->verdict;
    say(t);
    if (g->n_void > 0)
        trial_refuse(t,
                     "%d of its episodes were lost to the clock or with the "
                     "environment, twice",
                     g->n_void);
    else if (g->n_faults > 0)
        trial_refuse(t,
                     "%d hidden episodes end in a fault of the policy, where the current "
                     "policy's do not (%d pairs played)",
                     g->n_faults, g->pairs);
    else if (g->incumbent.decile - g->candidate.decile > l->task->tail)
        trial_refuse(t,
                     "its lower decile of %d hidden episodes is %.6g, the current "
                     "policy's %.6g: a fall of more than %g (tail)",
                     g->pairs, g->candidate.decile, g->incumbent.decile, l->task->tail);
    else if (g->verdict == VERDICT_better)
        t->it->is_promoted = true;
    else if (g->verdict != VERDICT_worse)
        check_simpler(t, most, err);
    if (t->status == LOOP_ON && g->verdict == VERDICT_better && t->it->is_promoted)
        check_best(t, err);
}

double trial_least_gain(struct loop *l, int pairs)
{
    const struct loop_config *c = l->c;
    double most_loss, most_gain, highest = champion_highest(&l->incumbent);
    /* Two independent episodes, where no pair was played yet. */
    double std = isnan(l->pair_std) ? sqrt(2) * l->incumbent.dev.std : l->pair_std;
    int64_t k = l->iteration <= c->n_ordinals && c->ordinals[l->iteration - 1] > 0
                    ? c->ordinals[l->iteration - 1]
                    : ledger_attempt_next(c->ledger, c->run->id, NULL);

    if (k < 1 || !gate_range(&l->memo, highest, highest, &most_loss, &most_gain))
        return NAN;
    return confseq_least_gain(pairs,
                              gate_error(l->task, k) / (has_two_rivals(l) ? 2 : 1),
                              most_loss, std);
}
