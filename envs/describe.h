/* describe.h - an environment's description as bytes, for a process that cannot create
 * it. */
#ifndef RATCHET_ENVS_DESCRIBE_H
#define RATCHET_ENVS_DESCRIBE_H

#include "envs/env.h"
#include "envs/error.h"

/* Everything of env but its operations: names, units, bounds, actions, events, options,
 * sizes. The caller frees the bytes. */
uint8_t *env_describe_put(const struct env *env, size_t *len);

/* A description made from such bytes, which may be damaged: NULL then, with the reason.
 * Its instances hold nothing: a step ends the episode, observations are zeros, nothing is
 * drawn. Free it with env_describe_destroy. */
struct env *env_describe_get(const uint8_t *bytes, size_t len, struct error *err);
void env_describe_destroy(struct env *env); /* NULL is fine */

#endif
