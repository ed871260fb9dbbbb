/* arena.h - the memory of one Lua VM: at a fixed address, so that its copy is a snapshot.
 *
 * Addresses depend on nothing but the sequence of requests, so tables hash their keys the
 * same way in every process. Arenas of different slots differ in the upper 32 address
 * bits alone, which Lua's hashing does not read. */
#ifndef RATCHET_SANDBOX_WORKER_ARENA_H
#define RATCHET_SANDBOX_WORKER_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_CLASSES 192

/* Lies at the head of the arena itself. */
struct arena {
    size_t size;  /* bytes mapped, this head included */
    size_t brk;   /* bytes handed out so far, from the head on; what a snapshot copies */
    size_t used;  /* bytes that are in use now */
    size_t limit; /* of `used` */
    void *free[ARENA_CLASSES];
};

/* Maps the arena of a slot (0, 1, ...) for `limit` bytes in use; head_size bytes at its
 * head are the caller's (the struct arena comes first in them). NULL when the address is
 * taken. */
struct arena *arena_create(int slot, size_t limit, size_t head_size);
void arena_destroy(struct arena *a);

/* As lua_Alloc, with the arena as `a`: NULL when the limit would be passed. */
void *arena_realloc(struct arena *a, void *old, size_t old_size, size_t size);

#endif
