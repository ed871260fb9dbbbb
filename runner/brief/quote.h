/* quote.h - text of policies and models as it may stand in a brief: bounded, on its own,
 * and without what would end its fence. It is data, whatever it says. */
#ifndef RATCHET_RUNNER_BRIEF_QUOTE_H
#define RATCHET_RUNNER_BRIEF_QUOTE_H

#include <stdio.h>

/* One line of at most max bytes, without backquotes; what is cut ends with an ellipsis.
 * The caller frees it. */
char *quote_line(const char *text, size_t max);

/* A fenced block of at most max bytes and a bounded number of lines, which says of whose
 * words it is made ("The policy's fault"). */
void quote_block(FILE *f, const char *whose, const char *text, size_t max);

#endif
