/* breakout.c - Breakout as an environment: description, observation, saved state. */
#include "envs/breakout/breakout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/rng.h"

/* A ball at the game's y is drawn from this many rows further down (see fields). */
enum { Y_ORIGIN = 9 };

/* ball_y is the game's own line, so that it moves evenly: in the lower part of the
 * picture it is the ball's first row of pixels; the rows above the bricks' lower edge are
 * drawn one pixel higher, those at the top wall two. What the screen does not show in one
 * frame but in a few is given, too: the part of a pixel, and what the ball's speed
 * depends on. */
static const struct env_field fields[] = {
    { "ball_x", "px", 1, 0, 159, 5 },       /* left edge; 0 when there is no ball */
    { "ball_y", "px", 1, 0, 220, 0 },       /* top edge; 0 when there is no ball */
    { "ball_dx", "px/frame", 1, -2, 2, 3 }, /* speed of the last movement, right is + */
    { "ball_dy", "px/frame", 1, -3.375, 3.375, 2 }, /* down is + */
    { "ball_x_part", "px", 1, 0, 1, 0 }, /* add to ball_x for the exact place */
    { "ball_y_part", "px", 1, 0, 1, 0 },
    { "paddle_x", "px", 1, 8, 144, 0 }, /* left edge */
    { "paddle_width", "px", 1, 12, 16, 2 },
    { "lives", "", 1, 0, 5, 0 },
    { "score", "", 1, 0, 864, 0 },
    { "ball_in_play", "", 1, 0, 1, 0 },
    { "can_break", "", 1, 0, 1, 0 },    /* 1: the next brick that is touched breaks */
    { "paddle_hits", "", 1, 0, 16, 0 }, /* this life, at most 12; 16 after an upper row */
    { "bricks", "(1: there; 6 rows of 18, from the top left)", BREAKOUT_BRICKS, 0, 1, 0 },
    { NULL, NULL, 0, 0, 0, 0 },
};
enum { N_PLAIN = 13 }; /* numbers before the bricks */

static const char *const choices[] = { "NOOP", "FIRE", "RIGHT", "LEFT", NULL };
static const struct env_action actions[] = {
    { "move", true, BREAKOUT_NOOP, BREAKOUT_LEFT, choices },
    { NULL, false, 0, 0, NULL },
};
static const double noop[] = { BREAKOUT_NOOP };

#define EVENT_ROW(name, text, is_failure) { text, is_failure },
static const struct env_event events[] = { BREAKOUT_EVENTS(EVENT_ROW){ NULL, false } };

enum { OPTION_END, OPTION_KNOB };
static const struct env_option options[] = {
    { "end", "clear", "clear: the episode ends at 864 points; rom: it goes on" },
    { "knob", "seed",
      "seed: seeds but 0 start with the paddle elsewhere; centre: as ALE" },
    { NULL, NULL, NULL },
};

static void breakout_reset(void *instance, uint64_t seed)
{
    struct breakout *b = instance;
    int32_t knob = BREAKOUT_KNOB_CENTRE;
    struct rng r;

    /* On a console the knob is where the last player left it; ALE centres it. */
    if (seed != 0 && !b->knob_is_centred) {
        rng_seed(&r, seed, 0x6b6e6f62);
        knob = BREAKOUT_KNOB_MIN +
               (int32_t)rng_below(&r, BREAKOUT_KNOB_MAX - BREAKOUT_KNOB_MIN + 1);
    }
    breakout_boot(b, knob);
}

/* 1: the option has the first of two values, 0: the second; -1: another, and why. */
static int breakout_choose(int option, const char *text, const char *first,
                           const char *second, char *why, size_t why_size)
{
    text = text ? text : options[option].value;
    if (!strcmp(text, first))
        return 1;
    if (!strcmp(text, second))
        return 0;
    snprintf(why, why_size, "%s: \"%.40s\" is neither %s nor %s", options[option].name,
             text, first, second);
    return -1;
}

