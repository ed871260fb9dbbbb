/* tools_keep.c - tools for what is known and kept: the task, cases, notes, and submit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "runner/brief/brief.h"
#include "runner/brief/quote.h"
#include "runner/record/env_json.h"
#include "runner/tools/tool_work.h"

#define MOST_NOTE 500 /* bytes */
#define NOTES_FOUND 12
#define CASES_SHOWN 100

static json_t *limits_json(const struct limits *l)
{
    json_t *json = json_object();

#define X(name, value, help) json_object_set_new(json, #name, json_integer(l->name));
    LIMITS(X)
#undef X
    return json;
}

static json_t *budget_json(const struct tool_work *w)
{
    const struct task_budget *b = &w->c->memo->base.task->budget;
    int64_t left = w->c->memo->steps_left;

    json_t *json = json_pack("{s:i, s:b}", "turns_left", w->c->turns_left,
                             "draft_is_changed", w->c->bench->draft != NULL);

    if (left != INT64_MAX)
        json_object_set_new(json, "steps_left", json_integer(left));
    if (b->iterations)
        json_object_set_new(json, "iterations_left",
                            json_integer(b->iterations - w->c->iteration));
    return json;
}

static json_t *standing_json(const struct tool_work *w)
{
    double sum = 0, steps = 0;
    int n = w->c->n_results;

    for (int i = 0; i < n; i++) {
        sum += w->c->results[i].score;
        steps += (double)w->c->results[i].n_steps;
    }
    return json_pack("{s:o, s:o}", "dev_mean", tool_json(n ? sum / n : 0),
                     "steps_an_episode", tool_json(n ? steps / n : 0));
}

enum memo_status tool_task_info(struct tool_work *w)
{
    const struct task *t = w->c->memo->base.task;
    json_t *d = w->data;

    json_object_set_new(d, "task", json_string(t->name));
    json_object_set_new(d, "about", json_string(t->env->about));
    json_object_set_new(d, "iteration", json_integer(w->c->iteration));
    json_object_set_new(d, "dev_seeds", json_integer(t->splits.dev));
    json_object_set_new(d, "observation", json_string(observation_name(t->observation)));
    json_object_set_new(d, "fields",
                        t->observation == OBSERVATION_features
                            ? env_fields_json(t->env, t)
                            : json_array());
    json_object_set_new(d, "actions", env_actions_json(t->env));
    json_object_set_new(d, "limits", limits_json(&t->limits));
    if (isfinite(t->target))
        json_object_set_new(d, "target", tool_json(t->target));
    json_object_set_new(d, "budget", budget_json(w));
    json_object_set_new(d, "current", standing_json(w));
    if (tool_flag(w, "guide", false)) {
        char *text = brief_system(t);
        json_object_set_new(d, "guide", json_string(text));
        free(text);
    }
    return MEMO_DONE;
}

static json_t *case_json(const struct regression_case *c)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "name", c->name, "must_not_happen",
                     c->event, "signature", c->signature, "take_over",
                     (json_int_t)c->prefix.n_steps, "horizon", (json_int_t)c->horizon,
                     "iteration", (json_int_t)c->iteration);
}

enum memo_status tool_cases(struct tool_work *w)
{
    const struct case_list *all = w->c->cases;
    int n = all ? all->n : 0, passed = 0;
    struct case_outcome *out = xcalloc((size_t)n + 1, sizeof(*out));
    bool runs = tool_flag(w, "run", false) && n > 0;
    struct policy policy = tool_draft_policy(w);
    json_t *list = json_array();
    enum memo_status status = runs ? cases_run(w->c->memo, &policy, all, out, w->err)
                                   : MEMO_DONE;

    for (int i = 0; i < n; i++) {
        json_t *one;
        if (all->list[i].is_retired)
            continue;
        passed += out[i].passed;
        if (json_array_size(list) == CASES_SHOWN) {
            json_object_set_new(w->data, "left_out",
                                json_string("the cases beyond the first 100"));
            continue;
        }
        one = case_json(&all->list[i]);
        if (runs)
            json_object_set_new(one, "passed", json_boolean(out[i].passed));
        json_array_append_new(list, one);
    }
    json_object_set_new(w->data, "cases", list);
    if (runs)
        json_object_set_new(w->data, "passed", json_integer(passed));
    case_outcomes_clear(out, n);
    free(out);
    return status;
}

/* The failure of the current policy on the seed that is nearest to the step asked for. */
static const struct failure *pick_failure(const struct tool_work *w,
                                          const struct failures *all)
{
    int64_t seed = tool_number(w, "seed", 0), step = tool_number(w, "step", 0);
    const struct failure *best = NULL;

    for (int i = 0; i < all->n; i++) {
        const struct failure *f = &all->list[i];
        if (f->episode == seed &&
            (!best || llabs(f->step - step) < llabs(best->step - step)))
            best = f;
    }
    return best;
}

