/* breakout_draw.c - the picture of Breakout, as the emulator's RGB screen shows it. */
#include "envs/breakout/breakout.h"

#include "envs/canvas.h"

/* Lines are the game's, rows are the picture's; between them lie lines that the game does
 * not count: one below the top wall, one below the bricks, in which the ball is drawn
 * once more. */
enum { FIRST_LINE = 12, UNDER_TOP = 26, WALL = 50, UNDER_WALL = 86, LAST_LINE = 187 };
enum {
    ROW_TOP = 17,
    ROW_UNDER_TOP = 32,
    ROW_WALL = 57,
    ROW_UNDER_WALL = 93,
    ROW_FOOT = 189
};
enum { ROW_LAST = 195, PADDLE_HEIGHT = 4, BRICK_WIDTH = 8, BRICK_HEIGHT = 6 };
enum { BALL_WIDTH = 2, BALL_LINES = 4, FRAME = 8 };

/* The ball's last line is cut off at this pixel; an even y is drawn by the chip's delayed
 * copy, which ends later. */
enum { LAST_LINE_ODD = 46, LAST_LINE_EVEN = 56 };

/* The chip's colours by hue (high four bits) and light (bits 1 and 2; the game leaves bit
 * 3 out), as the emulator shows them; read from 131,072 frames of ale-py 0.12.1. */
static const uint32_t palette[64] = {
    0x000000, 0x4a4a4a, 0x6f6f6f, 0x8e8e8e, 0x484800, 0x69690f, 0x86861d, 0xa2a22a,
    0x7c2c00, 0x904811, 0xa26221, 0xb47a30, 0x901c00, 0xa33915, 0xb55328, 0xc66c3a,
    0x940000, 0xa71a1a, 0xb83232, 0xc84848, 0x840064, 0x97197a, 0xa8308f, 0xb846a2,
    0x500084, 0x68199a, 0x7d30ad, 0x9246c0, 0x140090, 0x331aa3, 0x4e32b5, 0x6848c6,
    0x000094, 0x181aa7, 0x2d32b8, 0x4248c8, 0x001c88, 0x183b9d, 0x2d57b0, 0x4272c2,
    0x003064, 0x185080, 0x2d6d98, 0x4288b0, 0x004030, 0x18624e, 0x2d8169, 0x429e82,
    0x004400, 0x1a661a, 0x328432, 0x48a048, 0x143c00, 0x355f18, 0x527e2d, 0x6e9c42,
    0x303800, 0x505916, 0x6d762b, 0x88923e, 0x482c00, 0x694d14, 0x866a26, 0xa28638,
};

/* The colours of this picture. */
struct colors {
    uint32_t frame, ball, left_foot, rows[BREAKOUT_ROWS];
};

/* The hue's halves are exchanged before it is mixed in. */
static uint32_t rgb_of(uint8_t base, uint8_t hue)
{
    const unsigned color = base ^ ((unsigned)(hue << 4 | hue >> 4) & 0xff);

    return palette[color >> 4 << 2 | (color >> 1 & 3)];
}

static struct colors breakout_draw_choose_colors(uint8_t hue)
{
    static const uint8_t rows[BREAKOUT_ROWS] = { 0x46, 0x36, 0x26, 0x16, 0xc6, 0x86 };
    struct colors c = {
        .frame = rgb_of(0x06, hue),
        .ball = rgb_of(0x46, hue),
        .left_foot = rgb_of(0xb6, hue),
    };

    for (int i = 0; i < BREAKOUT_ROWS; i++)
        c.rows[i] = rgb_of(rows[i], hue);
    return c;
}

/* Digits are 3 dots wide, of 4 pixels, and 5 high, of 2. One octal digit a row. */
static void draw_digit(struct canvas *out, int x, int digit, uint32_t color)
{
    static const unsigned glyphs[10] = {
        075557, 022222, 071747, 071317, 055711, 074717, 044757, 071111, 075757, 075711,
    };

    if (digit < 0 || digit > 9)
        return;
    for (int dot = 0; dot < 15; dot++)
        if (glyphs[digit] >> (14 - dot) & 1)
            canvas_rect(out, x + dot % 3 * 4, 5 + dot / 3 * 2, 4, 2, color);
}

static void draw_digits(const struct breakout_state *s, struct canvas *out,
                        uint32_t color)
{
    const struct breakout_shown *shown = &s->shown;

    draw_digit(out, 132, 1, color); /* the player */
    if (!shown->in_game) {
        draw_digit(out, 68, 1, color); /* the variation */
        return;
    }
    if (s->ram.in_game) {
        draw_digit(out, 36, shown->score[0] & 15, color);
        draw_digit(out, 100, shown->lives & 15, color);
    }
    draw_digit(out, 52, shown->score[1] >> 4, color);
    draw_digit(out, 68, shown->score[1] & 15, color);
}

