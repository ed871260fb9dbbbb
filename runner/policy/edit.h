/* edit.h - finds a piece of text in a source: to the letter, but for blanks, or what
 * comes nearest to it. */
#ifndef RATCHET_RUNNER_POLICY_EDIT_H
#define RATCHET_RUNNER_POLICY_EDIT_H

#include <stdbool.h>
#include <stddef.h>

/* How often the len bytes at search stand in the source; *where is the last place. With
 * is_at_line they must begin a line. Nothing stands nowhere. */
int edit_count(const char *source, const char *search, size_t len, bool is_at_line,
               const char **where);

struct edit_place {
    const char *at; /* in the source, whole lines */
    size_t len;
    int n; /* how often the lines stand there: the place is of use when it is 1 */
};

/* Where the lines of `search` stand: to the letter, else with other blanks in and around
 * them, other empty lines between, and typographic quotes for plain ones. */
struct edit_place edit_find(const char *source, const char *search);

/* The lines of the source, as many as search has, that look most like it; *line is the
 * number of the first (from 1). NULL when nothing is alike. The caller frees it. */
char *edit_nearest(const char *source, const char *search, int *line);

#endif
