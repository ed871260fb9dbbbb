/* test_breakout.c - our Breakout against traces of the real one, frame by frame, and what
 * an environment must do. The traces are recorded by tests/tools/breakout_traces.py. */
#include "tests/env_checks.h"

#include <zstd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "envs/breakout/breakout.h"

#define FOLDER "tests/data/breakout/"
enum { MAX_TRACE = 64 << 20, PICTURE = BREAKOUT_WIDTH * BREAKOUT_HEIGHT * 3 };

extern const struct env breakout_env;

/* A recorded trace, see tests/tools/breakout_traces.py. */
struct trace {
    unsigned char *data;
    uint32_t n_frames, stride, is_over;
    int32_t knob;
    const uint8_t *actions, *rewards, *start, *changes, *hashes, *picture;
};

static unsigned char *unpack(const char *name, size_t *len)
{
    char *path = xasprintf(FOLDER "%s", name);
    size_t packed_len;
    unsigned char *packed = read_fixture(path, &packed_len);
    const unsigned long long size = ZSTD_getFrameContentSize(packed, packed_len);

    if (size > MAX_TRACE)
        fail_msg("%s: is not a fixture", path);
    unsigned char *data = xcalloc(1, (size_t)size + 1);
    *len = ZSTD_decompress(data, (size_t)size, packed, packed_len);
    if (*len != size)
        fail_msg("%s: is damaged", path);
    free(packed);
    free(path);
    return data;
}

static struct trace trace_load(const char *name)
{
    char *file = xasprintf("%s.trace.zst", name);
    size_t len;
    struct trace t = { .data = unpack(file, &len) };
    const size_t head = 24;

    assert_true(len > head && !memcmp(t.data, "BRKT\1\0\0\0", 8));
    memcpy(&t.n_frames, t.data + 8, 4);
    memcpy(&t.stride, t.data + 12, 4);
    memcpy(&t.knob, t.data + 16, 4);
    memcpy(&t.is_over, t.data + 20, 4);
    assert_true(t.n_frames <= MAX_TRACE / 130 && t.stride > 0);
    const size_t n = t.n_frames;
    assert_int_equal(len, head + 2 * n + 128 + 128 * n + 4 * (n / t.stride) + PICTURE);
    t.actions = t.data + head;
    t.rewards = t.actions + n;
    t.start = t.rewards + n;
    t.changes = t.start + 128;
    t.hashes = t.changes + 128 * n;
    t.picture = t.hashes + 4 * (n / t.stride);
    free(file);
    return t;
}

static struct breakout *make(const char *end, const char *knob)
{
    char why[256] = "";
    struct breakout *b = breakout_env.create((const char *[]){ end, knob }, why,
                                             sizeof(why));

    if (!b)
        fail_msg("%s", why);
    return b;
}

static struct env_step play(struct breakout *b, const struct trace *t, uint32_t frame)
{
    const double action = t->actions[frame];

    return breakout_env.step(b, &action);
}

/* To where the trace starts: the reset, or a state of the real game. */
static void start(struct breakout *b, const struct trace *t)
{
    struct breakout_state s;

    breakout_env.reset(b, 0);
    if (t->knob == BREAKOUT_KNOB_CENTRE)
        return;
    breakout_env.save(b, &s);
    memcpy(&s.ram, t->start, sizeof(s.ram));
    s.knob = t->knob;
    assert_int_equal(breakout_env.load(b, &s), 0);
}

