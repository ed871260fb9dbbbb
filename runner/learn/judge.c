/* judge.c - a reply becomes a candidate, and the candidate a verdict: refused, worse,
 * unclear, unchanged, simpler or better. The last two make it the incumbent. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/direction.h"
#include "runner/learn/faults.h"
#include "runner/learn/loop_state.h"
#include "runner/learn/measure.h"
#include "runner/learn/outcome.h"
#include "runner/learn/quote.h"
#include "runner/learn/reply.h"
#include "runner/record/file.h"
#include "runner/record/hash.h"
#include "runner/record/json.h"
#include "runner/record/text.h"

#define MOST_CASES_CUT 2 /* new cases of one promotion */

/* One candidate on its way through the gate. */
struct trial {
    struct loop *l;
    struct iteration *it;
    struct champion candidate;
    struct measure size, incumbent_size;
    char tokens_sha256[65];
    char why[2048];
    enum loop_status status;
};

static void refuse(struct trial *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct trial *t, const char *format, ...)
{
    char *text = NULL, *bounded;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("refused");
    va_end(args);
    bounded = text_bound(text, sizeof(t->why) - 1);
    snprintf(t->why, sizeof(t->why), "%s", bounded);
    t->it->verdict = "refused";
    free(bounded);
    free(text);
}

/* The first line of a fault, for a table: the policy's own words, made harmless. */
static const char *first_line(const char *text, char *out, size_t size)
{
    char *first = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
    char *line = quote_line(first, size - 1);

    snprintf(out, size, "%s", line);
    free(line);
    free(first);
    return out;
}

static void incident(struct trial *t, const char *what, struct error *err,
                     const char *text)
{
    if (loop_incident(t->l, what, err, "%s", text) != 0)
        t->status = LOOP_FAILED;
}

static int keep_source(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    char *folder = xasprintf("%s/candidates", l->c->folder);
    char *path = xasprintf("%s/%03lld-%.8s.lua", folder, (long long)l->iteration,
                           t->candidate.sha256);
    int status = file_make_private(folder, err);

    if (status == 0)
        status = file_save(path, t->candidate.source, strlen(t->candidate.source), err);
    if (status == 0)
        status = ledger_source_add(l->c->ledger, t->candidate.sha256, t->candidate.source,
                                   err);
    free(path);
    free(folder);
    return status;
}

/* The same program again, with other comments or another name, is not tried twice. */
static bool is_known(struct trial *t)
{
    char incumbent[65];

    measure_hash(t->candidate.source, t->tokens_sha256);
    measure_hash(t->l->incumbent.source, incumbent);
    if (!strcmp(t->tokens_sha256, incumbent)) {
        refuse(t, "the same program as the current policy, but for comments and layout");
        return true;
    }
    for (int i = 0; i < t->l->n_past; i++)
        if (!strcmp(t->l->past[i].tokens_sha256, t->tokens_sha256)) {
            refuse(t, "the same program as in iteration %lld",
                   (long long)t->l->past[i].iteration);
            return true;
        }
    return false;
}

/* A direction that failed is tried again only with a reason. */
static bool is_failed_direction(struct trial *t, const char *reply)
{
    if (direction_says_why(reply))
        return false;
    for (int i = 0; i < t->l->n_past; i++) {
        const struct past *p = &t->l->past[i];
        if (isfinite(p->dev_after) && strcmp(p->verdict, "better") &&
            strcmp(p->verdict, "simpler") &&
            direction_is_same(t->it->change, p->change)) {
            refuse(
                t,
                "proposes again, nearly word for word, what was %s in iteration %lld: say "
                "why now, in a line that begins with \"Why now:\"",
                p->verdict, (long long)p->iteration);
            return true;
        }
    }
    for (size_t i = 0; i < json_array_size(t->l->memory); i++) {
        const json_t *row = json_array_get(t->l->memory, i);
        const char *text = json_string_value(json_object_get(row, "text"));
        if (!strcmp(json_string_value(json_object_get(row, "kind")), "failed") &&
            (direction_is_same(t->it->change, text) ||
             direction_is_about(t->it->change, text))) {
            refuse(t,
                   "proposes again, nearly word for word, what failed in earlier runs "
                   "(%.200s): say why now, in a line that begins with \"Why now:\"",
                   json_string_value(json_object_get(row, "evidence")));
            return true;
        }
    }
    return false;
}

