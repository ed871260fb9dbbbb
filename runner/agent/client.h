/* client.h - the client of `ratchet mcp`, with whom nothing begins before it asks. */
#ifndef RATCHET_RUNNER_AGENT_CLIENT_H
#define RATCHET_RUNNER_AGENT_CLIENT_H

#include <signal.h>

#include "runner/brief/provider.h"

struct client {
    const char *folder; /* of a run to go on with, whose lock may not be free yet; or NULL */
};

/* Opens the provider and waits until the client asks for something of the run. 1: it does;
 * 0: it left without, so that there is to be no run; -1: the reason is in err. */
int client_await(const struct client *c, const volatile sig_atomic_t *interrupted,
                 struct provider *out, struct error *err);
/* Answers all that it still asks with the reason why there is no run, until it leaves. */
void client_refuse(const struct provider *p, const struct error *err);

#endif
