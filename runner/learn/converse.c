/* converse.c - one iteration's conversation with the model: brief, tool calls, reply. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "runner/brief/usage.h"
#include "runner/brief/strip.h"
#include "runner/brief/turn_end.h"
#include "runner/judge/failures_cause.h"
#include "runner/learn/loop_state.h"
#include "runner/tools/tools.h"

#define MOST_FAILED 3 /* asks in a row, then the run stops */
#define MOST_UNFINISHED 2 /* replies in a row that are asked for again */
#define STABLE_MESSAGES 1
#define MODEL_NOTES 6
#define HARNESS_NOTES 6
#define GROUPS_SEARCHED 3
#define STRIPS 2 /* failures that are shown as pictures too */

struct conversation {
    struct loop *l;
    struct message *messages;
    int n;
    json_t *facts;
};

static struct message *converse_add_message(struct conversation *c, enum role role,
                                            char *text)
{
    struct message *m = xgrow(c->messages, c->n);

    *m = (struct message){ .role = role, .text = text };
    return m;
}

static void conversation_clear(struct conversation *c)
{
    for (int i = 0; i < c->n; i++)
        message_clear(&c->messages[i]);
    free(c->messages);
    json_decref(c->facts);
}

/* The briefs of a run stay readable in its folder. */
static int keep_brief(const struct loop *l, const char *text, struct error *err)
{
    char *folder = xasprintf("%s/briefs", l->c->folder);
    char *path = xasprintf("%s/%03lld.md", folder, (long long)l->iteration);
    int status = file_make_private(folder, err);

    if (status == 0)
        status = file_save(path, text, strlen(text), err);
    free(path);
    free(folder);
    return status;
}

/* Notes for the brief: the models' newest, and what the harness noted in earlier runs of
 * the task on what the failures are about. Its notes of this run stand in the brief
 * already. */
static json_t *gather_notes(const struct loop *l, const struct failures *failures,
                            struct error *err)
{
    struct ledger_note_query q = { .task = l->task->name,
                                   .author = "model",
                                   .run = l->c->run->id,
                                   .iteration = l->iteration - 1,
                                   .most = MODEL_NOTES };
    json_t *notes = ledger_note_search(l->c->ledger, &q, err), *more;
    char *words = NULL;
    size_t size;
    FILE *f = open_memstream(&words, &size);

    for (int i = 0; i < failures->n_groups && i < GROUPS_SEARCHED; i++)
        fprintf(f, "%s ", failures->groups[i].signature);
    fclose(f);
    q.author = "harness";
    q.words = words;
    q.iteration = -1; /* none of this run */
    q.most = HARNESS_NOTES;
    more = notes ? ledger_note_search(l->c->ledger, &q, err) : NULL;
    free(words);
    if (more)
        json_array_extend(notes, more);
    json_decref(more);
    if (more)
        return notes;
    json_decref(notes);
    return NULL;
}

/* The costliest failures as film strips. */
static int add_strips(const struct loop *l, const struct failures *failures,
                      struct message *m, struct error *err)
{
    struct evaluation e = l->memo.base;

    e.policy = champion_policy(&l->parent);
    m->images = xcalloc(STRIPS, sizeof(*m->images));
    for (int i = 0; l->task->env->draw && i < failures->n_groups && i < STRIPS &&
                    !l->n_too_long;
         i++) {
        const struct failure *f = &failures->list[failures->groups[i].first];
        struct strip strip = strip_of_failure(l->task, f->episode,
                                              failure_moment(f, l->task));
        if (strip_make(&e, &l->parent.results[f->episode], &strip, &m->images[i], err) !=
            0)
            return -1;
        m->n_images++;
    }
    return 0;
}

/* What the gate can see now: of all its pairs, of a quarter, and of as many as a near miss
 * may come to; and how many prove that a candidate is not worse by the margin. */
static void converse_look_at_gate(struct loop *l, struct brief *b)
{
    int gate = l->task->splits.gate, most = task_gate_most(l->task);
    const int pairs[BRIEF_LOOKS] = { gate, gate / 4, most };

    for (int i = 0; i < BRIEF_LOOKS; i++) {
        double gain = pairs[i] >= 8 ? trial_least_gain(l, pairs[i]) : NAN;
        if (isfinite(gain) && (i == 0 || pairs[i] != gate))
            b->looks[b->n_looks++] = (struct brief_look){ pairs[i], gain };
    }
    for (int n = 8; b->n_looks && l->task->margin > 0 && n < 2 * most; n *= 2) {
        int tried = n < most ? n : most;
        if (trial_least_gain(l, tried) <= l->task->margin) {
            b->pairs_for_equal = tried;
            break;
        }
    }
}

