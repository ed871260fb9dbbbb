/* mountain_car.c - a car too weak for the hill, which must swing to and fro to get up;
 * once with three pushes, once with any force.
 *
 * Constants, step and rewards: Gymnasium 1.x, MountainCar-v0 and
 * MountainCarContinuous-v0, after Moore, "Efficient Memory-Based Learning for Robot
 * Control" (1990). The continuous task keeps its state in single precision, as there. */
#include "envs/env.h"

#include <math.h>

#include "base/rng.h"
#include "envs/canvas.h"
#include "envs/flat.h"

#define MIN_POSITION (-1.2)
#define MAX_POSITION 0.6
#define MAX_SPEED 0.07
#define GRAVITY 0.0025
#define PUSH 0.001   /* mountain_car */
#define POWER 0.0015 /* mountain_car_continuous */
#define GOAL 0.5
#define GOAL_CONTINUOUS 0.45

#define WIDTH 600
#define HEIGHT 400

enum { EVENT_GOAL, EVENT_HIT_WALL };

struct car {
    double position, velocity;
};

static bool mountain_car_is_sane(const struct car *s)
{
    return s->position >= -2 && s->position <= 2 && fabs(s->velocity) <= 1;
}

FLAT_DEFINE(car, struct car, mountain_car_is_sane)

static double mountain_car_clip(double x, double min, double max)
{
    return x < min ? min : x > max ? max : x;
}

static void car_reset(void *instance, uint64_t seed)
{
    struct car *s = instance;
    struct rng r;

    rng_seed(&r, seed, FLAT_STREAM_RESET);
    s->position = -0.6 + 0.2 * rng_uniform(&r);
    s->velocity = 0;
}

/* Adds the velocity; the left end is a wall. Returns the events. */
static uint32_t roll(struct car *s, double goal)
{
    uint32_t result = 0;

    s->velocity = mountain_car_clip(s->velocity, -MAX_SPEED, MAX_SPEED);
    s->position = mountain_car_clip(s->position + s->velocity, MIN_POSITION,
                                    MAX_POSITION);
    if (s->position == MIN_POSITION && s->velocity < 0) {
        s->velocity = 0;
        result |= 1u << EVENT_HIT_WALL;
    }
    if (s->position >= goal && s->velocity >= 0)
        result |= 1u << EVENT_GOAL;
    return result;
}

static struct env_step mountain_car_step(void *instance, const double *action)
{
    struct car *s = instance;
    struct env_step result = { .reward = -1 };

    s->velocity += (action[0] - 1) * PUSH + cos(3 * s->position) * -GRAVITY;
    result.events = roll(s, GOAL);
    result.terminated = (result.events & 1u << EVENT_GOAL) != 0;
    return result;
}

/* Rounds to single precision. volatile: GCC 12 vectorizes two such roundings side by side
 * into none at all. */
static double to_single(double x)
{
    volatile float rounded = (float)x;

    return (double)rounded;
}

static struct env_step continuous_step(void *instance, const double *action)
{
    struct car *s = instance;
    double force = mountain_car_clip(action[0], -1, 1);
    struct env_step result = { 0 };

    s->velocity += force * POWER - GRAVITY * cos(to_single(3 * s->position));
    result.events = roll(s, GOAL_CONTINUOUS);
    result.terminated = (result.events & 1u << EVENT_GOAL) != 0;
    result.reward = (result.terminated ? 100 : 0) - action[0] * action[0] * 0.1;
    s->position = to_single(s->position);
    s->velocity = to_single(s->velocity);
    return result;
}

static void car_observe(const void *instance, double *out)
{
    const struct car *s = instance;

    out[0] = s->position;
    out[1] = s->velocity;
}

static int car_set_observed(void *instance, const double *obs)
{
    const struct car s = { obs[0], obs[1] };

    return car_load(instance, &s);
}

static double height(double position)
{
    return sin(3 * position) * 0.45 + 0.55;
}

