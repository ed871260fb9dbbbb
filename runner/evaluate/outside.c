/* outside.c - episodes that the harness steps, while the worker sees observations
 * only. */
#include "runner/evaluate/outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "envs/canvas.h"
#include "runner/evaluate/outside_sim.h"
#include "runner/evaluate/verify.h"

/* One environment of the batch. */
struct seat {
    struct episode episode;
    void *instance;
    const struct episode_request *request;
    struct episode_result *result;
    struct wire tape;
    struct planner planner;
    int64_t bytes_left; /* for notes and marks */
    bool is_over;
};

struct batch {
    const struct evaluation *e;
    struct seat *seats;
    int n;
    struct wire out;
    uint8_t *ram, *state; /* state: for a sim that starts from the true one; else NULL */
    struct outside_sim sim; /* over the bridge; else without a copy */
    struct canvas frame;
    uint8_t *gray;
};

static void put_view(struct batch *b, struct seat *s)
{
    const struct env *env = b->e->task->env;

    if (b->sim.copy) {
        wire_put_u64(&b->out, outside_sim_begin(&b->sim, (uint32_t)(s - b->seats)));
    } else if (b->state) {
        env->save(s->instance, b->state);
        wire_put(&b->out, b->state, env->state_size(s->instance));
    }
    if (b->e->task->observation == OBSERVATION_features) {
        wire_put(&b->out, s->episode.obs, sizeof(double) * (size_t)s->episode.n_obs);
    } else if (b->e->task->observation == OBSERVATION_ram) {
        env->ram(s->instance, b->ram);
        wire_put(&b->out, b->ram, (size_t)env->ram_size);
    } else {
        int64_t n = (int64_t)b->frame.width * b->frame.height;
        bool is_gray = b->e->task->observation == OBSERVATION_gray;
        env->draw(s->instance, &b->frame);
        if (is_gray)
            canvas_gray(b->frame.rgb, n, b->gray);
        wire_put(&b->out, is_gray ? b->gray : b->frame.rgb,
                 (size_t)(is_gray ? n : 3 * n));
    }
}

/* One observation of every seat that still plays; returns how many there are. */
static uint32_t put_step(struct batch *b)
{
    uint32_t n = 0;

    wire_reset(&b->out);
    wire_put_u32(&b->out, 0);
    for (int i = 0; i < b->n; i++) {
        struct seat *s = &b->seats[i];
        int64_t step = s->episode.now.n_steps;
        if (s->is_over)
            continue;
        wire_put_u32(&b->out, (uint32_t)i);
        wire_put_u8(&b->out, step == 0);
        if (step == 0) {
            wire_put_u64(&b->out, job_policy_chance(s->request->seed));
            wire_put_bytes(&b->out, s->request->params,
                           sizeof(*s->request->params) * (size_t)s->request->n_params);
        }
        wire_put_u8(&b->out, s->request->wants_notes);
        wire_put_i64(&b->out, step);
        put_view(b, s);
        n++;
    }
    memcpy(b->out.bytes.data, &n, sizeof(n));
    return n;
}

static void outside_finish(struct batch *b, struct seat *s, enum fault_kind fault,
                           char *text)
{
    struct episode_result *r = s->result;
    const struct episode *e = &s->episode;

    s->is_over = true;
    r->is_done = true;
    r->verified = fault != FAULT_environment;
    r->total = e->now.total;
    r->n_steps = e->now.n_steps;
    r->n_frames = e->now.n_frames;
    r->terminated = e->now.terminated;
    r->truncated = e->now.truncated;
    r->start_hash = e->now.start_hash;
    r->trajectory = episode_hash(e);
    r->fault = fault;
    r->fault_text = text;
    r->score = fault_score(b->e->task, fault, r->total);
    r->tape = (struct tape){ s->tape.bytes.data, r->n_steps, tape_width(e->env) };
    if (!r->tape.data)
        r->tape.data = xcalloc(1, 1);
    s->tape = (struct wire){ 0 };
}

