/* limits.h - what a policy may see and spend; part of the task and shown with every
 * result. */
#ifndef RATCHET_SANDBOX_LIMITS_H
#define RATCHET_SANDBOX_LIMITS_H

#include <stdint.h>

/* What `obs` holds. */
#define OBSERVATION_MODES(X) X(features) X(ram) X(frame) X(gray)
enum observation {
#define X(name) OBSERVATION_##name,
    OBSERVATION_MODES(X)
#undef X
};

/* Instructions are Lua VM instructions; long work inside C functions is charged in the
 * same coin, by size. All of them are counted, so the same policy runs into the same
 * limit at the same place on every machine. `stall_ms` is the backstop in wall-clock
 * time: an episode that it ends is void. The names are those of the task's JSON. */
#define LIMITS(X)                                                                   \
    X(load_instructions, 10000000, "instructions of the top-level chunk")           \
    X(reset_instructions, 2000000, "instructions of one reset")                     \
    X(act_instructions, 200000, "instructions of one act")                          \
    X(memory_kib, 65536, "memory of the Lua VM, KiB")                               \
    X(note_bytes, 65536, "notes and marks of one episode, bytes")                   \
    X(stall_ms, 2000, "wall-clock time of one call before the worker is ended, ms") \
    X(episode_ms, 600000,                                                           \
      "wall-clock time of one episode before the worker is ended, ms")              \
    X(planner_steps, 0, "steps of the private model in one act")

struct limits {
#define X(name, value, help) int64_t name;
    LIMITS(X)
#undef X
};

extern const struct limits limits_default;

/* Why an episode ended early. FAULT_void: the backstop, never scored as it stands. */
#define FAULTS(X)                                                     \
    X(none, "")                                                       \
    X(load, "the policy cannot be loaded")                            \
    X(error, "the policy raised an error")                            \
    X(action, "the policy returned something that is not an action")  \
    X(instructions, "the policy used up its instructions")            \
    X(memory, "the policy used up its memory")                        \
    X(void, "the worker was ended by the wall-clock backstop")        \
    X(worker, "the worker ended by itself")                           \
    X(nonsense, "the worker sent something that is not a message")    \
    X(forged, "what the worker reports is not what its actions give") \
    X(environment, "the environment failed")
enum fault_kind {
#define X(name, text) FAULT_##name,
    FAULTS(X)
#undef X
        N_FAULTS
};

struct vm_fault {
    enum fault_kind kind;
    char text[3072]; /* what, where: file:line and the call stack */
};

const char *fault_name(enum fault_kind kind); /* "instructions" */
const char *fault_text(enum fault_kind kind); /* the sentence */

#endif
