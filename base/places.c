/* places.c - where things lie: logs/, and what is shipped with the program. */
#include "base/places.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/scoped.h"

char *logs_path(const char *name)
{
    const char *home = getenv("RATCHET_HOME");

    if (!home || !home[0] || !strcmp(home, "."))
        return xasprintf("logs%s%s", name[0] ? "/" : "", name);
    return xasprintf("%s/logs%s%s", home, name[0] ? "/" : "", name);
}

char *find_beside(const char *const *places, const char *name)
{
    char self[PATH_MAX];

    file_self(self);
    for (; *places; places++) {
        char *path = xasprintf("%.*s%s/%s", (int)(file_name(self) - self), self, *places,
                               name);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

char *find_shipped(const char *format, ...)
{
    static const char *const places[] = { "../policies", "../../policies",
                                          "../share/ratchet/policies", NULL };
    scoped char *relative = NULL;
    char *path;
    va_list args;

    va_start(args, format);
    if (vasprintf(&relative, format, args) < 0)
        abort();
    va_end(args);
    path = xasprintf("policies/%s", relative);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return find_beside(places, relative);
}
