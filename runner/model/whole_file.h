/* whole_file.h - a small file read or written in one piece. */
#ifndef RATCHET_RUNNER_MODEL_WHOLE_FILE_H
#define RATCHET_RUNNER_MODEL_WHOLE_FILE_H

#include <stddef.h>

#include "envs/error.h"

/* The file's bytes with a NUL behind them, which the caller frees. NULL when it cannot be
 * read or is larger than `max` bytes. */
char *file_read(const char *path, size_t max, size_t *len, struct error *err);

/* Written beside, synced, renamed: the file is there whole or not at all. */
int file_write(const char *path, const void *bytes, size_t len, struct error *err);

#endif
