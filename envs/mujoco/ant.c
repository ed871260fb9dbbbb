/* ant.c - the ant: a sphere on four legs that walks ahead.
 *
 * Reward, ends, noise and the order of the observation: Gymnasium 1.x, v5. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <string.h>

#include "envs/mujoco/mujoco.h"

enum { FELL = MUJOCO_UNSTABLE + 1, JUMPED };

#define MOTOR(name)              \
    {                            \
        name, false, -1, 1, NULL \
    }
enum { ANT_X, ANT_CONTACT_COST, ANT_FORCES, ANT_N_DERIVED = ANT_FORCES + 13 * 6 };

static void ant_start(const mjModel *m, double *qpos, double *qvel, struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 0.1, r);
    mujoco_noise_normal(qvel, m->nv, 0.1, r);
}

static void ant_derive(const mjModel *m, const mjData *d, double *out)
{
    double cost = 0;

    out[ANT_X] = d->xpos[3 * 1];
    for (int i = 0; i < 6 * m->nbody; i++) {
        double force = mujoco_clip(d->cfrc_ext[i], -1, 1);
        cost += force * force;
        if (i >= 6) /* the world's own is not shown */
            out[ANT_FORCES + i - 6] = force;
    }
    out[ANT_CONTACT_COST] = 5e-4 * cost;
}

static void ant_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    const double *derived = v->now->derived;
    double z = v->now->data->qpos[2];

    if (z < 0.2)
        mujoco_end(result, FELL);
    if (z > 1)
        mujoco_end(result, JUMPED);
    result->reward = (derived[ANT_X] - v->derived_before[ANT_X]) / v->dt +
                     (result->terminated ? 0 : 1) -
                     (0.5 * mujoco_control_cost(v) + derived[ANT_CONTACT_COST]);
}

static void ant_observe(const struct mujoco_instance *w, double *out)
{
    int n = mujoco_observe_motion(w, 2, INFINITY, out);

    memcpy(out + n, w->derived + ANT_FORCES, sizeof(double) * 13 * 6);
}

static const struct mujoco_task ant_task = {
    .name = "ant",
    .xml = mujoco_xml_ant,
    .xml_end = mujoco_xml_ant_end,
    .frame_skip = 5,
    .max_speed = MUJOCO_RUNNER_MAX_SPEED,
    .n_derived = ANT_N_DERIVED,
    .needs_contact_forces = true,
    .start = ant_start,
    .derive = ant_derive,
    .judge = ant_judge,
    .observe = ant_observe,
    .place = mujoco_place_beyond_xy,
    .view = { 20, 28, 110, 0, 0, 0.35, true },
};

static const struct env_field ant_fields[] = {
    MUJOCO_FIELD("z", "m", 1),
    MUJOCO_FIELD("orientation", "quaternion w x y z", 4),
    MUJOCO_FIELD("joints", "rad", 8),
    MUJOCO_FIELD("velocity", "m/s", 3),
    MUJOCO_FIELD("angular_velocity", "rad/s", 3),
    MUJOCO_FIELD("joint_velocities", "rad/s", 8),
    { "contact_forces", "N m and N, 6 a body", 78, -1, 1, 0 },
    { 0 },
};
static const struct env_action ant_actions[] = {
    MOTOR("leg4_hip"),   MOTOR("leg4_ankle"), MOTOR("leg1_hip"),
    MOTOR("leg1_ankle"), MOTOR("leg2_hip"),   MOTOR("leg2_ankle"),
    MOTOR("leg3_hip"),   MOTOR("leg3_ankle"), { 0 },
};
static const struct env_event ant_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [FELL] = { "fell", true },
    [JUMPED] = { "jumped_too_high", true },
    { 0 },
};
MUJOCO_DEFINE_CREATE(ant)
const struct env ant_env = {
    MUJOCO_COMMON(ant),
    .set_observed = mujoco_set_observed,
    .about = "Walk ahead (+x) on four legs without leaving 0.2 < z < 1 m. joints: hip "
             "and ankle of leg 1 (front left), 2 (back left), 3 (back right), 4 (front "
             "right).",
    .fields = ant_fields,
    .actions = ant_actions,
    .noop = mujoco_zeros,
    .events = ant_events,
    .options = mujoco_no_options,
    .frames_per_second = 20,
    .max_frames = 1000,
    .fault_return = -3500, /* full force all the time costs 3 a step beside staying up */
    .target = 6000,
};
