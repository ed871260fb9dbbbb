/* breakout_frame.c - one frame of the game: knob, serve, bounces, bricks and speed. */
#include "envs/breakout/breakout.h"

/* The emulator turns the knob by this much a frame (ALE, PADDLE_DELTA). */
#define KNOB_TURN 23000

/* Pixel columns as the game counts them: an object's x less this is its pixel. */
enum { BALL_ORIGIN = BREAKOUT_BALL_ORIGIN, PADDLE_ORIGIN = BREAKOUT_PADDLE_ORIGIN };
enum { PADDLE_MIN = BREAKOUT_PADDLE_MIN, PADDLE_MAX = BREAKOUT_PADDLE_MAX };

/* Lines of the picture as the game counts them; a ball at y covers lines y+1 to y+4. */
enum {
    BALL_FIRST = 1,
    BALL_LAST = 4,
    TOP_FIRST = 12, /* the top wall */
    TOP_LAST = 25,
    WALL_FIRST = 50,
    WALL_LAST = 85,
    UNDER_WALL = 86,
    PADDLE_FIRST = 181,
    PADDLE_LAST = 184,
    LEFT_LAST = 187, /* the side walls' last lines */
    RIGHT_LAST = 186,
    BALL_LOST = 208, /* a ball at this y is gone */
    SERVE_Y = 112,
};

enum { BRICK_WIDTH = 8, BRICK_HEIGHT = 6, WALL_LEFT = 8, WALL_RIGHT = 152 };

/* `refill`: the flags and the countdown of exchanging the two players' walls. */
enum { REFILL_BUSY = 0x80, REFILL_FULL = 0xc0, REFILL_COUNT = 0x3f };

/* `sound`: kind with the frames that it lasts. */
enum {
    SOUND_PADDLE = 0x88,
    SOUND_BRICK = 0x06,
    SOUND_SIDE = 0x46,
    SOUND_SERVE = 0x48,
    SOUND_FRAMES = 0x3f,
};

static const uint8_t row_points[BREAKOUT_ROWS] = { 7, 7, 4, 4, 1, 1 };
static const uint8_t row_pitch[BREAKOUT_ROWS] = { 10, 12, 16, 18, 22, 28 };

/* Where a serve starts and whether it goes right, by the frame counter's low two bits. */
static const struct {
    uint8_t x;
    bool is_right;
} serves[4] = { { 64, true }, { 128, false }, { 128, true }, { 192, false } };

/* Pixels a frame in 1/256, by hits / 4 and the part of the paddle (an end, the middle).
 * The last row is the speed after a brick of the upper three rows. */
static const struct {
    uint16_t x, y;
} speeds[5][2] = {
    { { 384, 256 }, { 256, 384 } }, /* 1.5, 1     1, 1.5 */
    { { 384, 512 }, { 128, 512 } }, /* 1.5, 2     0.5, 2 */
    { { 512, 256 }, { 512, 256 } }, /* 2, 1 */
    { { 512, 512 }, { 512, 512 } }, /* 2, 2 */
    { { 512, 864 }, { 512, 864 } }, /* 2, 3.375 */
};
enum { HITS_FASTEST = 12, HITS_UPPER = BREAKOUT_HITS_UPPER };

static uint16_t word(uint8_t high, uint8_t low)
{
    return (uint16_t)(high << 8 | low);
}

static void breakout_frame_put(uint8_t *high, uint8_t *low, unsigned value)
{
    *high = (uint8_t)(value >> 8);
    *low = (uint8_t)value;
}

int breakout_score(const uint8_t digits[2])
{
    return (digits[0] & 15) * 100 + (digits[1] >> 4) * 10 + (digits[1] & 15);
}

static void add_score(struct breakout_memory *m, int points)
{
    const int score = breakout_score(m->score) + points;

    m->score[0] = (uint8_t)(score / 100 % 10);
    m->score[1] = (uint8_t)((score / 10 % 10) << 4 | score % 10);
}

/* The wall's layout is the video chip's: three registers a half, six rows each from the
 * bottom; two dots a brick. */
