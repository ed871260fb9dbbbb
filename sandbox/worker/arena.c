/* arena.c - the memory of one Lua VM: at a fixed address, so that its copy is a snapshot.
 *
 * Blocks come in classes: every 16 bytes up to 1 KiB, above that four to each power of
 * two. A freed block waits in its class for the next of its size. */
#include "sandbox/worker/arena.h"

#include <string.h>
#include <sys/mman.h>

#define ARENA_BASE 0x200000000000u
#define ARENA_STRIDE 0x100000000u /* 4 GiB: equal lower address bits in every slot */
#define SMALL 1024
#define GRAIN 16

static int class_of(size_t size, size_t *rounded)
{
    int log2, quarter;

    if (size <= SMALL) {
        *rounded = (size + GRAIN - 1) / GRAIN * GRAIN;
        return (int)(*rounded / GRAIN);
    }
    log2 = 63 - __builtin_clzll(size - 1);
    quarter = (int)((size - 1) >> (log2 - 2)) & 3;
    *rounded = (size_t)(5 + quarter) << (log2 - 2);
    return SMALL / GRAIN + 1 + (log2 - 10) * 4 + quarter;
}

struct arena *arena_create(int slot, size_t limit, size_t head_size)
{
    size_t size = 2 * limit + head_size + (1 << 20);
    void *at = (void *)(ARENA_BASE + (uint64_t)slot * ARENA_STRIDE);
    struct arena *a;

    if (size >= ARENA_STRIDE)
        return NULL;
    a = mmap(at, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (a == MAP_FAILED)
        return NULL;
    if (a != at) {
        munmap(a, size);
        return NULL;
    }
    a->size = size;
    a->brk = (head_size + GRAIN - 1) / GRAIN * GRAIN;
    a->limit = limit;
    return a;
}

void arena_destroy(struct arena *a)
{
    if (a)
        munmap(a, a->size);
}

static void give_back(struct arena *a, void *block, size_t size)
{
    size_t rounded;
    int class = class_of(size, &rounded);

    memcpy(block, &a->free[class], sizeof(void *));
    a->free[class] = block;
    a->used -= rounded;
}

static void *arena_take(struct arena *a, size_t size)
{
    size_t rounded;
    int class = class_of(size, &rounded);
    void *block = a->free[class];

    if (rounded > a->limit - a->used)
        return NULL;
    if (block) {
        memcpy(&a->free[class], block, sizeof(void *));
    } else {
        if (rounded > a->size - a->brk)
            return NULL;
        block = (char *)a + a->brk;
        a->brk += rounded;
    }
    a->used += rounded;
    return block;
}

void *arena_realloc(struct arena *a, void *old, size_t old_size, size_t size)
{
    size_t had, wanted;
    void *block;

    if (size > a->limit)
        return NULL;
    if (!old)
        return size ? arena_take(a, size) : NULL;
    if (!size) {
        give_back(a, old, old_size);
        return NULL;
    }
    if (class_of(old_size, &had) == class_of(size, &wanted))
        return old;
    block = arena_take(a, size);
    if (!block) /* Lua counts on shrinking to succeed */
        return size < old_size ? old : NULL;
    memcpy(block, old, old_size < size ? old_size : size);
    give_back(a, old, old_size);
    return block;
}
