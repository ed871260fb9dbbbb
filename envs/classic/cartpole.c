/* cartpole.c - a pole on a cart, to be held upright by pushing left or right.
 *
 * Constants, Euler step, bounds and rewards: Gymnasium 1.x, CartPole-v1, after Barto,
 * Sutton & Anderson, "Neuronlike Adaptive Elements That Can Solve Difficult Learning
 * Control Problems" (1983), with the equations of Florian, "Correct equations for the
 * dynamics of the cart-pole system" (2007). */
#include "envs/env.h"

#include <math.h>

#include "base/rng.h"
#include "envs/canvas.h"
#include "envs/flat.h"

#define GRAVITY 9.8                                       /* m/s^2 */
#define MASS_CART 1.0                                     /* kg */
#define MASS_POLE 0.1                                     /* kg */
#define HALF_LENGTH 0.5                                   /* m, of the pole */
#define FORCE 10.0                                        /* N */
#define DT 0.02                                           /* s */
#define MAX_POSITION 2.4                                  /* m */
#define MAX_ANGLE (12 * 2 * 3.14159265358979323846 / 360) /* rad */
#define START 0.05 /* every field starts within +-START */
#define MASS_TOTAL (MASS_CART + MASS_POLE)
#define POLE_MOMENT (MASS_POLE * HALF_LENGTH)

#define WIDTH 600
#define HEIGHT 400

enum { EVENT_FELL, EVENT_OUT_OF_BOUNDS };

struct cartpole {
    double position, velocity, angle, angular_velocity;
};

static uint32_t find_events(const struct cartpole *s)
{
    uint32_t events = 0;

    if (s->angle < -MAX_ANGLE || s->angle > MAX_ANGLE)
        events |= 1u << EVENT_FELL;
    if (s->position < -MAX_POSITION || s->position > MAX_POSITION)
        events |= 1u << EVENT_OUT_OF_BOUNDS;
    return events;
}

static bool cartpole_is_sane(const struct cartpole *s)
{
    return isfinite(s->position) && isfinite(s->velocity) && isfinite(s->angle) &&
           isfinite(s->angular_velocity);
}

FLAT_DEFINE(cartpole, struct cartpole, cartpole_is_sane)

static void cartpole_reset(void *instance, uint64_t seed)
{
    struct cartpole *s = instance;
    struct rng r;

    rng_seed(&r, seed, FLAT_STREAM_RESET);
    s->position = START * (2 * rng_uniform(&r) - 1);
    s->velocity = START * (2 * rng_uniform(&r) - 1);
    s->angle = START * (2 * rng_uniform(&r) - 1);
    s->angular_velocity = START * (2 * rng_uniform(&r) - 1);
}

static struct env_step cartpole_step(void *instance, const double *action)
{
    struct cartpole *s = instance;
    double force = action[0] > 0.5 ? FORCE : -FORCE;
    double sine = sin(s->angle), cosine = cos(s->angle);
    double push = (force +
                   POLE_MOMENT * (s->angular_velocity * s->angular_velocity) * sine) /
                  MASS_TOTAL;
    double turn = (GRAVITY * sine - cosine * push) /
                  (HALF_LENGTH *
                   (4.0 / 3.0 - MASS_POLE * (cosine * cosine) / MASS_TOTAL));
    double acceleration = push - POLE_MOMENT * turn * cosine / MASS_TOTAL;
    bool was_over = find_events(s) != 0;
    struct env_step result = { 0 };

    s->position += DT * s->velocity;
    s->velocity += DT * acceleration;
    s->angle += DT * s->angular_velocity;
    s->angular_velocity += DT * turn;

    result.reward = was_over ? 0 : 1; /* the step that ends an episode counts */
    result.events = find_events(s);
    result.terminated = result.events != 0;
    return result;
}

static void cartpole_observe(const void *instance, double *out)
{
    const struct cartpole *s = instance;

    out[0] = s->position;
    out[1] = s->velocity;
    out[2] = s->angle;
    out[3] = s->angular_velocity;
}

static int cartpole_set_observed(void *instance, const double *obs)
{
    const struct cartpole s = { obs[0], obs[1], obs[2], obs[3] };

    return cartpole_load(instance, &s);
}

static void cartpole_draw(void *instance, struct canvas *out)
{
    const struct cartpole *s = instance;
    const double scale = WIDTH / (2 * (MAX_POSITION + 0.3)), ground = 300, top = 268;
    double x = WIDTH / 2.0 + s->position * scale, length = 2 * HALF_LENGTH * scale * 1.6;
    double tip_x = x + length * sin(s->angle), tip_y = top - length * cos(s->angle);
    bool is_over = find_events(s) != 0;

    canvas_clear(out, 0xf4f5f7);
    canvas_rect(out, 0, (int)ground, WIDTH, 3, 0xb8bec9);
    for (int side = -1; side <= 1; side++)
        canvas_rect(out, (int)(WIDTH / 2.0 + side * MAX_POSITION * scale) - 1,
                    (int)ground - (side ? 14 : 0), 3, side ? 28 : 10, 0xb8bec9);
    canvas_rect(out, (int)x - 40, (int)top, 80, 26, 0x3b4252);
    canvas_disc(out, x - 24, ground - 5, 7, 0x6b7385);
    canvas_disc(out, x + 24, ground - 5, 7, 0x6b7385);
    canvas_thick_line(out, x, top, x, top - length, 1, 0xd5d9e0); /* upright */
    canvas_thick_line(out, x, top, tip_x, tip_y, 10, is_over ? 0xc0392b : 0x2f7fd1);
    canvas_disc(out, x, top, 7, 0x3b4252);
}

static const struct env_field fields[] = {
    { "position", "m", 1, -2 * MAX_POSITION, 2 * MAX_POSITION, 4 },
    { "velocity", "m/s", 1, -INFINITY, INFINITY, 0 },
    { "angle", "rad", 1, -2 * MAX_ANGLE, 2 * MAX_ANGLE, 4 },
    { "angular_velocity", "rad/s", 1, -INFINITY, INFINITY, 0 },
    { 0 },
};

static const char *const pushes[] = { "left", "right" };
static const struct env_action actions[] = { { "push", true, 0, 1, pushes }, { 0 } };
static const double noop[] = { 0 };
static const struct env_event events[] = {
    [EVENT_FELL] = { "fell", true },
    [EVENT_OUT_OF_BOUNDS] = { "out_of_bounds", true },
    { 0 },
};
static const struct env_option options[] = { { 0 } };

extern const struct env cartpole_env;
const struct env cartpole_env = {
    .abi = ENV_ABI,
    .name = "cartpole",
    .version = 1,
    .about = "Hold a pole upright on a cart by pushing the cart left (0) or right (1); "
             "angle > 0 leans right.",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .options = options,
    .frames_per_second = 1 / DT,
    .max_frames = 500,
    .fault_return = INFINITY,
    .target = 475,
    .frame_width = WIDTH,
    .frame_height = HEIGHT,
    .create = cartpole_create,
    .destroy = cartpole_destroy,
    .reset = cartpole_reset,
    .step = cartpole_step,
    .observe = cartpole_observe,
    .set_observed = cartpole_set_observed,
    .draw = cartpole_draw,
    .state_size = cartpole_state_size,
    .save = cartpole_save,
    .load = cartpole_load,
};
