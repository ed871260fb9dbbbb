/* pendulum.c - a pendulum to be swung up and held by a motor too weak to lift it at once.
 *
 * Constants, step and costs: Gymnasium 1.x, Pendulum-v1. */
#include "envs/env.h"

#include <math.h>

#include "base/rng.h"
#include "envs/canvas.h"
#include "envs/flat.h"

#define PI 3.14159265358979323846
#define DT 0.05        /* s */
#define GRAVITY 10.0   /* m/s^2 */
#define MASS 1.0       /* kg */
#define LENGTH 1.0     /* m */
#define MAX_SPEED 8.0  /* rad/s */
#define MAX_TORQUE 2.0 /* N m */
#define MAX_ANGLE 1e6  /* rad, in a loaded state */

#define SIZE 400

struct pendulum {
    double angle, speed; /* 0 is upright; the angle is not wrapped */
    double torque;       /* the last one, for the picture */
};

static bool pendulum_is_sane(const struct pendulum *s)
{
    return fabs(s->angle) <= MAX_ANGLE && fabs(s->speed) <= MAX_SPEED &&
           fabs(s->torque) <= MAX_TORQUE;
}

FLAT_DEFINE(pendulum, struct pendulum, pendulum_is_sane)

static void pendulum_reset(void *instance, uint64_t seed)
{
    struct pendulum *s = instance;
    struct rng r;

    rng_seed(&r, seed, FLAT_STREAM_RESET);
    s->angle = PI * (2 * rng_uniform(&r) - 1);
    s->speed = 2 * rng_uniform(&r) - 1;
    s->torque = 0;
}

/* The same angle within [-PI, PI). */
static double normalize(double angle)
{
    double turned = fmod(angle + PI, 2 * PI);

    return (turned < 0 ? turned + 2 * PI : turned) - PI;
}

static double pendulum_bound(double x, double limit)
{
    return x > limit ? limit : x < -limit ? -limit : x;
}

static struct env_step pendulum_step(void *instance, const double *action)
{
    struct pendulum *s = instance;
    double u = pendulum_bound(action[0], MAX_TORQUE);
    double angle = normalize(s->angle);
    double gravity = 3 * GRAVITY / (2 * LENGTH) * sin(s->angle);
    double motor = 3.0 / (MASS * (LENGTH * LENGTH)) * u;
    struct env_step result = {
        .reward = -(angle * angle + 0.1 * (s->speed * s->speed) + 0.001 * (u * u)),
    };

    s->speed = pendulum_bound(s->speed + (gravity + motor) * DT, MAX_SPEED);
    s->angle += s->speed * DT;
    s->torque = u;
    return result;
}

static void pendulum_observe(const void *instance, double *out)
{
    const struct pendulum *s = instance;

    out[0] = cos(s->angle);
    out[1] = sin(s->angle);
    out[2] = s->speed;
}

static int pendulum_set_observed(void *instance, const double *obs)
{
    const struct pendulum s = { .angle = atan2(obs[1], obs[0]), .speed = obs[2] };

    return pendulum_load(instance, &s);
}

static void pendulum_draw(void *instance, struct canvas *out)
{
    const struct pendulum *s = instance;
    const double length = SIZE * 0.36, middle = SIZE / 2.0;
    double x = middle - length * sin(s->angle), y = middle - length * cos(s->angle);
    double from = -PI / 2, sweep = s->torque / MAX_TORQUE * PI * 0.8;

    canvas_clear(out, 0xf4f5f7);
    /* upright */
    canvas_thick_line(out, middle, middle, middle, middle - length, 2, 0xd5d9e0);
    canvas_thick_line(out, middle, middle, x, y, 26, 0x2f7fd1);
    for (int i = 0; i < 24; i++) { /* the torque: an arc round the pivot */
        double a = from - sweep * i / 24, b = from - sweep * (i + 1) / 24;
        canvas_thick_line(out, middle + 40 * cos(a), middle + 40 * sin(a),
                          middle + 40 * cos(b), middle + 40 * sin(b), 5, 0xe0a030);
    }
    canvas_disc(out, middle, middle, 8, 0x3b4252);
}

static const struct env_field fields[] = {
    { "cos", "", 1, -1, 1, 4 },
    { "sin", "", 1, -1, 1, 2 },
    { "angular_velocity", "rad/s", 1, -MAX_SPEED, MAX_SPEED, 2 },
    { 0 },
};
static const struct env_action actions[] = {
    { "torque", false, -MAX_TORQUE, MAX_TORQUE, NULL },
    { 0 },
};
static const double noop[] = { 0 };
static const struct env_event events[] = { { 0 } };
static const struct env_option options[] = { { 0 } };

extern const struct env pendulum_env;
const struct env pendulum_env = {
    .abi = ENV_ABI,
    .name = "pendulum",
    .version = 1,
    .about = "Swing a pendulum up and hold it with a torque of -2 to 2 N m; a step "
             "costs angle^2 + speed^2 / 10 + torque^2 / 1000, the angle being 0 upright.",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .options = options,
    .frames_per_second = 1 / DT,
    .max_frames = 200,
    .fault_return = -3300, /* the most that a step costs is 16.28, 200 times */
    .target = -200,
    .frame_width = SIZE,
    .frame_height = SIZE,
    .create = pendulum_create,
    .destroy = pendulum_destroy,
    .reset = pendulum_reset,
    .step = pendulum_step,
    .observe = pendulum_observe,
    .set_observed = pendulum_set_observed,
    .draw = pendulum_draw,
    .state_size = pendulum_state_size,
    .save = pendulum_save,
    .load = pendulum_load,
};