static void *breakout_create(const char *const *values, char *why, size_t why_size)
{
    static const char *const defaults[] = { NULL, NULL };
    const char *const *v = values ? values : defaults;
    const int ends = breakout_choose(OPTION_END, v[OPTION_END], "clear", "rom", why,
                                     why_size);
    if (ends < 0)
        return NULL;
    const int centred = breakout_choose(OPTION_KNOB, v[OPTION_KNOB], "centre", "seed",
                                        why, why_size);
    if (centred < 0)
        return NULL;

    struct breakout *b = xcalloc(1, sizeof(*b));
    b->ends_when_clear = ends;
    b->knob_is_centred = centred;
    breakout_reset(b, 0);
    return b;
}

static void breakout_destroy(void *instance)
{
    free(instance);
}

static struct env_step breakout_step(void *instance, const double *action)
{
    return breakout_frame(instance, (enum breakout_action)action[0]);
}

static double speed_of(uint8_t high, uint8_t low)
{
    return (int16_t)(uint16_t)(high << 8 | low) * 0x1p-8;
}

static void breakout_observe(const void *instance, double *out)
{
    const struct breakout *b = instance;
    const struct breakout_memory *m = &b->now.ram;

    memset(out, 0, 6 * sizeof(*out));
    if (m->ball_y) {
        out[0] = m->ball_x - BREAKOUT_BALL_ORIGIN;
        out[1] = m->ball_y + Y_ORIGIN;
        out[2] = 0 - speed_of(m->ball_dx, m->ball_dx_low);
        out[3] = speed_of(m->ball_dy, m->ball_dy_low);
        out[4] = m->ball_x_low * 0x1p-8;
        out[5] = m->ball_y_low * 0x1p-8;
    }
    out[6] = m->paddle_x - BREAKOUT_PADDLE_ORIGIN;
    out[7] = 2 * m->paddle_half;
    out[8] = m->lives;
    out[9] = breakout_score(m->score);
    out[10] = m->ball_y != 0;
    out[11] = !(m->hits & BREAKOUT_SPENT);
    out[12] = m->hits & BREAKOUT_HITS;
    memcpy(out + N_PLAIN, b->bricks, sizeof(b->bricks));
}

static void copy_ram(const void *instance, uint8_t *out)
{
    const struct breakout *b = instance;

    memcpy(out, &b->now.ram, sizeof(b->now.ram));
}

static void breakout_draw_state(void *instance, struct canvas *out)
{
    const struct breakout *b = instance;

    breakout_draw(&b->now, out);
}

static size_t breakout_state_size(const void *instance)
{
    (void)instance;
    return sizeof(struct breakout_state);
}

static void breakout_save(const void *instance, void *out)
{
    const struct breakout *b = instance;

    memcpy(out, &b->now, sizeof(b->now));
}

static int breakout_load(void *instance, const void *block)
{
    struct breakout *b = instance;
    struct breakout_state s;

    memcpy(&s, block, sizeof(s));
    if (!breakout_is_sound(&s))
        return -1;
    b->now = s;
    breakout_list_bricks(b);
    return 0;
}

extern const struct env breakout_env;
const struct env breakout_env = {
    .abi = ENV_ABI,
    .name = "breakout",
    .version = 1,
    .about = "Breakout as the Atari 2600 plays it: two walls of 108 bricks, five lives",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .options = options,
    .frames_per_second = 60,
    .max_frames = 108000,
    .fault_return = INFINITY,
    .target = BREAKOUT_MAX_SCORE,
    .frame_width = BREAKOUT_WIDTH,
    .frame_height = BREAKOUT_HEIGHT,
    .ram_size = sizeof(struct breakout_memory),
    .create = breakout_create,
    .destroy = breakout_destroy,
    .reset = breakout_reset,
    .step = breakout_step,
    .observe = breakout_observe,
    .ram = copy_ram,
    .draw = breakout_draw_state,
    .state_size = breakout_state_size,
    .save = breakout_save,
    .load = breakout_load,
};
