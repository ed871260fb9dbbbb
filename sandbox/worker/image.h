/* image.h - pixels in memory, and what is found and made of them: no Lua, no
 * allocation. */
#ifndef RATCHET_SANDBOX_WORKER_IMAGE_H
#define RATCHET_SANDBOX_WORKER_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_MOST 4096 /* pixels, either way */

/* width * height pixels of 1 (gray) or 3 bytes (red, green, blue), by rows from the
 * top. */
struct image {
    int width, height, channels;
    bool is_owned; /* data follows the struct; else it is borrowed and not written to */
    uint8_t *data;
};

/* Of an image, clipped to it. */
struct box {
    int x, y, width, height;
};

/* Colours whose every channel lies in bounds, as 48 bytes that repeat them. */
struct range {
    uint8_t low[48], high[48];
};

/* 64 pixels of a row a word, the first in the lowest bit. */
#define IMAGE_WORDS (IMAGE_MOST / 64)

static inline const uint8_t *image_at(const struct image *im, int x, int y)
{
    return im->data + (int64_t)im->channels * ((int64_t)y * im->width + x);
}

/* 0xRRGGBB, or 0 to 255 of a gray image. */
uint32_t image_color(const struct image *im, int x, int y);

struct range image_range(const struct image *im, uint32_t low, uint32_t high);
/* Which pixels of the box's row y (of the image) are in range; bits of box->width. */
void image_row(const struct image *im, const struct range *range, const struct box *box,
               int y, uint64_t bits[IMAGE_WORDS]);
/* The next run of ones from *end on, of n bits; false: none. */
bool image_run(const uint64_t *bits, int n, int *start, int *end);

/* These write the whole of out, whose size and channels fit (see the comments in
 * vision.c). */
void image_crop(const struct image *im, const struct box *box, struct image *out);
void image_gray(const struct image *im, struct image *out);
void image_mask(const struct image *im, const struct range *range, struct image *out);
void image_shrink(const struct image *im, int by, struct image *out);
void image_difference(const struct image *a, const struct image *b, int threshold,
                      struct image *out);
/* Moves each byte of out towards im's, by `step` at most. */
void image_follow(const struct image *im, int step, struct image *out);

/* The place in the box where the sum of absolute differences from small is least, the
 * first of equals; returns the sum, -1 when small does not fit. */
int64_t image_match(const struct image *im, const struct box *box,
                    const struct image *small, int *x, int *y);

#endif