static int open_conversation(struct conversation *c, struct error *err)
{
    struct loop *l = c->l;
    struct policy policy = champion_policy(&l->parent);
    struct brief_past *past = xcalloc((size_t)l->n_past, sizeof(*past));
    struct failures failures = { 0 };
    struct brief brief = {
        .task = l->task,
        .run = l->c->run->id,
        .iteration = l->iteration,
        .policy = &policy,
        .declared = l->parent.declared,
        .n_declared = l->parent.n_declared,
        .results = l->parent.results,
        .n = l->parent.n,
        .failures = &failures,
        .cases = &l->cases,
        .past = past,
        .n_past = l->n_past,
        .ancestors = l->ancestors,
        .n_ancestors = l->n_ancestors,
        .memory = l->memory,
        .remark = l->remark,
        .parent_iteration = l->parent_iteration,
        .incumbent_mean = l->incumbent.dev.mean,
        .is_at_target = loop_is_at_target(l),
        .robust = &l->incumbent.robust,
        .n_starts = l->starts.n,
        .n_challengers = l->n_challengers,
        .n_too_long = l->n_too_long,
        .n_empty = l->n_empty,
        .n_fruitless = l->n_fruitless,
    };
    char *user = NULL;
    int status = -1;

    for (int i = 0; i < l->n_past; i++)
        past[i] = (struct brief_past){ l->past[i].iteration,  l->past[i].verdict,
                                       l->past[i].change,     l->past[i].why,
                                       l->past[i].dev_before, l->past[i].dev_after };
    converse_look_at_gate(l, &brief);
    if (failures_find(&failures, l->task, l->parent.results, l->parent.n,
                      FAILURE_RULES, err) == 0 &&
        failures_find_causes(&failures, l->task, l->parent.results, 0, GROUPS_SEARCHED,
                             err) == 0 &&
        (brief.notes = gather_notes(l, &failures, err)))
        user = brief_user(&brief, err);
    if (user) {
        converse_add_message(c, ROLE_SYSTEM, brief_system(l->task));
        c->facts = brief_facts(&brief);
        status = add_strips(l, &failures, converse_add_message(c, ROLE_USER, user), err);
    }
    json_decref(brief.notes);
    failures_clear(&failures);
    free(past);
    return status == 0 ? keep_brief(l, user, err) : -1;
}

static int keep_call(struct loop *l, int turn, const struct turn *t, const char *error,
                     struct error *err)
{
    json_t *json = error ? NULL : turn_to_json(t);
    char *reply = json ? json_dumps(json, JSON_COMPACT) : NULL;
    struct ledger_call call = {
        .iteration = l->iteration,
        .turn = turn,
        .model = t->model[0] ? t->model : l->c->run->model,
        .reply = reply,
        .error = error,
        .tokens_in = t->usage.tokens_in,
        .tokens_cached = t->usage.tokens_cached,
        .tokens_out = t->usage.tokens_out,
        .tokens_reasoning = t->usage.tokens_reasoning,
        .is_estimated = t->usage.is_estimated,
        .usd = t->usage.usd,
        .seconds = t->usage.seconds,
        .tries = t->usage.n_tries,
    };
    int status = ledger_call_add(l->c->ledger, l->c->run->id, &call, err);

    json_decref(json);
    free(reply);
    return status;
}

/* A turn that the ledger remembers. 1, 0, -1. */
static int converse_recall(struct loop *l, int turn, struct turn *out, struct error *err)
{
    char *reply = NULL;
    json_t *json;
    int found = ledger_call_find(l->c->ledger, l->c->run->id, l->iteration, turn, &reply,
                                 err);

    if (found != 1)
        return found;
    json = json_loads(reply, 0, NULL);
    if (turn_from_json(json, out, err) != 0)
        found = -1;
    json_decref(json);
    free(reply);
    return found;
}

static enum loop_status converse_ask(struct conversation *c, int turn, int n_before,
                                     struct turn *out, struct error *err)
{
    struct loop *l = c->l;
    struct request request = {
        .run = (int)l->c->run->id,
        .iteration = (int)l->iteration,
        .turn = turn,
        .n_before = n_before,
        .n_fruitless = l->n_fruitless,
        .messages = c->messages,
        .n_messages = c->n,
        .stable_messages = STABLE_MESSAGES,
        .facts = c->facts,
    };
    enum loop_status status;

