/* clip.h - a range of a replay as a moving picture, GIF or MP4. */
#ifndef RATCHET_RUNNER_PICTURE_CLIP_H
#define RATCHET_RUNNER_PICTURE_CLIP_H

#include "runner/record/player.h"

#define CLIP_MAX_FRAMES 18000 /* ten minutes at 30 a second */

enum clip_kind { CLIP_GIF, CLIP_MP4 };

/* Steps from..to; 0 and n_steps for all. scale 0: so that it is a good size. */
struct clip_options {
    enum clip_kind kind;
    int64_t from, to;
    int scale;
    bool has_marks;
};

/* Plays at the environment's own speed, leaving steps out where there would be more than
 * about 30 (GIF) or 60 (MP4) frames a second. progress may be NULL; false from it ends
 * the making with an error. */
int clip_save(struct player *p, const struct clip_options *o, const char *path,
              bool (*progress)(void *context, double share), void *context,
              struct error *err);

#endif
