/* frame.h - the picture of one step of a replay, and what is said about the step in
 * words. */
#ifndef RATCHET_RUNNER_PICTURE_FRAME_H
#define RATCHET_RUNNER_PICTURE_FRAME_H

#include "envs/canvas.h"
#include "runner/record/player.h"

/* The size of a frame; an environment that cannot draw has its observation written
 * out. */
void frame_size(const struct env *env, int *width, int *height);

/* A canvas of the frame's size times scale. The caller frees it. */
struct canvas frame_alloc(const struct env *env, int scale);

/* Where the player stands, with that step's marks if has_marks, into what frame_alloc
 * gave. */
void frame_draw(struct player *p, int scale, bool has_marks, struct canvas *out);

/* Half, a third, ... as large, each pixel the mean of those it covers. The caller frees
 * it. */
struct canvas frame_shrink(const struct canvas *from, int factor);

/* "LEFT", or numbers: an action in words. */
void frame_action_text(const struct env *env, const double *action, char *out,
                       size_t size);

/* "life_lost, brick": the events of a step, "" for none. */
void frame_event_text(const struct env *env, uint32_t events, char *out, size_t size);

/* True when one of the events is a failure. */
bool frame_is_failure(const struct env *env, uint32_t events);

#endif
