/* client.c - the client of `ratchet mcp`, with whom nothing begins before it asks.
 *
 * Agents start all servers of their configuration, ask what there is, and most often want
 * nothing of it: that makes no run, no folder and not an episode. */
#include "runner/agent/client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/say.h"
#include "runner/agent/mcp.h"
#include "runner/brief/providers.h"

#define LOCK_WAITS 10 /* times... */
#define LOCK_WAIT_US 100000

/* Is nobody at work on the run there, within a second? The server before this one may still be
 * ending. */
static bool lock_is_free(const char *folder, int waits,
                         const volatile sig_atomic_t *interrupted)
{
    char *path = xasprintf("%s/lock", folder);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool is_free = fd < 0;

    for (int i = 0; !is_free && i < waits && !*interrupted; i++) {
        is_free = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (!is_free && i + 1 < waits)
            usleep(LOCK_WAIT_US);
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return is_free;
}

int client_await(const struct client *c, const volatile sig_atomic_t *interrupted,
                 struct provider *out, struct error *err)
{
    struct provider_config config = { .interrupted = interrupted, .is_quiet = true };
    char *busy = NULL;
    bool asks;

    out->self = mcp_provider.create(&config, err);
    if (!out->self)
        return -1;
    out->kind = &mcp_provider;
    if (c->folder)
        busy = xasprintf("%s: another process works on this run: end it, or wait for its end, and "
                         "call again; nothing was done",
                         c->folder);
    if (busy && !lock_is_free(c->folder, 1, interrupted))
        say_to(stderr, "ratchet: %s\n", busy);
    while ((asks = out->kind->await(out->self)) && !*interrupted && busy &&
           !lock_is_free(c->folder, LOCK_WAITS, interrupted))
        mcp_refuse(out->self, busy);
    free(busy);
    return *interrupted ? error_set(err, "mcp: interrupted") : asks;
}

void client_refuse(const struct provider *p, const struct error *err)
{
    json_t *news = json_pack("{s:s}", "over", err->text);

    p->kind->tell(p->self, news);
    json_decref(news);
}
