/* breakout.h - the Atari 2600's Breakout: its memory, its frame and its picture.
 *
 * The console has 128 bytes of memory; `struct breakout_memory` names them at the game's
 * own addresses, so that the `ram` observation is a copy. What the console knows beside
 * them is the knob that the player turns, and what the picture showed last.
 *
 * Sources, here and in the .c files: the 2 KB program of the game read as facts, and
 * every rule measured on ale-py 0.12.1 (Arcade Learning Environment), frame skip 1, no
 * sticky actions, mode 0, difficulty 0; tests/test_breakout.c plays its traces. */
#ifndef RATCHET_ENVS_BREAKOUT_BREAKOUT_H
#define RATCHET_ENVS_BREAKOUT_BREAKOUT_H

#include "envs/env.h"

enum { BREAKOUT_ROWS = 6, BREAKOUT_COLUMNS = 18, BREAKOUT_BRICKS = 108 };
enum { BREAKOUT_LIVES = 5, BREAKOUT_WALL_SCORE = 432, BREAKOUT_MAX_SCORE = 864 };
/* An object's x in memory less this is its pixel; the paddle's travel. */
enum { BREAKOUT_BALL_ORIGIN = 49, BREAKOUT_PADDLE_ORIGIN = 47 };
enum { BREAKOUT_PADDLE_MIN = 55, BREAKOUT_PADDLE_MAX = 191 };
enum { BREAKOUT_WIDTH = 160, BREAKOUT_HEIGHT = 210 }; /* pixels */

enum breakout_action { BREAKOUT_NOOP, BREAKOUT_FIRE, BREAKOUT_RIGHT, BREAKOUT_LEFT };

/* Name and whether a policy would rather avoid it; the bit is the place in the list. */
#define BREAKOUT_EVENTS(X)                                                     \
    X(LIFE_LOST, "life_lost", true)                                            \
    X(TIMED_OUT, "timed_out", false) /* 65,536 frames: the game ends itself */ \
    X(BRICK, "brick", false)                                                   \
    X(PADDLE_HIT, "paddle_hit", false)                                         \
    X(TOP_WALL, "top_wall", false)                                             \
    X(SIDE_WALL, "side_wall", false)                                           \
    X(SERVED, "served", false)                                                 \
    X(WALL_CLEARED, "wall_cleared", false)                                     \
    X(NEW_WALL, "new_wall", false)

#define BREAKOUT_EVENT_BIT(name, text, is_failure) BREAKOUT_BIT_##name,
enum { BREAKOUT_EVENTS(BREAKOUT_EVENT_BIT) BREAKOUT_N_EVENTS };
#undef BREAKOUT_EVENT_BIT
#define BREAKOUT_EVENT(name) (UINT32_C(1) << BREAKOUT_BIT_##name)

/* Numbers in brackets are addresses, 0 to 127. Pairs `x`, `x_low` are 8.8 fixed point,
 * and speeds two's complement; ball_dx counts to the left, ball_dy downwards. */
