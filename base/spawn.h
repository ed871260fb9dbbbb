/* spawn.h - starts a program: the one place where a process of ours begins another. */
#ifndef RATCHET_BASE_SPAWN_H
#define RATCHET_BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#define SPAWN_MOST_FDS 8
#define SPAWN_SELF \
    "/proc/self/exe" /* the program that runs, even one that was replaced */

/* In place of a descriptor of ours. */
enum {
    SPAWN_OURS = -1, /* what we have under that number */
    SPAWN_NULL = -2  /* /dev/null */
};

struct spawn {
    const char *const *argv; /* NULL at the end */
    const char *path;        /* NULL: argv[0]. Without a slash it is looked for in PATH */

    /* What become its descriptors 0, 1, 2, ...: descriptors of ours, any of them more
     * than once. It gets no other than these; 0 to 2 are ours where they are not
     * named. */
    int fds[SPAWN_MOST_FDS];
    int n_fds;

    /* Its environment: of ours the variables that are named (NULL: all), and "NAME=value"
     * in place of ours. Lists end with NULL. */
    const char *const *keep, *const *set;
    bool without_keys; /* not the variables whose names say that they hold a key */

    bool own_group;     /* a process group: the terminal's Ctrl-C is for us alone */
    bool dies_with_us;  /* killed when the thread that started it ends, however it ends */
    bool fresh_signals; /* what we ignore does what it does by default */

    /* What else is to be done in it, once its descriptors are in place; may be NULL. Runs
     * in a copy of this process (fork), where only async-signal-safe functions may be
     * called. -1, with errno: it does not begin. */
    int (*prepare)(const void *data);
    const void *data;
};

/* 0, or an error number: it could not be started. With `prepare` only the lack of a
 * process is told so; a program that cannot begin says why on its stderr, and its status
 * is 127, as in a shell. No signal is blocked in it. */
int spawn_start(const struct spawn *s, pid_t *pid);

/* A descriptor of a child that has not been waited for; -1 with errno, and the child is
 * ended and waited for. */
int spawn_descriptor(pid_t pid);

/* Waits for its end: its exit status, or -1 when it was ended by a signal. */
int spawn_wait(pid_t pid);

#endif