static void mountain_car_draw_hill(const struct car *s, double goal, struct canvas *out)
{
    const double scale = WIDTH / (MAX_POSITION - MIN_POSITION), rise = 260;
    const double base = HEIGHT - 30;
    double slope = 0.45 * 3 * cos(3 * s->position) * rise / scale;
    double dx = 1 / sqrt(1 + slope * slope), dy = -slope * dx; /* along the hill */
    double x = (s->position - MIN_POSITION) * scale;
    double y = base - height(s->position) * rise;
    double flag_x = (goal - MIN_POSITION) * scale, flag_y = base - height(goal) * rise;

    canvas_clear(out, 0xf4f5f7);
    for (int i = 0; i < WIDTH; i++) {
        int top = (int)(base - height(MIN_POSITION + i / scale) * rise);
        canvas_rect(out, i, top, 1, HEIGHT - top, 0xdfe3ea);
        canvas_rect(out, i, top, 1, 4, 0x8b93a3);
    }
    canvas_rect(out, (int)flag_x, (int)flag_y - 50, 3, 50, 0x3b4252);
    canvas_rect(out, (int)flag_x + 3, (int)flag_y - 50, 26, 16, 0xe0a030);
    for (int side = -1; side <= 1; side += 2) {
        double wheel_x = x + side * 13 * dx + 7 * dy,
               wheel_y = y + side * 13 * dy - 7 * dx;
        canvas_disc(out, wheel_x, wheel_y, 7, 0x3b4252);
    }
    x += 17 * dy; /* the body sits above the wheels */
    y -= 17 * dx;
    canvas_thick_line(out, x - 18 * dx, y - 18 * dy, x + 18 * dx, y + 18 * dy, 14,
                      0x2f7fd1);
    canvas_thick_line(out, x, y, x + s->velocity * 900 * dx, y + s->velocity * 900 * dy,
                      3, 0xffffff);
}

static void mountain_car_draw(void *instance, struct canvas *out)
{
    mountain_car_draw_hill(instance, GOAL, out);
}

static void continuous_draw(void *instance, struct canvas *out)
{
    mountain_car_draw_hill(instance, GOAL_CONTINUOUS, out);
}

static const struct env_field fields[] = {
    { "position", "", 1, MIN_POSITION, MAX_POSITION, 4 },
    { "velocity", "1/step", 1, -MAX_SPEED, MAX_SPEED, 2 },
    { 0 },
};
static const struct env_event events[] = {
    [EVENT_GOAL] = { "goal", false },
    [EVENT_HIT_WALL] = { "hit_wall", false },
    { 0 },
};
static const struct env_option options[] = { { 0 } };

static const char *const pushes[] = { "left", "none", "right" };
static const struct env_action push_actions[] = { { "push", true, 0, 2, pushes }, { 0 } };
static const double push_noop[] = { 1 };
static const struct env_action force_actions[] = { { "force", false, -1, 1, NULL },
                                                   { 0 } };
static const double force_noop[] = { 0 };

#define CAR_COMMON                                                                       \
    .abi = ENV_ABI, .version = 1, .bits = ENV_BITS_X86_64, .fields = fields,             \
    .events = events, .options = options, .frames_per_second = 30, .frame_width = WIDTH, \
    .frame_height = HEIGHT, .create = car_create, .destroy = car_destroy,                \
    .reset = car_reset, .observe = car_observe, .state_size = car_state_size,            \
    .save = car_save, .load = car_load, .set_observed = car_set_observed

extern const struct env mountain_car_env, mountain_car_continuous_env;
const struct env mountain_car_env = {
    CAR_COMMON,
    .name = "mountain_car",
    .about = "Drive a weak car out of a valley to position 0.5 on the right: push left "
             "(0), not at all (1) or right (2); every step costs 1.",
    .actions = push_actions,
    .noop = push_noop,
    .max_frames = 200,
    .fault_return = -200,
    .target = -110,
    .step = mountain_car_step,
    .draw = mountain_car_draw,
};
const struct env mountain_car_continuous_env = {
    CAR_COMMON,
    .name = "mountain_car_continuous",
    .about = "Drive a weak car out of a valley to position 0.45 on the right with a "
             "force of -1 to 1; the goal is worth 100, a step costs force^2 / 10.",
    .actions = force_actions,
    .noop = force_noop,
    .max_frames = 999,
    .fault_return = -100, /* full force to the end */
    .target = 90,
    .step = continuous_step,
    .draw = continuous_draw,
};
