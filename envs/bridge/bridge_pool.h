/* bridge_pool.h - the Python programs that run: which one serves whom. */
#ifndef RATCHET_ENVS_BRIDGE_POOL_H
#define RATCHET_ENVS_BRIDGE_POOL_H

#include "envs/bridge/bridge_process.h"

/* A slot of a program that serves this thread, started if there is none. NULL on failure.
 * The program stays until the slot is released, also when it is dead. */
struct bridge_process *bridge_pool_take(uint32_t *slot, struct error *err);
void bridge_pool_release(struct bridge_process *p, uint32_t slot);
void bridge_pool_clear(void); /* ends them all */

#endif
