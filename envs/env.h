/* env.h - what an environment is: a constant description, and operations on an instance.
 *
 * This header alone is enough to build a plug-in: a shared object that exports
 *     const struct env *const ratchet_envs[] = { &my_env, NULL };
 * See envs/README.md. Everything is in the units that the fields state; `step` allocates
 * nothing, does no I/O, reads no clock and touches no global; it never resets by
 * itself. */
#ifndef RATCHET_ENVS_ENV_H
#define RATCHET_ENVS_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENV_ABI 4         /* changes when this header changes its meaning */
#define ENV_MAX_ACTION 64 /* components of an action, at most */
#define ENV_MAX_EVENTS 32 /* kinds of events, at most: bits of env_step.events */

/* How far the bits of a trajectory hold: the same seed and actions give the same
 * states... */
enum env_bits {
    ENV_BITS_X86_64,  /* ...on any x86-64 machine */
    ENV_BITS_MACHINE, /* ...on machines of this kind, with these libraries */
    ENV_BITS_NONE, /* ...not at all: such episodes cannot be verified by playing again */
};

/* A picture in memory: rgb holds width * height * 3 bytes, row by row from the top. */
struct canvas {
    int width, height; /* pixels */
    uint8_t *rgb;
};

/* One named observation field of `n` doubles (n = 1 is a plain number in Lua, else a
 * list). `bins` > 0 says that the field tells one failure from another: the harness puts
 * its value into that many equal bins between min and max when it names a failure's
 * signature. */
struct env_field {
    const char *name;
    const char *unit; /* "px", "m/s", ...; "" for none */
    int n;
    double min, max; /* bounds; +-INFINITY where there are none */
    int bins;
};

/* One component of an action. A discrete one takes the whole numbers min..max. */
struct env_action {
    const char *name;
    bool is_discrete;
    double min, max;
    const char *const *choices; /* discrete: names of min..max in order, or NULL */
};

/* Something that may happen in a step; its bit is its place in the list. */
struct env_event {
    const char *name;
    bool is_failure; /* what a policy would rather avoid: a life lost, a fall */
};

/* A text option of `create`, given as `--set name=value`. */
struct env_option {
    const char *name;
    const char *value; /* the default */
    const char *help;
};

struct env_step {
    double reward;
    uint32_t events; /* bits, see env_event */
    bool terminated; /* the task itself ended */
    bool truncated; /* cut off from inside the environment (time limits are the harness's)
                     */
};

/* A constant description with its operations. Lists end with an entry whose name is NULL.
 * An instance is opaque, belongs to one thread at a time, and is freed by `destroy`. */
struct env {
    uint32_t abi;      /* ENV_ABI */
    const char *name;  /* "breakout"; letters, digits, '_', '/', '-' */
    uint32_t version;  /* changes when trajectories change */
    const char *about; /* one sentence */
    enum env_bits bits;

    const struct env_field *fields;   /* the observation "features", in order */
    const struct env_action *actions; /* components of an action */
    const double *noop;               /* one value a component: doing nothing */
    const struct env_event *events;
    const struct env_option *options;

    double frames_per_second; /* of env steps, before frame skip */
    int64_t max_frames;       /* default limit of env steps in an episode */
    double fault_return;      /* what an episode that ended in a fault scores at most:
                                 the worst return known of max_frames. INFINITY, where no
                                 reward is ever below 0: what it had reached counts.
                                 NAN: not known, the harness measures it */
    double target;            /* a return worth reaching, NAN where none is known */

    int frame_width, frame_height; /* of `draw`, pixels; 0: it cannot draw */
    int ram_size;                  /* bytes of `ram`; 0: it has none */

    /* values[i] is the text of options[i], defaults filled in. NULL on failure, with a
     * sentence in why that names the option. */
    void *(*create)(const char *const *values, char *why, size_t why_size);
    void (*destroy)(void *instance); /* NULL is fine */

    void (*reset)(void *instance, uint64_t seed);
    /* action: one double a component, within its bounds (the caller sees to it). */
    struct env_step (*step)(void *instance, const double *action);
    void (*observe)(const void *instance,
                    double *out);                     /* all fields, one after another */
    void (*ram)(const void *instance, uint8_t *out);  /* ram_size bytes; NULL if none */
    void (*draw)(void *instance, struct canvas *out); /* the whole frame; NULL if none */

    /* The mutable state as one flat block of state_size bytes: what `save` wrote, `load`
     * puts back, and from there on every step, observation and picture is the same. Bytes
     * that `save` writes are a function of the state alone (no padding left as it was).
     * `load` may be given damaged bytes, never too few: it must not crash on them, and
     * returns -1 when it refuses. */
    size_t (*state_size)(const void *instance);
    void (*save)(const void *instance, void *out);
    int (*load)(void *instance, const void *block);

    /* Optional, for environments to which each call is a long way: up to n frames (n <=
     * 64), row i of actions in frame i, ending early when the episode does. each[i] is
     * what `step` would have returned. Returns the number played, at least 1. NULL:
     * `step`, n times. */
    int (*step_frames)(void *instance, const double *actions, int n,
                       struct env_step *each);

    /* Optional, for planning on a private copy: a state that an observation (all fields,
     * as `observe` writes them, but maybe made up) shows; what it does not show, how far
     * it has come say, is 0. -1 when there is none. NULL: an observation does not tell
     * the state. */
    int (*set_observed)(void *instance, const double *obs);
    /* Required for planning where the state holds a generator: its chance starts anew, so
     * that a copy does not foresee the episode's. */
    void (*reseed)(void *instance, uint64_t seed);

    /* The rest is for environments that live elsewhere: behind a pipe, in another
     * program. The worker cannot step one: the harness does, in outside mode, and `step`
     * may do I/O. */
    bool is_remote;
    /* Why the instance's episode is not one (the other side died, hung, answered
     * nonsense); NULL when all is well. Borrowed until the next reset or load. From a
     * failure on, steps are truncated and observations stand still; the next reset may
     * bring it back. NULL: it cannot fail. */
    const char *(*failure)(const void *instance);

    /* Planning on a remote environment: an instance beside those that are played, all of
     * one thread. It takes over the state of another; keeps its own under a number of the
     * caller's, for itself; takes that back. -1: it has failed, see `failure`, until the
     * next copy_from. All three (with reseed and step_frames) or none. */
    int (*copy_from)(void *instance, const void *from);
    int (*keep)(void *instance, uint32_t number);
    int (*put_back)(void *instance, uint32_t number);
    const char *no_copy; /* why there can be no such copies; NULL: there can */
};

#endif
