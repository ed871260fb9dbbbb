/* judge.c - a reply becomes a candidate, and the candidate a verdict: refused, worse, unclear,
 * unchanged, simpler or better. The last two make it the incumbent. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runner/learn/loop_state.h"
#include "runner/learn/measure.h"
#include "runner/learn/reply.h"
#include "runner/record/file.h"
#include "runner/record/hash.h"

#define MOST_CHANGE 160       /* bytes of the model's sentence */
#define MOST_CASES_CUT 2      /* new cases of one promotion */

/* One candidate on its way through the gate. */
struct trial {
    struct loop *l;
    struct iteration *it;
    struct champion candidate;
    struct measure size, incumbent_size;
    char tokens_sha256[65];
    char why[1024];
    enum loop_status status;
};

static void refuse(struct trial *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void refuse(struct trial *t, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(t->why, sizeof(t->why), format, args);
    va_end(args);
    t->it->verdict = "refused";
}

/* The first line of a fault, for a table. */
static const char *first_line(const char *text, char *out, size_t size)
{
    snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
    return out;
}

static int keep_source(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    char *folder = xasprintf("%s/candidates", l->c->folder);
    char *path = xasprintf("%s/%03lld-%.8s.lua", folder, (long long)l->iteration,
                           t->candidate.sha256);
    int status = mkdir(folder, 0777) != 0 && errno != EEXIST
                     ? error_set(err, "%s: %s", folder, strerror(errno))
                     : file_save(path, t->candidate.source, strlen(t->candidate.source), err);

    if (status == 0)
        status = ledger_source_add(l->c->ledger, t->candidate.sha256, t->candidate.source, err);
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
            refuse(t, "the same program as in iteration %lld", (long long)t->l->past[i].iteration);
            return true;
        }
    return false;
}

static void check_limits(struct trial *t)
{
    char line[256];

    for (int i = 0; i < t->candidate.n; i++) {
        const struct episode_result *r = &t->candidate.results[i];
        if (r->fault == FAULT_instructions || r->fault == FAULT_memory ||
            r->fault == FAULT_void || r->fault == FAULT_worker || r->fault == FAULT_forged ||
            r->fault == FAULT_nonsense) {
            refuse(t, "dev seed %d: %s: %s", i, fault_text(r->fault),
                   first_line(r->fault_text, line, sizeof(line)));
            return;
        }
    }
}

static void check_cases(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct policy policy = champion_policy(&t->candidate);
    bool *passed = xcalloc((size_t)l->cases.n, sizeof(*passed));
    int broken = -1;

    t->it->cases = l->cases.n;
    t->status = loop_status_of(l, cases_run(&l->memo, &policy, &l->cases, passed, NULL, err));
    for (int i = 0; i < l->cases.n && t->status == LOOP_ON; i++) {
        t->it->cases_passed += passed[i];
        if (!passed[i] && broken < 0)
            broken = i;
    }
    if (broken >= 0)
        refuse(t, "breaks %s, which was mastered in iteration %lld (%s)",
               l->cases.list[broken].name, (long long)l->cases.list[broken].iteration,
               l->cases.list[broken].signature);
    free(passed);
}

static enum loop_status compare(struct trial *t, const struct champion *with,
                                const char *scope_word, struct gate_result *out,
                                struct error *err)
{
    struct loop *l = t->l;
    struct policy candidate = champion_policy(&t->candidate), incumbent = champion_policy(with);
    char *scope = xasprintf("%s %lld", scope_word, (long long)l->iteration);
    struct gate gate = { &l->memo, l->c->salt, scope, l->n_candidates };
    enum loop_status status =
        loop_status_of(l, gate_compare(&gate, &candidate, &incumbent, out, err));

    free(scope);
    return status;
}

/* Equal with less code: against the strongest policy ever, so that repeated compression cannot
 * drift down. */
static void check_simpler(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct gate_result best = t->it->gate;

    if (t->size.tokens >= t->incumbent_size.tokens)
        return;
    if (strcmp(l->best.sha256, l->incumbent.sha256))
        t->status = compare(t, &l->best, "best", &best, err);
    if (t->status == LOOP_ON && (best.low > -l->task->margin || best.verdict == GATE_unchanged) &&
        best.verdict != GATE_worse) {
        t->it->verdict = "simpler";
        t->it->is_promoted = true;
        snprintf(t->why, sizeof(t->why), "equal to the best with %d tokens in place of %d",
                 t->size.tokens, t->incumbent_size.tokens);
    }
}

static void ask_gate(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct gate_result *g = &t->it->gate;

    l->n_candidates++;
    t->status = compare(t, &l->incumbent, "iteration", g, err);
    if (t->status != LOOP_ON)
        return;
    t->it->verdict = gate_verdict_name(g->verdict);
    snprintf(t->why, sizeof(t->why),
             "%+.4g on %d hidden pairs (%d different), interval %+.4g to %+.4g at %.4g %%",
             g->difference, g->pairs, g->distinct, g->low, g->high, 100 * g->confidence);
    if (g->n_void > 0)
        refuse(t, "%d of its episodes were lost to the clock", g->n_void);
    else if (g->verdict == GATE_better)
        t->it->is_promoted = true;
    else if (g->verdict != GATE_worse)
        check_simpler(t, err);
}

