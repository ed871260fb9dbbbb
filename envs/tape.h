/* tape.h - the requested actions of one episode, packed: a byte where a byte is
 * enough. */
#ifndef RATCHET_ENVS_TAPE_H
#define RATCHET_ENVS_TAPE_H

#include "base/error.h"
#include "envs/env.h"

/* A step takes `width` bytes: one byte a component where all components are discrete with
 * at most 256 choices (value - min), else a little-endian double a component. */
struct tape {
    uint8_t *data; /* n_steps * width bytes, owned */
    int64_t n_steps;
    int width;
};

int tape_width(const struct env *env);
void tape_clear(struct tape *t);
/* out: one double a component. The tape must have been checked. */
void tape_get(const struct tape *t, const struct env *env, int64_t step, double *out);
void tape_put(uint8_t *out, const struct env *env, const double *action);
/* Hostile bytes: -1 when a value is out of the action's bounds or not a number. */
int tape_check(const struct tape *t, const struct env *env, struct error *err);

#endif