static void check_limits(struct trial *t)
{
    char line[200];

    for (int i = 0; i < t->candidate.n; i++) {
        const struct episode_result *r = &t->candidate.results[i];
        if (r->fault == FAULT_instructions || r->fault == FAULT_memory ||
            r->fault == FAULT_void || r->fault == FAULT_worker ||
            r->fault == FAULT_forged || r->fault == FAULT_nonsense ||
            r->fault == FAULT_environment) {
            refuse(t, "dev seed %d: %s: %s", i, fault_text(r->fault),
                   first_line(r->fault_text, line, sizeof(line)));
            return;
        }
    }
}

/* A fault never pays: what breaks where the current policy does not is no candidate. */
static void check_faults(struct trial *t)
{
    const struct champion *c = &t->candidate, *incumbent = &t->l->incumbent;
    char line[200];
    int first = 0, n;

    n = faults_count_new(c->results, incumbent->results,
                         c->n < incumbent->n ? c->n : incumbent->n, &first);
    if (n > 0)
        refuse(t,
               "dev seed %d: %s, where the current policy does not break (%d of %d): %s",
               first, fault_text(c->results[first].fault), n, c->n,
               first_line(c->results[first].fault_text, line, sizeof(line)));
}

static void check_cases(struct trial *t, struct error *err)
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
        refuse(t, "breaks %s, which was mastered in iteration %lld (%s)",
               l->cases.list[broken].name, (long long)l->cases.list[broken].iteration,
               l->cases.list[broken].signature);
    else if (t->status == LOOP_ON)
        t->status = faults_find_case(l, out, &breaks, err);
    if (t->status == LOOP_ON && breaks >= 0)
        refuse(t, "breaks in %d of the %d courses of %s, more than the current policy",
               out[breaks].n_broken, out[breaks].n, l->cases.list[breaks].name);
    case_outcomes_clear(out, l->cases.n);
    free(out);
}

static enum loop_status compare(struct trial *t, const struct champion *with,
                                const char *scope_word, struct gate_result *out,
                                struct error *err)
{
    struct loop *l = t->l;
    struct policy candidate = champion_policy(&t->candidate),
                  incumbent = champion_policy(with);
    char *scope = xasprintf("%s %lld", scope_word, (long long)l->iteration);
    struct gate gate = { &l->memo, l->c->salt, scope, t->it->ordinal };
    enum loop_status status = loop_status_of(
        l, gate_compare(&gate, &candidate, &incumbent, out, err));

    free(scope);
    return status;
}

/* Equal with less code: against the strongest policy ever, so that repeated compression
 * cannot drift down. */
static void check_simpler(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct gate_result best = t->it->gate;

    if (t->size.tokens >= t->incumbent_size.tokens)
        return;
    if (strcmp(l->best.sha256, l->incumbent.sha256))
        t->status = compare(t, &l->best, "best", &best, err);
    if (t->status == LOOP_ON &&
        (best.low > -l->task->margin || best.verdict == GATE_unchanged) &&
        best.verdict != GATE_worse && !best.n_faults) {
        t->it->verdict = "simpler";
        t->it->is_promoted = true;
        snprintf(t->why, sizeof(t->why),
                 "equal to the best with %d tokens in place of %d", t->size.tokens,
                 t->incumbent_size.tokens);
    }
}

/* The candidate's number at the gate, which says what share of the error it gets: as it
 * was recorded, in a run that is played again. */
static int64_t ordinal_of(struct loop *l)
{
    l->n_candidates++;
    return l->iteration <= l->c->n_ordinals && l->c->ordinals[l->iteration - 1] > 0
               ? l->c->ordinals[l->iteration - 1]
               : l->n_candidates;
}

static void ask_gate(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct gate_result *g = &t->it->gate;

    t->it->ordinal = ordinal_of(l);
    t->status = compare(t, &l->incumbent, "iteration", g, err);
    if (t->status != LOOP_ON)
        return;
    t->it->verdict = gate_verdict_name(g->verdict);
    snprintf(
        t->why, sizeof(t->why),
        "%+.4g on %d hidden pairs (%d different), interval %+.4g to %+.4g at %.4g %%",
        g->difference, g->pairs, g->distinct, g->low, g->high, 100 * g->confidence);
    if (g->n_void > 0)
        refuse(t, "%d of its episodes were lost to the clock or with the environment",
               g->n_void);
    else if (g->n_faults > 0)
        refuse(t,
               "%d hidden episodes end in a fault of the policy, where the current "
               "policy's do not (%d pairs played)",
               g->n_faults, g->pairs);
    else if (g->verdict == GATE_better)
        t->it->is_promoted = true;
    else if (g->verdict != GATE_worse)
        check_simpler(t, err);
}

