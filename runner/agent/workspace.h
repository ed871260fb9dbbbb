/* workspace.h - the folder that an external agent works in: brief in, policy out.
 *
 * The agent may put anything there, links out of it too: nothing is opened by its
 * path. */
#ifndef RATCHET_RUNNER_AGENT_WORKSPACE_H
#define RATCHET_RUNNER_AGENT_WORKSPACE_H

#include "runner/brief/provider.h"

/* Makes the folder (its parent must be there) and writes brief.md, api.md, failures.md
 * and pictures, policy.lua, tools.json, AGENTS.md. An older one of that name is moved
 * aside. Returns a descriptor of the folder, -1 on failure. */
int workspace_create(const char *path, const struct request *request, struct error *err);

/* A plain file of the workspace as text, valid UTF-8, that the caller frees. NULL when
 * there is none, it is no plain file, or it is longer than `max` bytes. */
char *workspace_read(int folder, const char *name, size_t max, struct error *err);

/* Writes a file whatever lies there under that name. */
int workspace_write(int folder, const char *name, const void *bytes, size_t len,
                    struct error *err);

/* What is in the folder of an agent that has ended has no rights of its own after this:
 * folders are 0700, set-id bits, sticky bits and file capabilities are gone, and so is
 * what is neither file, folder nor link. No link is followed. */
void workspace_settle(int folder);

/* Listens on .ratchet.sock in the folder. A descriptor, -1 on failure. */
int workspace_listen(int folder, struct error *err);

#endif
