/* describe.h - an environment's description as bytes, for a process that cannot create
 * it. */
#ifndef RATCHET_ENVS_DESCRIBE_H
#define RATCHET_ENVS_DESCRIBE_H

#include "base/error.h"
#include "envs/env.h"

/* Everything of env but its operations: names, units, bounds, actions, events, options,
 * sizes. The caller frees the bytes. */
uint8_t *env_describe_put(const struct env *env, size_t *len);

/* A description made from such bytes, which may be damaged: NULL then, with the reason.
 * Its instances hold nothing: a step ends the episode, observations are zeros, nothing is
 * drawn. Free it with env_describe_destroy. */
struct env *env_describe_get(const uint8_t *bytes, size_t len, struct error *err);
void env_describe_destroy(struct env *env); /* NULL is fine */

/* The most of what a description may have; actions and events see env.h. */
#define ENV_MOST_ENTRIES 4096  /* of any list */
#define ENV_MOST_TEXT 4096     /* bytes of any text */
#define ENV_MOST_OBS (4 << 20) /* doubles of an observation */
#define ENV_MOST_PIXELS 8192   /* of a frame, either way */
#define ENV_MOST_RAM (1 << 20) /* bytes */

/* Not empty, not endless, without control characters. */
bool env_name_is_plain(const char *name);

#endif
