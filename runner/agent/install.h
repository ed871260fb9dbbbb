/* install.h - the configurations by which clients start `ratchet mcp`, as their files want
 * them. */
#ifndef RATCHET_RUNNER_AGENT_INSTALL_H
#define RATCHET_RUNNER_AGENT_INSTALL_H

#include <jansson.h>

#include "base/error.h"

#define INSTALL_CLIENTS "claude|codex|cursor|gemini|opencode|vscode"

/* The server as it is started. Borrowed. */
struct install_server {
    const char *command;
    json_t *args; /* strings */
    json_t *env;  /* an object of strings */
};

/* -1 names the clients that there are. */
int install_check(const char *client, struct error *err);
/* The client's whole file on stdout; on stderr where it belongs, and how the client is then
 * started so that nobody is asked. The client must have been checked. */
void install_print(const char *client, const struct install_server *server);

#endif