/* Failures of the old incumbent that the new one masters become cases, the costliest first,
 * one a signature. */
static void cut_cases(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct policy old = champion_policy(&l->incumbent), fixed = champion_policy(&t->candidate);
    char *folder = xasprintf("%s/cases", l->c->folder);
    struct failures failures = { 0 };
    int n_cut = 0;

    if (failures_find(&failures, l->task, l->incumbent.results, l->incumbent.n, err) != 0)
        t->status = LOOP_FAILED;
    for (int i = 0; i < failures.n_groups && n_cut < MOST_CASES_CUT && t->status == LOOP_ON;
         i++) {
        const struct failure *f = &failures.list[failures.groups[i].first];
        struct regression_case c = { 0 };
        enum memo_status status;
        bool is_double = false;
        for (int k = 0; k < l->cases.n; k++)
            is_double |= !strcmp(l->cases.list[k].signature, f->signature);
        if (is_double || case_cut(&l->memo, &old, &fixed, f, &l->incumbent.results[f->episode],
                                  &c, &status, err) != 1) {
            if (!is_double)
                t->status = loop_status_of(l, status);
            continue;
        }
        free(c.name);
        c.name = xasprintf("case-%03d", l->cases.n + 1);
        c.iteration = l->iteration;
        if (case_save(&c, folder, err) != 0 ||
            ledger_case_add(l->c->ledger, l->c->run->id, l->iteration, c.name, c.signature,
                            "admitted", "failed on the old policy, passes on the new", err) != 0)
            t->status = LOOP_FAILED;
        case_list_add(&l->cases, &c);
        n_cut++;
    }
    failures_clear(&failures);
    free(folder);
}

static void promote(struct trial *t, struct error *err)
{
    struct loop *l = t->l;

    cut_cases(t, err);
    if (t->status != LOOP_ON)
        return;
    champion_clear(&l->incumbent);
    champion_copy(&l->incumbent, &t->candidate);
    if (t->it->gate.verdict == GATE_better) {
        champion_clear(&l->best);
        champion_copy(&l->best, &t->candidate);
    }
    l->outcome->promotions++;
}

/* From source to verdict; stops at the first thing that speaks against it. */
static void try_candidate(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    struct policy_facts facts = { 0 };
    char line[512];

    t->size = measure_source(t->candidate.source);
    t->incumbent_size = measure_source(l->incumbent.source);
    if (keep_source(t, err) != 0) {
        t->status = LOOP_FAILED;
        return;
    }
    if (is_known(t))
        return;
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
        check_cases(t, err);
    if (t->status == LOOP_ON && !t->it->verdict)
        ask_gate(t, err);
    if (t->status == LOOP_ON && t->it->is_promoted)
        promote(t, err);
}

static enum loop_status put_down(struct trial *t, const char *parent, struct error *err)
{
    const struct iteration *it = t->it;
    json_t *json = json_pack("{s:i, s:i, s:i, s:f, s:i}", "tokens", t->size.tokens, "branches",
                             t->size.branches, "depth", t->size.depth, "confidence",
                             it->gate.confidence, "distinct", it->gate.distinct);
    char *details = json_dumps(json, JSON_COMPACT);
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
        .steps = loop_count_steps(t->l),
        .before_half = mean_interval(&it->before, 0.95),
        .after_half = it->has_candidate ? mean_interval(&it->after, 0.95) : NAN,
        .details = details,
    };
    int status = ledger_candidate_add(t->l->c->ledger, t->l->c->run->id, &row, err);

    json_decref(json);
    free(details);
    return status == 0 ? LOOP_ON : LOOP_FAILED;
}

enum loop_status loop_judge(struct loop *l, const char *reply, const char *no_reply,
                            struct iteration *it, struct error *err)
{
    struct trial t = { .l = l, .it = it, .status = LOOP_ON };
    char parent[65], *change = reply_change(reply ? reply : "", MOST_CHANGE);
    struct error why = { "" };

    memcpy(parent, l->incumbent.sha256, sizeof(parent));
    it->change = change;
    it->before = l->incumbent.dev;
    it->sha256 = t.candidate.sha256;
    t.candidate.name = xasprintf("candidate-%lld.lua", (long long)l->iteration);
    t.candidate.source = reply ? reply_source(reply, l->incumbent.source, &why) : NULL;
    if (t.candidate.source) {
        sha256_hex(t.candidate.source, strlen(t.candidate.source), t.candidate.sha256);
        try_candidate(&t, err);
    } else {
        refuse(&t, "%s", reply ? why.text : no_reply);
    }
    it->why = t.why;
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
