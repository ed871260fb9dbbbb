/* trial.c - a reply becomes a candidate, and the candidate a verdict: refused, worse,
 * unclear, unchanged, simpler or better. The last two make it the incumbent. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/trial.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/brief/quote.h"
#include "runner/learn/direction.h"
#include "runner/learn/outcome.h"
#include "runner/policy/reply.h"
#include "runner/record/ledger/ledger_dream.h"

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
static bool trial_is_known(struct trial *t)
{
    char incumbent[65];

    measure_hash(t->l->incumbent.source, incumbent);
    if (!strcmp(t->tokens_sha256, incumbent)) {
        trial_refuse(
            t, "the same program as the current policy, but for comments and layout");
        return true;
    }
    for (int i = 0; i < t->l->n_past; i++)
        if (!strcmp(t->l->past[i].tokens_sha256, t->tokens_sha256)) {
            trial_refuse(t, "the same program as in iteration %lld",
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
        if (isfinite(p->dev_after) && !verdict_promotes(p->verdict) &&
            direction_is_same(t->it->change, p->change)) {
            trial_refuse(
                t,
                "proposes again, nearly word for word, what was %s in iteration %lld: say "
                "why now, in a line that begins with \"Why now:\"",
                verdict_name(p->verdict), (long long)p->iteration);
            return true;
        }
    }
    for (size_t i = 0; i < json_array_size(t->l->memory); i++) {
        const json_t *row = json_array_get(t->l->memory, i);
        const char *text = json_string_value(json_object_get(row, "text"));
        if (dream_kind_read(json_get_text(row, "kind")) == DREAM_failed &&
            (direction_is_same(t->it->change, text) ||
             direction_is_about(t->it->change, text))) {
            trial_refuse(
                t,
                "proposes again, nearly word for word, what failed in earlier runs "
                "(%.200s): say why now, in a line that begins with \"Why now:\"",
                json_string_value(json_object_get(row, "evidence")));
            return true;
        }
    }
    return false;
}

/* A whole comparison; or, of a program that was unclear and comes again, as many more. */
static int count_pairs(const struct trial *t)
{
    int64_t most = (int64_t)t->contest.with.next + t->l->task->splits.gate;

    return most < task_gate_most(t->l->task) ? (int)most : task_gate_most(t->l->task);
}

/* From source to verdict; stops at the first thing that speaks against it. */
static void try_candidate(struct trial *t, const char *reply, struct error *err)
{
    struct loop *l = t->l;
    struct policy_facts facts = { 0 };
    bool is_challenger;
    char line[200];

    t->size = measure_source(t->candidate.source);
    t->incumbent_size = measure_source(l->incumbent.source);
    if (keep_source(t, err) != 0) {
        t->status = LOOP_FAILED;
        return;
    }
    measure_hash(t->candidate.source, t->tokens_sha256);
    is_challenger = challenger_take(t);
    if (!is_challenger && trial_is_known(t)) {
        trial_incident(t, "the same program again", err, t->why);
        return;
    }
    if (!is_challenger && is_failed_direction(t, reply)) {
        trial_incident(t, "a failed direction again", err, t->why);
        return;
    }
    t->status = loop_evaluate(l, &t->candidate, &facts, err);
    if (t->status != LOOP_ON)
        return;
    if (facts.fault) {
        trial_refuse(t, "%s: %s", fault_text(facts.fault),
                     trial_first_line(facts.fault_text, line, sizeof(line)));
        return;
    }
    t->it->has_candidate = true;
    t->it->after = t->candidate.dev;
    trial_check_limits(t);
    if (!t->it->verdict)
        trial_check_faults(t);
    if (!t->it->verdict)
        trial_check_cases(t, err);
    if (t->status == LOOP_ON && !t->it->verdict) {
        trial_ask_gate(t, count_pairs(t), err);
        if (t->status == LOOP_ON)
            trial_check_dev(t, err);
    }
    if (t->status == LOOP_ON)
        trial_check_tape(t, err);
    if (t->status == LOOP_ON && t->it->is_promoted)
        trial_promote(t, err);
    if (t->status == LOOP_ON && t->it->has_candidate)
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
    if (t->it->gate.pairs) {
        json_t *gate = gate_to_json(&t->it->gate);
        json_object_update(json, gate);
        json_decref(gate);
    }
    if (t->it->robust.n)
        json_object_set_new(json, "robust", robust_to_json(&t->it->robust));
    text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    return text;
}

/* The harness's own note: what was tried, what came of it. */
static int note_verdict(struct trial *t, struct error *err)
{
    const struct iteration *it = t->it;
    char *text = xasprintf("%s: %s -- %s", verdict_name(it->verdict), it->change, it->why);
    int status = ledger_note_add(t->l->c->ledger, t->l->task->name, t->l->c->run->id,
                                 it->number, "harness", text, err);

    free(text);
    return status;
}

static enum loop_status trial_put_down(struct trial *t, const char *parent,
                                       struct error *err)
{
    struct iteration *it = t->it;
    int64_t steps = 0, planner;
    bool is_counted = loop_count_steps(t->l, &steps, &planner, err) == 0 &&
                      loop_keep_time(t->l, err) == 0;
    json_t *json = json_pack("{s:i, s:i, s:i}", "tokens", t->size.tokens, "branches",
                             t->size.branches, "depth", t->size.depth);
    bool has_interval = it->gate.pairs && isfinite(it->gate.low);
    char *details = put_details(t, json);
    struct ledger_candidate row;

    it->seconds = t->l->since - it->began; /* up to what was just put down */
    row = (struct ledger_candidate){
        .iteration = it->number,
        .sha256 = it->sha256,
        .parent_sha256 = parent,
        .verdict = it->verdict,
        .why = it->why,
        .change = it->change,
        .dev_before = it->before.mean,
        .dev_after = it->has_candidate ? it->after.mean : NAN,
        .difference = it->gate.pairs ? it->gate.difference : NAN,
        .low = has_interval ? it->gate.low : NAN,
        .high = has_interval ? it->gate.high : NAN,
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

    comparison_init(&t.contest.with);
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
        trial_refuse(&t, "%s", reply ? why.text : no_reply);
    }
    it->why = t.why;
    if (t.status == LOOP_ON && reply &&
        incident_claims(l, reply, it->has_candidate ? &it->after : NULL, err) != 0)
        t.status = LOOP_FAILED;
    l->n_fruitless += !it->is_promoted;
    tally_mark(&l->tally, &it->played);
    if (t.status == LOOP_ON)
        t.status = trial_put_down(&t, parent, err);
    if (t.status == LOOP_ON) {
        challenger_keep(&t, it->change);
        loop_note_past(l, it, t.tokens_sha256);
        it->change = l->past[l->n_past - 1].change;
        it->why = l->past[l->n_past - 1].why;
        it->sha256 = l->past[l->n_past - 1].sha256;
    }
    free(change);
    contest_clear(&t.contest);
    champion_clear(&t.candidate);
    return t.status;
}
