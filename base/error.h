/* error.h - the reason why something failed, and memory that is there or ends the
 * program. */
#ifndef RATCHET_BASE_ERROR_H
#define RATCHET_BASE_ERROR_H

#include <stddef.h>

struct error {
    char text[1024];
};

/* Writes the reason: the file or name, what is wrong, what to do. err may be NULL.
 * Returns -1, so that a failing function can end with `return error_set(err, ...)`. */
int error_set(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Zeroed memory; ends the program when there is none. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t size);
/* One element more at the end of a list of n: its address. */
#define xgrow(list, n) \
    ((list) = xrealloc((list), sizeof(*(list)) * ((size_t)(n) + 1)), &(list)[(n)++])
char *xstrdup(const char *text);
/* Texts of their own, NULL at the end; NULL is fine. */
void xfree_list(char **list);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