/* An environment may break the episode, and one that is somewhere else be lost with it.
 */
static bool has_lost_env(struct batch *b, struct seat *s)
{
    const char *why = env_failure(b->e->task->env, s->instance);
    char text[512];

    if (!why && s->planner.lost[0])
        why = s->planner.lost;
    if (!why && episode_failure(&s->episode, text, sizeof(text)))
        why = text;
    if (why)
        outside_finish(b, s, FAULT_environment,
                       text_clean(why, strlen(why), strlen(why), true));
    return why != NULL;
}

static bool is_action(const struct env *env, const double *action)
{
    uint8_t packed[ENV_MAX_ACTION * sizeof(double)];
    struct tape one = { packed, 1, tape_width(env) };

    for (const struct env_action *a = env->actions; a->name; a++)
        if (a->is_discrete &&
            !(action[a - env->actions] >= a->min && action[a - env->actions] <= a->max))
            return false;
    tape_put(packed, env, action);
    return tape_check(&one, env, NULL) == 0;
}

/* The answer of one seat. -1 when the message is not one. */
static int outside_take_answer(struct batch *b, struct seat *s, struct wire *in)
{
    const struct env *env = b->e->task->env;
    enum fault_kind fault = wire_get_u32(in);
    char *text = wire_get_clean(in, sizeof(((struct vm_fault *)0)->text));
    double action[ENV_MAX_ACTION];
    uint8_t packed[ENV_MAX_ACTION * sizeof(double)];
    const struct tape *shadow = s->request->shadow;

    s->result->most_instructions = wire_get_i64(in);
    s->result->planner_steps = wire_get_i64(in);
    wire_get(in, action, sizeof(double) * (size_t)s->episode.n_actions);
    read_said(in, s->episode.now.n_steps, &s->bytes_left, s->result);
    if (!planner_steps_fit(b->e->task, s->result->planner_steps,
                           s->episode.now.n_steps + 1) ||
        s->planner.n_frames > s->result->planner_steps * b->e->task->rules.frame_skip)
        in->is_bad = true;
    if (in->is_bad || !fault_is_policys(fault) || (!fault && !is_action(env, action))) {
        free(text);
        in->is_bad = true;
        return -1;
    }
    if (s->planner.lost[0]) { /* whatever the policy made of it */
        free(text);
        has_lost_env(b, s);
        return 0;
    }
    if (fault) {
        outside_finish(b, s, fault, text);
        return 0;
    }
    free(text);
    if (shadow && s->episode.now.n_steps < shadow->n_steps)
        tape_get(shadow, env, s->episode.now.n_steps, action);
    tape_put(packed, env, action);
    wire_put(&s->tape, packed, (size_t)tape_width(env));
    s->result->events |= episode_step(&s->episode, action).events;
    if (has_lost_env(b, s))
        return 0;
    if (episode_is_over(&s->episode) ||
        (s->request->max_steps && s->episode.now.n_steps >= s->request->max_steps) ||
        (s->request->max_planner && s->result->planner_steps >= s->request->max_planner))
        outside_finish(b, s, FAULT_none, NULL);
    return 0;
}

/* The answers to a step, once all that was asked for in between is done. */
static int receive_stepped(struct process *p, struct batch *b)
{
    uint32_t type = MESSAGE_SIM;

    while (process_receive_any(p, &type) == 0) {
        if (type == MESSAGE_STEPPED)
            return 0;
        watch_pause(p);
        p->is_nonsense = type != MESSAGE_SIM || outside_sim_serve(&b->sim, &p->in) != 0;
        watch_resume(p);
        if (p->is_nonsense || process_send(p, MESSAGE_SIM_DONE, &b->sim.out) != 0)
            return -1;
    }
    return -1;
}