int breakout_brick_place(int row, int column, uint8_t *mask)
{
    static const uint8_t block[BREAKOUT_COLUMNS] = {
        30, 24, 24, 24, 24, 18, 18, 18, 18, 12, 12, 6, 6, 6, 6, 0, 0, 0,
    };
    static const uint8_t dots[BREAKOUT_COLUMNS] = {
        0xc0, 0xc0, 0x30, 0x0c, 0x03, 0x03, 0x0c, 0x30, 0xc0,
        0x30, 0xc0, 0xc0, 0x30, 0x0c, 0x03, 0x03, 0x0c, 0x30,
    };

    *mask = dots[column];
    return block[column] + BREAKOUT_ROWS - 1 - row;
}

static void remove_ball(struct breakout_memory *m)
{
    m->ball_dx = m->ball_dx_low = m->ball_dy = m->ball_dy_low = 0;
    m->ball_y = 0;
    m->is_narrow = 0;
    m->hits = 0;
}

static void end_game(struct breakout_memory *m)
{
    m->is_on = 0;
    m->time_low = m->time_high = 0;
    remove_ball(m);
}

/* Counts the frame. When the 16-bit counter is full the game ends, whatever its state:
 * measured with 65,536 frames of doing nothing. */
static bool has_timed_out(struct breakout_memory *m)
{
    if (++m->time_low)
        return false;
    if (++m->time_high) {
        m->hue++;
        return false;
    }
    m->in_game = 0;
    end_game(m);
    return true;
}

/* Return addresses that the negations below leave behind; they tell a reader of `ram`
 * nothing but whether the ball has bounced, and which way. */
static void leave_on_stack(struct breakout_memory *m, bool is_down, bool is_right)
{
    if (is_down) {
        m->stack[1] = 0x96;
        m->stack[2] = 0xf6;
    }
    if (is_right)
        m->stack[2] = 0x96;
}

/* The ball bounces off in y; the sign of its dx stays. */
static void bounce(struct breakout_memory *m)
{
    int level = (m->hits & 0x3c) >> 2;
    const bool was_left = !(m->ball_dx & 0x80), was_down = !(m->ball_dy & 0x80);

    level = level > 4 ? 4 : level;
    const unsigned x = speeds[level][m->part >> 1 & 1].x;
    const unsigned y = speeds[level][m->part >> 1 & 1].y;
    breakout_frame_put(&m->ball_dx, &m->ball_dx_low, was_left ? x : 0u - x);
    breakout_frame_put(&m->ball_dy, &m->ball_dy_low, was_down ? 0u - y : y);
    leave_on_stack(m, was_down, !was_left);
}

static void reverse_x(struct breakout_memory *m)
{
    breakout_frame_put(&m->ball_dx, &m->ball_dx_low,
                       0u - word(m->ball_dx, m->ball_dx_low));
}

static void reverse_y(struct breakout_memory *m)
{
    breakout_frame_put(&m->ball_dy, &m->ball_dy_low,
                       0u - word(m->ball_dy, m->ball_dy_low));
}

static bool is_on_paddle(const struct breakout_memory *m)
{
    const int ball = m->ball_x - BALL_ORIGIN, paddle = m->paddle_x - PADDLE_ORIGIN;

    return m->ball_y + BALL_LAST >= PADDLE_FIRST &&
           m->ball_y + BALL_FIRST <= PADDLE_LAST && ball + 1 >= paddle &&
           ball < paddle + 2 * m->paddle_half;
}

/* The ball leaves to the side of the paddle's middle that it hit. Within four pixels of
 * the middle it leaves steeply. Every hit counts, up to twelve; each fourth changes the
 * speed. */
