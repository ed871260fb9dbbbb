/* canvas.c - drawing into a picture in memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "envs/canvas.h"
#include "base/error.h"

#define GLYPH_WIDTH 3
#define GLYPH_HEIGHT 5
#define MAX_SIDE 16384 /* pixels; a larger canvas is a mistake */

/* One octal digit a row from the top, its high bit the left dot. */
static const uint16_t digits[10] = {
    075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111, 075757, 075717,
};

static const uint16_t letters[26] = {
    025755, 065656, 034443, 065556, 074747, 074744, 034553, /* A to G */
    055755, 072227, 011152, 055655, 044447, 057755, 065555, /* H to N */
    025552, 065644, 025563, 065655, 034216, 072222, 055557, /* O to U */
    055552, 055775, 055255, 055222, 071247,                 /* V to Z */
};

static const struct {
    char sign;
    uint16_t dots;
} signs[] = {
    { '-', 000700 }, { '.', 000002 }, { ':', 002020 }, { '/', 011244 }, { '%', 051245 },
    { '+', 002720 }, { '=', 007070 }, { '_', 000007 }, { '(', 012221 }, { ')', 042224 },
    { ',', 000024 }, { '<', 012421 }, { '>', 042124 }, { '!', 022202 }, { '?', 071202 },
};

static int clamp(int64_t value, int low, int high)
{
    return value < low ? low : value > high ? high : (int)value;
}

/* The whole pixel at or below v; NaN and what is far outside end beyond the canvas. */
static int pixel_of(double v)
{
    if (!(v > -1e6))
        return -1000000;
    return v < 1e6 ? (int)floor(v) : 1000000;
}

static void canvas_put(struct canvas *c, int x, int y, uint32_t color)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height)
        return;
    uint8_t *p = c->rgb + ((size_t)y * (size_t)c->width + (size_t)x) * 3;
    p[0] = (uint8_t)(color >> 16);
    p[1] = (uint8_t)(color >> 8);
    p[2] = (uint8_t)color;
}

static void canvas_fill(uint8_t *p, int n, uint32_t color)
{
    const uint8_t r = (uint8_t)(color >> 16), g = (uint8_t)(color >> 8);
    const uint8_t b = (uint8_t)color;

    if (r == g && g == b) {
        memset(p, r, (size_t)n * 3);
        return;
    }
    for (int i = 0; i < n; i++, p += 3) {
        p[0] = r;
        p[1] = g;
        p[2] = b;
    }
}

void canvas_rect(struct canvas *c, int x, int y, int width, int height, uint32_t color)
{
    const int left = clamp(x, 0, c->width), top = clamp(y, 0, c->height);
    const int right = clamp((int64_t)x + width, 0, c->width);
    const int bottom = clamp((int64_t)y + height, 0, c->height);
    const size_t stride = (size_t)c->width * 3;

    if (left >= right || top >= bottom)
        return;
    uint8_t *first = c->rgb + (size_t)top * stride + (size_t)left * 3;
    canvas_fill(first, right - left, color);
    for (int i = 1; i < bottom - top; i++)
        memcpy(first + (size_t)i * stride, first, (size_t)(right - left) * 3);
}

void canvas_clear(struct canvas *c, uint32_t color)
{
    canvas_rect(c, 0, 0, c->width, c->height, color);
}

/* Cuts the part [*t0, *t1] of a line where p * t <= q (Liang and Barsky 1984). False when
 * nothing is left. */
static bool clip_side(double p, double q, double *t0, double *t1)
{
    if (p == 0)
        return q >= 0;
    const double t = q / p;
    if (p < 0 && t > *t0)
        *t0 = t;
    if (p > 0 && t < *t1)
        *t1 = t;
    return *t0 <= *t1;
}

void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1,
                 uint32_t color)
{
    const double dx = x1 - x0, dy = y1 - y0;
    double t0 = 0, t1 = 1;

    if (!isfinite(dx) || !isfinite(dy) || !isfinite(x0) || !isfinite(y0))
        return;
    if (!clip_side(-dx, x0, &t0, &t1) || !clip_side(dx, c->width - x0, &t0, &t1) ||
        !clip_side(-dy, y0, &t0, &t1) || !clip_side(dy, c->height - y0, &t0, &t1))
        return;
    const double length = fmax(fabs(dx), fabs(dy)) * (t1 - t0);
    const int n = (int)length + 1;
    for (int i = 0; i <= n; i++) {
        const double t = t0 + (t1 - t0) * i / n;
        canvas_put(c, pixel_of(x0 + dx * t), pixel_of(y0 + dy * t), color);
    }
}