/* Gives a proven case its name, its file, and its place in the ledger, with the file's
 * hash. */
static int admit_case(struct loop *l, struct regression_case *c, const char *folder,
                      struct error *err)
{
    char *text, *reason, sha[65];
    int status = 0;

    free(c->name);
    c->name = xasprintf("case-%03d", l->cases.n + 1);
    c->iteration = l->iteration;
    text = case_to_text(c);
    sha256_hex(text, strlen(text), sha);
    reason = xasprintf("failed on the old policy, passes on the new; file %s", sha);
    if (!case_is_out(l, c->name))
        status = case_save(c, folder, err);
    if (status == 0)
        status = ledger_case_add(l->c->ledger, l->c->run->id, l->iteration, c->name,
                                 c->signature, "admitted", reason, err);
    free(reason);
    free(text);
    return status;
}

/* One failure of the old incumbent, if the new one masters it. True when it became a
 * case. */
static bool cut_one(struct trial *t, const struct failure *f, const char *folder,
                    struct error *err)
{
    struct loop *l = t->l;
    struct policy old = champion_policy(&l->incumbent),
                  fixed = champion_policy(&t->candidate);
    struct regression_case c = { 0 };
    enum memo_status status;

    for (int k = 0; k < l->cases.n; k++)
        if (!strcmp(l->cases.list[k].signature, f->signature))
            return false;
    if (case_cut(&l->memo, &old, &fixed, f, &l->incumbent.results[f->episode], &c,
                 &status, err) != 1) {
        t->status = loop_status_of(l, status);
        return false;
    }
    if (admit_case(l, &c, folder, err) != 0)
        t->status = LOOP_FAILED;
    case_list_add(&l->cases, &c);
    return true;
}

/* Failures of the old incumbent that the new one masters become cases: those that the
 * model proposed, then the costliest, one a signature. */
static void cut_cases(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    char *folder = xasprintf("%s/cases", l->c->folder);
    struct failures failures = { 0 };
    int n_cut = 0;

    if (failures_find(&failures, l->task, l->incumbent.results, l->incumbent.n, err) != 0)
        t->status = LOOP_FAILED;
    for (int i = 0;
         i < l->bench.n_proposals && l->parent_iteration < 0 && t->status == LOOP_ON; i++)
        cut_one(t, &l->bench.proposals[i], folder, err);
    for (int i = 0;
         i < failures.n_groups && n_cut < MOST_CASES_CUT && t->status == LOOP_ON; i++)
        n_cut += cut_one(t, &failures.list[failures.groups[i].first], folder, err);
    failures_clear(&failures);
    free(folder);
}

static void keep_ancestor(struct loop *l)
{
    struct brief_ancestor *a;

    l->ancestors = xrealloc(l->ancestors, sizeof(*a) * (size_t)(l->n_ancestors + 1));
    a = &l->ancestors[l->n_ancestors++];
    *a = (struct brief_ancestor){ .iteration = l->incumbent_iteration,
                                  .n = l->incumbent.n };
    a->scores = xcalloc((size_t)a->n, sizeof(*a->scores));
    for (int i = 0; i < a->n; i++)
        a->scores[i] = l->incumbent.results[i].score;
}

static void promote(struct trial *t, struct error *err)
{
    struct loop *l = t->l;

    cut_cases(t, err);
    if (t->status != LOOP_ON)
        return;
    keep_ancestor(l);
    champion_clear(&l->incumbent);
    champion_copy(&l->incumbent, &t->candidate);
    l->incumbent_iteration = l->iteration;
    parent_reset(l);
    if (t->it->gate.verdict == GATE_better) {
        champion_clear(&l->best);
        champion_copy(&l->best, &t->candidate);
    }
    l->outcome->promotions++;
}

/* The mean under the same perturbation of whoever it is compared with. */
static double incumbent_sticky(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct policy policy = champion_policy(&l->incumbent);
    struct robust r;

    t->status = loop_status_of(l, robust_measure(&l->memo, l->c->salt, &policy,
                                                 l->incumbent.results, l->incumbent.n, &r,
                                                 err));
    return r.sticky;
}

