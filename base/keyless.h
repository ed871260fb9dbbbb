/* keyless.h - programs that have no business with API keys are started without them. */
#ifndef RATCHET_BASE_KEYLESS_H
#define RATCHET_BASE_KEYLESS_H

#include <spawn.h>

/* posix_spawnp with our environment but for the variables whose names end in _API_KEY:
 * 0 or an error number. */
int keyless_spawn(pid_t *pid, const char *const *argv,
                  const posix_spawn_file_actions_t *actions);

#endif
