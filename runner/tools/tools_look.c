/* tools_look.c - tools that look into recorded episodes: failures, trace, replay_diff. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/brief_cause.h"
#include "runner/brief/brief_failure.h"
#include "runner/brief/quote.h"
#include "runner/judge/failures.h"
#include "runner/picture/frame.h"
#include "runner/tools/tool_work.h"

#define GROUPS_SHOWN 20
#define MOST_ROWS 120
#define MOST_COLUMNS 64
#define SHORT_LIST 4 /* values of a field that stands in a trace unasked */
#define MOST_NOTES 30
#define NOTE_BYTES 200
#define ROWS_AFTER 12 /* of replay_diff */
#define MOST_TABLE 24000
#define TRACE_STEPS 60 /* before the end, where nothing was asked for */

void tool_episode_clear(struct tool_episode *e)
{
    results_clear(&e->own, 1);
    free(e->source);
    free(e->set);
}

/* The episode with parameters of the call's own. False: it was answered. */
static bool tools_look_read_set(struct tool_work *w, struct tool_episode *e,
                                enum memo_status *status)
{
    const json_t *asked = json_object_get(w->arguments, "params");

    if (!asked)
        return true;
    e->set = xcalloc(1, sizeof(*e->set));
    return tool_read_params(w, &e->policy, asked, false, e->set, status);
}

bool tool_episode_get(struct tool_work *w, const char *policy, int64_t iteration,
                      struct tool_episode *e, enum memo_status *status)
{
    bool is_current = (policy && !strcmp(policy, "current")) || !w->c->bench->draft;
    enum purpose purpose = iteration >= 0 ? PURPOSE_dev : PURPOSE_probe;
    int n_dev = w->c->memo->base.task->splits.dev;

    *e = (struct tool_episode){ .seed = tool_number(w, "seed", 0),
                                .policy = *w->c->incumbent };
    *status = MEMO_DONE;
    if (e->seed >= n_dev) {
        *status = tool_refused(
            w, "asked for seeds that are not its own",
            "\"seed\": there are dev seeds 0 to %d; no others can be played", n_dev - 1);
        return false;
    }
    if (iteration >= 0) {
        e->source = tool_ancestor(w, iteration, status);
        if (!e->source)
            return false;
        e->policy = (struct policy){ .name = "candidate.lua", .source = e->source };
    } else if (is_current && e->seed < w->c->n_results &&
               !json_object_get(w->arguments, "params")) {
        e->r = &w->c->results[e->seed];
        return true;
    } else if (!is_current) {
        e->policy = tool_draft_policy(w);
    }
    if (!tools_look_read_set(w, e, status))
        return false;
    *status = tool_play_sets(w, &e->policy, e->set, 1, &e->seed, 1,
                             e->set ? PURPOSE_probe : purpose, &e->own);
    e->r = &e->own;
    if (e->set) { /* whoever asks the policy again asks it with these */
        e->policy.params = e->set->params;
        e->policy.n_params = e->set->n;
    }
    if (*status == MEMO_DONE && e->own.n_steps > 0 && !e->own.tape.n_steps)
        tool_wrong(w, "the actions of that episode were not kept");
    return *status == MEMO_DONE && !w->out->is_error;
}

int tool_walk(struct tool_work *w, const struct episode_result *r, int64_t to,
              void (*each)(void *user, const struct tool_step *s), void *user)
{
    const struct task *task = w->c->memo->base.task;
    double action[ENV_MAX_ACTION], *values;
    void *instance = task_create_instance(task, w->err);
    struct episode e;

    if (!instance)
        return -1;
    episode_init(&e, task->env, instance, &task->rules);
    episode_reset(&e, r->seed);
    values = xcalloc((size_t)e.n_obs + 1, sizeof(*values));
    for (int64_t i = 0; i < to && i < r->tape.n_steps && !episode_is_over(&e); i++) {
        struct tool_step s = { .step = i, .values = values, .action = action };
        task->env->observe(instance, values);
        tape_get(&r->tape, task->env, i, action);
        s.now = episode_step(&e, action);
        s.total = e.now.total;
        each(user, &s);
    }
    free(values);
    episode_clear(&e);
    task->env->destroy(instance);
    return 0;
}

static json_t *group_json(const struct failures *all, int i)
{
    const struct failure_group *g = &all->groups[i];
    const struct failure *f = &all->list[g->first];

    return json_pack("{s:i, s:s, s:i, s:o, s:i, s:I, s:o}", "group", i, "failure",
                     g->signature, "times", g->n, "return_lost",
                     tool_json(g->lost), "seed", f->episode, "step",
                     (json_int_t)f->step, "return_so_far",
                     tool_json(f->total));
}

