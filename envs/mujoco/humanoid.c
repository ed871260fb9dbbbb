/* humanoid.c - the humanoid: a person of capsules that walks ahead.
 *
 * Reward, ends, noise and the order of the observation: Gymnasium 1.x, v5. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <string.h>

#include "envs/mujoco/mujoco.h"

enum { FELL = MUJOCO_UNSTABLE + 1, JUMPED };

enum {
    HUMANOID_X, /* of the centre of mass */
    HUMANOID_CONTACT_COST,
    HUMANOID_SHOWN, /* from here on as observed */
    HUMANOID_N_SHOWN = 13 * 10 + 13 * 6 + 17 + 13 * 6,
    HUMANOID_N_DERIVED = HUMANOID_SHOWN + HUMANOID_N_SHOWN,
};

static void humanoid_start(const mjModel *m, double *qpos, double *qvel, struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 0.01, r);
    mujoco_noise_uniform(qvel, m->nv, 0.01, r);
}

static void humanoid_derive(const mjModel *m, const mjData *d, double *out)
{
    double *shown = out + HUMANOID_SHOWN, moment = 0, mass = 0;
    int n = m->nbody - 1; /* without the world */

    for (int i = 0; i < m->nbody; i++) {
        moment += m->body_mass[i] * d->xipos[3 * i];
        mass += m->body_mass[i];
    }
    out[HUMANOID_X] = moment / mass;
    out[HUMANOID_CONTACT_COST] = fmin(
        10, 5e-7 * mujoco_sum_squares(d->cfrc_ext, 6 * m->nbody));
    memcpy(shown, d->cinert + 10, sizeof(double) * 10 * (size_t)n);
    memcpy(shown + 10 * n, d->cvel + 6, sizeof(double) * 6 * (size_t)n);
    memcpy(shown + 16 * n, d->qfrc_actuator + 6, sizeof(double) * (size_t)(m->nv - 6));
    memcpy(shown + 16 * n + m->nv - 6, d->cfrc_ext + 6, sizeof(double) * 6 * (size_t)n);
}

static void humanoid_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    const double *derived = v->now->derived;
    double z = v->now->data->qpos[2];

    if (z <= 1)
        mujoco_end(result, FELL);
    if (z >= 2)
        mujoco_end(result, JUMPED);
    result->reward = 1.25 * (derived[HUMANOID_X] - v->derived_before[HUMANOID_X]) /
                         v->dt +
                     (result->terminated ? 0 : 5) -
                     (0.1 * mujoco_control_cost(v) + derived[HUMANOID_CONTACT_COST]);
}

static void humanoid_observe(const struct mujoco_instance *w, double *out)
{
    int n = mujoco_observe_motion(w, 2, INFINITY, out);

    memcpy(out + n, w->derived + HUMANOID_SHOWN, sizeof(double) * HUMANOID_N_SHOWN);
}

static const struct mujoco_task humanoid_task = {
    .name = "humanoid",
    .xml = mujoco_xml_humanoid,
    .xml_end = mujoco_xml_humanoid_end,
    .frame_skip = 5,
    .max_speed = MUJOCO_RUNNER_MAX_SPEED,
    .n_derived = HUMANOID_N_DERIVED,
    .needs_contact_forces = true,
    .start = humanoid_start,
    .derive = humanoid_derive,
    .judge = humanoid_judge,
    .observe = humanoid_observe,
    .place = mujoco_place_beyond_xy,
    .view = { 25, 12, 140, 0, 0, 0.85, true },
};

static const struct env_field humanoid_fields[] = {
    MUJOCO_FIELD("z", "m", 1),
    MUJOCO_FIELD("orientation", "quaternion w x y z", 4),
    MUJOCO_FIELD("joints", "rad", 17),
    MUJOCO_FIELD("velocity", "m/s", 3),
    MUJOCO_FIELD("angular_velocity", "rad/s", 3),
    MUJOCO_FIELD("joint_velocities", "rad/s", 17),
    MUJOCO_FIELD("body_inertias", "kg m^2, kg m, kg; 10 a body", 130),
    MUJOCO_FIELD("body_velocities", "rad/s and m/s, 6 a body", 78),
    MUJOCO_FIELD("actuator_forces", "N m", 17),
    MUJOCO_FIELD("contact_forces", "N m and N, 6 a body", 78),
    { 0 },
};
#define MUSCLE(name)                 \
    {                                \
        name, false, -0.4, 0.4, NULL \
    }
static const struct env_action humanoid_actions[] = {
    MUSCLE("abdomen_y"),       MUSCLE("abdomen_z"),   MUSCLE("abdomen_x"),
    MUSCLE("right_hip_x"),     MUSCLE("right_hip_z"), MUSCLE("right_hip_y"),
    MUSCLE("right_knee"),      MUSCLE("left_hip_x"),  MUSCLE("left_hip_z"),
    MUSCLE("left_hip_y"),      MUSCLE("left_knee"),   MUSCLE("right_shoulder1"),
    MUSCLE("right_shoulder2"), MUSCLE("right_elbow"), MUSCLE("left_shoulder1"),
    MUSCLE("left_shoulder2"),  MUSCLE("left_elbow"),  { 0 },
};
static const struct env_event humanoid_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [FELL] = { "fell", true },
    [JUMPED] = { "jumped_too_high", true },
    { 0 },
};
MUJOCO_DEFINE_CREATE(humanoid)
const struct env humanoid_env = {
    MUJOCO_COMMON(humanoid),
    .set_observed = mujoco_set_observed,
    .about = "Walk ahead (+x) on two legs with 1 < z < 2 m. joints: abdomen_z, "
             "abdomen_y, abdomen_x, then as the actions.",
    .fields = humanoid_fields,
    .actions = humanoid_actions,
    .noop = mujoco_zeros,
    .events = humanoid_events,
    .options = mujoco_no_options,
    .frames_per_second = 1 / 0.015,
    .max_frames = 1000,
    .fault_return =
        -100, /* a step that throws it back costs more than staying up earns */
    .target = NAN,
};
