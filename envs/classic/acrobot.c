/* acrobot.c - two links hang from a pivot; a motor at the joint between them must swing
 * the lower end up above the line.
 *
 * Constants, equations ("book" variant), Runge-Kutta step and rewards: Gymnasium 1.x,
 * Acrobot-v1, after Sutton, "Generalization in Reinforcement Learning" (1996), and Sutton
 * & Barto, "Reinforcement Learning: An Introduction". */
#include "envs/env.h"

#include <math.h>

#include "base/rng.h"
#include "envs/canvas.h"
#include "envs/flat.h"

#define PI 3.14159265358979323846
#define DT 0.2      /* s, between states */
#define GRAVITY 9.8 /* m/s^2 */
#define LENGTH 1.0  /* m, of each link */
#define CENTER 0.5  /* m, from a link's upper end to its centre of mass */
#define MASS 1.0    /* kg, of each link */
#define INERTIA 1.0 /* kg m^2, of each link */
#define MAX_SPEED_1 (4 * PI)
#define MAX_SPEED_2 (9 * PI)
#define START 0.1 /* every part of the state starts within +-START */

#define SIZE 400

enum { EVENT_GOAL };

/* Angles are 0 hanging down; angle[1] is relative to the upper link. */
struct acrobot {
    double angle[2], speed[2];
};

static bool acrobot_is_sane(const struct acrobot *s)
{
    return fabs(s->angle[0]) <= PI && fabs(s->angle[1]) <= PI &&
           fabs(s->speed[0]) <= MAX_SPEED_1 && fabs(s->speed[1]) <= MAX_SPEED_2;
}

FLAT_DEFINE(acrobot, struct acrobot, acrobot_is_sane)

static void acrobot_reset(void *instance, uint64_t seed)
{
    struct acrobot *s = instance;
    struct rng r;

    rng_seed(&r, seed, FLAT_STREAM_RESET);
    for (int i = 0; i < 2; i++)
        s->angle[i] = START * (2 * rng_uniform(&r) - 1);
    for (int i = 0; i < 2; i++)
        s->speed[i] = START * (2 * rng_uniform(&r) - 1);
}

/* x is angle 1, angle 2, speed 1, speed 2; dx its change per second. */
static void acrobot_derive(const double x[4], double torque, double dx[4])
{
    double sine = sin(x[1]), cosine = cos(x[1]);
    double d1 = MASS * (CENTER * CENTER) +
                MASS *
                    (LENGTH * LENGTH + CENTER * CENTER + 2 * LENGTH * CENTER * cosine) +
                INERTIA + INERTIA;
    double d2 = MASS * (CENTER * CENTER + LENGTH * CENTER * cosine) + INERTIA;
    double phi2 = MASS * CENTER * GRAVITY * cos(x[0] + x[1] - PI / 2);
    double phi1 = -MASS * LENGTH * CENTER * (x[3] * x[3]) * sine -
                  2 * MASS * LENGTH * CENTER * x[3] * x[2] * sine +
                  (MASS * CENTER + MASS * LENGTH) * GRAVITY * cos(x[0] - PI / 2) + phi2;

    dx[0] = x[2];
    dx[1] = x[3];
    dx[3] = (torque + d2 / d1 * phi1 - MASS * LENGTH * CENTER * (x[2] * x[2]) * sine -
             phi2) /
            (MASS * (CENTER * CENTER) + INERTIA - d2 * d2 / d1);
    dx[2] = -(d2 * dx[3] + phi1) / d1;
}

/* One classic fourth-order Runge-Kutta step of DT. */
static void integrate(double x[4], double torque)
{
    double k[4][4], probe[4];

    acrobot_derive(x, torque, k[0]);
    for (int stage = 1; stage < 4; stage++) {
        double h = stage < 3 ? DT / 2 : DT;
        for (int i = 0; i < 4; i++)
            probe[i] = x[i] + h * k[stage - 1][i];
        acrobot_derive(probe, torque, k[stage]);
    }
    for (int i = 0; i < 4; i++)
        x[i] += DT / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
}

/* A step turns a link by a few rounds at most, so this ends soon. */
static double wrap(double angle)
{
    while (angle > PI)
        angle -= 2 * PI;
    while (angle < -PI)
        angle += 2 * PI;
    return angle;
}

static double acrobot_bound(double x, double limit)
{
    return x > limit ? limit : x < -limit ? -limit : x;
}

