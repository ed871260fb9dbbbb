/* vec.h - vectors of doubles in a policy's world: one block of memory each, worked on in
 * C. */
#ifndef RATCHET_SANDBOX_WORKER_VEC_H
#define RATCHET_SANDBOX_WORKER_VEC_H

#include <stdint.h>

struct lua_State;

struct vec {
    int64_t n;
    double at[];
};

/* Makes the global table `vec`. */
void vec_open(struct lua_State *L);

/* Pushes a new vector of n zeros; it lives as long as Lua finds it. Raises Lua errors. */
struct vec *vec_push(struct lua_State *L, int64_t n);

/* The vector at a stack index; a list of numbers there becomes one. Raises Lua errors. */
struct vec *vec_get(struct lua_State *L, int index);

#endif
