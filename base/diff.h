/* diff.h - what changed between two texts, line by line, as unified diffs show it. */
#ifndef RATCHET_BASE_DIFF_H
#define RATCHET_BASE_DIFF_H

#include <stdio.h>

/* Writes a unified diff with three lines of context; nothing when the texts are the
 * same. */
void diff_write(FILE *out, const char *name_a, const char *a, const char *name_b,
                const char *b);

#endif