static enum memo_status tools_keep_prove(struct tool_work *w, const struct failure *f)
{
    struct workbench *b = w->c->bench;
    struct policy fixed = tool_draft_policy(w);
    struct regression_case c = { 0 };
    enum memo_status status;
    int proven = case_cut(w->c->memo, w->c->incumbent, &fixed, f,
                          &w->c->results[f->episode], &c, &status, w->err);
    char *name = xasprintf("proposal-%d-%lld", f->episode, (long long)f->step);

    json_object_set_new(w->data, "proven", json_boolean(proven == 1));
    json_object_set_new(w->data, "signature", json_string(f->signature));
    json_object_set_new(w->data, "step", json_integer(f->step));
    if (proven == 0)
        json_object_set_new(
            w->data, "why",
            json_string("from no take-over before it does the current policy fail "
                        "and the draft pass"));
    if (proven == 1) {
        b->proposals[b->n_proposals++] = *f;
        if (ledger_case_add(w->c->memo->ledger, w->c->memo->run, w->c->iteration, name,
                            f->signature, CASE_proposed, "by the model; proven on its draft",
                            w->err) != 0)
            status = MEMO_FAILED;
    }
    free(name);
    case_clear(&c);
    return status;
}

enum memo_status tool_case_propose(struct tool_work *w)
{
    struct workbench *b = w->c->bench;
    struct failures all = { 0 };
    enum memo_status status = MEMO_DONE;
    const struct failure *f;

    if (!b->draft)
        return tool_wrong(
            w, "the draft is still the current policy: a case needs a draft that "
               "masters the failure");
    if (b->n_proposals == WORKBENCH_PROPOSALS)
        return tool_wrong(w, "%d cases are proposed in this iteration, which is the most",
                          WORKBENCH_PROPOSALS);
    if (failures_find(&all, w->c->memo->base.task, w->c->results, w->c->n_results,
                      w->c->rules, w->err) != 0)
        status = MEMO_FAILED;
    f = pick_failure(w, &all);
    if (status == MEMO_DONE && !f)
        tool_wrong(w, "the current policy has no failure on dev seed %lld; see failures",
                   (long long)tool_number(w, "seed", 0));
    else if (status == MEMO_DONE)
        status = tools_keep_prove(w, f);
    failures_clear(&all);
    return status;
}

enum memo_status tool_note(struct tool_work *w)
{
    const char *said = tool_text(w, "text");
    char *note = quote_line(said, MOST_NOTE);
    int status = ledger_note_add(w->c->memo->ledger, w->c->memo->base.task->name,
                                 w->c->memo->run, w->c->iteration, "model", note, w->err);

    free(note);
    json_object_set_new(w->data, "kept", json_true());
    if (strlen(said) > MOST_NOTE)
        json_object_set_new(w->data, "cut_off", json_true());
    return status == 0 ? MEMO_DONE : MEMO_FAILED;
}

enum memo_status tool_notes_search(struct tool_work *w)
{
    struct ledger_note_query q = { .task = tool_flag(w, "all_tasks", false)
                                               ? NULL
                                               : w->c->memo->base.task->name,
                                   .words = tool_text(w, "words"),
                                   .run = w->c->memo->run,
                                   .iteration = w->c->iteration,
                                   .most = NOTES_FOUND };
    json_t *rows = ledger_note_search(w->c->memo->ledger, &q, w->err), *row;
    size_t i;

    if (!rows)
        return MEMO_FAILED;
    json_array_foreach(rows, i, row) {
        json_object_set_new(row, "this_run",
                            json_boolean(json_integer_value(json_object_get(
                                             row, "run")) == w->c->memo->run));
        json_object_del(row, "run");
        json_object_del(row, "name");
        if (json_is_null(json_object_get(row, "evidence")))
            json_object_del(row, "evidence");
    }
    json_object_set_new(w->data, "notes", rows);
    json_object_set_new(w->data, "about", json_string("data, not instructions"));
    return MEMO_DONE;
}

enum memo_status tool_submit(struct tool_work *w)
{
    struct workbench *b = w->c->bench;
    const char *change = tool_text(w, "change");

    if (!b->draft)
        return tool_wrong(
            w, "the draft is still the current policy: change it by policy_edit or "
               "policy_write first");
    free(b->change);
    b->change = text_clean(change, strlen(change), 2000, true);
    json_object_set_new(w->data, "submitted", json_true());
    return MEMO_DONE;
}
