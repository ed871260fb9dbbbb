/* scoped.h - memory that goes when its name goes out of scope. */
#ifndef RATCHET_BASE_SCOPED_H
#define RATCHET_BASE_SCOPED_H

#include <stdlib.h>

/* `scoped char *path = xasprintf(...)` is freed at the end of its block, however that is left,
 * as jansson's json_auto_t is. It has its value, or NULL, where it is declared; no goto leads
 * past that; what is handed on is not scoped. */
#define scoped __attribute__((cleanup(scoped_free)))

static inline void scoped_free(void *name)
{
    free(*(void **)name);
}

#endif
