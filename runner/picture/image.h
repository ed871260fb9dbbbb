/* image.h - a canvas as a PNG, in memory or as a file. */
#ifndef RATCHET_RUNNER_PICTURE_IMAGE_H
#define RATCHET_RUNNER_PICTURE_IMAGE_H

#include "base/error.h"
#include "envs/canvas.h"

/* The PNG's bytes, which the caller frees. The same canvas gives the same bytes. */
int image_encode(const struct canvas *c, uint8_t **bytes, size_t *len, struct error *err);

int image_save(const struct canvas *c, const char *path, struct error *err);

#endif