/* The square of the distance from (x, y) to the segment from (x0, y0) along (dx, dy). */
static double distance2(double x, double y, double x0, double y0, double dx, double dy)
{
    const double length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? ((x - x0) * dx + (y - y0) * dy) / length2 : 0;

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const double ex = x - x0 - t * dx, ey = y - y0 - t * dy;
    return ex * ex + ey * ey;
}

void canvas_thick_line(struct canvas *c, double x0, double y0, double x1, double y1,
                       double width, uint32_t color)
{
    const double r = width / 2;

    if (!isfinite(x0 + y0 + x1 + y1) || !(r > 0) || !isfinite(r))
        return;
    const int left = clamp(pixel_of(fmin(x0, x1) - r), 0, c->width);
    const int right = clamp((int64_t)pixel_of(fmax(x0, x1) + r) + 1, 0, c->width);
    const int top = clamp(pixel_of(fmin(y0, y1) - r), 0, c->height);
    const int bottom = clamp((int64_t)pixel_of(fmax(y0, y1) + r) + 1, 0, c->height);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            if (distance2(x + 0.5, y + 0.5, x0, y0, x1 - x0, y1 - y0) <= r * r)
                canvas_put(c, x, y, color);
}

void canvas_disc(struct canvas *c, double x, double y, double radius, uint32_t color)
{
    canvas_thick_line(c, x, y, x, y, radius * 2, color);
}

static unsigned glyph_of(char sign)
{
    if (sign >= '0' && sign <= '9')
        return digits[sign - '0'];
    if (sign >= 'A' && sign <= 'Z')
        return letters[sign - 'A'];
    if (sign >= 'a' && sign <= 'z')
        return letters[sign - 'a'];
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (signs[i].sign == sign)
            return signs[i].dots;
    return 0;
}

void canvas_text(struct canvas *c, int x, int y, int scale, uint32_t color,
                 const char *text)
{
    const int64_t s = scale;

    if (scale < 1 || scale > MAX_SIDE)
        return;
    int64_t left = x;
    for (; *text && left < c->width; text++, left += s * (GLYPH_WIDTH + 1)) {
        const unsigned glyph = glyph_of(*text);
        for (int dot = 0; dot < GLYPH_WIDTH * GLYPH_HEIGHT; dot++) {
            const int64_t px = left + s * (dot % GLYPH_WIDTH);
            const int64_t py = y + s * (dot / GLYPH_WIDTH);
            if (llabs(px) <= MAX_SIDE && llabs(py) <= MAX_SIDE &&
                glyph >> (GLYPH_WIDTH * GLYPH_HEIGHT - 1 - dot) & 1)
                canvas_rect(c, (int)px, (int)py, scale, scale, color);
        }
    }
}

void canvas_blit(struct canvas *c, int x, int y, int scale, const struct canvas *from)
{
    if (scale < 1)
        return;
    const int64_t s = scale;
    const int left = clamp(x, 0, c->width), top = clamp(y, 0, c->height);
    const int right = clamp(x + s * from->width, 0, c->width);
    const int bottom = clamp(y + s * from->height, 0, c->height);
    for (int py = top; py < bottom; py++) {
        const size_t row = (size_t)(((int64_t)py - y) / s);
        const uint8_t *source = from->rgb + row * (size_t)from->width * 3;
        uint8_t *to = c->rgb + ((size_t)py * (size_t)c->width + (size_t)left) * 3;
        if (scale == 1 && left < right) {
            memcpy(to, source + ((int64_t)left - x) * 3, (size_t)(right - left) * 3);
            continue;
        }
        for (int px = left; px < right; px++, to += 3)
            memcpy(to, source + ((int64_t)px - x) / s * 3, 3);
    }
}

struct canvas canvas_alloc(int width, int height)
{
    const int w = clamp(width, 0, MAX_SIDE), h = clamp(height, 0, MAX_SIDE);

    return (struct canvas){ w, h, xcalloc((size_t)w * (size_t)h + 1, 3) };
}

void canvas_free(struct canvas *c)
{
    free(c->rgb);
    *c = (struct canvas){ 0, 0, NULL };
}

void canvas_gray(const uint8_t *rgb, int64_t n, uint8_t *out)
{
    for (int64_t i = 0; i < n;) {
        const uint8_t *p = rgb + 3 * i;
        if (i >= 4 && i + 4 <= n && !memcmp(p, p - 12, 12)) { /* most of a picture */
            memcpy(out + i, out + i - 4, 4);
            i += 4;
            continue;
        }
        out[i++] = (uint8_t)((p[0] * 2989 + p[1] * 5870 + p[2] * 1140 + 5000) / 10000);
    }
}