static int tools_look_put_table(struct tool_work *w, const struct failure *f)
{
    char *text = NULL, *cut;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    const struct task *task = w->c->memo->base.task;
    int status;

    brief_cause_write(out, task, f);
    status = brief_failure_write(out, task, &w->c->results[f->episode],
                                 failure_moment(f, task), w->err);
    fclose(out);
    cut = provider_clean_text(text, len < MOST_TABLE ? len : MOST_TABLE);
    json_object_set_new(w->data, "table", json_string(cut));
    if (len > MOST_TABLE)
        json_object_set_new(w->data, "left_out",
                            json_string("the end of the table: see trace"));
    free(cut);
    free(text);
    return status;
}

static int tools_look_put_group(struct tool_work *w, struct failures *all, int group)
{
    const struct task *task = w->c->memo->base.task;
    const struct failure *f = &all->list[all->groups[group].first];
    char action[256];

    if (failures_find_causes(all, task, w->c->results, group, 1, w->err) != 0)
        return -1;
    frame_action_text(task->env, f->cause_action, action, sizeof(action));
    if (f->cause >= 0)
        json_object_set_new(w->data, "decided",
                            json_pack("{s:I, s:s, s:I}", "step", (json_int_t)f->cause,
                                      "action", action, "held",
                                      (json_int_t)f->cause_hold));
    return tools_look_put_table(w, f);
}

enum memo_status tool_failures(struct tool_work *w)
{
    int64_t group = tool_number(w, "group", -1);
    struct failures all = { 0 };
    json_t *list = json_array();
    int status = failures_find(&all, w->c->memo->base.task, w->c->results,
                               w->c->n_results, w->c->rules, w->err);

    json_object_set_new(w->data, "groups", list);
    for (int i = 0; i < all.n_groups && i < GROUPS_SHOWN; i++)
        json_array_append_new(list, group_json(&all, i));
    if (all.n_groups > GROUPS_SHOWN) {
        char *left = xasprintf("%d further groups", all.n_groups - GROUPS_SHOWN);
        json_object_set_new(w->data, "left_out", json_string(left));
        free(left);
    }
    if (status == 0 && group >= all.n_groups)
        tool_wrong(w, "there is no group %lld; there are %d", (long long)group,
                   all.n_groups);
    else if (status == 0 && group >= 0)
        status = tools_look_put_group(w, &all, (int)group);
    failures_clear(&all);
    return status == 0 ? MEMO_DONE : MEMO_FAILED;
}

/* The columns of a trace and its rows as they come. */
struct trace {
    const struct env *env;
    int at[MOST_COLUMNS]; /* indexes into the observation, n of them */
    int n;
    int64_t from, to, every, next; /* next: the first step that is left out; -1: none */
    int n_cut;                     /* values that have no column */
    json_t *columns, *rows;
    double reward;
    uint32_t events;
};

static void add_column(struct trace *t, const struct env_field *f, int first)
{
    t->n_cut += f->n > MOST_COLUMNS - t->n ? f->n - (MOST_COLUMNS - t->n) : 0;
    for (int i = 0; i < f->n && t->n < MOST_COLUMNS; i++) {
        char name[128];
        snprintf(name, sizeof(name), f->n > 1 ? "%.100s[%d]" : "%.100s", f->name, i + 1);
        json_array_append_new(t->columns, json_string(name));
        t->at[t->n++] = first + i;
    }
}

/* -1: a name is none; it was answered. */
static int choose_columns(struct tool_work *w, struct trace *t)
{
    const json_t *wanted = json_object_get(w->arguments, "fields");
    const struct env_field *f;
    int first;

    json_array_append_new(t->columns, json_string("step"));
    for (f = t->env->fields, first = 0; !wanted && f->name; first += f->n, f++)
        if (f->n <= SHORT_LIST)
            add_column(t, f, first);
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const char *name = json_string_value(json_array_get(wanted, i));
        for (f = t->env->fields, first = 0; f->name && strcmp(f->name, name);
             first += f->n, f++)
            continue;
        if (!f->name) {
            tool_wrong(w, "\"fields\": there is no field \"%.60s\"; see task_info", name);
            return -1;
        }
        add_column(t, f, first);
    }
    json_array_append_new(t->columns, json_string("action"));
    json_array_append_new(t->columns, json_string(t->every > 1 ? "reward_sum" : "reward"));
    json_array_append_new(t->columns, json_string("events"));
    return 0;
}

