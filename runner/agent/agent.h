/* agent.h - an external program at work in a folder, sealed off from everything else. */
#ifndef RATCHET_RUNNER_AGENT_AGENT_H
#define RATCHET_RUNNER_AGENT_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct agent_config {
    const char *command; /* for /bin/sh -c */
    const char
        *folder;      /* its workspace; sealed, it is /work and all that can be written */
    const char *home; /* its HOME, sealed /opt/home: it is made for it, and goes with it */
    const char *log;  /* what it prints goes there, bounded; NULL: nowhere */
    bool is_sealed;   /* in namespaces of its own, by bwrap */
    bool has_network; /* sealed, but for the network */
    char *const
        *readable; /* paths that it may read beside /usr, NULL at the end; or NULL */
    char *const *names;  /* of variables of ours that it gets; the same */
    char *const *copies; /* paths that it gets copies of, in its home; the same */
    const char *logs; /* where the ledger lies; NULL: there is none */
};

/* Can agents be sealed with this configuration? command and log are ignored. When not,
 * why says what is missing. */
bool agent_can_seal(const struct agent_config *config, char *why, size_t why_size);

/* Does what it may read show neither this run nor anything of another one? why says what
 * it does show. */
bool agent_is_hidden(const struct agent_config *config, char *why, size_t why_size);

struct agent; /* opaque */
struct cli_usage;

/* NULL on failure. */
struct agent *agent_start(const struct agent_config *config, struct error *err);
/* Takes what it has printed. False once it has ended. */
bool agent_is_running(struct agent *a);
/* Its exit status, 128 and the signal if a signal ended it; valid once it has ended. */
int agent_status(const struct agent *a);
/* The last of what it printed; borrowed, valid until the next call. */
const char *agent_last_words(struct agent *a);
int agent_output(const struct agent *a); /* a descriptor to poll */
/* What it says that it used, as far as it has said so; borrowed, valid once it has ended. */
const struct cli_usage *agent_usage(struct agent *a);
/* Ends it with all that it started. NULL is fine. */
void agent_destroy(struct agent *a);

#endif