static uint32_t hit_paddle(struct breakout_memory *m)
{
    int offset = (int8_t)(m->paddle_x + m->paddle_half - m->ball_x);
    uint8_t hits = m->hits & BREAKOUT_HITS;

    if (m->hits & BREAKOUT_AT_PADDLE)
        return 0;
    if (offset == 0) {
        m->ball_x = (uint8_t)(m->ball_x + (m->ball_dx & 0x80 ? -4 : 4));
        offset = 1;
    }
    if ((offset ^ (int8_t)m->ball_dx) < 0)
        reverse_x(m);
    offset = offset < 0 ? -offset : offset;
    m->part = offset <= 4 ? 2 : 0;
    if (hits < HITS_FASTEST)
        hits++;
    m->hits = hits | BREAKOUT_AT_PADDLE;
    bounce(m);
    m->sound = SOUND_PADDLE;
    if (m->score[0] == 0x04 && m->score[1] == 0x32)
        m->refill = REFILL_FULL;
    return BREAKOUT_EVENT(PADDLE_HIT);
}

static bool has_brick(const struct breakout_memory *m, int row, int column)
{
    uint8_t mask;
    const int at = breakout_brick_place(row, column, &mask);

    return m->wall[at] & mask;
}

/* Whether a dot of the ball, two pixels by four lines, is drawn on a brick. */
static bool is_on_brick(const struct breakout_memory *m)
{
    int first = m->ball_y + BALL_FIRST, last = m->ball_y + BALL_LAST;
    int left = m->ball_x - BALL_ORIGIN, right = left + 1;

    first = first < WALL_FIRST ? WALL_FIRST : first;
    last = last > WALL_LAST ? WALL_LAST : last;
    left = left < WALL_LEFT ? WALL_LEFT : left;
    right = right >= WALL_RIGHT ? WALL_RIGHT - 1 : right;
    if (first > last || left > right)
        return false;
    const int row0 = (first - WALL_FIRST) / BRICK_HEIGHT;
    const int row1 = (last - WALL_FIRST) / BRICK_HEIGHT;
    const int column0 = (left - WALL_LEFT) / BRICK_WIDTH;
    const int column1 = (right - WALL_LEFT) / BRICK_WIDTH;
    return has_brick(m, row0, column0) || has_brick(m, row1, column0) ||
           has_brick(m, row0, column1) || has_brick(m, row1, column1);
}

/* The game looks for the brick at the ball's own place, not at the dots that touched:
 * when there is none, the ball goes on. In the top row it looks a pixel further left. */
static int find_brick(const struct breakout_memory *m)
{
    const int y = m->ball_y < WALL_FIRST ? 0 : m->ball_y - WALL_FIRST;
    const int row = y / BRICK_HEIGHT;
    const int x = m->ball_x - BALL_ORIGIN - WALL_LEFT - (row == 0);
    int column = x < 0 ? 0 : x / BRICK_WIDTH;

    column = column < BREAKOUT_COLUMNS ? column : BREAKOUT_COLUMNS - 1;
    return has_brick(m, row, column) ? row * BREAKOUT_COLUMNS + column : -1;
}

static uint32_t hit_brick(struct breakout *b, int *points)
{
    struct breakout_memory *m = &b->now.ram;
    uint8_t mask;

    if (m->hits & BREAKOUT_SPENT)
        return 0;
    const int brick = find_brick(m);
    if (brick < 0)
        return 0;
    const int row = brick / BREAKOUT_COLUMNS;
    const int at = breakout_brick_place(row, brick % BREAKOUT_COLUMNS, &mask);
    m->wall[at] &= (uint8_t)~mask;
    b->bricks[brick] = 0;
    m->pitch = row_pitch[row];
    m->sound = SOUND_BRICK;
    add_score(m, row_points[row]);
    *points = row_points[row];
    if (row < 3) {
        m->part = 0;
        m->hits = (m->hits & (uint8_t)~BREAKOUT_HITS) | HITS_UPPER;
    }
    bounce(m);
    m->hits = BREAKOUT_SPENT | (m->hits & BREAKOUT_HITS);
    const bool is_clear = breakout_score(m->score) % BREAKOUT_WALL_SCORE == 0;
    return BREAKOUT_EVENT(BRICK) | (is_clear ? BREAKOUT_EVENT(WALL_CLEARED) : 0);
}

