/* child.h - runs a program to its end, with its output taken and its time bounded. */
#ifndef RATCHET_BASE_CHILD_H
#define RATCHET_BASE_CHILD_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"

struct child {
    const char *const *argv; /* as spawn.h has it */
    const char *input;       /* for its stdin; NULL: none */
    double timeout_s;
    const volatile sig_atomic_t *interrupted; /* then it is asked to end; may be NULL */
    bool without_keys;                        /* as spawn.h has it */
};

/* What came of it; child_result_clear. */
struct child_result {
    int status; /* its exit status, 127 (as a shell has it) when it could not begin; -1:
                 it was ended by a signal */
    char *out, *err; /* what it wrote, the end of it where it was too much; never NULL */
    bool is_late, is_interrupted;
};

/* The program dies with us, however we end; asked to end it has some seconds. -1: we
 * have no descriptors for it. */
int child_run(const struct child *c, struct child_result *out, struct error *err);
void child_result_clear(struct child_result *r);

#endif
