/* whole_file.h - a small file that someone else writes, read in one piece. */
#ifndef RATCHET_RUNNER_MODEL_WHOLE_FILE_H
#define RATCHET_RUNNER_MODEL_WHOLE_FILE_H

#include <stddef.h>

#include "envs/error.h"

/* The file's bytes with a NUL behind them, which the caller frees. NULL when it cannot be
 * read, is no regular file or is larger than `max` bytes. */
char *file_read(const char *path, size_t max, size_t *len, struct error *err);

#endif