/* What the gate has judged is measured under perturbation; what is an open-loop tape is
 * named as one, and refused when most of its gain is gone there. */
static void check_tape(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct robust *r = &t->it->robust;
    struct policy policy = champion_policy(&t->candidate);
    size_t len = strlen(t->why);
    char text[256];
    double old;

    if (!t->it->gate.pairs) {
        if (robust_is_tape(t->candidate.results, t->candidate.n))
            incident(t, "open-loop tape", err,
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
    r->is_open_loop |= robust_is_tape(t->candidate.results, t->candidate.n);
    if (!r->is_open_loop)
        return;
    snprintf(text, sizeof(text),
             "it plays the same actions whatever it sees: %.6g as it is, "
             "%.6g with sticky actions",
             r->plain, r->sticky);
    incident(t, "open-loop tape", err, text);
    if (!t->it->is_promoted)
        return;
    old = t->status == LOOP_ON ? incumbent_sticky(t, err) : 0;
    if (t->status == LOOP_ON &&
        r->sticky - old < 0.5 * (t->it->after.mean - t->it->before.mean)) {
        t->it->is_promoted = false;
        refuse(t, "an open-loop tape: %s (the current policy there: %.6g)", text, old);
    }
}

/* A gain on the seeds that it was shown, which hidden seeds contradict. */
static void check_overfit(struct trial *t, struct error *err)
{
    const struct gate_result *g = &t->it->gate;
    struct loop *l = t->l;
    int n = t->candidate.n < l->incumbent.n ? t->candidate.n : l->incumbent.n;
    double *gains = xcalloc((size_t)n, sizeof(*gains));
    struct summary s;
    char text[256];

    for (int i = 0; i < n; i++)
        gains[i] = t->candidate.results[i].score - l->incumbent.results[i].score;
    s = summarize(gains, n);
    free(gains);
    if (n < 2 || g->pairs < 2 || s.mean - mean_interval(&s, 0.95) <= fmax(g->high, 0))
        return;
    snprintf(text, sizeof(text),
             "a gain of %+.6g on the dev seeds, which it was shown, and of "
             "%+.6g at most on hidden ones",
             s.mean, g->high);
    incident(t, "better on dev seeds alone", err, text);
}

/* From source to verdict; stops at the first thing that speaks against it. */
static void try_candidate(struct trial *t, const char *reply, struct error *err)
{
    struct loop *l = t->l;
    struct policy_facts facts = { 0 };
    char line[200];

    t->size = measure_source(t->candidate.source);
    t->incumbent_size = measure_source(l->incumbent.source);
    if (keep_source(t, err) != 0) {
        t->status = LOOP_FAILED;
        return;
    }
    if (is_known(t)) {
        incident(t, "the same program again", err, t->why);
        return;
    }
    if (is_failed_direction(t, reply)) {
        incident(t, "a failed direction again", err, t->why);
        return;
    }
    t->status = loop_evaluate(l, &t->candidate, &facts, err);
    if (t->status != LOOP_ON)
        return;
    if (facts.fault) {
        refuse(t, "%s: %s", fault_text(facts.fault),
               first_line(facts.fault_text, line, sizeof(line)));
        return;
    }
    t->it->has_candidate = true;
    t->it->after = t->candidate.dev;
    check_limits(t);
    if (!t->it->verdict)
        check_faults(t);
    if (!t->it->verdict)
        check_cases(t, err);
    if (t->status == LOOP_ON && !t->it->verdict) {
        ask_gate(t, err);
        if (t->status == LOOP_ON)
            check_overfit(t, err);
    }
    if (t->status == LOOP_ON)
        check_tape(t, err);
    if (t->status == LOOP_ON && t->it->is_promoted)
        promote(t, err);
    if (t->status == LOOP_ON)
        archive_add(l, &t->candidate);
}

/* What has no column of its own; the caller frees the text. */
static char *put_details(const struct trial *t, json_t *json)
{
    char *text;

    json_object_set_new(json, "params", json_integer(t->candidate.n_declared));
    json_object_set_new(json, "incumbent", json_string(t->l->incumbent.sha256));
    json_object_set_new(json, "ordinal", json_integer(t->it->ordinal));
    json_object_set_new(json, "played", outcome_played(&t->it->played));
    if (t->it->robust.n)
        json_object_set_new(json, "robust", robust_to_json(&t->it->robust));
    text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    return text;
}

/* The harness's own note: what was tried, what came of it. */
static int note_verdict(struct trial *t, struct error *err)
{
    const struct iteration *it = t->it;
    char *text = xasprintf("%s: %s -- %s", it->verdict, it->change, it->why);
    int status = ledger_note_add(t->l->c->ledger, t->l->task->name, t->l->c->run->id,
                                 it->number, "harness", text, err);

    free(text);
    return status;
}

static enum loop_status put_down(struct trial *t, const char *parent, struct error *err)
{
    const struct iteration *it = t->it;
    int64_t steps = 0;
    bool is_counted = loop_count_steps(t->l, &steps, err) == 0;
    json_t *json = json_pack("{s:i, s:i, s:i, s:o, s:i}", "tokens", t->size.tokens,
                             "branches", t->size.branches, "depth", t->size.depth,
                             "confidence", json_finite(it->gate.confidence), "distinct",
                             it->gate.distinct);
    char *details = put_details(t, json);
    struct ledger_candidate row = {
        .iteration = it->number,
        .sha256 = it->sha256,
        .parent_sha256 = parent,
        .verdict = it->verdict,
        .why = it->why,
        .change = it->change,
        .dev_before = it->before.mean,
        .dev_after = it->has_candidate ? it->after.mean : NAN,
        .difference = it->gate.pairs ? it->gate.difference : NAN,
        .low = it->gate.pairs ? it->gate.low : NAN,
        .high = it->gate.pairs ? it->gate.high : NAN,
        .pairs = it->gate.pairs,
        .cases_passed = it->cases_passed,
        .cases = it->cases,
        .seconds = it->seconds,
        .steps = steps,
        .before_half = mean_interval(&it->before, 0.95),
        .after_half = it->has_candidate ? mean_interval(&it->after, 0.95) : NAN,
        .details = details,
    };
    int status = is_counted ? ledger_candidate_add(t->l->c->ledger, t->l->c->run->id, &row,
                                                   err)
                            : -1;

    if (status == 0)
        status = note_verdict(t, err);
    json_decref(json);
    free(details);
    return status == 0 ? LOOP_ON : LOOP_FAILED;
}

/* What was submitted, else what the reply holds: edits are of the draft, where there is
 * one. */
static char *find_source(const struct loop *l, const char *reply, struct error *why)
{
    const char *draft = l->bench.draft;

    if (draft && (l->bench.change || reply_is_prose(reply)))
        return xstrdup(draft);
    return reply_source(reply, draft ? draft : l->parent.source, why);
}

enum loop_status loop_judge(struct loop *l, const char *reply, const char *no_reply,
                            struct iteration *it, struct error *err)
{
    struct trial t = { .l = l, .it = it, .status = LOOP_ON };
    char parent[65], *change = reply_change(reply ? reply : "");
    struct error why = { "" };

    memcpy(parent, l->parent.sha256, sizeof(parent));
    it->change = change;
    it->before = l->incumbent.dev;
    it->sha256 = t.candidate.sha256;
    t.candidate.name = xasprintf("candidate-%lld.lua", (long long)l->iteration);
    t.candidate.source = reply ? find_source(l, reply, &why) : NULL;
    if (t.candidate.source) {
        sha256_hex(t.candidate.source, strlen(t.candidate.source), t.candidate.sha256);
        try_candidate(&t, reply, err);
    } else {
        refuse(&t, "%s", reply ? why.text : no_reply);
    }
    it->why = t.why;
    if (t.status == LOOP_ON && reply &&
        incident_claims(l, reply, it->has_candidate ? &it->after : NULL, err) != 0)
        t.status = LOOP_FAILED;
    l->n_fruitless += !it->is_promoted;
    tally_mark(&l->tally, &it->played);
    if (t.status == LOOP_ON)
        t.status = put_down(&t, parent, err);
    if (t.status == LOOP_ON) {
        loop_note_past(l, it, t.tokens_sha256);
        it->change = l->past[l->n_past - 1].change;
        it->why = l->past[l->n_past - 1].why;
        it->sha256 = l->past[l->n_past - 1].sha256;
    }
    free(change);
    champion_clear(&t.candidate);
    return t.status;
}