/* Without a game the ground changes its colour, too: the next frame's is there before the
 * picture ends. In the first line the chip leaves eight pixels out. */
static void draw_ground(const struct breakout_state *s, struct canvas *out)
{
    const uint32_t next = rgb_of(0x00, s->ram.hue);

    canvas_clear(out, rgb_of(0x00, s->shown.hue));
    if (s->ram.hue == 0 && s->shown.hue == 0)
        return;
    canvas_rect(out, 0, 0, 8, 1, 0x000000);
    canvas_rect(out, 55, 203, BREAKOUT_WIDTH - 55, 1, next);
    canvas_rect(out, 0, 204, BREAKOUT_WIDTH, BREAKOUT_HEIGHT - 204, next);
}

static void draw_frame(struct canvas *out, const struct colors *c)
{
    const int right = BREAKOUT_WIDTH - FRAME;

    canvas_rect(out, 0, ROW_TOP, BREAKOUT_WIDTH, ROW_UNDER_TOP - ROW_TOP, c->frame);
    canvas_rect(out, 0, ROW_UNDER_TOP, FRAME, ROW_FOOT - ROW_UNDER_TOP, c->frame);
    canvas_rect(out, right, ROW_UNDER_TOP, FRAME, ROW_FOOT - ROW_UNDER_TOP, c->frame);
    canvas_rect(out, 0, ROW_FOOT, FRAME, ROW_LAST + 1 - ROW_FOOT, c->left_foot);
    canvas_rect(out, right, ROW_FOOT, FRAME, ROW_LAST - ROW_FOOT, c->ball);
}

static void draw_bricks(const struct breakout_memory *m, struct canvas *out,
                        const struct colors *c)
{
    for (int row = 0; row < BREAKOUT_ROWS; row++) {
        for (int column = 0; column < BREAKOUT_COLUMNS; column++) {
            uint8_t mask;
            const int at = breakout_brick_place(row, column, &mask);
            if (m->wall[at] & mask)
                canvas_rect(out, FRAME + column * BRICK_WIDTH,
                            ROW_WALL + row * BRICK_HEIGHT, BRICK_WIDTH, BRICK_HEIGHT,
                            c->rows[row]);
        }
    }
}

/* The ball takes the colour of what is drawn in the same line. */
static void draw_ball_line(struct canvas *out, int x, int line, int last_line_width,
                           const struct colors *c)
{
    int row = line + 8, n_rows = 1, width = BALL_WIDTH;
    uint32_t color = c->ball;

    if (line < UNDER_WALL) {
        row = line < UNDER_TOP ? line + 6 : line + 7;
        color = line < WALL ? c->frame : c->rows[(line - WALL) / BRICK_HEIGHT];
    }
    if (line == LAST_LINE && x + width > last_line_width)
        width = last_line_width - x;
    if (line == UNDER_TOP - 1)
        n_rows = 2;
    canvas_rect(out, x, row, width, n_rows, color);
    if (line == UNDER_WALL - 1)
        canvas_rect(out, x, row + 1, width, 1, c->ball);
}

static void draw_ball(const struct breakout_memory *m, struct canvas *out,
                      const struct colors *c)
{
    const int x = m->ball_x - BREAKOUT_BALL_ORIGIN;
    const int last_line_width = m->ball_y & 1 ? LAST_LINE_ODD : LAST_LINE_EVEN;

    for (int line = m->ball_y + 1; line <= m->ball_y + BALL_LINES; line++)
        if (line >= FIRST_LINE && line <= LAST_LINE)
            draw_ball_line(out, x, line, last_line_width, c);
}

void breakout_draw(const struct breakout_state *s, struct canvas *out)
{
    const struct breakout_memory *m = &s->ram;
    const struct colors c = breakout_draw_choose_colors(s->shown.hue);

    draw_ground(s, out);
    draw_digits(s, out, c.frame);
    draw_bricks(m, out, &c);
    if (m->ball_y)
        draw_ball(m, out, &c);
    draw_frame(out, &c); /* walls and paddle cover the ball */
    canvas_rect(out, m->paddle_x - BREAKOUT_PADDLE_ORIGIN, ROW_FOOT, 2 * m->paddle_half,
                PADDLE_HEIGHT, c.ball);
}
