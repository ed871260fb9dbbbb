/* shown.h - what an agent's seal leaves readable, looked through for what it must not
 * show. */
#ifndef RATCHET_RUNNER_AGENT_SHOWN_H
#define RATCHET_RUNNER_AGENT_SHOWN_H

#include <stdbool.h>
#include <stddef.h>

/* Where ratchet may be installed among /usr and `readable` (NULL at the end; or NULL),
 * and where this program lies: files and folders that the seal covers. NULL at the end;
 * to be freed by xfree_list. */
char **shown_covers(char *const *readable);

/* Does the folder or file `path`, a real path, show a ledger, a salt, a replay, a recorded
 * session or a program of ratchet, at any depth, beside what is covered? why says which.
 * What cannot be looked through is taken to. */
bool shown_secret(const char *path, char *const *covers, char *why, size_t why_size);

/* Is `path` the folder, or in it; or does it hold it? All are real paths. */
bool shown_is_in(const char *path, const char *folder);
bool shown_touches(const char *path, const char *folder);

#endif
