/* file.h - whole files: read with a bound, written so that a failure leaves the old
 * one. */
#ifndef RATCHET_BASE_FILE_H
#define RATCHET_BASE_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The door for all files that are read whole. The bytes and a zero after them; the caller
 * frees them. NULL when it cannot be read, is larger than max_len, or is no regular file:
 * a pipe or a device might have no end, and is not waited for. */
uint8_t *file_load(const char *path, size_t max_len, size_t *len, struct error *err);

/* A whole text file of at most max bytes, NUL-terminated; NULL on failure. */
char *file_load_text(const char *path, size_t max, struct error *err);
/* The last part of a path. */
const char *file_name(const char *path);

/* Writes a temporary beside path, syncs it, renames it over path, syncs the folder. */
int file_save(const char *path, const void *bytes, size_t len, struct error *err);

/* A file of at most max bytes, as file_save() writes. */
int file_copy(const char *from, const char *to, size_t max, struct error *err);

/* The two halves, for a file that someone else writes: the name of a temporary beside
 * path (the caller frees it), and moving it into its place (it is removed when that
 * fails). */
char *file_temporary(const char *path);
int file_commit(const char *temporary, const char *path, struct error *err);

/* The folder of path, so that a new name in it stays. */
int file_sync_folder(const char *path);

/* A folder that may be there already; with all above it that are missing. */
int file_make_folder(const char *path, struct error *err);
int file_make_folders(const char *path, struct error *err);
/* For nobody but this user: 0700 from the start. One that is there already is made so, if
 * it is no link. */
int file_make_private(const char *path, struct error *err);
/* The folder with all that is in it; links are removed, not followed. -1 with errno. */
int file_remove_tree(const char *path);

/* Where this program lies; "" when the system does not tell. */
void file_self(char path[PATH_MAX]);
/* Another program of ours: beside this one as it was built, in PREFIX/libexec as it was
 * installed. -1 when it is missing. */
int file_program(const char *name, char path[PATH_MAX], struct error *err);

#endif
