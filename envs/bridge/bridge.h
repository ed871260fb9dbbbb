/* bridge.h - environments of ale-py (ale/GAME) and Gymnasium (gym/ID), through a Python
 * program.
 *
 * The program is started when the first of them is asked for, from the virtual
 * environment that `ratchet bridge install` made. An instance of such an environment may
 * fail at any time: the other side dies, hangs or answers nonsense. Then the step is
 * truncated, observations stand still, and bridge_failure tells why; the next reset
 * starts the other side again. */
#ifndef RATCHET_ENVS_BRIDGE_H
#define RATCHET_ENVS_BRIDGE_H

#include "envs/table.h"

/* For env_registry.finder. Its environments are played in outside mode only. */
extern const struct env_finder bridge_finder;

bool bridge_owns(const struct env *env);

/* Why the instance's episode is not one; NULL when all is well or env is not the
 * bridge's. Borrowed until the next reset or load. */
const char *bridge_failure(const struct env *env, const void *instance);

/* -1 with the reason when it has failed: what was played of its episode is worth nothing,
 * and a reset may bring it back. */
int bridge_check(const struct env *env, const void *instance, struct error *err);

/* Up to n frames (n <= 64) in one crossing: row i of actions, n_actions doubles each, is
 * played in frame i, until the episode ends. each[i] is frame i's result. Returns how
 * many were played, at least 1. */
int bridge_step_frames(void *instance, const double *actions, int n,
                       struct env_step *each);

/* -1, with the reason, when there can be no copies of it to plan with. */
int bridge_check_copy(const struct env *env, struct error *err);

/* An instance to plan with, beside those that are played; all of one environment and one
 * thread. It takes over the state of another; keeps its own under a number of the
 * caller's, for itself; takes that back; draws other chance. -1: it has failed, see
 * bridge_failure, until the next bridge_copy. */
int bridge_copy(void *instance, const void *from);
int bridge_keep(void *instance, uint32_t number);
int bridge_put_back(void *instance, uint32_t number);
int bridge_reseed(void *instance, uint64_t seed);

/* Where the virtual environment is or would be: $RATCHET_BRIDGE, else ratchet/bridge in
 * $XDG_DATA_HOME or ~/.local/share. The caller frees it. */
char *bridge_home(void);
/* A file of envs/bridge/: in the tree, or where `make install` put it. NULL with the
 * reason. The caller frees it. */
char *bridge_file(const char *name, struct error *err);
/* The interpreter in the virtual environment; NULL with the remedy when it is not
 * there. */
char *bridge_python(struct error *err);

/* For tests: starts this program (NULL-terminated, borrowed) in place of Python; NULL:
 * Python. */
void bridge_use_program(const char *const *argv);

#endif
