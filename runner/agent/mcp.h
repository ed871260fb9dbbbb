/* mcp.h - a provider that is an MCP client: the loop asks, and what the client calls is
 * the turn. Whoever has two descriptors to a client can be one (see mcp_wire.h for
 * mcp_create). */
#ifndef RATCHET_RUNNER_AGENT_MCP_H
#define RATCHET_RUNNER_AGENT_MCP_H

#include "runner/brief/provider.h"

#define MCP_MOST_TURNS 400 /* of one iteration */

struct mcp;

/* As the provider's functions of the same names; -1 with is_over when the client has
 * gone. */
int mcp_ask(struct mcp *m, const struct request *request, struct turn *out,
            struct error *err);
void mcp_progress(void *mcp, const char *purpose, int done, int n);
void mcp_tell(void *mcp, json_t *news);
/* Answers the request that waits by an error, as a tool's where it calls one. */
void mcp_refuse(void *mcp, const char *text);
bool mcp_take_cancelled(void *mcp);
bool mcp_await(void *mcp);
const volatile sig_atomic_t *mcp_interrupted(void *mcp);

#endif
