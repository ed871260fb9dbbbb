/* reach.c - arms with something to reach: reacher, pusher.
 *
 * Reward, ends, noise and the order of the observation: Gymnasium 1.x, v5. */
#include "envs/mujoco/core.h"

#include <math.h>
#include <string.h>

#include "envs/mujoco/mujoco.h"

enum { REACHED = MUJOCO_UNSTABLE + 1 };   /* reacher */
enum { DELIVERED = MUJOCO_UNSTABLE + 1 }; /* pusher */

enum { REACHER_X, REACHER_Y, REACHER_Z, REACHER_N_DERIVED }; /* fingertip - target */
enum { FINGERTIP = 3, TARGET = 4 };                          /* bodies */

static void reacher_start(const mjModel *m, double *qpos, double *qvel, struct rng *r)
{
    double goal[2];

    mujoco_noise_uniform(qpos, m->nq, 0.1, r);
    do {
        goal[0] = goal[1] = 0;
        mujoco_noise_uniform(goal, 2, 0.2, r);
    } while (!(sqrt(mujoco_sum_squares(goal, 2)) < 0.2));
    memcpy(qpos + 2, goal, sizeof(goal));
    mujoco_noise_uniform(qvel, m->nv, 0.005, r);
    qvel[2] = qvel[3] = 0;
}

static void reacher_derive(const mjModel *m, const mjData *d, double *out)
{
    (void)m;
    for (int i = 0; i < 3; i++)
        out[i] = d->xpos[3 * FINGERTIP + i] - d->xpos[3 * TARGET + i];
}

static void reacher_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    double distance = sqrt(mujoco_sum_squares(v->now->derived, 3));

    if (distance < 0.01)
        result->events |= 1u << REACHED;
    result->reward = -distance - mujoco_sum_squares(v->action, 2);
}

static void reacher_observe(const struct mujoco_instance *w, double *out)
{
    const double *qpos = w->data->qpos, *qvel = w->data->qvel;

    for (int i = 0; i < 2; i++) {
        out[i] = cos(qpos[i]);
        out[2 + i] = sin(qpos[i]);
        out[4 + i] = qpos[2 + i];
        out[6 + i] = qvel[i];
        out[8 + i] = w->derived[REACHER_X + i];
    }
}

static void reacher_place(const mjModel *m, const double *obs, double *qpos, double *qvel)
{
    (void)m;
    for (int i = 0; i < 2; i++) {
        qpos[i] = atan2(obs[2 + i], obs[i]);
        qpos[2 + i] = obs[4 + i];
        qvel[i] = obs[6 + i];
    }
}

static const struct mujoco_task reacher_task = {
    .name = "reacher",
    .xml = mujoco_xml_reacher,
    .xml_end = mujoco_xml_reacher_end,
    .frame_skip = 2,
    .n_derived = REACHER_N_DERIVED,
    .start = reacher_start,
    .derive = reacher_derive,
    .judge = reacher_judge,
    .observe = reacher_observe,
    .place = reacher_place,
    .view = { 0, 90, 480, 0, 0, 0, false },
};

static const struct env_field reacher_fields[] = {
    { "cos", "", 2, -1, 1, 0 },
    { "sin", "", 2, -1, 1, 0 },
    MUJOCO_FIELD("target", "m, x y", 2),
    MUJOCO_FIELD("joint_velocities", "rad/s", 2),
    MUJOCO_FIELD("to_fingertip", "m, x y", 2),
    { 0 },
};
static const struct env_action reacher_actions[] = {
    { "shoulder", false, -1, 1, NULL },
    { "elbow", false, -1, 1, NULL },
    { 0 },
};
static const struct env_event reacher_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [REACHED] = { "reached", false },
    { 0 },
};
MUJOCO_DEFINE_CREATE(reacher)
const struct env reacher_env = {
    MUJOCO_COMMON(reacher),
    .set_observed = mujoco_set_observed,
    .about = "Bring the fingertip of an arm of two 0.1 m links to a target in the "
             "plane. cos, sin: of shoulder and elbow; to_fingertip: from the target.",
    .fields = reacher_fields,
    .actions = reacher_actions,
    .noop = mujoco_zeros,
    .events = reacher_events,
    .options = mujoco_no_options,
    .frames_per_second = 50,
    .max_frames = 50,
    .fault_return = -130, /* full force, and as far away as it reaches, 50 times */
    .target = -3.75,
};