static uint32_t hit_top(struct breakout_memory *m)
{
    m->is_narrow = 0x80;
    m->sound = SOUND_PADDLE;
    reverse_y(m);
    m->hits &= BREAKOUT_HITS;
    return BREAKOUT_EVENT(TOP_WALL);
}

/* A wall turns only a ball that comes from its inside. */
static uint32_t hit_side(struct breakout_memory *m)
{
    const int x = m->ball_x - BALL_ORIGIN, top = m->ball_y + BALL_FIRST;
    const bool is_left = x < WALL_LEFT && top <= LEFT_LAST;
    const bool is_right = x + 1 >= WALL_RIGHT && top <= RIGHT_LAST;

    if (!(is_left || is_right) || m->ball_y + BALL_LAST < TOP_FIRST)
        return 0;
    if ((m->ball_x ^ m->ball_dx) & 0x80)
        return 0;
    reverse_x(m);
    if (!(m->sound & SOUND_FRAMES))
        m->sound = SOUND_SIDE;
    return BREAKOUT_EVENT(SIDE_WALL);
}

/* The bounces that the last picture showed. */
static uint32_t collide(struct breakout *b, int *points)
{
    struct breakout_memory *m = &b->now.ram;
    uint32_t events = 0;

    if (m->ball_y > WALL_LAST) {
        if (is_on_paddle(m))
            events = hit_paddle(m);
    } else if (m->ball_y + BALL_FIRST > TOP_LAST) {
        if (is_on_brick(m))
            events = hit_brick(b, points);
    } else if (m->ball_y + BALL_LAST >= TOP_FIRST) {
        events = hit_top(m);
    }
    return events | hit_side(m);
}

/* The exchange of the two players' walls that follows a reset: 36 frames, one byte of the
 * wall in each, in which nothing bounces. Both walls are full: only the counters show. */
static uint32_t swap_walls(struct breakout *b)
{
    static const uint8_t n_bits[6] = { 3, 4, 2, 4, 4, 1 }; /* of a byte that are bricks */
    struct breakout_memory *m = &b->now.ram;
    const uint8_t bits = m->swap_kind < 6 ? n_bits[m->swap_kind] : 0;

    if (!(m->refill & REFILL_COUNT)) {
        m->refill = 0;
        breakout_fill_wall(m->wall);
        breakout_list_bricks(b);
        return breakout_score(m->score) ? BREAKOUT_EVENT(NEW_WALL) : 0;
    }
    if (m->swap_bit <= bits) {
        m->swap_bit += 8;
        m->swap_byte++;
    }
    m->swap_bit -= bits;
    if (--m->swap_row == 0) {
        m->swap_row = BREAKOUT_ROWS;
        m->swap_kind--;
    }
    m->refill--;
    /* The last byte is half full: one bit too far, then back in place. */
    if ((m->refill & REFILL_COUNT) <= 1)
        m->other_wall[13] = m->refill & REFILL_COUNT ? 0xe1 : 0xf0;
    return 0;
}

static uint32_t breakout_frame_serve(struct breakout_memory *m)
{
    const int which = m->time_low & 3;

    m->ball_x = serves[which].x;
    m->ball_y = SERVE_Y;
    m->ball_dx = serves[which].is_right ? 0xff : 0x01;
    m->ball_dy = 1;
    m->sound = SOUND_SERVE;
    return BREAKOUT_EVENT(SERVED);
}

/* What happens to the ball before it moves. */
static uint32_t breakout_frame_play(struct breakout *b, bool is_fire, int *points)
{
    struct breakout_memory *m = &b->now.ram;
    uint32_t events = 0;

    if (m->is_on) {
        m->hue = 0;
        if (!m->ball_y) {
            if (is_fire)
                events = breakout_frame_serve(m);
        } else if (m->ball_y >= BALL_LOST) {
            remove_ball(m);
            events = BREAKOUT_EVENT(LIFE_LOST);
            if (--m->lives == 0) {
                end_game(m);
                return events;
            }
        }
    }
    if (m->refill & REFILL_BUSY)
        return events | swap_walls(b);
    return m->ball_y ? events | collide(b, points) : events;
}

