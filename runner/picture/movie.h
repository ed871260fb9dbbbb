/* movie.h - canvases, one after another, as an MP4, which the ffmpeg program makes. */
#ifndef RATCHET_RUNNER_PICTURE_MOVIE_H
#define RATCHET_RUNNER_PICTURE_MOVIE_H

#include "base/error.h"
#include "envs/canvas.h"

struct movie; /* opaque */

/* Starts ffmpeg on a temporary beside path. NULL on failure: it is not installed, ... */
struct movie *movie_create(const char *path, int width, int height,
                           double frames_per_second, struct error *err);
/* Ends ffmpeg if it still runs, and removes what was not saved. NULL is fine. */
void movie_destroy(struct movie *m);

int movie_add(struct movie *m, const struct canvas *frame, struct error *err);

/* Waits for ffmpeg and moves the file into its place; after that only movie_destroy. */
int movie_save(struct movie *m, struct error *err);

#endif
