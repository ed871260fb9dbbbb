/* image.c - pixels in memory, and what is found and made of them: no Lua, no allocation.
 *
 * A search looks at 16 pixels at a time and leaves a bit for each. What is built on it,
 * from boxes to connected components, looks at runs of ones and not at pixels. */
#include "sandbox/worker/image.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "envs/canvas.h"

#define SAME 32 /* pixels that are compared at once */

uint32_t image_color(const struct image *im, int x, int y)
{
    const uint8_t *p = image_at(im, x, y);

    return im->channels == 1 ? p[0] : (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

struct range image_range(const struct image *im, uint32_t low, uint32_t high)
{
    struct range r;

    for (int i = 0; i < 48; i++) {
        int shift = im->channels == 1 ? 0 : 16 - i % 3 * 8;
        r.low[i] = (uint8_t)(low >> shift);
        r.high[i] = (uint8_t)(high >> shift);
    }
    return r;
}

/* A bit for each of 16 bytes that lies between its bounds. */
static uint32_t bytes_within(const uint8_t *p, const uint8_t *low, const uint8_t *high)
{
#ifdef __SSE2__
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i l = _mm_loadu_si128((const __m128i *)low);
    __m128i h = _mm_loadu_si128((const __m128i *)high);

    return (uint32_t)_mm_movemask_epi8(_mm_and_si128(
        _mm_cmpeq_epi8(_mm_max_epu8(v, l), v), _mm_cmpeq_epi8(_mm_min_epu8(v, h), v)));
#else
    uint32_t bits = 0;

    for (int i = 0; i < 16; i++)
        bits |= (uint32_t)(p[i] >= low[i] && p[i] <= high[i]) << i;
    return bits;
#endif
}

/* Every third bit of 48, moved together. */
static uint64_t image_gather(uint64_t m)
{
    m = (m | m >> 2) & 0x30c30c30c30c3;
    m = (m | m >> 4) & 0xf00f00f00f00f;
    m = (m | m >> 8) & 0x0ff0000ff0000ff;
    m = (m | m >> 16) & 0xffff00000000ffff;
    return m & 0xffff;
}

/* A bit for each of 16 pixels. */
static uint64_t pixels_within(const uint8_t *p, int channels, const struct range *r)
{
    uint64_t m = bytes_within(p, r->low, r->high);

    if (channels == 1)
        return m;
    m |= (uint64_t)bytes_within(p + 16, r->low + 16, r->high + 16) << 16 |
         (uint64_t)bytes_within(p + 32, r->low + 32, r->high + 32) << 32;
    m &= m >> 1 & m >> 2 & 0x249249249249;
    return m ? image_gather(m) : 0;
}

void image_row(const struct image *im, const struct range *range, const struct box *box,
               int y, uint64_t bits[IMAGE_WORDS])
{
    const uint8_t *p = image_at(im, box->x, y);
    int size = im->channels, n = box->width, at = 0;

    memset(bits, 0, sizeof(*bits) * (size_t)((n + 63) / 64));
    for (; at + 16 <= n; at += 16)
        bits[at / 64] |= pixels_within(p + at * size, size, range) << at % 64;
    if (at < n) {
        uint8_t rest[48] = { 0 };
        memcpy(rest, p + at * size, (size_t)((n - at) * size));
        bits[at / 64] |= (pixels_within(rest, size, range) & ((1u << (n - at)) - 1))
                         << at % 64;
    }
}

/* The first bit from `from` on that is 1, or 0 with `flip` all ones; n: none. */
static int next_bit(const uint64_t *bits, int n, int from, uint64_t flip)
{
    uint64_t word;

    if (from >= n)
        return n;
    word = (bits[from / 64] ^ flip) & ~UINT64_C(0) << from % 64;
    for (int i = from / 64;; word = bits[i] ^ flip) {
        if (word) {
            int at = i * 64 + __builtin_ctzll(word);
            return at < n ? at : n;
        }
        if (++i * 64 >= n)
            return n;
    }
}

bool image_run(const uint64_t *bits, int n, int *start, int *end)
{
    *start = next_bit(bits, n, *end, 0);
    *end = next_bit(bits, n, *start, ~UINT64_C(0));
    return *start < n;
}

void image_crop(const struct image *im, const struct box *box, struct image *out)
{
    size_t len = (size_t)box->width * (size_t)im->channels;

    for (int y = 0; y < box->height; y++)
        memmove(out->data + len * (size_t)y, image_at(im, box->x, box->y + y), len);
}

void image_gray(const struct image *im, struct image *out)
{
    int64_t n = (int64_t)im->width * im->height;

    if (im->channels == 1)
        memmove(out->data, im->data, (size_t)n);
    else
        canvas_gray(im->data, n, out->data);
}

void image_mask(const struct image *im, const struct range *range, struct image *out)
{
    struct box all = { 0, 0, im->width, im->height };
    uint64_t bits[IMAGE_WORDS];

    for (int y = 0; y < im->height; y++) {
        uint8_t *row = out->data + (int64_t)y * im->width;
        int start, end = 0;
        image_row(im, range, &all, y, bits);
        memset(row, 0, (size_t)im->width);
        while (image_run(bits, im->width, &start, &end))
            memset(row + start, 255, (size_t)(end - start));
    }
}

void image_shrink(const struct image *im, int by, struct image *out)
{
    for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++) {
            int width = im->width - x * by, height = im->height - y * by;
            uint32_t sum[3] = { 0 };
            width = width < by ? width : by;
            height = height < by ? height : by;
            for (int i = 0; i < height; i++) {
                const uint8_t *p = image_at(im, x * by, y * by + i);
                for (int j = 0; j < width; j++)
                    for (int c = 0; c < im->channels; c++)
                        sum[c] += *p++;
            }
            for (int c = 0; c < im->channels; c++)
                out->data[im->channels * (y * out->width + x) + c] =
                    (uint8_t)(sum[c] / (uint32_t)(width * height));
        }
}

void image_difference(const struct image *a, const struct image *b, int threshold,
                      struct image *out)
{
    int64_t n = (int64_t)a->width * a->height;
    int size = a->channels;

    for (int64_t i = 0; i < n;) {
        const uint8_t *p = a->data + size * i, *q = b->data + size * i;
        int most = 0;
        if (i + SAME <= n && !memcmp(p, q, (size_t)size * SAME)) { /* most of a picture */
            memset(out->data + i, 0, SAME);
            i += SAME;
            continue;
        }
        for (int c = 0; c < size; c++) {
            int d = abs(p[c] - q[c]);
            most = d > most ? d : most;
        }
        out->data[i++] = (uint8_t)(most >= threshold ? most : 0);
    }
}

void image_follow(const struct image *im, int step, struct image *out)
{
    int64_t n = (int64_t)im->width * im->height * im->channels;

    for (int64_t i = 0; i < n; i++) {
        int d = im->data[i] - out->data[i];
        d = d > step ? step : d < -step ? -step : d;
        out->data[i] = (uint8_t)(out->data[i] + d);
    }
}

static int64_t row_difference(const uint8_t *a, const uint8_t *b, int n)
{
    int64_t sum = 0;
    int i = 0;

#ifdef __SSE2__
    __m128i sums = _mm_setzero_si128();
    for (; i + 16 <= n; i += 16)
        sums = _mm_add_epi64(sums,
                             _mm_sad_epu8(_mm_loadu_si128((const __m128i *)(a + i)),
                                          _mm_loadu_si128((const __m128i *)(b + i))));
    sum = _mm_cvtsi128_si64(sums) + _mm_cvtsi128_si64(_mm_srli_si128(sums, 8));
#endif
    for (; i < n; i++)
        sum += abs(a[i] - b[i]);
    return sum;
}

int64_t image_match(const struct image *im, const struct box *box,
                    const struct image *small, int *x, int *y)
{
    int n = small->width * small->channels;
    int64_t best = -1;

    for (int top = box->y; top + small->height <= box->y + box->height; top++)
        for (int left = box->x; left + small->width <= box->x + box->width; left++) {
            int64_t sum = 0;
            for (int i = 0; i < small->height && (best < 0 || sum < best); i++)
                sum += row_difference(image_at(im, left, top + i), image_at(small, 0, i),
                                      n);
            if (best < 0 || sum < best) {
                best = sum;
                *x = left;
                *y = top;
            }
        }
    return best;
}
