/* lualib.h - the functions of the policy's world. */
#ifndef RATCHET_SANDBOX_WORKER_LUALIB_H
#define RATCHET_SANDBOX_WORKER_LUALIB_H

struct lua_State;

/* Opens what a policy may use, and nothing else: base, math, string, table and coroutine
 * without what reaches outside, and with every function whose work has no bound in VM
 * instructions charged by its size; note, mark and print. */
void lualib_open(struct lua_State *L);

/* table.sort: stable, n log n, charged. In sort.c. */
int lualib_sort(struct lua_State *L);

#endif