    request.tools = tools_describe(&request.n_tools);
    for (int failed = 0;; failed++) {
        struct error why = { "" };
        char reason[256];
        status = loop_check_budget(l, err);
        if (status != LOOP_ON)
            break;
        if (l->c->provider->kind->ask(l->c->provider->self, &request, out, &why) == 0) {
            usage_estimate(&out->usage, &request, &out->message);
            return keep_call(l, turn, out, NULL, err) == 0 ? LOOP_ON : LOOP_FAILED;
        }
        if (setup_is_interrupted(&l->memo.base.setup)) {
            status = loop_status_of(l, MEMO_INTERRUPTED);
            if (out->usage.n_tries > 0 && keep_call(l, turn, out, why.text, err) != 0)
                status = LOOP_FAILED;
        } else if (out->is_over) {
            status = loop_stop(l, why.text);
            /* A client that has hung up may come again. */
            l->outcome->is_paused = l->c->provider->kind->await != NULL;
        } else if (keep_call(l, turn, out, why.text, err) != 0)
            status = LOOP_FAILED;
        else if (out->is_final_error || failed + 1 >= MOST_FAILED) {
            snprintf(reason, sizeof(reason), "the model failed%s: %s",
                     out->is_final_error ? "" : " three times", why.text);
            status = loop_stop(l, reason);
            l->outcome->has_model_failed = true;
        }
        turn_clear(out);
        if (status != LOOP_ON)
            break;
    }
    return status;
}

static struct tool_context tool_context(struct loop *l, const struct policy *policy,
                                        int turns_left)
{
    return (struct tool_context){ .memo = &l->memo,
                                  .salt = l->c->salt,
                                  .incumbent = policy,
                                  .iteration = l->iteration,
                                  .results = l->parent.results,
                                  .n_results = l->parent.n,
                                  .cases = &l->cases,
                                  .bench = &l->bench,
                                  .turns_left = turns_left,
                                  .rules = (int)l->c->run->brief_format };
}

/* A call that the model itself took back is an answer; any other interruption ends the
 * run. */
static bool is_cancelled(const struct loop *l, enum memo_status status)
{
    const struct provider *p = l->c->provider;

    return status == MEMO_INTERRUPTED && p->kind->take_cancelled &&
           p->kind->take_cancelled(p->self);
}

static enum memo_status converse_answer_call(struct conversation *c,
                                             struct tool_context *context,
                                             const struct tool_call *call, int turn,
                                             int number, struct tool_answer *answer,
                                             struct error *err)
{
    struct loop *l = c->l;
    enum memo_status called = MEMO_DONE;
    struct tally before;
    bool is_new = false;

    *answer = (struct tool_answer){ 0 };
    if (!call->is_cancelled) {
        tally_copy(&before, &l->tally);
        l->doing = call->name;
        called = tools_call(context, call, answer, err);
        l->doing = NULL;
        is_new = is_cancelled(l, called);
        /* How far it came is a matter of time: nothing of it is part of what is played
         * again. The ledger and the budgets have its steps. */
        tally_clear(is_new ? &l->tally : &before);
        if (!is_new)
            return called;
        l->tally = before;
        tool_answer_clear(answer);
    }
    *answer = (struct tool_answer){ .text = xstrdup("cancelled"), .is_error = true };
    if (is_new && ledger_call_cancel(l->c->ledger, l->c->run->id, l->iteration, turn,
                                     number, err) != 0)
        return MEMO_FAILED;
    return MEMO_DONE;
}

/* Answers every call of the turn. */
static enum loop_status answer_calls(struct conversation *c, const struct message *calls,
                                     int turn, int most, struct error *err)
{
    struct loop *l = c->l;
    struct policy policy = champion_policy(&l->parent);
    struct tool_context context = tool_context(l, &policy, most - turn - 1);
    enum loop_status status = LOOP_ON;

    /* The gate's range is of what the loop itself plays: a call may have been cancelled,
     * and is not played then when the run goes on. */
    l->memo.returns = NULL;
    for (int i = 0; i < calls->n_calls && status == LOOP_ON; i++) {
        struct tool_answer answer;
        struct message *m;
        status = loop_status_of(l, converse_answer_call(c, &context, &calls->calls[i],
                                                        turn, i, &answer, err));
        if (status != LOOP_ON) {
            tool_answer_clear(&answer);
            break;
        }
        m = converse_add_message(c, ROLE_TOOL, answer.text);
        m->images = answer.images;
        m->n_images = answer.n_images;
        m->call_id = xstrdup(calls->calls[i].id);
        m->is_error = answer.is_error;
    }
    l->memo.returns = &l->returns;
    return status;
}

