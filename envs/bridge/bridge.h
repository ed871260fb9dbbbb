/* bridge.h - environments of ale-py (ale/GAME) and Gymnasium (gym/ID), through a Python
 * program.
 *
 * The program is started when the first of them is asked for, from the virtual
 * environment that `ratchet bridge install` made. An instance of such an environment may
 * fail at any time: the other side dies, hangs or answers nonsense. Then the step is
 * truncated, observations stand still, and its `failure` tells why; the next reset
 * starts the other side again. */
#ifndef RATCHET_ENVS_BRIDGE_H
#define RATCHET_ENVS_BRIDGE_H

#include "envs/table.h"

/* For env_registry.finder. Its environments are played in outside mode only. */
extern const struct env_finder bridge_finder;

/* Where the virtual environment is or would be: $RATCHET_BRIDGE, else ratchet/bridge in
 * $XDG_DATA_HOME or ~/.local/share. The caller frees it. */
char *bridge_home(void);
/* A file of envs/bridge/: in the tree, or where `make install` put it. NULL with the
 * reason. The caller frees it. */
char *bridge_file(const char *name, struct error *err);
/* The interpreter in the virtual environment; NULL with the remedy when it is not
 * there. */
char *bridge_python(struct error *err);

/* The virtual environment: made in bridge_home, and the list of names with it; the
 * versions that work in it, the caller's, NULL with the remedy; removed, if install made
 * it. */
int bridge_install(struct error *err);
struct json_t *bridge_check(struct error *err);
int bridge_remove(struct error *err);

/* For tests: starts this program (NULL-terminated, borrowed) in place of Python; NULL:
 * Python. */
void bridge_use_program(const char *const *argv);

#endif
