/* test_canvas.c - what is drawn, what is clipped, and that no number draws outside. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "envs/canvas.h"

#define INK 0x123456

/* A picture with guards before and after its pixels. */
struct sheet {
    struct canvas canvas;
    uint8_t *memory;
};
enum { WIDTH = 20, HEIGHT = 10, GUARD = 64, SIZE = WIDTH * HEIGHT * 3 };

static struct sheet sheet_make(void)
{
    struct sheet s = { { WIDTH, HEIGHT, NULL }, xcalloc(1, SIZE + 2 * GUARD) };

    memset(s.memory, 0xee, SIZE + 2 * GUARD);
    s.canvas.rgb = s.memory + GUARD;
    canvas_clear(&s.canvas, 0);
    return s;
}

static void sheet_check_and_free(struct sheet *s)
{
    for (int i = 0; i < GUARD; i++)
        assert_true(s->memory[i] == 0xee && s->memory[GUARD + SIZE + i] == 0xee);
    free(s->memory);
}

static uint32_t pixel(const struct sheet *s, int x, int y)
{
    const uint8_t *p = s->canvas.rgb + 3 * (y * WIDTH + x);

    return (uint32_t)(p[0] << 16 | p[1] << 8 | p[2]);
}

static int count(const struct sheet *s, uint32_t color)
{
    int n = 0;

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        n += pixel(s, i % WIDTH, i / WIDTH) == color;
    return n;
}

static void test_rect(void **state)
{
    static const struct {
        int x, y, width, height, n_pixels;
    } rows[] = {
        { 2, 3, 4, 5, 20 },
        { 0, 0, WIDTH, HEIGHT, 200 },
        { -3, -2, 5, 4, 4 },
        { 18, 9, 100, 100, 2 },
        { 5, 5, 0, 3, 0 },
        { 5, 5, -3, 3, 0 },
        { 20, 0, 5, 5, 0 },
        { -9, 0, 5, 5, 0 },
        { 1, 1, INT32_MAX, 1, 19 },
        { INT32_MAX, 1, INT32_MAX, 1, 0 },
        { INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sheet s = sheet_make();
        canvas_rect(&s.canvas, rows[i].x, rows[i].y, rows[i].width, rows[i].height, INK);
        assert_int_equal(count(&s, INK), rows[i].n_pixels);
        assert_int_equal(count(&s, 0), WIDTH * HEIGHT - rows[i].n_pixels);
        sheet_check_and_free(&s);
    }
}

static void test_line(void **state)
{
    struct sheet s = sheet_make();

    (void)state;
    canvas_line(&s.canvas, 1.5, 2.5, 8.5, 2.5, INK);
    assert_int_equal(count(&s, INK), 8);
    assert_int_equal(pixel(&s, 1, 2), INK);
    assert_int_equal(pixel(&s, 8, 2), INK);
    canvas_clear(&s.canvas, 0);
    canvas_line(&s.canvas, -1e9, 4.5, 1e9, 4.5, INK);
    assert_int_equal(count(&s, INK), WIDTH);
    canvas_clear(&s.canvas, 0);
    canvas_line(&s.canvas, -5, -5, -1, -9, INK);
    assert_int_equal(count(&s, INK), 0);
    canvas_line(&s.canvas, 3.5, 3.5, 3.5, 3.5, INK);
    assert_int_equal(count(&s, INK), 1);
    sheet_check_and_free(&s);
}

static void test_round(void **state)
{
    struct sheet s = sheet_make();

    (void)state;
    canvas_disc(&s.canvas, 10, 5, 3, INK);
    assert_in_range(count(&s, INK), 24, 32); /* 9 pi is 28 */
    assert_int_equal(pixel(&s, 12, 5), INK);
    assert_int_equal(pixel(&s, 13, 5), 0);
    canvas_clear(&s.canvas, 0);
    canvas_thick_line(&s.canvas, 5, 5, 15, 5, 4, INK);
    assert_int_equal(pixel(&s, 10, 3), INK);
    assert_int_equal(pixel(&s, 10, 6), INK);
    assert_int_equal(pixel(&s, 10, 2), 0);
    assert_int_equal(pixel(&s, 10, 7), 0);
    sheet_check_and_free(&s);
}

/* Coordinates that a hostile policy may send. */
static void test_hostile(void **state)
{
    static const double values[] = {
        NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e10, 0, 5
    };
    static const int scales[] = { INT32_MIN, -1, 0, 1, 3, 16384, 16385, INT32_MAX };
    const int n = sizeof(values) / sizeof(*values);
    struct sheet s = sheet_make();

    (void)state;
    for (int i = 0; i < n * n * n * n; i++) {
        const double a = values[i % n], b = values[i / n % n];
        const double c = values[i / n / n % n], d = values[i / n / n / n];
        canvas_line(&s.canvas, a, b, c, d, INK);
        canvas_thick_line(&s.canvas, a, b, c, d, 3, INK);
        canvas_thick_line(&s.canvas, 1, b, c, 2, d, INK);
        canvas_disc(&s.canvas, a, b, c, INK);
    }
    for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
        canvas_text(&s.canvas, -3, -2, scales[i], INK, "A\xff\x01z%");
        canvas_text(&s.canvas, INT32_MAX, INT32_MIN, scales[i], INK, "AAA");
        canvas_text(&s.canvas, INT32_MIN, INT32_MAX, scales[i], INK, "AAA");
        canvas_blit(&s.canvas, -3, 4, scales[i], &s.canvas);
    }
    sheet_check_and_free(&s);
}

static void test_text(void **state)
{
    struct sheet s = sheet_make(), lower = sheet_make();

    (void)state;
    canvas_text(&s.canvas, 0, 0, 1, INK, "1");
    assert_int_equal(count(&s, INK), 8);
    assert_int_equal(pixel(&s, 1, 0), INK);
    assert_int_equal(pixel(&s, 3, 0), 0);
    canvas_clear(&s.canvas, 0);
    canvas_text(&s.canvas, 4, 1, 1, INK, "AB:9/");
    canvas_text(&lower.canvas, 4, 1, 1, INK, "ab:9/");
    assert_memory_equal(s.canvas.rgb, lower.canvas.rgb, SIZE);
    canvas_clear(&s.canvas, 0);
    canvas_text(&s.canvas, 0, 0, 2, INK, "-"); /* 3 dots of 2 x 2 */
    assert_int_equal(count(&s, INK), 12);
    sheet_check_and_free(&s);
    sheet_check_and_free(&lower);
}

static void test_blit(void **state)
{
    struct sheet s = sheet_make();
    struct canvas from = canvas_alloc(3, 2);

    (void)state;
    assert_int_equal(from.rgb[17], 0);
    canvas_rect(&from, 1, 0, 1, 1, INK);
    canvas_blit(&s.canvas, 2, 3, 1, &from);
    assert_int_equal(count(&s, INK), 1);
    assert_int_equal(pixel(&s, 3, 3), INK);
    canvas_clear(&s.canvas, 0x999999);
    canvas_blit(&s.canvas, -4, 1, 4, &from); /* the left of three columns is outside */
    assert_int_equal(count(&s, INK), 16);
    assert_int_equal(pixel(&s, 0, 1), INK);
    assert_int_equal(pixel(&s, 3, 4), INK);
    assert_int_equal(pixel(&s, 4, 4), 0);
    canvas_free(&from);
    assert_null(from.rgb);
    sheet_check_and_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rect),  cmocka_unit_test(test_line),
        cmocka_unit_test(test_round), cmocka_unit_test(test_text),
        cmocka_unit_test(test_blit),  cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
