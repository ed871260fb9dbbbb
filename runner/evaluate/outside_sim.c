/* outside_sim.c - the copy that policies plan with over the bridge: stepped by the
 * harness for the worker, and counted here.
 *
 * The worker names states by tickets; the states themselves stay on the other side of the
 * bridge, so that nothing a worker sends is ever loaded into an emulator. */
#include "runner/evaluate/outside_sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sandbox/job.h"

#define MOST_FRAMES 64 /* in one message; what step_frames takes */

static uint64_t ticket_of(uint32_t seat, uint32_t number)
{
    return (uint64_t)seat << 32 | number;
}

uint64_t outside_sim_begin(struct outside_sim *s, uint32_t seat)
{
    struct planner *p = s->planners[seat];

    p->frames_left = s->task->limits.planner_steps * s->task->rules.frame_skip;
    return ticket_of(seat, 0);
}

/* Where a kept state lies: a seat's own places, used in turn. */
static uint32_t place_of(uint32_t seat, uint32_t number)
{
    return seat * SIM_MOST_KEPT + number % SIM_MOST_KEPT;
}

static uint32_t seat_of(const struct outside_sim *s)
{
    uint32_t seat = 0;

    while (s->planners[seat] != s->now)
        seat++;
    return seat;
}

/* A copy that has failed is the loss of this seat's episode. */
static int lose(struct outside_sim *s)
{
    const char *why = env_failure(s->task->env, s->copy);

    if (!s->now->lost[0])
        snprintf(s->now->lost, sizeof(s->now->lost), "planning: %.480s",
                 why ? why : "the copy is gone");
    return 1;
}

/* The following return 0 when it is done, 1 when it cannot be, -1 when it makes no
 * sense. */

static int outside_sim_load(struct outside_sim *s, struct wire *in)
{
    const struct env *env = s->task->env;
    uint64_t ticket = wire_get_u64(in);
    uint32_t seat = (uint32_t)(ticket >> 32), number = (uint32_t)ticket;

    if (seat >= OUTSIDE_MOST || !s->planners[seat])
        return -1;
    s->now = s->planners[seat];
    if (number == 0)
        return env->copy_from(s->copy, s->now->instance) == 0 ? 0 : lose(s);
    if (number > s->now->n_kept || s->now->n_kept - number >= SIM_MOST_KEPT)
        return 1; /* it is too old */
    return env->put_back(s->copy, place_of(seat, number)) == 0 ? 0 : lose(s);
}

static int outside_sim_keep(struct outside_sim *s)
{
    uint32_t seat = seat_of(s), number = ++s->now->n_kept;

    if (s->task->env->keep(s->copy, place_of(seat, number)) != 0)
        return lose(s);
    wire_put_u64(&s->out, ticket_of(seat, number));
    return 0;
}

/* As the episode engine would: a worker's numbers are not trusted to be within bounds. */
static void outside_sim_get_actions(struct outside_sim *s, struct wire *in, uint32_t n,
                                    double *out)
{
    const struct env *env = s->task->env;
    int n_actions = env_count_actions(env);

    wire_get(in, out, sizeof(double) * n * (size_t)n_actions);
    for (uint32_t i = 0; i < n * (uint32_t)n_actions; i++) {
        const struct env_action *a = &env->actions[i % (uint32_t)n_actions];
        out[i] = !(out[i] >= a->min) ? a->min : out[i] > a->max ? a->max : out[i];
        if (a->is_discrete)
            out[i] = floor(out[i]);
    }
}

static int outside_sim_step(struct outside_sim *s, struct wire *in)
{
    double actions[MOST_FRAMES * ENV_MAX_ACTION];
    struct env_step each[MOST_FRAMES];
    uint32_t n = wire_get_u32(in);
    int played;

    if (n < 1 || n > MOST_FRAMES || (int64_t)n > s->now->frames_left)
        return -1;
    outside_sim_get_actions(s, in, n, actions);
    if (in->is_bad)
        return -1;
    s->now->frames_left -= n;
    played = s->task->env->step_frames(s->copy, actions, (int)n, each);
    if (env_failure(s->task->env, s->copy))
        return lose(s);
    for (int i = 0; i < played; i++)
        if (!isfinite(each[i].reward)) /* there is no episode that would look at it */
            each[i] = (struct env_step){ .truncated = true };
    s->now->n_frames += played;
    wire_put_u32(&s->out, (uint32_t)played);
    for (int i = 0; i < played; i++) {
        wire_put_f64(&s->out, each[i].reward);
        wire_put_u32(&s->out, each[i].events);
        wire_put_u8(&s->out, each[i].terminated);
        wire_put_u8(&s->out, each[i].truncated);
    }
    return 0;
}

static int outside_sim_observe(struct outside_sim *s)
{
    size_t n = (size_t)env_count_obs(s->task->env);
    double *values = xcalloc(n, sizeof(*values));
    int status = 0;

    s->task->env->observe(s->copy, values);
    if (env_failure(s->task->env, s->copy))
        status = lose(s);
    else
        wire_put(&s->out, values, sizeof(*values) * n);
    free(values);
    return status;
}

static int do_ask(struct outside_sim *s, uint32_t what, struct wire *in)
{
    const struct env *env = s->task->env;

    if (what == SIM_LOAD)
        return outside_sim_load(s, in);
    if (!s->now || s->now->lost[0])
        return s->now ? 1 : -1;
    switch (what) {
    case SIM_RESEED:
        env->reseed(s->copy, wire_get_u64(in));
        return env_failure(env, s->copy) ? lose(s) : 0;
    case SIM_STEP:
        return outside_sim_step(s, in);
    case SIM_OBSERVE:
        return outside_sim_observe(s);
    case SIM_KEEP:
        return outside_sim_keep(s);
    default:
        return -1;
    }
}

int outside_sim_serve(struct outside_sim *s, struct wire *in)
{
    uint32_t what = wire_get_u32(in);
    int status;

    wire_reset(&s->out);
    wire_put_u32(&s->out, 0);
    status = s->copy ? do_ask(s, what, in) : -1;
    if (status < 0 || !wire_is_done(in))
        return -1;
    if (status > 0) {
        wire_reset(&s->out);
        wire_put_u32(&s->out, 1);
    }
    return 0;
}

void outside_sim_clear(struct outside_sim *s)
{
    wire_clear(&s->out);
    *s = (struct outside_sim){ 0 };
}