static const char *name_of(int address)
{
    static const struct {
        int address;
        const char *name;
    } names[] = {
        { 57, "lives" },   { 70, "knob line" }, { 72, "paddle x" }, { 76, "score, high" },
        { 77, "score" },   { 90, "time" },      { 95, "sound" },    { 99, "ball x" },
        { 101, "ball y" }, { 103, "ball dy" },  { 105, "ball dx" }, { 107, "hits" },
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (names[i].address == address)
            return names[i].name;
    return address < 36 ? "bricks" : "memory";
}

static void compare_ram(const struct breakout *b, const uint8_t *theirs, uint32_t frame)
{
    uint8_t ours[128];

    breakout_env.ram(b, ours);
    for (int i = 0; i < 128; i++)
        if (ours[i] != theirs[i])
            fail_msg("frame %u: %s [%d] is %d, the game's is %d", frame, name_of(i), i,
                     ours[i], theirs[i]);
}

static void compare_pixels(const uint8_t *ours, const uint8_t *theirs, uint32_t frame)
{
    for (int i = 0; i < PICTURE; i++)
        if (ours[i] != theirs[i])
            fail_msg("frame %u: pixel x %d, y %d differs from the game's", frame,
                     i / 3 % BREAKOUT_WIDTH, i / 3 / BREAKOUT_WIDTH);
}

static void test_trace(void **state)
{
    struct trace t = trace_load(*state);
    struct breakout *b = make("rom", "seed");
    struct canvas c = canvas_alloc(BREAKOUT_WIDTH, BREAKOUT_HEIGHT);
    struct env_step s = { 0 };
    uint8_t ram[128];
    uint32_t hash;

    memcpy(ram, t.start, sizeof(ram));
    start(b, &t);
    compare_ram(b, ram, 0);
    for (uint32_t i = 0; i < t.n_frames; i++) {
        s = play(b, &t, i);
        for (uint32_t k = 0; k < 128; k++)
            ram[k] += t.changes[(size_t)k * t.n_frames + i];
        compare_ram(b, ram, i + 1);
        if ((int)s.reward != t.rewards[i])
            fail_msg("frame %u: reward %g, the game's %d", i + 1, s.reward, t.rewards[i]);
        if (s.terminated && i + 1 < t.n_frames)
            fail_msg("frame %u: the episode ended, the game's goes on", i + 1);
        if ((i + 1) % t.stride)
            continue;
        breakout_env.draw(b, &c);
        memcpy(&hash, t.hashes + 4 * ((size_t)(i + 1) / t.stride - 1), 4);
        if (hash != XXH32(c.rgb, PICTURE, 0))
            fail_msg("frame %u: the picture differs from the game's", i + 1);
    }
    assert_int_equal(s.terminated, t.is_over);
    breakout_env.draw(b, &c);
    compare_pixels(c.rgb, t.picture, t.n_frames);
    canvas_free(&c);
    breakout_env.destroy(b);
    free(t.data);
}

static void test_knob(void **state)
{
    size_t len;
    unsigned char *rows = unpack("knob.zst", &len);
    struct breakout *b = make("rom", "seed");

    (void)state;
    assert_true(len >= 5 * 500 && len % 5 == 0);
    for (size_t i = 0; i < len; i += 5) {
        int32_t knob;
        memcpy(&knob, rows + i, 4);
        breakout_boot(b, knob);
        if (b->now.ram.knob_line != rows[i + 4])
            fail_msg("knob %d: line %d, the game's %d", knob, b->now.ram.knob_line,
                     rows[i + 4]);
    }
    breakout_env.destroy(b);
    free(rows);
}

/* A walk through a game with both walls: the events, the observation and the end. */
static void test_both_walls(void **state)
{
    struct trace t = trace_load("both_walls");
    struct breakout *rom = make("rom", "seed"), *clear = make("clear", "seed");
    int n[BREAKOUT_N_EVENTS] = { 0 };
    double score = 0;
    bool is_over = false;

    (void)state;
    for (uint32_t i = 0; i < t.n_frames; i++) {
        const struct env_step s = play(rom, &t, i);
        score += s.reward;
        for (int e = 0; e < BREAKOUT_N_EVENTS; e++)
            n[e] += s.events >> e & 1;
        if (is_over)
            continue;
        is_over = play(clear, &t, i).terminated;
        assert_int_equal(is_over, score == BREAKOUT_MAX_SCORE);
    }
    assert_true(is_over);
    assert_int_equal(score, BREAKOUT_MAX_SCORE);
    assert_int_equal(n[BREAKOUT_BIT_BRICK], 2 * BREAKOUT_BRICKS);
    assert_int_equal(n[BREAKOUT_BIT_WALL_CLEARED], 2);
    assert_int_equal(n[BREAKOUT_BIT_NEW_WALL], 1);
    assert_int_equal(n[BREAKOUT_BIT_LIFE_LOST], BREAKOUT_LIVES - rom->now.ram.lives);
    assert_true(n[BREAKOUT_BIT_SERVED] >= n[BREAKOUT_BIT_LIFE_LOST]);
    assert_true(n[BREAKOUT_BIT_PADDLE_HIT] > 0 && n[BREAKOUT_BIT_TOP_WALL] > 0);
    breakout_env.destroy(rom);
    breakout_env.destroy(clear);
    free(t.data);
}

/* Every field within its bounds; bricks as the memory's bits, place as the picture's. */
static void check_observation(const struct breakout *b)
{
    double obs[128];
    int at = 0, n_bricks = 0, n_bits = 0;

    breakout_env.observe(b, obs);
    for (const struct env_field *f = breakout_env.fields; f->name; f++)
        for (int i = 0; i < f->n; i++, at++)
            if (obs[at] < f->min || obs[at] > f->max)
                fail_msg("%s is %g, beyond %g to %g", f->name, obs[at], f->min, f->max);
    for (int i = at - BREAKOUT_BRICKS; i < at; i++)
        n_bricks += obs[i] != 0;
    for (int i = 0; i < 36; i++) /* of [12] to [17] the chip shows the high half only */
        n_bits += __builtin_popcount(b->now.ram.wall[i] & (i / 6 == 2 ? 0xf0 : 0xff));
    assert_int_equal(2 * n_bricks, n_bits);
}

static void test_observation(void **state)
{
    static const char *const names[] = { "both_walls", "edges", "random_40" };
    struct breakout *b = make("rom", "seed");

    (void)state;
    for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
        struct trace t = trace_load(names[k]);
        start(b, &t);
        for (uint32_t i = 0; i < t.n_frames; i++) {
            play(b, &t, i);
            check_observation(b);
        }
        free(t.data);
    }
    breakout_env.destroy(b);
}