static void tools_look_add_row(void *user, const struct tool_step *s)
{
    struct trace *t = user;
    char text[256];
    json_t *row;

    if (s->step < t->from)
        return;
    t->reward += s->now.reward;
    t->events |= s->now.events;
    if (((s->step - t->from) % t->every != 0 && s->step != t->to) || t->next >= 0)
        return;
    if (json_array_size(t->rows) == MOST_ROWS) {
        t->next = s->step;
        return;
    }
    row = json_array();
    json_array_append_new(row, json_integer(s->step));
    for (int i = 0; i < t->n; i++)
        json_array_append_new(row, tool_json(s->values[t->at[i]]));
    frame_action_text(t->env, s->action, text, sizeof(text));
    json_array_append_new(row, json_string(text));
    json_array_append_new(row, tool_json(t->reward));
    frame_event_text(t->env, t->events, text, sizeof(text));
    json_array_append_new(row, json_string(text));
    json_array_append_new(t->rows, row);
    t->reward = 0;
    t->events = 0;
}

/* What the policy says when it is asked again for the actions that were recorded. */
static enum memo_status put_notes(struct tool_work *w, const struct tool_episode *e,
                                  int64_t from, int64_t to)
{
    struct episode_request request = { .seed = e->r->seed,
                                       .max_steps = e->r->tape.n_steps,
                                       .shadow = &e->r->tape,
                                       .wants_notes = true };
    struct evaluation evaluation = w->c->memo->base;
    struct episode_result r = { 0 };
    json_t *list = json_array();

    json_object_set_new(w->data, "notes", list);
    evaluation.policy = e->policy;
    evaluation.on_result = NULL;
    if (!e->r->tape.n_steps)
        return MEMO_DONE;
    if (evaluate(&evaluation, &request, 1, &r, NULL, w->err) != 0)
        return MEMO_FAILED;
    for (int i = 0; i < r.n_notes; i++) {
        char *text;
        if (r.notes[i].step < from || r.notes[i].step > to)
            continue;
        if (json_array_size(list) == MOST_NOTES) {
            json_object_set_new(w->data, "notes_left_out",
                                json_string("the later ones: ask with from"));
            break;
        }
        text = quote_line(r.notes[i].text, NOTE_BYTES);
        json_array_append_new(list, json_pack("{s:I, s:s}", "step",
                                              (json_int_t)r.notes[i].step, "text", text));
        free(text);
    }
    results_clear(&r, 1);
    return r.is_done || !setup_is_interrupted(&evaluation.setup) ? MEMO_DONE
                                                                 : MEMO_INTERRUPTED;
}

static void choose_steps(const struct tool_work *w, const struct episode_result *r,
                         int steps, int64_t *from, int64_t *to)
{
    int64_t n = r->tape.n_steps;

    *to = tool_number(w, "to", n - 1);
    *to = *to < n ? *to : n - 1;
    *from = tool_number(w, "from", *to >= steps ? *to - steps + 1 : 0);
}

/* Without a range a trace is of the whole episode, as far as its rows reach. */
static void tools_look_choose_rows(const struct tool_work *w,
                                   const struct episode_result *r, struct trace *t)
{
    int64_t n = r->tape.n_steps;

    choose_steps(w, r, TRACE_STEPS, &t->from, &t->to);
    if (json_object_get(w->arguments, "from") || json_object_get(w->arguments, "to"))
        return;
    t->from = 0;
    if (!json_object_get(w->arguments, "every"))
        t->every = (n + MOST_ROWS - 2) / (MOST_ROWS - 1) + (n == 0);
}

static void put_trace(struct tool_work *w, const struct tool_episode *e, struct trace *t)
{
    json_object_set(w->data, "columns", t->columns);
    json_object_set(w->data, "rows", t->rows);
    json_object_set_new(w->data, "return", tool_json(e->r->score));
    json_object_set_new(w->data, "n_steps", json_integer(e->r->n_steps));
    if (t->every > 1)
        json_object_set_new(w->data, "every", json_integer(t->every));
    if (t->n_cut) {
        char *cut = xasprintf("%d values have no column: name fields", t->n_cut);
        json_object_set_new(w->data, "columns_left_out", json_string(cut));
        free(cut);
    }
    if (t->next >= 0) {
        char *left = xasprintf(
            "steps from %lld on: ask with from, or with a larger every",
            (long long)t->next);
        json_object_set_new(w->data, "left_out", json_string(left));
        free(left);
    }
}

enum memo_status tool_trace(struct tool_work *w)
{
    struct trace t = { .env = w->c->memo->base.task->env,
                       .every = tool_number(w, "every", 1),
                       .next = -1,
                       .columns = json_array(),
                       .rows = json_array() };
    struct tool_episode e = { 0 };
    enum memo_status status = MEMO_DONE;