static bool is_up(const struct acrobot *s)
{
    return -cos(s->angle[0]) - cos(s->angle[1] + s->angle[0]) > 1;
}

static struct env_step acrobot_step(void *instance, const double *action)
{
    struct acrobot *s = instance;
    double x[4] = { s->angle[0], s->angle[1], s->speed[0], s->speed[1] };
    struct env_step result = { 0 };

    integrate(x, action[0] - 1);
    s->angle[0] = wrap(x[0]);
    s->angle[1] = wrap(x[1]);
    s->speed[0] = acrobot_bound(x[2], MAX_SPEED_1);
    s->speed[1] = acrobot_bound(x[3], MAX_SPEED_2);
    result.terminated = is_up(s);
    result.events = result.terminated ? 1u << EVENT_GOAL : 0;
    result.reward = result.terminated ? 0 : -1;
    return result;
}

static void acrobot_observe(const void *instance, double *out)
{
    const struct acrobot *s = instance;

    out[0] = cos(s->angle[0]);
    out[1] = sin(s->angle[0]);
    out[2] = cos(s->angle[1]);
    out[3] = sin(s->angle[1]);
    out[4] = s->speed[0];
    out[5] = s->speed[1];
}

static int acrobot_set_observed(void *instance, const double *obs)
{
    const struct acrobot s = { .angle = { atan2(obs[1], obs[0]), atan2(obs[3], obs[2]) },
                               .speed = { obs[4], obs[5] } };

    return acrobot_load(instance, &s);
}

static void acrobot_draw(void *instance, struct canvas *out)
{
    const struct acrobot *s = instance;
    const double scale = SIZE / 4.6, middle = SIZE / 2.0;
    double x1 = middle + scale * sin(s->angle[0]);
    double y1 = middle + scale * cos(s->angle[0]);
    double x2 = x1 + scale * sin(s->angle[0] + s->angle[1]);
    double y2 = y1 + scale * cos(s->angle[0] + s->angle[1]);

    canvas_clear(out, 0xf4f5f7);
    for (int x = 8; x < SIZE; x += 24) /* the line to swing above */
        canvas_rect(out, x, (int)(middle - scale) - 1, 14, 3, 0xe0a030);
    canvas_thick_line(out, middle, middle, x1, y1, 14, 0x6b7385);
    canvas_thick_line(out, x1, y1, x2, y2, 14, is_up(s) ? 0x2e9e5b : 0x2f7fd1);
    canvas_disc(out, middle, middle, 9, 0x3b4252);
    canvas_disc(out, x1, y1, 8, 0x3b4252);
    canvas_disc(out, x2, y2, 7, 0x3b4252);
}

static const struct env_field fields[] = {
    { "cos1", "", 1, -1, 1, 4 },
    { "sin1", "", 1, -1, 1, 0 },
    { "cos2", "", 1, -1, 1, 2 },
    { "sin2", "", 1, -1, 1, 0 },
    { "angular_velocity1", "rad/s", 1, -MAX_SPEED_1, MAX_SPEED_1, 0 },
    { "angular_velocity2", "rad/s", 1, -MAX_SPEED_2, MAX_SPEED_2, 0 },
    { 0 },
};
static const char *const torques[] = { "minus", "none", "plus" };
static const struct env_action actions[] = { { "torque", true, 0, 2, torques }, { 0 } };
static const double noop[] = { 1 };
static const struct env_event events[] = { [EVENT_GOAL] = { "goal", false }, { 0 } };
static const struct env_option options[] = { { 0 } };

extern const struct env acrobot_env;
const struct env acrobot_env = {
    .abi = ENV_ABI,
    .name = "acrobot",
    .version = 1,
    .about = "Swing the lower of two hanging links above the line with a motor between "
             "them: torque -1 (0), none (1) or +1 (2) N m; every step costs 1. Angle 1 "
             "is 0 hanging down, angle 2 is 0 when the links are in line.",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .options = options,
    .frames_per_second = 15, /* as Gymnasium shows it; a step is DT of its time */
    .max_frames = 500,
    .fault_return = -500,
    .target = -100,
    .frame_width = SIZE,
    .frame_height = SIZE,
    .create = acrobot_create,
    .destroy = acrobot_destroy,
    .reset = acrobot_reset,
    .step = acrobot_step,
    .observe = acrobot_observe,
    .set_observed = acrobot_set_observed,
    .draw = acrobot_draw,
    .state_size = acrobot_state_size,
    .save = acrobot_save,
    .load = acrobot_load,
};
