/* bridge_pool.c - the Python programs that run: which one serves whom.
 *
 * A program serves up to 32 instances, all of one thread: the lanes of an evaluation do
 * not wait for each other. An idle program is kept for the next who asks. */
#include "envs/bridge/bridge_pool.h"

#include <stdlib.h>

#include "base/scoped.h"
#include "envs/bridge/bridge.h"

static struct {
    pthread_mutex_t mutex;
    struct bridge_process **list;
    int n;
    const char *const *argv; /* for tests */
} pool = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static struct bridge_process *start_process(struct error *err)
{
    scoped char *python = NULL, *script = NULL;
    struct bridge_process *p = NULL;

    if (pool.argv)
        return bridge_process_start(pool.argv, err);
    python = bridge_python(err);
    script = python ? bridge_file("ratchet_bridge.py", err) : NULL;
    if (script) {
        const char *const argv[] = { python, "-I", "-u", script, NULL };
        p = bridge_process_start(argv, err);
    }
    return p;
}

/* Programs that died and that no instance holds any more. */
static void bury(void)
{
    int n = 0;

    for (int i = 0; i < pool.n; i++) {
        struct bridge_process *p = pool.list[i];
        if (p->is_dead && !p->slots)
            bridge_process_end(p);
        else
            pool.list[n++] = p;
    }
    pool.n = n;
}

/* A living program of this thread with a free slot, else an idle one, else a new one.
 * Under the mutex. */
static struct bridge_process *find_process(struct error *err)
{
    const uint32_t all = UINT32_MAX;
    struct bridge_process *found = NULL;

    bury();
    for (int i = 0; i < pool.n; i++) {
        struct bridge_process *p = pool.list[i];
        bool is_ours = pthread_equal(p->thread, pthread_self()) && p->slots != all;
        if (!p->is_dead && (is_ours || (!found && !p->slots)))
            found = p;
    }
    if (!found) {
        found = start_process(err);
        if (!found)
            return NULL;
        *xgrow(pool.list, pool.n) = found;
    }
    found->thread = pthread_self();
    return found;
}

static void bind_to(struct bridge_process *p, int core)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(core, &one);
    if (sched_setaffinity(0, sizeof(one), &one) == 0) {
        p->core = core;
        sched_setaffinity(p->pid, sizeof(one), &one);
    }
}

/* Another program that this thread shares a core with. */
static struct bridge_process *find_neighbour(const struct bridge_process *p)
{
    for (int i = 0; i < pool.n; i++) {
        struct bridge_process *other = pool.list[i];
        if (other != p && other->core >= 0 &&
            pthread_equal(other->thread, pthread_self()))
            return other;
    }
    return NULL;
}

/* The thread and its program take turns and never run at once. On one core a turn changes
 * hands in a few microseconds; between two cores of a virtual machine it takes a hundred.
 * So both are bound to the core that the fewest programs share, for as long as the thread
 * has environments there. */
static void share_core(struct bridge_process *p)
{
    const struct bridge_process *neighbour = find_neighbour(p);
    int best = -1, least = 0, here = sched_getcpu();

    if (neighbour) {
        p->allowed = neighbour->allowed;
        bind_to(p, neighbour->core);
        return;
    }
    if (sched_getaffinity(0, sizeof(p->allowed), &p->allowed) != 0)
        return;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        int n = 0;
        if (!CPU_ISSET(core, &p->allowed))
            continue;
        for (int i = 0; i < pool.n; i++)
            n += pool.list[i]->core == core;
        if (best < 0 || n < least || (n == least && core == here)) {
            best = core;
            least = n;
        }
    }
    if (best >= 0)
        bind_to(p, best);
}

static void leave_core(struct bridge_process *p)
{
    if (p->core >= 0 && pthread_equal(p->thread, pthread_self()) && !find_neighbour(p))
        sched_setaffinity(0, sizeof(p->allowed), &p->allowed);
    p->core = -1;
}

struct bridge_process *bridge_pool_take(uint32_t *slot, struct error *err)
{
    struct bridge_process *p;

    pthread_mutex_lock(&pool.mutex);
    p = find_process(err);
    if (p) {
        *slot = 0;
        while (p->slots & UINT32_C(1) << *slot)
            (*slot)++;
        if (!p->slots)
            share_core(p);
        p->slots |= UINT32_C(1) << *slot;
    }
    pthread_mutex_unlock(&pool.mutex);
    return p;
}

void bridge_pool_release(struct bridge_process *p, uint32_t slot)
{
    pthread_mutex_lock(&pool.mutex);
    p->slots &= ~(UINT32_C(1) << slot);
    if (!p->slots)
        leave_core(p);
    pthread_mutex_unlock(&pool.mutex);
}

void bridge_pool_clear(void)
{
    for (int i = 0; i < pool.n; i++)
        bridge_process_end(pool.list[i]);
    free(pool.list);
    pool.list = NULL;
    pool.n = 0;
}

void bridge_use_program(const char *const *argv)
{
    pool.argv = argv;
}
