/* canvas.h - drawing into a picture in memory: rectangles, lines, discs and small
 * text. */
#ifndef RATCHET_ENVS_CANVAS_H
#define RATCHET_ENVS_CANVAS_H

#include "envs/env.h"

/* 0xRRGGBB. Everything is clipped to the canvas; coordinates are pixels from the top
 * left. */
void canvas_clear(struct canvas *c, uint32_t color);
void canvas_rect(struct canvas *c, int x, int y, int width, int height, uint32_t color);
void canvas_line(struct canvas *c, double x0, double y0, double x1, double y1,
                 uint32_t color);
void canvas_thick_line(struct canvas *c, double x0, double y0, double x1, double y1,
                       double width, uint32_t color);
void canvas_disc(struct canvas *c, double x, double y, double radius, uint32_t color);
/* 3x5 pixel glyphs, `scale` pixels a dot: digits, letters (drawn as capitals), - . : /
 * % */
void canvas_text(struct canvas *c, int x, int y, int scale, uint32_t color,
                 const char *text);
void canvas_blit(struct canvas *c, int x, int y, int scale, const struct canvas *from);

/* n pixels as their brightness, a byte each: as the Arcade Learning Environment's
 * palette. */
void canvas_gray(const uint8_t *rgb, int64_t n, uint8_t *out);

/* Owned pixels; clear with canvas_free. */
struct canvas canvas_alloc(int width, int height);
void canvas_free(struct canvas *c);

#endif
