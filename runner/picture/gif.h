/* gif.h - canvases, one after another, as an animated GIF. */
#ifndef RATCHET_RUNNER_PICTURE_GIF_H
#define RATCHET_RUNNER_PICTURE_GIF_H

#include "base/error.h"
#include "envs/canvas.h"

struct gif; /* opaque */

/* All frames have this size, at most 65,535 a side. NULL on failure. */
struct gif *gif_create(int width, int height, struct error *err);
void gif_destroy(struct gif *g); /* NULL is fine */

/* Shown for hundredths of a second, 2 at least. What did not change takes no room. */
int gif_add(struct gif *g, const struct canvas *frame, int hundredths, struct error *err);

/* Ends the GIF, which repeats for ever, and writes it; after that only gif_destroy. */
int gif_save(struct gif *g, const char *path, struct error *err);

#endif
