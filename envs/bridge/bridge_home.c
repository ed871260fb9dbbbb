/* bridge_home.c - where the bridge's files and its virtual environment lie. */
#include <stdlib.h>
#include <unistd.h>

#include "base/places.h"
#include "base/scoped.h"
#include "envs/bridge/bridge.h"

char *bridge_home(void)
{
    const char *own = getenv("RATCHET_BRIDGE"), *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");

    if (own && own[0])
        return xstrdup(own);
    if (data && data[0] == '/')
        return xasprintf("%s/ratchet/bridge", data);
    return xasprintf("%s/.local/share/ratchet/bridge", home ? home : "");
}

char *bridge_file(const char *name, struct error *err)
{
    static const char *const places[] = { "../envs/bridge", "../../envs/bridge",
                                          "../../../envs/bridge",
                                          "../share/ratchet/bridge", NULL };
    char *path = find_beside(places, name);

    if (!path)
        error_set(err, "%s: this file of the bridge is missing; run `make install` again",
                  name);
    return path;
}

char *bridge_python(struct error *err)
{
    scoped char *home = bridge_home();
    char *python = xasprintf("%s/bin/python", home);

    if (access(python, X_OK) != 0) {
        error_set(err, "%s: the bridge is not installed; run `ratchet bridge install`",
                  home);
        free(python);
        python = NULL;
    }
    return python;
}
