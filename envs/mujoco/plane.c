/* plane.c - runners in a plane: half_cheetah, hopper, walker2d, swimmer.
 *
 * Rewards, ends, noise and the order of the observations: Gymnasium 1.x, v5 of each. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <string.h>

#include "envs/mujoco/mujoco.h"

#define PI 3.14159265358979323846
#define MOTOR(name)              \
    {                            \
        name, false, -1, 1, NULL \
    }

enum { FLIPPED = MUJOCO_UNSTABLE + 1 };

static void half_cheetah_start(const mjModel *m, double *qpos, double *qvel,
                               struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 0.1, r);
    mujoco_noise_normal(qvel, m->nv, 0.1, r);
}

static void half_cheetah_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    double pitch = fabs(v->now->data->qpos[2]);

    if (pitch > PI / 2 && fabs(v->qpos_before[2]) <= PI / 2)
        result->events |= 1u << FLIPPED;
    result->reward = mujoco_forward_speed(v) - 0.1 * mujoco_control_cost(v);
}

static void half_cheetah_observe(const struct mujoco_instance *w, double *out)
{
    mujoco_observe_motion(w, 1, INFINITY, out);
}

static const struct mujoco_task half_cheetah_task = {
    .name = "half_cheetah",
    .xml = mujoco_xml_half_cheetah,
    .xml_end = mujoco_xml_half_cheetah_end,
    .frame_skip = 5,
    .max_speed = MUJOCO_RUNNER_MAX_SPEED,
    .start = half_cheetah_start,
    .judge = half_cheetah_judge,
    .observe = half_cheetah_observe,
    .place = mujoco_place_beyond_x,
    .view = { 0, 0, 150, 0, 0, 0.55, true },
};

static const struct env_field half_cheetah_fields[] = {
    MUJOCO_FIELD("z", "m", 1),
    MUJOCO_FIELD("pitch", "rad", 1),
    MUJOCO_FIELD("joints", "rad", 6),
    MUJOCO_FIELD("velocity_x", "m/s", 1),
    MUJOCO_FIELD("velocity_z", "m/s", 1),
    MUJOCO_FIELD("pitch_velocity", "rad/s", 1),
    MUJOCO_FIELD("joint_velocities", "rad/s", 6),
    { 0 },
};
static const struct env_action half_cheetah_actions[] = {
    MOTOR("back_thigh"),
    MOTOR("back_shin"),
    MOTOR("back_foot"),
    MOTOR("front_thigh"),
    MOTOR("front_shin"),
    MOTOR("front_foot"),
    { 0 },
};
static const struct env_event half_cheetah_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [FLIPPED] = { "flipped", true },
    { 0 },
};
MUJOCO_DEFINE_CREATE(half_cheetah)
const struct env half_cheetah_env = {
    MUJOCO_COMMON(half_cheetah),
    .set_observed = mujoco_set_observed,
    .about = "Run ahead (+x) as fast as possible in the plane; it may fall over and go "
             "on. z is relative to the start, pitch > 0 is nose down. joints: as the "
             "actions.",
    .fields = half_cheetah_fields,
    .actions = half_cheetah_actions,
    .noop = mujoco_zeros,
    .events = half_cheetah_events,
    .options = mujoco_no_options,
    .frames_per_second = 20,
    .max_frames = 1000,
    .fault_return = -1000,
    .target = 4800,
};

enum { FELL = MUJOCO_UNSTABLE + 1, LEANED_FORWARD, LEANED_BACK, TOO_FAST };
enum { JUMPED = TOO_FAST }; /* walker2d has this in its place */

static void walk_start(const mjModel *m, double *qpos, double *qvel, struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 5e-3, r);
    mujoco_noise_uniform(qvel, m->nv, 5e-3, r);
}

static void walk_observe(const struct mujoco_instance *w, double *out)
{
    mujoco_observe_motion(w, 1, 10, out);
}

