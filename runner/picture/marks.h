/* marks.h - draws over a picture what the policy marked at a step. */
#ifndef RATCHET_RUNNER_PICTURE_MARKS_H
#define RATCHET_RUNNER_PICTURE_MARKS_H

#include "envs/canvas.h"
#include "runner/record/replay.h"

/* out holds the environment's frame, each of its pixels `scale` wide, from the top
 * left. */
void marks_draw(const struct replay *r, int64_t step, int scale, struct canvas *out);

#endif
