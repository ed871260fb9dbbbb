/* sim_remote.h - the policy's private copy of an environment that only the harness can
 * step. */
#ifndef RATCHET_SANDBOX_WORKER_SIM_REMOTE_H
#define RATCHET_SANDBOX_WORKER_SIM_REMOTE_H

#include "envs/env.h"

/* Gives a description (describe.h) operations that ask the harness over the worker's
 * socket, and makes an instance. A state is a ticket (job.h): what it stands for never
 * comes here. When the harness cannot have it done, loading is refused and a step ends
 * the copy's episode; the harness knows why. */
void *sim_remote_create(struct env *env);

#endif