static void walk_reward(const struct mujoco_verdict *v, struct env_step *result)
{
    result->reward = mujoco_forward_speed(v) + (result->terminated ? 0 : 1) -
                     1e-3 * mujoco_control_cost(v);
}

static void judge_lean(const struct mujoco_verdict *v, double limit,
                       struct env_step *result)
{
    double pitch = v->now->data->qpos[2];

    if (pitch >= limit)
        mujoco_end(result, LEANED_FORWARD);
    if (pitch <= -limit)
        mujoco_end(result, LEANED_BACK);
}

static void hopper_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    const mjData *d = v->now->data;
    double worst = 0;

    for (int i = 2; i < v->now->model->nq; i++)
        worst = fmax(worst, fabs(d->qpos[i]));
    for (int i = 0; i < v->now->model->nv; i++)
        worst = fmax(worst, fabs(d->qvel[i]));
    if (d->qpos[1] <= 0.7)
        mujoco_end(result, FELL);
    judge_lean(v, 0.2, result);
    walk_reward(v, result);
    if (worst >= MUJOCO_RUNNER_MAX_SPEED) {
        mujoco_end(result, TOO_FAST);
        result->reward = 0;
    }
}

static const struct mujoco_task hopper_task = {
    .name = "hopper",
    .xml = mujoco_xml_hopper,
    .xml_end = mujoco_xml_hopper_end,
    .frame_skip = 4,
    .start = walk_start,
    .judge = hopper_judge,
    .observe = walk_observe,
    .place = mujoco_place_beyond_x,
    .view = { 0, 0, 150, 0, 0, 0.85, true },
};

#define WALK_FIELDS(n)                                                            \
    MUJOCO_FIELD("z", "m", 1), MUJOCO_FIELD("pitch", "rad", 1),                   \
        MUJOCO_FIELD("joints", "rad", n), { "velocity_x", "m/s", 1, -10, 10, 0 }, \
        { "velocity_z", "m/s", 1, -10, 10, 0 },                                   \
        { "pitch_velocity", "rad/s", 1, -10, 10, 0 },                             \
        { "joint_velocities", "rad/s", n, -10, 10, 0 },                           \
    {                                                                             \
        0                                                                         \
    }
static const struct env_field hopper_fields[] = { WALK_FIELDS(3) };
static const struct env_field walker2d_fields[] = { WALK_FIELDS(6) };

static const struct env_action hopper_actions[] = {
    MOTOR("thigh"),
    MOTOR("leg"),
    MOTOR("foot"),
    { 0 },
};
static const struct env_event hopper_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [FELL] = { "fell", true },
    [LEANED_FORWARD] = { "leaned_forward", true },
    [LEANED_BACK] = { "leaned_back", true },
    [TOO_FAST] = { "too_fast", true },
    { 0 },
};
MUJOCO_DEFINE_CREATE(hopper)
const struct env hopper_env = {
    MUJOCO_COMMON(hopper),
    .set_observed = mujoco_set_observed,
    .about = "Hop ahead (+x) on one leg in the plane, with z above 0.7 m and pitch "
             "within 0.2 rad (> 0 leans forward). joints: as the actions; < 0 bends.",
    .fields = hopper_fields,
    .actions = hopper_actions,
    .noop = mujoco_zeros,
    .events = hopper_events,
    .options = mujoco_no_options,
    .frames_per_second = 125,
    .max_frames = 1000,
    .fault_return = -100, /* falling back costs more than staying up earns */
    .target = 3800,
};

static void walker2d_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    double z = v->now->data->qpos[1];

    if (z <= 0.8)
        mujoco_end(result, FELL);
    judge_lean(v, 1, result);
    if (z >= 2)
        mujoco_end(result, JUMPED);
    walk_reward(v, result);
}