/* From every 997th frame of a game, another instance goes on the same way. */
static void test_save_load(void **state)
{
    struct trace t = trace_load("both_walls_2");
    struct breakout *a = make("rom", "seed"), *b = make("rom", "seed");
    struct canvas ours = canvas_alloc(BREAKOUT_WIDTH, BREAKOUT_HEIGHT);
    struct canvas theirs = canvas_alloc(BREAKOUT_WIDTH, BREAKOUT_HEIGHT);
    unsigned char block[sizeof(struct breakout_state)], other[sizeof(block)];

    (void)state;
    assert_int_equal(breakout_env.state_size(a), sizeof(block));
    for (uint32_t i = 0; i < t.n_frames; i++) {
        play(a, &t, i);
        if (i % 997 == 0) {
            breakout_env.save(a, block);
            assert_int_equal(breakout_env.load(b, block), 0);
        } else {
            play(b, &t, i);
        }
        breakout_env.save(a, block);
        breakout_env.save(b, other);
        assert_memory_equal(block, other, sizeof(block));
        assert_memory_equal(a->bricks, b->bricks, sizeof(a->bricks));
        if (i % 331 == 0) {
            breakout_env.draw(a, &ours);
            breakout_env.draw(b, &theirs);
            compare_pixels(ours.rgb, theirs.rgb, i);
        }
    }
    canvas_free(&ours);
    canvas_free(&theirs);
    breakout_env.destroy(a);
    breakout_env.destroy(b);
    free(t.data);
}

