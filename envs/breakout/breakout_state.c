/* breakout_state.c - the state of Breakout: how it starts, what follows from it, and
 * whether a saved one can be. */
#include "envs/breakout/breakout.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct breakout_memory) == 128, "the console's memory");
static_assert(sizeof(struct breakout_state) == 128 + 8 + 4, "no padding");
static_assert(offsetof(struct breakout_memory, lives) == 57, "measured");
static_assert(offsetof(struct breakout_memory, paddle_x) == 72, "measured");
static_assert(offsetof(struct breakout_memory, score) == 76, "measured");
static_assert(offsetof(struct breakout_memory, ball_x) == 99, "measured");
static_assert(offsetof(struct breakout_memory, ball_y) == 101, "measured");

static uint8_t swap_nibbles(uint8_t v)
{
    return (uint8_t)(v << 4 | v >> 4);
}

/* The addresses of the digits' pictures: five bytes a digit, digit 10 is empty. Without a
 * game, the number of the variation is shown in the score's place. */
static void point_at_digits(struct breakout_memory *m)
{
    enum { EMPTY = 10 };

    m->digits[8] = 5; /* the player's number, 1 */
    if (!m->in_game) {
        m->digits[4] = 5 * 1;
        m->digits[2] = 5 * EMPTY;
        m->stack[4] = 0xf1; /* left by a call that the shown score would cover */
        m->stack[5] = 0x35;
        return;
    }
    m->digits[0] = (uint8_t)((m->score[0] & 15) * 5);
    m->digits[2] = (uint8_t)((m->score[1] >> 4) * 5);
    m->digits[4] = (uint8_t)((m->score[1] & 15) * 5);
    m->digits[6] = (uint8_t)((m->lives & 15) * 5);
}

/* In a game the colours stay; without one they are darkened and cycle with the hue. */
static void breakout_state_choose_colors(struct breakout_memory *m)
{
    static const uint8_t base[10] = {
        0x06, 0x00, 0x46, 0xb6, 0x86, 0xc6, 0x16, 0x26, 0x36, 0x46,
    };
    const uint8_t mask = m->is_on ? 0xff : 0xf7;

    m->scratch = swap_nibbles(m->hue);
    for (int i = 0; i < 10; i++)
        m->colors[i] = (base[i] ^ m->scratch) & mask;
}

void breakout_derive(struct breakout_memory *m)
{
    point_at_digits(m);
    breakout_state_choose_colors(m);
}

/* What the picture shows from the next frame on. */
void breakout_show(struct breakout_state *s)
{
    const struct breakout_memory *m = &s->ram;

    s->shown = (struct breakout_shown){
        .score = { m->score[0], m->score[1] },
        .lives = m->lives,
        .in_game = m->in_game,
        .hue = m->hue,
    };
}

void breakout_list_bricks(struct breakout *b)
{
    for (int i = 0; i < BREAKOUT_BRICKS; i++) {
        uint8_t mask;
        const int at = breakout_brick_place(i / BREAKOUT_COLUMNS, i % BREAKOUT_COLUMNS,
                                            &mask);
        b->bricks[i] = b->now.ram.wall[at] & mask ? 1 : 0;
    }
}

void breakout_fill_wall(uint8_t wall[36])
{
    memset(wall, 0x3f, 6);
    memset(wall + 6, 0xff, 24);
    memset(wall + 30, 0xc0, 6);
}

void breakout_boot(struct breakout *b, int32_t knob)
{
    struct breakout_memory *m = &b->now.ram;

    /* As read from ale-py 0.12.1 after its reset; the rest is zero. */
    memset(&b->now, 0, sizeof(b->now));
    breakout_fill_wall(m->wall);
    memset(m->other_wall, 0xff, 13);
    m->other_wall[13] = 0xf0;
    m->is_on = m->in_game = m->select_up = 0xff;
    m->paddle_shape = 0xf0;
    m->paddle_half = 8;
    m->lives = BREAKOUT_LIVES;
    m->swap_row = 6;
    m->swap_bit = 8;
    m->swap_kind = 5;
    m->refill = 0xe4;
    for (int i = 1; i < 10; i += 2)
        m->digits[i] = i == 1 || i == 7 ? 0xf1 : 0xf2;
    memset(m->row_lines, 0xff, sizeof(m->row_lines));
    memcpy(m->stack, (const uint8_t[8]){ 0, 0, 0xba, 0xd6, 0x75, 0xf6, 0xdb, 0xf2 }, 8);
    breakout_derive(m);
    /* The paddle has been settling while the machine started. */
    b->now.knob = knob;
    m->knob_line = breakout_knob_line(knob);
    m->paddle_x = BREAKOUT_PADDLE_MIN;
    for (int i = 0; i < 64; i++)
        m->paddle_x = breakout_next_paddle_x(m);
    breakout_show(&b->now);
    breakout_list_bricks(b);
}

static bool is_bcd(uint8_t v)
{
    return (v & 15) < 10 && v >> 4 < 10;
}

bool breakout_is_sound(const struct breakout_state *s)
{
    const struct breakout_memory *m = &s->ram;
    uint8_t full[36];
    bool is_subset = true;

    breakout_fill_wall(full);
    for (int i = 0; i < 36; i++)
        is_subset = is_subset && !(m->wall[i] & ~full[i]);
    return is_subset && s->knob >= BREAKOUT_KNOB_MIN && s->knob <= BREAKOUT_KNOB_MAX &&
           m->knob_line == breakout_knob_line(s->knob) && m->lives <= BREAKOUT_LIVES &&
           is_bcd(m->score[0]) && is_bcd(m->score[1]) &&
           breakout_score(m->score) <= BREAKOUT_MAX_SCORE &&
           m->paddle_x >= BREAKOUT_PADDLE_MIN && m->paddle_x <= BREAKOUT_PADDLE_MAX &&
           (m->hits & BREAKOUT_HITS) <= BREAKOUT_HITS_UPPER &&
           (m->part == 0 || m->part == 2) &&
           (m->paddle_half == 6 || m->paddle_half == 8) &&
           (m->is_on == 0 || m->is_on == 0xff) &&
           (m->in_game == 0 || m->in_game == 0xff) && s->shown.is_late <= 1;
}
