/* vm_globals.h - the globals that a policy reads and nobody sets, found without running
 * it. */
#ifndef RATCHET_SANDBOX_WORKER_VM_GLOBALS_H
#define RATCHET_SANDBOX_WORKER_VM_GLOBALS_H

#include <stdio.h>

#include "base/error.h"

struct lua_State;

/* Writes "name (line 3), other (line 9)", or nothing. L is a VM's in which the source has
 * been loaded: what it set while loading is known. */
void vm_write_unknown_globals(struct lua_State *L, const char *source, size_t len,
                              FILE *out);

#endif