/* Each byte of a state set to each value: refused, or played on without harm. */
static void test_every_byte(void **state)
{
    struct trace t = trace_load("follow");
    struct breakout *b = make("rom", "seed");
    struct canvas c = canvas_alloc(BREAKOUT_WIDTH, BREAKOUT_HEIGHT);
    unsigned char good[sizeof(struct breakout_state)], bad[sizeof(good)];
    int n_refused = 0;

    (void)state;
    for (uint32_t i = 0; i < 3000; i++)
        play(b, &t, i);
    breakout_env.save(b, good);
    for (size_t at = 0; at < sizeof(good); at++) {
        for (int value = 0; value < 256; value++) {
            memcpy(bad, good, sizeof(bad));
            bad[at] = (unsigned char)value;
            if (breakout_env.load(b, bad) != 0) {
                n_refused++;
                continue;
            }
            for (uint32_t i = 3000; i < 3040; i++)
                play(b, &t, i);
            if (value % 16 == 0)
                breakout_env.draw(b, &c);
        }
    }
    assert_true(n_refused > 1000);
    canvas_free(&c);
    breakout_env.destroy(b);
    free(t.data);
}

/* Seed 0 and knob = centre are the emulator's reset; other seeds are sound and differ. */
static void test_seeds(void **state)
{
    struct breakout *a = make("clear", "seed"), *b = make("clear", "centre");
    struct breakout_state first, s;
    int n_same = 0;

    (void)state;
    breakout_env.reset(a, 0);
    breakout_env.save(a, &first);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        breakout_env.reset(b, seed);
        breakout_env.save(b, &s);
        assert_memory_equal(&s, &first, sizeof(s));
        breakout_env.reset(a, seed);
        breakout_env.save(a, &s);
        n_same += !memcmp(&s, &first, sizeof(s));
        assert_int_equal(breakout_env.load(b, &s), 0);
    }
    assert_true(n_same < 10);
    breakout_env.destroy(a);
    breakout_env.destroy(b);
}

static void test_options(void **state)
{
    static const struct {
        const char *end, *knob, *why;
    } rows[] = {
        { "never", "seed", "end: \"never\"" },
        { "", "centre", "end: \"\"" },
        { "clear", "left", "knob: \"left\"" },
        { "ROM", "centre", "end: \"ROM\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char why[256] = "";
        const char *values[] = { rows[i].end, rows[i].knob };
        assert_null(breakout_env.create(values, why, sizeof(why)));
        if (!strstr(why, rows[i].why))
            fail_msg("\"%s\" does not say %s", why, rows[i].why);
    }
    breakout_env.destroy(NULL);
}

/* A failure becomes a regression case that begins shortly before it, so it must be
 * something that a policy can avoid there. The console's own time-out is not. */
static void test_failures(void **state)
{
    (void)state;
    for (const struct env_event *e = breakout_env.events; e->name; e++)
        assert_int_equal(e->is_failure, strcmp(e->name, "life_lost") == 0);
}

int main(void)
{
    static const char *const traces[] = {
        "noop",        "serve_0",    "serve_1",   "serve_2",       "serve_3",
        "serve_early", "random_1",   "random_40", "follow",        "follow_noisy",
        "edges",       "push_right", "push_left", "end_of_paddle", "long_start",
        "knob_left",   "knob_right", "narrow",    "both_walls",    "both_walls_2",
        "timed_out",
    };
    static struct CMUnitTest tests[64];
    size_t n = 0;

    for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++)
        tests[n++] = (struct CMUnitTest){ xasprintf("trace %s", traces[i]), test_trace,
                                          NULL, NULL, (void *)traces[i] };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_knob);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_both_walls);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_observation);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_save_load);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_every_byte);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_seeds);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_options);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_failures);
    n = add_checks(tests, n, &breakout_env);
    return _cmocka_run_group_tests("breakout", tests, n, NULL, NULL);
}
