/* tools_probe.c - the tool that tests a hypothesis: a piece of Lua over a recorded
 * episode.
 *
 * The piece becomes the `act` of a policy that shadows the recording: it is shown every
 * observation, and the recorded action is played whatever it says. What it returns comes
 * back as notes. It runs where policies run, under a policy's limits, and no new step is
 * made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/brief/quote.h"
#include "runner/picture/frame.h"
#include "runner/tools/tool_work.h"

#define MOST_TABLE 150000 /* bytes of recorded actions and rewards that it is given */
#define MOST_SAID 200
#define SAID_BYTES 200
#define MOST_FAULT 1200

struct table {
    const struct env *env;
    FILE *actions, *rewards, *events;
    int64_t from, to; /* the last step that it holds */
};

static void write_number(FILE *f, double value)
{
    if (value != value)
        fputs("(0/0)", f);
    else if (value > 1e308 || value < -1e308)
        fputs(value > 0 ? "(1/0)" : "(-1/0)", f);
    else
        fprintf(f, "%.9g", value);
}

static void add_step(void *user, const struct tool_step *s)
{
    struct table *t = user;
    const struct env_action *a = t->env->actions;

    if (s->step < t->from ||
        ftell(t->actions) + ftell(t->rewards) + ftell(t->events) > MOST_TABLE)
        return;
    t->to = s->step;
    if (a[1].name)
        fputc('{', t->actions);
    for (int i = 0; a[i].name; i++) {
        write_number(t->actions, s->action[i]);
        if (a[1].name)
            fputc(',', t->actions);
    }
    fputs(a[1].name ? "}," : ",", t->actions);
    write_number(t->rewards, s->now.reward);
    fputc(',', t->rewards);
    if (s->now.events)
        fprintf(t->events, "[%lld]={", (long long)(s->step - t->from + 1));
    for (int i = 0; s->now.events >> i; i++)
        if (s->now.events >> i & 1)
            fprintf(t->events, "[\"%s\"]=true,", t->env->events[i].name);
    if (s->now.events)
        fputs("},", t->events);
}

/* An action that is one, for a step whose recorded action is played in any case. */
static void write_noop(FILE *f, const struct env *env)
{
    fputs(env->actions[1].name ? "{" : "", f);
    for (int i = 0; env->actions[i].name; i++) {
        write_number(f, env->noop ? env->noop[i] : env->actions[i].min);
        fputs(env->actions[1].name ? "," : "", f);
    }
    fputs(env->actions[1].name ? "}" : "", f);
}

/* The setup and the piece keep their line numbers as far as one can: each begins a
 * line. */
static char *make_policy(struct tool_work *w, const struct table *t, const char *actions,
                         const char *rewards, const char *events)
{
    const char *setup = tool_text(w, "setup");
    char *source = NULL;
    size_t len;
    FILE *f = open_memstream(&source, &len);

    fprintf(f,
            "local A__,R__,E__,N__,S__,note__,str__={%s},{%s},{%s},{},-1,note,tostring\n%s\n"
            "local function piece(obs,step,action,reward,events)\n%s\nend\n",
            actions, rewards, events, setup ? setup : "", tool_text(w, "code"));
    fprintf(f,
            "return{act=function(obs)S__=S__+1;if S__>=%lld and S__<=%lld then "
            "local i=S__-%lld;local said=piece(obs,S__,A__[i+1],R__[i+1],E__[i+1] or N__)"
            "if said~=nil then note__(str__(said))end;end;return ",
            (long long)t->from, (long long)t->to, (long long)t->from);
    write_noop(f, t->env);
    fputs(" end}\n", f);
    fclose(f);
    return source;
}