static int outside_play_one(struct process *p, struct batch *b,
                            const struct limits *limits)
{
    while (put_step(b) > 0) {
        watch_begin(p, limits);
        if (process_send(p, MESSAGE_STEP, &b->out) != 0 || receive_stepped(p, b) != 0)
            return -1;
        watch_pause(p);
        for (int i = 0; i < b->n && !p->in.is_bad; i++)
            if (!b->seats[i].is_over)
                outside_take_answer(b, &b->seats[i], &p->in);
        p->is_nonsense = !wire_is_done(&p->in);
        if (p->is_nonsense)
            return -1;
        if (setup_is_interrupted(&b->e->setup))
            break;
    }
    return 0;
}

static int cannot_begin(struct vm_fault *lost, const struct error *why)
{
    lost->kind = FAULT_environment;
    snprintf(lost->text, sizeof(lost->text), "%s", why->text);
    return -1;
}

static int open_batch(struct batch *b, struct outside_kept *kept,
                      const struct episode_request *requests,
                      struct episode_result *results, struct vm_fault *lost)
{
    const struct task *task = b->e->task;
    struct error why = { "" };

    b->frame = (struct canvas){ task->env->frame_width, task->env->frame_height, NULL };
    b->frame.rgb = xcalloc((size_t)b->frame.width * (size_t)b->frame.height, 3);
    b->gray = xcalloc((size_t)b->frame.width * (size_t)b->frame.height, 1);
    b->ram = xcalloc((size_t)task->env->ram_size, 1);
    if (task->plan && task->env->is_remote) {
        if (!kept->copy)
            kept->copy = task_create_instance(task, &why);
        if (!kept->copy)
            return cannot_begin(lost, &why);
        b->sim = (struct outside_sim){ .task = task, .copy = kept->copy };
    }
    for (int i = 0; i < b->n; i++) {
        struct seat *s = &b->seats[i];
        s->request = &requests[i];
        s->result = &results[i];
        *s->result = (struct episode_result){ .seed = requests[i].seed };
        if (!kept->list[i])
            kept->list[i] = task_create_instance(task, &why);
        s->instance = kept->list[i];
        if (s->instance && !b->state && !b->sim.copy && task->plan && task->sim_is_true)
            b->state = xcalloc(1, task->env->state_size(s->instance));
        if (!s->instance)
            return cannot_begin(lost, &why);
        s->planner.instance = s->instance;
        b->sim.planners[i] = &s->planner;
        episode_init(&s->episode, task->env, s->instance, &task->rules);
        episode_reset(&s->episode, requests[i].seed);
        s->bytes_left = task->limits.note_bytes;
        if (!has_lost_env(b, s) && episode_is_over(&s->episode))
            outside_finish(b, s, FAULT_none, NULL);
    }
    return 0;
}

static void close_batch(struct batch *b)
{
    for (int i = 0; i < b->n; i++) {
        struct seat *s = &b->seats[i];
        if (s->instance)
            episode_clear(&s->episode);
        wire_clear(&s->tape);
    }
    free(b->seats);
    free(b->frame.rgb);
    free(b->gray);
    free(b->ram);
    free(b->state);
    outside_sim_clear(&b->sim);
    wire_clear(&b->out);
}

void outside_kept_clear(struct outside_kept *kept, const struct env *env)
{
    for (int i = 0; i < OUTSIDE_MOST; i++)
        env->destroy(kept->list[i]);
    env->destroy(kept->copy);
    *kept = (struct outside_kept){ 0 };
}

int outside_play(struct process *p, const struct evaluation *e, const struct job *job,
                 struct outside_kept *kept, const struct episode_request *requests, int n,
                 struct episode_result *results, struct vm_fault *lost)
{
    struct batch b = { .e = e, .n = n };
    int status;

    b.seats = xcalloc((size_t)n, sizeof(*b.seats));
    status = open_batch(&b, kept, requests, results, lost);
    if (status == 0 && outside_play_one(p, &b, &job->limits) != 0) {
        process_end(p, lost);
        status = -1;
    }
    close_batch(&b);
    if (status != 0)
        results_clear(results, n);
    return status;
}