enum { PUSHER_TIPS, PUSHER_OBJECT = 3, PUSHER_GOAL = 6, PUSHER_N_DERIVED = 9 };
enum { TIPS = 10, OBJECT = 11, GOAL = 12 }; /* bodies */

static void pusher_start(const mjModel *m, double *qpos, double *qvel, struct rng *r)
{
    double *object = qpos + 7; /* y, x; the goal is at 0, 0 */

    do {
        object[0] = -0.3 + 0.3 * rng_uniform(r);
        object[1] = -0.2 + 0.4 * rng_uniform(r);
    } while (!(sqrt(mujoco_sum_squares(object, 2)) > 0.17));
    mujoco_noise_uniform(qvel, m->nv, 0.005, r);
    memset(qvel + 7, 0, sizeof(double) * 4);
}

static void pusher_derive(const mjModel *m, const mjData *d, double *out)
{
    (void)m;
    memcpy(out + PUSHER_TIPS, d->xpos + 3 * TIPS, sizeof(double) * 3);
    memcpy(out + PUSHER_OBJECT, d->xpos + 3 * OBJECT, sizeof(double) * 3);
    memcpy(out + PUSHER_GOAL, d->xpos + 3 * GOAL, sizeof(double) * 3);
}

static double distance_between(const double *a, const double *b)
{
    double d[3] = { a[0] - b[0], a[1] - b[1], a[2] - b[2] };

    return sqrt(mujoco_sum_squares(d, 3));
}

static void pusher_judge(const struct mujoco_verdict *v, struct env_step *result)
{
    const double *object = v->now->derived + PUSHER_OBJECT;
    const double *goal = v->now->derived + PUSHER_GOAL;
    double near = distance_between(object, v->now->derived + PUSHER_TIPS);

    if (hypot(object[0] - goal[0], object[1] - goal[1]) < 0.08)
        result->events |= 1u << DELIVERED;
    result->reward = -distance_between(object, goal) -
                     0.1 * mujoco_sum_squares(v->action, 7) - 0.5 * near;
}

static void pusher_observe(const struct mujoco_instance *w, double *out)
{
    memcpy(out, w->data->qpos, sizeof(double) * 7);
    memcpy(out + 7, w->data->qvel, sizeof(double) * 7);
    memcpy(out + 14, w->derived, sizeof(double) * PUSHER_N_DERIVED);
}

static const struct mujoco_task pusher_task = {
    .name = "pusher",
    .xml = mujoco_xml_pusher,
    .xml_end = mujoco_xml_pusher_end,
    .frame_skip = 5,
    .n_derived = PUSHER_N_DERIVED,
    .start = pusher_start,
    .derive = pusher_derive,
    .judge = pusher_judge,
    .observe = pusher_observe,
    .view = { 20, 50, 210, 0.3, -0.1, -0.2, false },
};

static const struct env_field pusher_fields[] = {
    MUJOCO_FIELD("joints", "rad", 7),    MUJOCO_FIELD("joint_velocities", "rad/s", 7),
    MUJOCO_FIELD("tips", "m, x y z", 3), MUJOCO_FIELD("object", "m, x y z", 3),
    MUJOCO_FIELD("goal", "m, x y z", 3), { 0 },
};
#define MOTOR(name)              \
    {                            \
        name, false, -2, 2, NULL \
    }
static const struct env_action pusher_actions[] = {
    MOTOR("shoulder_pan"),   MOTOR("shoulder_lift"),
    MOTOR("upper_arm_roll"), MOTOR("elbow_flex"),
    MOTOR("forearm_roll"),   MOTOR("wrist_flex"),
    MOTOR("wrist_roll"),     { 0 },
};
static const struct env_event pusher_events[] = {
    [MUJOCO_UNSTABLE] = { "unstable", true },
    [DELIVERED] = { "delivered", false },
    { 0 },
};
MUJOCO_DEFINE_CREATE(pusher)
const struct env pusher_env = {
    MUJOCO_COMMON(pusher),
    .about = "Push a cylinder over a table to a goal with an arm of seven joints. "
             "joints: as the actions.",
    .fields = pusher_fields,
    .actions = pusher_actions,
    .noop = mujoco_zeros,
    .events = pusher_events,
    .options = mujoco_no_options,
    .frames_per_second = 20,
    .max_frames = 100,
    .fault_return = -450, /* full force, and all far apart, 100 times */
    .target = NAN,
};
