/* flat.h - the dull half of an environment whose instance is one flat struct without
 * padding: create, destroy, state_size, save and load. */
#ifndef RATCHET_ENVS_FLAT_H
#define RATCHET_ENVS_FLAT_H

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "envs/env.h"

/* The stream of an episode's seed from which environments draw their start (rng_seed). */
#define FLAT_STREAM_RESET 16

/* Defines the static functions prefix_create, _destroy, _state_size, _save and _load.
 * is_sane (bool (const type *)) says whether a loaded state is one that `step` can go on
 * from. */
#define FLAT_DEFINE(prefix, type, is_sane)                                              \
    static void *prefix##_create(const char *const *values, char *why, size_t why_size) \
    {                                                                                   \
        (void)values, (void)why, (void)why_size;                                        \
        return xcalloc(1, sizeof(type));                                                \
    }                                                                                   \
    static void prefix##_destroy(void *instance)                                        \
    {                                                                                   \
        free(instance);                                                                 \
    }                                                                                   \
    static size_t prefix##_state_size(const void *instance)                             \
    {                                                                                   \
        (void)instance;                                                                 \
        return sizeof(type);                                                            \
    }                                                                                   \
    static void prefix##_save(const void *instance, void *out)                          \
    {                                                                                   \
        memcpy(out, instance, sizeof(type));                                            \
    }                                                                                   \
    static int prefix##_load(void *instance, const void *block)                         \
    {                                                                                   \
        type loaded;                                                                    \
                                                                                        \
        memcpy(&loaded, block, sizeof(loaded));                                         \
        if (!is_sane(&loaded))                                                          \
            return -1;                                                                  \
        memcpy(instance, &loaded, sizeof(loaded));                                      \
        return 0;                                                                       \
    }

#endif
