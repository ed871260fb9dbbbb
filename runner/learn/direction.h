/* direction.h - is a change one that failed before? */
#ifndef RATCHET_RUNNER_LEARN_DIRECTION_H
#define RATCHET_RUNNER_LEARN_DIRECTION_H

#include <stdbool.h>

/* Do two sentences about a change say the same, nearly word for word? Numbers count as
 * words; sentences of a few words never do. */
bool direction_is_same(const char *a, const char *b);

/* Does a note hold four fifths of the words of a change? */
bool direction_is_about(const char *note, const char *change);

/* Does a reply say, outside its program, why a direction that failed is tried again? */
bool direction_says_why(const char *reply);

#endif