/* The turns are used up: what stands in the draft is the candidate. */
static void end_turns(struct loop *l, int most, char **reply, char **why)
{
    if (l->bench.draft)
        *reply = l->bench.change = xasprintf(
            "(the limit of %d turns ended the iteration)", most);
    else
        *why = xasprintf("no reply after %d turns of tool calls", most);
    if (*reply)
        *reply = xstrdup(*reply);
}

/* A reply that the server or the model did not bring to its end is never judged in part:
 * the model hears what became of it, and is asked again. When that does not help, the
 * draft is the candidate, if there is one. */
static void ask_again(struct conversation *c, const struct turn *t, int n_unfinished,
                      char **reply, char **why)
{
    enum turn_end end = turn_end_of(t->stop);

    if (n_unfinished <= MOST_UNFINISHED) {
        converse_add_message(c, ROLE_USER,
                             turn_end_request(end, t->stop, t->message.text));
        return;
    }
    if (c->l->bench.draft) {
        c->l->bench.change = xasprintf("(the last reply %s; the draft as it stood)",
                                       turn_end_text(end));
        *reply = xstrdup(c->l->bench.change);
        return;
    }
    *why = xasprintf("no whole reply in %d: the last one %s (%s)", n_unfinished,
                     turn_end_text(end), t->stop);
}

/* The model does not take so long a conversation. It ends with what there is, and the
 * next one begins shorter: the same request again would be refused again. */
static void end_too_long(struct loop *l, int turn, char **reply, char **why)
{
    l->n_too_long++;
    if (l->bench.draft) {
        l->bench.change = xstrdup("(the conversation became longer than the model takes; "
                                  "the draft as it stood)");
        *reply = xstrdup(l->bench.change);
        return;
    }
    *why = xasprintf("the conversation is longer than the model takes, in turn %d: the next "
                     "brief is shorter",
                     turn + 1);
}

enum loop_status loop_converse(struct loop *l, char **reply, char **why,
                               struct error *err)
{
    struct conversation c = { .l = l };
    enum loop_status status = LOOP_ON;
    int n_unfinished = 0;
    /* Turns answered in this run before this iteration: what `recorded` has played. */
    int64_t before = ledger_count_replies(l->c->ledger, l->c->run->id, l->iteration, err);
    int most = l->c->provider->kind->most_turns ? l->c->provider->kind->most_turns
                                                : LOOP_MOST_TURNS;

    workbench_clear(&l->bench);
    *reply = *why = NULL;
    if (before < 0 || open_conversation(&c, err) != 0)
        status = LOOP_FAILED;
    for (int turn = 0; status == LOOP_ON && !*reply && !*why; turn++) {
        struct turn t;
        struct message *m;
        int found;
        if (turn == most) {
            end_turns(l, most, reply, why);
            break;
        }
        t = (struct turn){ 0 }; /* recall or the provider inits it */
        found = converse_recall(l, turn, &t, err);
        if (found < 0)
            status = LOOP_FAILED;
        else if (!found)
            status = converse_ask(&c, turn, before + turn, &t, err);
        if (status != LOOP_ON)
            break;
        if (turn_end_of(t.stop) == TURN_TOO_LONG) {
            end_too_long(l, turn, reply, why);
            turn_clear(&t);
            break;
        }
        n_unfinished = *t.stop && t.message.n_calls == 0 ? n_unfinished + 1 : 0;
        if (n_unfinished > 0) {
            ask_again(&c, &t, n_unfinished, reply, why);
            turn_clear(&t);
            continue;
        }
        l->outcome->answers++;
        m = converse_add_message(&c, ROLE_ASSISTANT, NULL);
        *m = t.message;
        t.message = (struct message){ 0 };
        if (m->n_calls > 0)
            status = answer_calls(
                &c, &(struct message){ .calls = m->calls, .n_calls = m->n_calls },
                turn, most, err);
        else
            *reply = xstrdup(m->text);
        if (status == LOOP_ON && l->bench.change)
            *reply = xstrdup(l->bench.change);
        turn_clear(&t);
    }
    conversation_clear(&c);
    return status;
}
