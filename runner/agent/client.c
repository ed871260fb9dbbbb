/* client.c - the client of `ratchet mcp`, with whom nothing begins before it asks.
 *
 * Agents start all servers of their configuration, ask what there is, and most often want
 * nothing of it: that makes no run, no folder and not an episode. */
#include "runner/agent/client.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "runner/brief/providers.h"

#define LOCK_WAITS 100 /* times... */
#define LOCK_WAIT_US 100000

/* The server before this one may still be ending. */
static void await_lock(const char *folder, const volatile sig_atomic_t *interrupted)
{
    char *path = xasprintf("%s/lock", folder);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    for (int i = 0; fd >= 0 && i < LOCK_WAITS && !*interrupted; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            break;
        usleep(LOCK_WAIT_US);
    }
    if (fd >= 0)
        close(fd);
    free(path);
}

int client_await(const struct client *c, const volatile sig_atomic_t *interrupted,
                 struct provider *out, struct error *err)
{
    struct provider_config config = { .interrupted = interrupted, .is_quiet = true };
    bool asks;

    out->self = mcp_provider.create(&config, err);
    if (!out->self)
        return -1;
    out->kind = &mcp_provider;
    asks = out->kind->await(out->self);
    if (*interrupted)
        return error_set(err, "mcp: interrupted");
    if (asks && c->folder)
        await_lock(c->folder, interrupted);
    return asks;
}

void client_refuse(const struct provider *p, const struct error *err)
{
    json_t *news = json_pack("{s:s}", "over", err->text);

    p->kind->tell(p->self, news);
    json_decref(news);
}
