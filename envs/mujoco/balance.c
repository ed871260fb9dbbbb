/* balance.c - poles on a cart: inverted_pendulum, inverted_double_pendulum.
 *
 * Reward, ends, noise and the order of the observation: Gymnasium 1.x, v5. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <string.h>

#include "envs/mujoco/mujoco.h"

enum { FELL = MUJOCO_UNSTABLE + 1 };

static const struct env_event fall_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [FELL] = { "fell", true },
    { 0 },
};

static void inverted_pendulum_start(const mjModel *m, double *qpos, double *qvel,
                                    struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 0.01, r);
    mujoco_noise_uniform(qvel, m->nv, 0.01, r);
}

static void inverted_pendulum_judge(const struct mujoco_verdict *v,
                                    struct env_step *result)
{
    if (fabs(v->now->data->qpos[1]) > 0.2) {
        result->events |= 1u << FELL;
        result->terminated = true;
    }
    result->reward = result->terminated ? 0 : 1;
}

static void inverted_pendulum_observe(const struct mujoco_instance *w, double *out)
{
    memcpy(out, w->data->qpos, sizeof(double) * 2);
    memcpy(out + 2, w->data->qvel, sizeof(double) * 2);
}

static void inverted_pendulum_place(const mjModel *m, const double *obs, double *qpos,
                                    double *qvel)
{
    (void)m;
    memcpy(qpos, obs, sizeof(double) * 2);
    memcpy(qvel, obs + 2, sizeof(double) * 2);
}

static const struct mujoco_task inverted_pendulum_task = {
    .name = "inverted_pendulum",
    .xml = mujoco_xml_inverted_pendulum,
    .xml_end = mujoco_xml_inverted_pendulum_end,
    .frame_skip = 2,
    .start = inverted_pendulum_start,
    .judge = inverted_pendulum_judge,
    .observe = inverted_pendulum_observe,
    .place = inverted_pendulum_place,
    .view = { 0, 0, 190, 0, 0, 0.25, false },
};

static const struct env_field inverted_pendulum_fields[] = {
    { "position", "m", 1, -INFINITY, INFINITY, 0 },
    MUJOCO_FIELD("angle", "rad", 1),
    MUJOCO_FIELD("velocity", "m/s", 1),
    MUJOCO_FIELD("angular_velocity", "rad/s", 1),
    { 0 },
};
static const struct env_action inverted_pendulum_actions[] = {
    { "force", false, -3, 3, NULL },
    { 0 },
};
MUJOCO_DEFINE_CREATE(inverted_pendulum)
const struct env inverted_pendulum_env = {
    MUJOCO_COMMON(inverted_pendulum),
    .set_observed = mujoco_set_observed,
    .about = "Hold a pole within 0.2 rad of upright on a cart that moves 1 m to either "
             "side; angle > 0 leans right (+x).",
    .fields = inverted_pendulum_fields,
    .actions = inverted_pendulum_actions,
    .noop = mujoco_zeros,
    .events = fall_events,
    .options = mujoco_no_options,
    .frames_per_second = 25,
    .max_frames = 1000,
    .fault_return = INFINITY,
    .target = 950,
};

enum { DOUBLE_TIP_X, DOUBLE_TIP_Z, DOUBLE_RAIL_FORCE, DOUBLE_N_DERIVED };

static void inverted_double_pendulum_start(const mjModel *m, double *qpos, double *qvel,
                                           struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 0.1, r);
    mujoco_noise_normal(qvel, m->nv, 0.1, r);
}

static void inverted_double_pendulum_derive(const mjModel *m, const mjData *d,
                                            double *out)
{
    (void)m;
    out[DOUBLE_TIP_X] = d->site_xpos[0];
    out[DOUBLE_TIP_Z] = d->site_xpos[2];
    out[DOUBLE_RAIL_FORCE] = mujoco_clip(d->qfrc_constraint[0], -10, 10);
}

static void inverted_double_pendulum_judge(const struct mujoco_verdict *v,
                                           struct env_step *result)
{
    const double *qvel = v->now->data->qvel;
    double x = v->now->derived[DOUBLE_TIP_X], z = v->now->derived[DOUBLE_TIP_Z];

    if (z <= 1) {
        result->events |= 1u << FELL;
        result->terminated = true;
    }
    result->reward = (result->terminated ? 0 : 10) - (0.01 * x * x + (z - 2) * (z - 2)) -
                     (1e-3 * qvel[1] * qvel[1] + 5e-3 * qvel[2] * qvel[2]);
}

static void inverted_double_pendulum_observe(const struct mujoco_instance *w, double *out)
{
    const double *qpos = w->data->qpos;

    out[0] = qpos[0];
    out[1] = sin(qpos[1]);
    out[2] = sin(qpos[2]);
    out[3] = cos(qpos[1]);
    out[4] = cos(qpos[2]);
    for (int i = 0; i < 3; i++)
        out[5 + i] = mujoco_clip(w->data->qvel[i], -10, 10);
    out[8] = w->derived[DOUBLE_RAIL_FORCE];
}

static void inverted_double_pendulum_place(const mjModel *m, const double *obs,
                                           double *qpos, double *qvel)
{
    (void)m;
    qpos[0] = obs[0];
    qpos[1] = atan2(obs[1], obs[3]);
    qpos[2] = atan2(obs[2], obs[4]);
    memcpy(qvel, obs + 5, sizeof(double) * 3);
}

static const struct mujoco_task inverted_double_pendulum_task = {
    .name = "inverted_double_pendulum",
    .xml = mujoco_xml_inverted_double_pendulum,
    .xml_end = mujoco_xml_inverted_double_pendulum_end,
    .frame_skip = 5,
    .n_derived = DOUBLE_N_DERIVED,
    .start = inverted_double_pendulum_start,
    .derive = inverted_double_pendulum_derive,
    .judge = inverted_double_pendulum_judge,
    .observe = inverted_double_pendulum_observe,
    .place = inverted_double_pendulum_place,
    .view = { 0, 0, 170, 0, 0, 0.55, false },
};

static const struct env_field inverted_double_pendulum_fields[] = {
    MUJOCO_FIELD("position", "m", 1),
    { "sin", "", 2, -1, 1, 0 },
    { "cos", "", 2, -1, 1, 0 },
    { "velocity", "m/s", 1, -10, 10, 0 },
    { "angular_velocities", "rad/s", 2, -10, 10, 0 },
    { "rail_force", "N", 1, -10, 10, 0 },
    { 0 },
};
static const struct env_action inverted_double_pendulum_actions[] = {
    { "force", false, -1, 1, NULL },
    { 0 },
};
MUJOCO_DEFINE_CREATE(inverted_double_pendulum)
const struct env inverted_double_pendulum_env = {
    MUJOCO_COMMON(inverted_double_pendulum),
    .set_observed = mujoco_set_observed,
    .about = "Hold two poles, one on the other, upright on a cart that moves 1 m to "
             "either side. sin, cos: of the lower pole's angle from upright and of the "
             "upper one's from the lower.",
    .fields = inverted_double_pendulum_fields,
    .actions = inverted_double_pendulum_actions,
    .noop = mujoco_zeros,
    .events = fall_events,
    .options = mujoco_no_options,
    .frames_per_second = 20,
    .max_frames = 1000,
    .fault_return = -100, /* the step of the fall costs what it swings */
    .target = 9100,
};
