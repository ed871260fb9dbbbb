/* bridge_process.h - the Python program on the other side of the bridge: started, asked,
 * ended.
 *
 * It gets a control socket (JSON after a u32 length, in the machine's order; descriptors
 * come with it), one shared page, two eventfds and a pipe whose closing ends it. What is
 * asked often goes through the page: `struct bridge_ask` is written, the ask eventfd is
 * rung, and the answer eventfd rings when `struct bridge_answer` stands there with the
 * same serial number. Every wait has an end; what comes back is checked before it is
 * used. A program that dies, hangs or answers nonsense is killed, and is_dead and why say
 * so. */
#ifndef RATCHET_ENVS_BRIDGE_PROCESS_H
#define RATCHET_ENVS_BRIDGE_PROCESS_H

#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <sys/types.h>

#include "base/error.h"
#include "envs/env.h"

#define BRIDGE_PROTOCOL 1
#define BRIDGE_MOST_FRAMES 64 /* in one turn */
#define BRIDGE_MOST_SLOTS 32  /* environments of one program */

enum bridge_op {
    BRIDGE_CONTROL, /* a message stands in the control socket; has no answer in the page
                     */
    BRIDGE_RESET,
    BRIDGE_STEP,
    BRIDGE_OBSERVE,
    BRIDGE_SAVE,
    BRIDGE_LOAD,
    BRIDGE_COPY,     /* into the state of the slot that stands in `seed` */
    BRIDGE_KEEP,     /* its state, over there, under the number in `seed` */
    BRIDGE_PUT_BACK, /* the state with this number */
    BRIDGE_RESEED,   /* its own chance */
};

enum { BRIDGE_WANT_OBS = 1, BRIDGE_WANT_RAM = 2, BRIDGE_WANT_FRAME = 4 };

struct bridge_ask {
    uint64_t serial, seed;
    uint32_t op, slot, n_frames, want;
};

enum { BRIDGE_DONE, BRIDGE_REFUSED, BRIDGE_RAISED };
struct bridge_answer {
    uint64_t serial, state_len;
    uint32_t status, n_frames, have, text_len;
};

struct bridge_page {
    struct bridge_ask ask;
    uint8_t pad1[64 - sizeof(struct bridge_ask)];
    struct bridge_answer answer;
    uint8_t pad2[64 - sizeof(struct bridge_answer)];
    char text[960]; /* why, when it is not BRIDGE_DONE */
};

/* One frame's result in a slot's memory. */
struct bridge_result {
    double reward;
    uint32_t events, flags; /* flags: 1 terminated, 2 truncated */
};

struct bridge_process {
    pthread_mutex_t mutex; /* of a turn or a control message */
    pid_t pid;
    int pidfd, control, ask, answer, life, log;
    struct bridge_page *page;
    uint64_t serial;
    bool is_dead;
    char why[512];    /* when dead */
    json_t *versions; /* of python, ale_py, gymnasium, numpy: text or null */

    /* The owner's: which slots are taken, by whose thread, and the core that both
     * share. */
    uint32_t slots;
    pthread_t thread;
    int core;          /* -1: none */
    cpu_set_t allowed; /* what the thread was allowed before */
};

/* Starts argv (NULL-terminated; descriptors are appended) and greets it. NULL on
 * failure. */
struct bridge_process *bridge_process_start(const char *const *argv, struct error *err);
void bridge_process_end(struct bridge_process *p); /* NULL is fine */

/* Asks for one turn; ask->serial is filled in. 0: done, *out is checked (serial, frames 1
 * to those asked for, state_len at most state_most). 1: the other side refuses, and goes
 * on. -1: it is dead. The reason for 1 and -1 is in err. */
int bridge_process_turn(struct bridge_process *p, const struct bridge_ask *ask,
                        uint64_t state_most, struct bridge_answer *out,
                        struct error *err);

/* Kills it for what it did ("sent garbage"); returns -1, with the reason in err. */
int bridge_process_condemn(struct bridge_process *p, const char *what, struct error *err);

/* Sends a request with a descriptor (or -1) and returns the reply, an object with "ok":
 * true; NULL with the reason. Steals request. */
json_t *bridge_process_talk(struct bridge_process *p, json_t *request, int fd,
                            struct error *err);

/* How long a turn and a control message may take, ms. From RATCHET_BRIDGE_MS when it is
 * set. */
int bridge_turn_ms(void);
int bridge_talk_ms(void);

/* Shared memory of a size that cannot change any more; -1 on failure. */
int bridge_memory(size_t size, struct error *err);

#endif