static uint8_t even(unsigned line, unsigned last)
{
    return (uint8_t)((line < last ? line : last) & ~1u);
}

/* The console cannot read the knob: it counts lines of the picture until a capacitor has
 * charged through it. Cycles of the processor by line, from the moment when charging
 * starts; the picture's parts look at different places of the line, and lie a line apart.
 * Fitted to 20,000 settings of the knob without a difference. */
uint8_t breakout_knob_line(int32_t knob)
{
    enum { LINE = 76, AT = 96, AT_BRICKS = 146 };
    const int cycles = (int)((uint32_t)knob * UINT64_C(119) / 6250);
    const unsigned line = cycles < AT ? 0 : (unsigned)(cycles - AT) / LINE;

    if (line >= UNDER_WALL + 12)
        return even(line - 12, 186);
    if (cycles >= AT_BRICKS + (WALL_FIRST + 11) * LINE)
        return even((unsigned)(cycles - AT_BRICKS) / LINE - 11, WALL_LAST);
    if (line >= TOP_LAST + 1 + 11)
        return even(line - 11, WALL_FIRST - 1);
    return line >= TOP_FIRST + 10 ? even(line - 10, TOP_LAST) : 0;
}

static void turn_knob(struct breakout_state *s, int turn)
{
    int32_t knob = s->knob + turn;

    knob = knob < BREAKOUT_KNOB_MIN ? BREAKOUT_KNOB_MIN : knob;
    s->knob = knob > BREAKOUT_KNOB_MAX ? BREAKOUT_KNOB_MAX : knob;
    s->ram.knob_line = breakout_knob_line(s->knob);
}

/* Half way to where the knob points, as read in the frame before. */
uint8_t breakout_next_paddle_x(const struct breakout_memory *m)
{
    const int x = (m->paddle_x + 235 - m->knob_line) >> 1;

    return (uint8_t)(x < PADDLE_MIN ? PADDLE_MIN : x > PADDLE_MAX ? PADDLE_MAX : x);
}

static void move(struct breakout_memory *m)
{
    m->paddle_half = m->is_narrow ? 6 : 8;
    m->paddle_shape = m->is_narrow ? 0xe0 : 0xf0;
    m->paddle_x = breakout_next_paddle_x(m);
    if (!m->ball_y)
        return;
    breakout_frame_put(&m->ball_y, &m->ball_y_low,
                       (unsigned)word(m->ball_y, m->ball_y_low) +
                           word(m->ball_dy, m->ball_dy_low));
    breakout_frame_put(&m->ball_x, &m->ball_x_low,
                       (unsigned)word(m->ball_x, m->ball_x_low) -
                           word(m->ball_dx, m->ball_dx_low));
}

struct env_step breakout_frame(struct breakout *b, enum breakout_action action)
{
    struct breakout_state *s = &b->now;
    struct breakout_memory *m = &s->ram;
    const uint8_t lives = m->lives, hue = m->hue, is_on = m->is_on;
    struct env_step result = { 0 };
    int points = 0;

    if (s->shown.is_late)
        breakout_show(s);
    if (has_timed_out(m))
        result.events = BREAKOUT_EVENT(TIMED_OUT);
    else
        result.events = breakout_frame_play(b, action == BREAKOUT_FIRE, &points);
    move(m);
    if (action >= BREAKOUT_RIGHT)
        turn_knob(s, action == BREAKOUT_RIGHT ? -KNOB_TURN : KNOB_TURN);
    if (m->sound & SOUND_FRAMES)
        m->sound--;
    if (points || m->lives != lives || m->hue != hue || m->is_on != is_on) {
        breakout_derive(m);
        s->shown.is_late = 1;
    }
    result.reward = points;
    result.terminated = m->lives == 0 || (points && b->ends_when_clear &&
                                          breakout_score(m->score) >= BREAKOUT_MAX_SCORE);
    return result;
}
