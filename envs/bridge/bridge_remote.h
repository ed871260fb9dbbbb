/* bridge_remote.h - an environment of the other side, as this side describes it. */
#ifndef RATCHET_ENVS_BRIDGE_REMOTE_H
#define RATCHET_ENVS_BRIDGE_REMOTE_H

#include <jansson.h>

#include "envs/bridge/bridge_ram.h"
#include "envs/env.h"

/* Where things lie in a slot's shared memory, in bytes from its beginning. */
struct bridge_layout {
    size_t actions, results, obs, ram, frame, state, end;
};

/* One environment. `env` comes first: a pointer to it is one to the remote. Its options
 * begin with "id", whose value is its own name: that is how `create` knows it. */
struct bridge_remote {
    struct env env;
    int n_actions, n_events;
    int n_obs;  /* doubles that the other side writes */
    int obs_at; /* of those, the first in the observation; after the map's */
    struct bridge_ram_map map;
    size_t state_size; /* 0: it cannot be saved */
    char *no_copy;     /* why there can be no copies to plan with; NULL: there can */
    struct bridge_layout layout;
};

/* From the reply to "describe". Operations are left empty. NULL with the reason: it is
 * not a description, or one that env.h has no place for. */
struct bridge_remote *bridge_remote_create(const char *name, const json_t *reply,
                                           const char *ram_path, struct error *err);
void bridge_remote_destroy(struct bridge_remote *r); /* NULL is fine */

/* Is this description (of an instance made with options) of the same shape? */
bool bridge_remote_is_like(const struct bridge_remote *r, const json_t *reply);

#endif
