/* job.h - what harness and worker say to each other.
 *
 * The harness starts a worker for one policy in one task, with SOCKET_FD and SHARED_FD
 * open:
 *     SETUP (struct job) -> READY
 *     inside mode:  PLAY -> one PLAYED for each episode, in order
 *     outside mode: STEP -> STEPPED, one answer for each slot that was asked for; before
 *                   it SIM -> SIM_DONE, as often as a policy plans over the bridge
 *     the bench:    MEASURE -> MEASURED
 * Inside, the worker steps the environment and returns actions, which the harness plays
 * again. Outside, the harness steps, and the worker sees observations only. */
#ifndef RATCHET_SANDBOX_JOB_H
#define RATCHET_SANDBOX_JOB_H

#include <stdatomic.h>

#include "envs/episode.h"
#include "sandbox/limits.h"
#include "sandbox/param.h"
#include "sandbox/wire.h"

#define WORKER_SOCKET_FD 3
#define WORKER_SHARED_FD 4
#define WORKER_MAX_MESSAGE (256u << 20) /* bytes; what either side takes at most */
#define WORKER_STACK_SIGNAL \
    SIGALRM /* "write where you are into the shared page, and go" */

enum message_type {
    MESSAGE_SETUP = 1,
    MESSAGE_READY,
    MESSAGE_PLAY,
    MESSAGE_PLAYED,
    MESSAGE_STEP,
    MESSAGE_STEPPED,
    MESSAGE_MEASURE,
    MESSAGE_MEASURED,
    MESSAGE_SIM,
    MESSAGE_SIM_DONE,
};

/* What SIM (u32 what) asks for within a STEP, where only the harness can step the
 * policy's private copy; SIM_DONE begins with a u32, 0 when it is done. A ticket is a
 * seat's number in the high half and, in the low one, 0 for the state that the seat plays
 * on in, or the number of a kept one. */
enum sim_ask {
    SIM_LOAD,   /* u64 ticket */
    SIM_RESEED, /* u64 seed */
    SIM_STEP, /* u32 n, n actions -> u32 played, f64 reward, u32 events, 2 x u8 of each */
    SIM_OBSERVE, /* -> the values of all fields */
    SIM_KEEP,    /* -> u64 ticket */
};
#define SIM_MOST_KEPT 128 /* states of a seat; then the oldest go */

/* What MEASURE (u32 what, u64 how often) repeats, for `ratchet bench`. */
/* MEASURE_PLANNING: the share of act that rollouts took since the last question, times
 * 1e9. */
enum measure { MEASURE_SNAPSHOT, MEASURE_RESTORE, MEASURE_PLANNING };

/* One page of shared memory. The harness takes its contents for a hint, never for a
 * fact. */
struct worker_shared {
    atomic_uint_fast64_t calls; /* grows with every call into the policy and out of it */
    char stack[2048];           /* written before the worker ends itself while stuck */
};

/* What must hold of the jail before a policy runs. */
#define JAIL_LAYERS(X)                                                               \
    X(no_new_privs, "no way back to privileges (prctl)")                             \
    X(rlimits, "caps on memory, time, files and processes (setrlimit)")              \
    X(namespaces, "its own user, network, mount, process, IPC and host-name spaces") \
    X(landlock, "no file system (Landlock)")                                         \
    X(seccomp, "an allow-list of system calls (seccomp)")
enum jail_layer {
#define X(name, help) JAIL_##name,
    JAIL_LAYERS(X)
#undef X
        N_JAIL_LAYERS
};

/* One task and one policy, as the worker needs them. Text is owned in a job that was read
 * from a message, borrowed in one that the harness fills in. */
struct job {
    char **plugins; /* paths, n_plugins of them */
    uint32_t n_plugins;
    char *env;
    uint8_t
        *description; /* of an environment that the worker cannot create (describe.h), */
    size_t description_len; /* for outside mode; 0: it looks `env` up */
    char **settings;        /* "name=value" */
    uint32_t n_settings;
    struct episode_rules rules;
    enum observation observation;
    char **fields; /* NULL: all */
    uint32_t n_fields;
    struct limits limits;
    char *policy_name;
    char *source;
    struct vm_param *params; /* overrides: name and value */
    uint32_t n_params;
    uint32_t n_slots;   /* outside mode: VMs at once; 0: inside */
    bool plans;         /* the policy has a sim... */
    bool sim_is_true;   /* ...that starts from the true state; outside, STEP brings it */
    bool is_unjailed;   /* asked for by a user who knows what it means */
    bool wants_globals; /* READY names the globals that nobody sets */
    bool is_bare; /* instructions are not counted: for comparison by `ratchet bench` */
};

void job_put(struct wire *w, const struct job *job);
/* -1 when the message is not a job. */
int job_get(struct wire *w, struct job *job);
void job_clear(struct job *job); /* of a job that was read */

/* The seed of the policy's own chance: told to the policy, in effect, so the episode's
 * seed cannot be worked out from it (base/chance.h). */
uint64_t job_policy_chance(uint64_t seed);

#endif
