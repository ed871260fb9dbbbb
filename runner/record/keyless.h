/* keyless.h - our environment for programs that have no business with API keys. */
#ifndef RATCHET_RUNNER_RECORD_KEYLESS_H
#define RATCHET_RUNNER_RECORD_KEYLESS_H

/* A NULL-ended array without the variables whose names end in _API_KEY. The caller frees
 * the array alone; its texts are the environment's. */
char **keyless_environment(void);

#endif
