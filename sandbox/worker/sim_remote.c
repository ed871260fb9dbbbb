/* sim_remote.c - the policy's private copy of an environment that only the harness can
 * step: each operation is a message to it. */
#include "sandbox/worker/sim_remote.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "envs/episode.h"
#include "sandbox/job.h"
#include "sandbox/wire.h"

struct remote {
    struct wire out, in;
    int n_actions, n_obs;
};

static struct wire *sim_remote_begin(struct remote *r, enum sim_ask what)
{
    wire_reset(&r->out);
    wire_put_u32(&r->out, what);
    return &r->out;
}

/* 0: done, and what was answered follows in r->in. */
static int sim_remote_ask(struct remote *r)
{
    uint32_t type;

    if (wire_send(WORKER_SOCKET_FD, MESSAGE_SIM, &r->out) != 0 ||
        wire_receive(WORKER_SOCKET_FD, &type, &r->in, WORKER_MAX_MESSAGE) != 1 ||
        type != MESSAGE_SIM_DONE)
        _exit(1); /* the harness is gone */
    return wire_get_u32(&r->in) ? -1 : 0;
}

static void sim_remote_destroy(void *instance)
{
    struct remote *r = instance;

    if (!r)
        return;
    wire_clear(&r->out);
    wire_clear(&r->in);
    free(r);
}

static int sim_remote_step_frames(void *instance, const double *actions, int n,
                                  struct env_step *each)
{
    struct remote *r = instance;
    struct wire *out = sim_remote_begin(r, SIM_STEP);
    uint32_t played;

    wire_put_u32(out, (uint32_t)n);
    wire_put(out, actions, sizeof(double) * (size_t)(n * r->n_actions));
    each[0] = (struct env_step){ .truncated = true };
    if (sim_remote_ask(r) != 0)
        return 1;
    played = wire_get_u32(&r->in);
    for (uint32_t i = 0; i < played && i < (uint32_t)n; i++) {
        each[i].reward = wire_get_f64(&r->in);
        each[i].events = wire_get_u32(&r->in);
        each[i].terminated = wire_get_u8(&r->in);
        each[i].truncated = wire_get_u8(&r->in);
    }
    return (int)played;
}

static struct env_step sim_remote_step(void *instance, const double *action)
{
    struct env_step result;

    sim_remote_step_frames(instance, action, 1, &result);
    return result;
}

static void sim_remote_observe(const void *instance, double *out)
{
    struct remote *r = (struct remote *)instance;

    sim_remote_begin(r, SIM_OBSERVE);
    memset(out, 0, sizeof(double) * (size_t)r->n_obs);
    if (sim_remote_ask(r) == 0)
        wire_get(&r->in, out, sizeof(double) * (size_t)r->n_obs);
}

static size_t sim_remote_state_size(const void *instance)
{
    (void)instance;
    return sizeof(uint64_t);
}

static void sim_remote_save(const void *instance, void *out)
{
    struct remote *r = (struct remote *)instance;
    uint64_t ticket = UINT64_MAX;

    sim_remote_begin(r, SIM_KEEP);
    if (sim_remote_ask(r) == 0)
        ticket = wire_get_u64(&r->in);
    memcpy(out, &ticket, sizeof(ticket));
}

static int sim_remote_load(void *instance, const void *block)
{
    struct remote *r = instance;
    uint64_t ticket;

    memcpy(&ticket, block, sizeof(ticket));
    wire_put_u64(sim_remote_begin(r, SIM_LOAD), ticket);
    return sim_remote_ask(r);
}

static void sim_remote_reseed(void *instance, uint64_t seed)
{
    struct remote *r = instance;

    wire_put_u64(sim_remote_begin(r, SIM_RESEED), seed);
    sim_remote_ask(r);
}

void *sim_remote_create(struct env *env)
{
    struct remote *r = xcalloc(1, sizeof(*r));

    r->n_actions = env_count_actions(env);
    r->n_obs = env_count_obs(env);
    env->destroy = sim_remote_destroy;
    env->step = sim_remote_step;
    env->step_frames = sim_remote_step_frames;
    env->observe = sim_remote_observe;
    env->state_size = sim_remote_state_size;
    env->save = sim_remote_save;
    env->load = sim_remote_load;
    env->reseed = sim_remote_reseed;
    return r;
}