static void tools_probe_put_said(struct tool_work *w, const struct episode_result *r,
                                 const struct table *t, int64_t wanted)
{
    json_t *list = json_array();
    char *left = NULL;

    for (int i = 0; i < r->n_notes && i < MOST_SAID; i++) {
        char *text = quote_line(r->notes[i].text, SAID_BYTES);
        json_array_append_new(
            list,
            json_pack("{s:I, s:s}", "step", (json_int_t)r->notes[i].step, "value", text));
        free(text);
    }
    json_object_set_new(w->data, "said", list);
    json_object_set_new(w->data, "steps_seen",
                        json_integer(r->n_steps > t->to     ? t->to - t->from + 1
                                     : r->n_steps > t->from ? r->n_steps - t->from
                                                            : 0));
    if (r->n_notes > MOST_SAID)
        left = xasprintf("%d of %d values", r->n_notes - MOST_SAID, r->n_notes);
    else if (t->to < wanted)
        left = xasprintf("steps from %lld on: ask with from", (long long)t->to + 1);
    if (left)
        json_object_set_new(w->data, "left_out", json_string(left));
    free(left);
    if (r->fault) {
        char *text = quote_line(r->fault_text, MOST_FAULT);
        json_object_set_new(w->data, "fault", json_string(text));
        free(text);
    }
}

static enum memo_status tools_probe_play(struct tool_work *w,
                                         const struct tool_episode *e,
                                         const struct table *t, const char *source,
                                         int64_t wanted)
{
    struct tape shadow = e->r->tape;
    struct episode_request request = { .seed = e->r->seed,
                                       .shadow = &shadow,
                                       .wants_notes = true };
    struct evaluation evaluation = w->c->memo->base;
    struct task *task = task_copy(evaluation.task);
    struct episode_result r = { 0 };
    int status;

    shadow.n_steps = request.max_steps = t->to + 1; /* no step but recorded ones */
    evaluation.policy = (struct policy){ .name = "probe.lua", .source = source };
    evaluation.on_result = NULL;
    evaluation.task = task;
    task->plan = false; /* its steps would be counted nowhere */
    status = evaluate(&evaluation, &request, 1, &r, NULL, w->err);
    task_destroy(task);
    if (status != 0)
        return MEMO_FAILED;
    if (!r.is_done) {
        results_clear(&r, 1);
        return MEMO_INTERRUPTED;
    }
    tools_probe_put_said(w, &r, t, wanted);
    results_clear(&r, 1);
    return MEMO_DONE;
}

static enum memo_status tools_probe_probe(struct tool_work *w,
                                          const struct tool_episode *e)
{
    struct table t = { .env = w->c->memo->base.task->env,
                       .from = tool_number(w, "from", 0),
                       .to = -1 };
    int64_t to = tool_number(w, "to", INT64_MAX - 1), last = e->r->tape.n_steps - 1;
    char *actions = NULL, *rewards = NULL, *events = NULL, *source;
    size_t n_actions, n_rewards, n_events;
    enum memo_status status = MEMO_DONE;

    to = to < last ? to : last;
    if (t.from > to)
        return tool_wrong(w,
                          "there are steps 0 to %lld, and \"from\" is not before \"to\"",
                          (long long)last);
    t.actions = open_memstream(&actions, &n_actions);
    t.rewards = open_memstream(&rewards, &n_rewards);
    t.events = open_memstream(&events, &n_events);
    if (tool_walk(w, e->r, to + 1, add_step, &t) != 0)
        status = MEMO_FAILED;
    fclose(t.actions);
    fclose(t.rewards);
    fclose(t.events);
    source = make_policy(w, &t, actions, rewards, events);
    if (status == MEMO_DONE)
        status = tools_probe_play(w, e, &t, source, to);
    free(source);
    free(actions);
    free(rewards);
    free(events);
    return status;
}

enum memo_status tool_probe(struct tool_work *w)
{
    struct tool_episode e = { 0 };
    enum memo_status status;

    if (tool_episode_get(w, tool_text(w, "policy"), tool_number(w, "iteration", -1), &e,
                         &status))
        status = tools_probe_probe(w, &e);
    tool_episode_clear(&e);
    return status;
}