static const struct mujoco_task walker2d_task = {
    .name = "walker2d",
    .xml = mujoco_xml_walker2d,
    .xml_end = mujoco_xml_walker2d_end,
    .frame_skip = 4,
    .max_speed = MUJOCO_RUNNER_MAX_SPEED,
    .start = walk_start,
    .judge = walker2d_judge,
    .observe = walk_observe,
    .place = mujoco_place_beyond_x,
    .view = { 0, 0, 150, 0, 0, 0.85, true },
};

static const struct env_action walker2d_actions[] = {
    MOTOR("right_thigh"),
    MOTOR("right_leg"),
    MOTOR("right_foot"),
    MOTOR("left_thigh"),
    MOTOR("left_leg"),
    MOTOR("left_foot"),
    { 0 },
};
static const struct env_event walker2d_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [FELL] = { "fell", true },
    [LEANED_FORWARD] = { "leaned_forward", true },
    [LEANED_BACK] = { "leaned_back", true },
    [JUMPED] = { "jumped_too_high", true },
    { 0 },
};
MUJOCO_DEFINE_CREATE(walker2d)
const struct env walker2d_env = {
    MUJOCO_COMMON(walker2d),
    .set_observed = mujoco_set_observed,
    .about = "Walk ahead (+x) on two legs in the plane, with 0.8 < z < 2 m and pitch "
             "within 1 rad (> 0 leans forward). joints: as the actions; < 0 bends.",
    .fields = walker2d_fields,
    .actions = walker2d_actions,
    .noop = mujoco_zeros,
    .events = walker2d_events,
    .options = mujoco_no_options,
    .frames_per_second = 125,
    .max_frames = 1000,
    .fault_return = -100, /* falling back costs more than staying up earns */
    .target = NAN,
};

static void swimmer_start(const mjModel *m, double *qpos, double *qvel, struct rng *r)
{
    mujoco_noise_uniform(qpos, m->nq, 0.1, r);
    mujoco_noise_uniform(qvel, m->nv, 0.1, r);
}

static void swimmer_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    result->reward = mujoco_forward_speed(v) - 1e-4 * mujoco_control_cost(v);
}

static void swimmer_observe(const struct mujoco_instance *w, double *out)
{
    mujoco_observe_motion(w, 2, INFINITY, out);
}

static const struct mujoco_task swimmer_task = {
    .name = "swimmer",
    .xml = mujoco_xml_swimmer,
    .xml_end = mujoco_xml_swimmer_end,
    .frame_skip = 4,
    .max_speed = MUJOCO_RUNNER_MAX_SPEED,
    .start = swimmer_start,
    .judge = swimmer_judge,
    .observe = swimmer_observe,
    .place = mujoco_place_beyond_xy,
    .view = { 0, 90, 80, 0, 0, 0, true },
};

static const struct env_field swimmer_fields[] = {
    MUJOCO_FIELD("heading", "rad", 1),
    MUJOCO_FIELD("joints", "rad", 2),
    MUJOCO_FIELD("velocity_x", "m/s", 1),
    MUJOCO_FIELD("velocity_y", "m/s", 1),
    MUJOCO_FIELD("heading_velocity", "rad/s", 1),
    MUJOCO_FIELD("joint_velocities", "rad/s", 2),
    { 0 },
};
static const struct env_action swimmer_actions[] = {
    MOTOR("front_joint"),
    MOTOR("back_joint"),
    { 0 },
};
static const struct env_event swimmer_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    { 0 },
};
MUJOCO_DEFINE_CREATE(swimmer)
const struct env swimmer_env = {
    MUJOCO_COMMON(swimmer),
    .set_observed = mujoco_set_observed,
    .about = "Swim ahead (+x) by bending two joints between three links, seen from "
             "above. joints: as the actions.",
    .fields = swimmer_fields,
    .actions = swimmer_actions,
    .noop = mujoco_zeros,
    .events = swimmer_events,
    .options = mujoco_no_options,
    .frames_per_second = 25,
    .max_frames = 1000,
    .fault_return = -100,
    .target = 360,
};