struct breakout_memory {
    uint8_t wall[36];       /* [0] bricks as the video chip takes them, see brick_place */
    uint8_t other_wall[14]; /* [36] the second player's, packed; full and never used */
    uint8_t variation;      /* [50] 0: the one-player game */
    uint8_t rules;          /* [51] 0 */
    uint8_t is_on;          /* [52] 0xff while a game goes on */
    uint8_t player, paddle_read; /* [53] 0, 0: one player */
    uint8_t paddle_shape;        /* [55] the paddle's 8 dots, of two pixels each */
    uint8_t paddle2_shape;       /* [56] 0 */
    uint8_t lives;               /* [57] */
    uint8_t n_players;           /* [58] less one */
    uint8_t scratch;             /* [59] */
    uint8_t colors[10]; /* [60] frame, ground, ball, left foot; rows from the bottom */
    uint8_t knob_line;  /* [70] the line of the picture at which the knob had charged */
    uint8_t swap_row;   /* [71] */
    uint8_t paddle_x;   /* [72] left edge, pixel + 47 */
    uint8_t paddle2_x;  /* [73] 0 */
    uint8_t swap_bit, swap_byte; /* [74] */
    uint8_t score[2];            /* [76] four decimal digits, high ones first */
    uint8_t other_score[2];      /* [78] */
    uint8_t digits[10];          /* [80] addresses of the shown digits' pictures */
    uint8_t time_low, time_high; /* [90] frames since the reset */
    uint8_t select_up;           /* [92] 0xff */
    uint8_t hue;                 /* [93] cycles the colours when no game is on */
    uint8_t refill;    /* [94] 0xc0: the wall is full again next frame; see swap_walls */
    uint8_t sound;     /* [95] kind, and frames left in the low six bits */
    uint8_t pitch;     /* [96] */
    uint8_t is_narrow; /* [97] 0x80 after the ball was at the top, until the life ends */
    uint8_t unused;    /* [98] */
    uint8_t ball_x, ball_x_low;   /* [99] left edge, pixel + 49 */
    uint8_t ball_y, ball_y_low;   /* [101] 0: no ball in play */
    uint8_t ball_dy, ball_dy_low; /* [103] */
    uint8_t ball_dx, ball_dx_low; /* [105] */
    uint8_t hits;         /* [107] paddle hits, 0x10 after an upper row; and two flags */
    uint8_t paddle_half;  /* [108] half the paddle's width, pixels */
    uint8_t part;         /* [109] of the paddle that was hit: 2 the middle, 0 an end */
    uint8_t in_game;      /* [110] 0xff: score and lives are shown */
    uint8_t row_lines[6]; /* [111] 0xff */
    uint8_t unused2[2];   /* [117] */
    uint8_t swap_kind;    /* [119] */
    uint8_t stack[8];     /* [120] what calls left there */
};

/* Flags in `hits`. */
enum {
    BREAKOUT_HITS = 0x3f,
    BREAKOUT_HITS_UPPER = 0x10,
    BREAKOUT_AT_PADDLE = 0x40, /* the ball comes from the paddle and passes it once */
    BREAKOUT_SPENT = 0x80, /* a brick broke; none breaks until the paddle or the top */
};

/* What the picture shows: digits and colours are those of the frame before. */
struct breakout_shown {
    uint8_t score[2], lives, in_game, hue;
    uint8_t is_late; /* 1: the memory has changed, the next frame shows it */
    uint8_t unused[2];
};

/* The state: flat, no padding. */
struct breakout_state {
    struct breakout_memory ram;
    struct breakout_shown shown;
    int32_t knob; /* resistance of the paddle's potentiometer, in the emulator's units */
};

/* An instance. `bricks` is derived from the wall, ready to be copied when observed. */
struct breakout {
    struct breakout_state now;
    double bricks[BREAKOUT_BRICKS]; /* 1 where there is one, row by row from the top */
    bool ends_when_clear;
    bool knob_is_centred; /* at every reset, whatever the seed */
};

/* The machine as the emulator hands it over after its reset, with the knob at knob. */
void breakout_boot(struct breakout *b, int32_t knob);
enum {
    BREAKOUT_KNOB_MIN = 27450,
    BREAKOUT_KNOB_MAX = 790196,
    BREAKOUT_KNOB_CENTRE = 408823
};

struct env_step breakout_frame(struct breakout *b, enum breakout_action action);

/* Whether the game could be in this state. */
bool breakout_is_sound(const struct breakout_state *s);

/* The brick's byte in `wall`, its bits in *mask; row 0..5 from the top, column 0..17. */
int breakout_brick_place(int row, int column, uint8_t *mask);
void breakout_list_bricks(struct breakout *b); /* wall -> bricks */
void breakout_fill_wall(uint8_t wall[36]);

int breakout_score(const uint8_t digits[2]);
uint8_t breakout_knob_line(int32_t knob);
uint8_t breakout_next_paddle_x(const struct breakout_memory *m);
void breakout_derive(struct breakout_memory *m); /* digits and colours, from the rest */
void breakout_show(struct breakout_state *s);    /* what the picture shows from now on */

void breakout_draw(const struct breakout_state *s, struct canvas *out);

#endif
