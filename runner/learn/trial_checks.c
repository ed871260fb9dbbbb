/* trial_checks.c - what speaks against a candidate beside its score on hidden seeds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/brief/quote.h"
#include "runner/judge/faults.h"
#include "runner/learn/trial.h"

/* The first line of a fault, for a table: the policy's own words, made harmless. */
const char *trial_first_line(const char *text, char *out, size_t size)
{
    char *first = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
    char *line = quote_line(first, size - 1);

    snprintf(out, size, "%s", line);
    free(line);
    free(first);
    return out;
}

/* What the environment broke says nothing of the policy: no verdict and no mean. */
static void leave_unclear(struct trial *t, int i)
{
    const struct episode_result *r = &t->candidate.results[i];
    char line[200];

    snprintf(
        t->why, sizeof(t->why),
        "dev seed %d: the environment failed, twice, which is not the policy's fault "
        "(it had earned %.6g): %s",
        i, r->total, trial_first_line(r->fault_text, line, sizeof(line)));
    t->it->verdict = VERDICT_unclear;
    t->it->has_candidate = false;
}

void trial_check_limits(struct trial *t)
{
    char line[200];

    for (int i = 0; i < t->candidate.n; i++) {
        const struct episode_result *r = &t->candidate.results[i];
        if (result_is_void(r)) {
            leave_unclear(t, i);
            return;
        }
        if (r->fault == FAULT_instructions || r->fault == FAULT_memory ||
            r->fault == FAULT_void || r->fault == FAULT_worker ||
            r->fault == FAULT_forged || r->fault == FAULT_nonsense) {
            trial_refuse(t, "dev seed %d: %s: %s", i, fault_text(r->fault),
                         trial_first_line(r->fault_text, line, sizeof(line)));
            return;
        }
    }
}

/* A fault never pays: what breaks where the current policy does not is no candidate. */
void trial_check_faults(struct trial *t)
{
    const struct champion *c = &t->candidate, *incumbent = &t->l->incumbent;
    char line[200];
    int first = 0, n;

    n = faults_count_new(c->results, incumbent->results,
                         c->n < incumbent->n ? c->n : incumbent->n, &first);
    if (n > 0)
        trial_refuse(
            t, "dev seed %d: %s, where the current policy does not break (%d of %d): %s",
            first, fault_text(c->results[first].fault), n, c->n,
            trial_first_line(c->results[first].fault_text, line, sizeof(line)));
}

/* *found: the first case that the candidate, whose courses out holds, breaks in more often
 * than the incumbent; or -1. The incumbent is asked only where the candidate breaks. */
static enum loop_status find_broken_case(struct loop *l, const struct case_outcome *out,
                                         int *found, struct error *err)
{
    struct policy policy = champion_policy(&l->incumbent);
    struct case_outcome *incumbent;
    enum loop_status status;
    int n_broken = 0;

    *found = -1;
    for (int i = 0; i < l->cases.n; i++)
        n_broken += out[i].n_broken;
    if (n_broken == 0)
        return LOOP_ON;
    incumbent = xcalloc((size_t)l->cases.n, sizeof(*incumbent));
    status = loop_status_of(l, cases_run(&l->memo, &policy, &l->cases, incumbent, err));
    for (int i = 0; i < l->cases.n && *found < 0; i++)
        if (out[i].n_broken > incumbent[i].n_broken)
            *found = i;
    case_outcomes_clear(incumbent, l->cases.n);
    free(incumbent);
    return status;
}

void trial_check_cases(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct policy policy = champion_policy(&t->candidate);
    struct case_outcome *out = xcalloc((size_t)l->cases.n, sizeof(*out));
    int broken = -1, breaks = -1;

    t->status = loop_status_of(l, cases_run(&l->memo, &policy, &l->cases, out, err));
    for (int i = 0; i < l->cases.n && t->status == LOOP_ON; i++) {
        if (l->cases.list[i].is_retired)
            continue;
        t->it->cases++;
        t->it->cases_passed += out[i].passed;
        if (!out[i].passed && broken < 0)
            broken = i;
    }
    if (broken >= 0)
        trial_refuse(t, "breaks %s, which was mastered in iteration %lld (%s)",
                     l->cases.list[broken].name,
                     (long long)l->cases.list[broken].iteration,
                     l->cases.list[broken].signature);
    else if (t->status == LOOP_ON)
        t->status = find_broken_case(l, out, &breaks, err);
    if (t->status == LOOP_ON && breaks >= 0)
        trial_refuse(t,
                     "breaks in %d of the %d courses of %s, more than the current policy",
                     out[breaks].n_broken, out[breaks].n, l->cases.list[breaks].name);
    case_outcomes_clear(out, l->cases.n);
    free(out);
}

/* Is most of a promotion's gain gone under perturbation? The current policy is measured
 * under the same. */
static bool is_gain_gone(struct trial *t, struct robust *old, struct error *err)
{
    struct loop *l = t->l;
    const struct robust *r = &t->it->robust;
    struct policy policy = champion_policy(&l->incumbent);

    t->status = loop_status_of(l, robust_measure(&l->memo, l->c->salt, &policy,
                                                 l->incumbent.results, l->incumbent.n,
                                                 old, err));
    return t->status == LOOP_ON &&
           (r->sticky - old->sticky + r->starts - old->starts) / 2 <
               0.5 * (t->it->after.mean - t->it->before.mean);
}