    if (tool_episode_get(w, tool_text(w, "policy"), tool_number(w, "iteration", -1), &e,
                         &status)) {
        tools_look_choose_rows(w, e.r, &t);
        if (choose_columns(w, &t) != 0)
            goto out;
        if (tool_walk(w, e.r, t.to + 1, tools_look_add_row, &t) != 0)
            status = MEMO_FAILED;
        put_trace(w, &e, &t);
        if (status == MEMO_DONE && tool_flag(w, "notes", false))
            status = put_notes(w, &e, t.from, t.to);
    }
out:
    tool_episode_clear(&e);
    json_decref(t.columns);
    json_decref(t.rows);
    return status;
}

static int64_t parting(const struct episode_result *a, const struct episode_result *b)
{
    int64_t n = a->tape.n_steps < b->tape.n_steps ? a->tape.n_steps : b->tape.n_steps;
    size_t width = (size_t)a->tape.width;

    for (int64_t i = 0; i < n; i++)
        if (memcmp(a->tape.data + (size_t)i * width, b->tape.data + (size_t)i * width,
                   width))
            return i;
    return a->tape.n_steps == b->tape.n_steps ? -1 : n;
}

static json_t *side_json(const struct tool_episode *e)
{
    return json_pack("{s:o, s:I, s:s}", "return", tool_json(e->r->score), "steps",
                     (json_int_t)e->r->n_steps, "ended",
                     e->r->fault        ? fault_name(e->r->fault)
                     : e->r->terminated ? "terminated"
                                        : "cut off by the time limit");
}

/* What both did from the parting on, side by side. */
static json_t *rows_after(const struct trace *a, const struct trace *b)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(a->rows) || i < json_array_size(b->rows);
         i++) {
        json_t *one = json_object();
        for (int side = 0; side < 2; side++) {
            json_t *row = json_array_get(side ? b->rows : a->rows, i);
            size_t n = json_array_size(row);
            if (!row)
                continue;
            json_object_set(one, "step", json_array_get(row, 0));
            json_object_set_new(one, side ? "other" : "draft",
                                json_pack("{s:O, s:O, s:O}", "action",
                                          json_array_get(row, n - 3), "reward",
                                          json_array_get(row, n - 2), "events",
                                          json_array_get(row, n - 1)));
        }
        json_array_append_new(list, one);
    }
    return list;
}

static enum memo_status tools_look_compare(struct tool_work *w,
                                           const struct tool_episode *a,
                                           const struct tool_episode *b)
{
    int64_t at = parting(a->r, b->r);
    struct trace t[2];
    json_t *seen = json_object();
    int status = 0;

    json_object_set_new(w->data, "parts_at", at < 0 ? json_null() : json_integer(at));
    json_object_set_new(w->data, "draft", side_json(a));
    json_object_set_new(w->data, "other", side_json(b));
    for (int i = 0; i < 2; i++) {
        t[i] = (struct trace){ .env = w->c->memo->base.task->env,
                               .from = at,
                               .every = 1,
                               .next = -1,
                               .columns = json_array(),
                               .rows = json_array() };
        status |= choose_columns(w, &t[i]);
        if (at >= 0 &&
            tool_walk(w, (i ? b : a)->r, at + ROWS_AFTER, tools_look_add_row, &t[i]) != 0)
            status = -1;
    }
    for (size_t i = 1;
         i + 3 < json_array_size(t[0].columns) && json_array_size(t[0].rows); i++)
        json_object_set(seen, json_string_value(json_array_get(t[0].columns, i)),
                        json_array_get(json_array_get(t[0].rows, 0), i));
    json_object_set_new(w->data, "observation", seen);
    json_object_set_new(w->data, "after", rows_after(&t[0], &t[1]));
    for (int i = 0; i < 2; i++) {
        json_decref(t[i].columns);
        json_decref(t[i].rows);
    }
    return status == 0 ? MEMO_DONE : MEMO_FAILED;
}

enum memo_status tool_replay_diff(struct tool_work *w)
{
    struct tool_episode a = { 0 }, b = { 0 };
    enum memo_status status;
    int64_t iteration = tool_number(w, "iteration", -1);

    if (iteration < 0 && !w->c->bench->draft)
        return tool_wrong(
            w, "the draft is still the current policy: change it first, or name an "
               "iteration");
    if (tool_episode_get(w, "draft", -1, &a, &status) &&
        tool_episode_get(w, "current", iteration, &b, &status))
        status = tools_look_compare(w, &a, &b);
    tool_episode_clear(&a);
    tool_episode_clear(&b);
    return status;
}
