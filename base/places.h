/* places.h - where things lie: logs/, and what is shipped with the program. */
#ifndef RATCHET_BASE_PLACES_H
#define RATCHET_BASE_PLACES_H

/* A path in logs/, which lies in $RATCHET_HOME or here; the caller frees it. "": logs/
 * itself. */
char *logs_path(const char *name);
/* A file of one of these folders (NULL at the end), seen from where this program lies; the
 * caller frees it; NULL when there is none. */
char *find_beside(const char *const *places, const char *name);
/* A file of the shipped policies, named as printf does: in the tree, or where `make install`
 * put it. The caller frees it; NULL when there is none. */
char *find_shipped(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
