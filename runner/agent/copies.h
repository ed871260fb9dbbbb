/* copies.h - what an agent is given of its user's: copies of files in a home of its own, and
 * variables, whose values are hidden from whatever is kept. */
#ifndef RATCHET_RUNNER_AGENT_COPIES_H
#define RATCHET_RUNNER_AGENT_COPIES_H

#include <stddef.h>

#include "base/error.h"

/* Is each path of the list (NULL at its end; or NULL) there? -1 names the option and the one that
 * is not. */
int copies_check(const char *option, char *const *paths, struct error *err);
/* Is each a name of a variable that is set, and that is not the seal's own? */
int copies_check_names(char *const *names, struct error *err);
/* Copies them into the folder `home`: what lies under our HOME to the same place, all else under
 * its own name. Links inside of them stay links. */
int copies_make(char *const *paths, const char *home, struct error *err);

#define COPIES_LEAST_SECRET 6 /* bytes: a shorter value is no key, and stands everywhere */
/* The values of these variables become asterisks where they stand in the bytes. */
void copies_hide(char *const *names, char *bytes, size_t n);
/* Bytes of the longest value that is hidden, 0: there is none. */
size_t copies_longest(char *const *names);

#endif