/* The incumbent beside it: once, where no trial of its own has done so. */
static enum loop_status trial_measure_incumbent(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct policy policy = champion_policy(&l->incumbent);

    if (!l->incumbent.robust.n)
        t->status = loop_status_of(
            l, robust_measure(&l->memo, l->c->salt, &policy, l->incumbent.results,
                              l->incumbent.n, &l->incumbent.robust, err));
    if (t->status != LOOP_ON)
        l->incumbent.robust.n = 0;
    return t->status;
}

/* What the gate has judged is measured under perturbation. What asks for the same actions
 * there is named a tape, and refused when most of its gain is gone; so is what nearly
 * asks for the same. */
void trial_check_tape(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct robust *r = &t->it->robust;
    struct policy policy = champion_policy(&t->candidate);
    size_t len = strlen(t->why);
    struct robust old;
    char text[256];

    if (!t->it->gate.pairs) {
        if (robust_is_tape(t->candidate.results, t->candidate.n))
            trial_incident(t, "open-loop tape", err,
                           "it plays the same actions whatever it sees");
        return;
    }
    t->status = loop_status_of(l, robust_measure(&l->memo, l->c->salt, &policy,
                                                 t->candidate.results, t->candidate.n, r,
                                                 err));
    if (t->status != LOOP_ON)
        return;
    snprintf(t->why + len, sizeof(t->why) - len,
             "; dev mean of %d: %.6g, %.6g with sticky "
             "actions, %.6g from perturbed starts",
             r->n, r->plain, r->sticky, r->starts);
    t->candidate.robust = *r;
    if (l->c->run->brief_format >= 2 && trial_measure_incumbent(t, err) != LOOP_ON)
        return;
    r->is_open_loop |= robust_is_tape(t->candidate.results, t->candidate.n);
    if (!r->is_open_loop && !(r->agreement >= ROBUST_LIKE))
        return;
    snprintf(
        text, sizeof(text),
        "it plays the same actions whatever it sees (agreement %.4g): %.6g as it is, "
        "%.6g with sticky actions, %.6g from perturbed starts",
        r->agreement, r->plain, r->sticky, r->starts);
    if (r->is_open_loop)
        trial_incident(t, "open-loop tape", err, text);
    if (!t->it->is_promoted || t->status != LOOP_ON || !is_gain_gone(t, &old, err))
        return;
    if (!r->is_open_loop)
        trial_incident(t, "open-loop tape", err, text);
    r->is_open_loop = true;
    trial_refuse(t, "an open-loop tape: %s (the current policy there: %.6g, %.6g)", text,
                 old.sticky, old.starts);
}

/* The differences on the dev seeds; what the clock or the environment took is none. */
static int dev_gains(const struct trial *t, double *out)
{
    const struct champion *c = &t->candidate, *incumbent = &t->l->incumbent;
    int n = 0;

    for (int i = 0; i < c->n && i < incumbent->n; i++)
        if (!gate_is_lost(&c->results[i]) && !gate_is_lost(&incumbent->results[i]))
            out[n++] = c->results[i].score - incumbent->results[i].score;
    return n;
}

/* The mean difference on the dev seeds is above this but for an error of 2.5 %, whatever
 * the differences look like: a rare loss that few seeds do not show is no knowledge of
 * them. */
static double least_gain(const struct trial *t, const double *gains, int n)
{
    const struct champion *c = &t->candidate, *incumbent = &t->l->incumbent;
    double most_loss, most_gain, low = -INFINITY, high;
    struct confseq s;

    if (!gate_range(&t->l->memo, champion_highest(c), champion_highest(incumbent),
                    &most_loss, &most_gain))
        return low;
    confseq_init(&s);
    for (int i = 0; i < n; i++)
        confseq_add(&s, gains[i], most_loss, most_gain);
    confseq_bounds(&s, 0.025, &low, &high);
    confseq_clear(&s);
    return low;
}

/* What is worse on the dev seeds beyond chance is not taken, whatever hidden seeds say.
 */
static void check_worse(struct trial *t, const double *gains, int n)
{
    struct summary s = summarize(gains, n);
    double half = mean_interval(&s, 0.95);

    if (s.mean + half < 0)
        trial_refuse(t,
                     "worse on the dev seeds (%+.6g, interval %+.6g to %+.6g at 95 %%), "
                     "though hidden seeds say %+.6g",
                     s.mean, s.mean - half, s.mean + half, t->it->gate.difference);
}

void trial_check_dev(struct trial *t, struct error *err)
{
    const struct gate_result *g = &t->it->gate;
    double *gains = xcalloc((size_t)t->candidate.n, sizeof(*gains)), least;
    int n = dev_gains(t, gains);
    char text[256];

    least = least_gain(t, gains, n);
    if (t->it->is_promoted)
        check_worse(t, gains, n);
    free(gains);
    /* A gain on the seeds that it was shown, which hidden ones contradict. */
    if (g->pairs < 2 || least <= fmax(g->high, 0))
        return;
    snprintf(text, sizeof(text),
             "a gain of at least %+.6g on the dev seeds, which it was shown, and of "
             "%+.6g at most on hidden ones",
             least, g->high);
    trial_incident(t, "better on dev seeds alone", err, text);
    trial_refuse(t, "it knows the dev seeds: %s", text);
}
