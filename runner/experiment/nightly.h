/* nightly.h - one night: regression cases, improvement, freeze, report. The state of a
 * night is its summary so far, in a file; a night that was cut short goes on from
 * there. */
#ifndef RATCHET_RUNNER_EXPERIMENT_NIGHTLY_H
#define RATCHET_RUNNER_EXPERIMENT_NIGHTLY_H

#include <signal.h>
#include <time.h>

#include "base/child.h"
#include "runner/experiment/nightly_config.h"

struct night {
    const struct night_config *config;
    const volatile sig_atomic_t *interrupted;
    char *folder;      /* logs/nightly */
    char *program;     /* ours, for the commands that it runs */
    long long shift_s; /* from the machine's clock to the night's: --at */
    json_t *state;     /* the summary so far */
    bool is_quiet;
};

enum { NIGHT_FINE = 0, NIGHT_BROKEN = 1, NIGHT_FAILED = 2 };

/* Runs the night that was cut short, or a new one, to its end. The exit status: whether
 * something regressed, or could not be run. */
int night_run(struct night *n, struct error *err);

time_t night_now(const struct night *n);
void night_time(const struct night *n, char out[32]); /* text_utc */
/* A line in the log (rotated), and on stdout unless quiet. */
void night_say(const struct night *n, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs `ratchet ARGUMENT...` (NULL at the end); what it prints on stderr goes into the
 * log. Its stdout as JSON when it is some, else NULL. *why is the last line of its
 * complaints, which the caller frees; *status its exit status (-1: ended by a signal or
 * too late). */
json_t *night_command(const struct night *n, const char *const *arguments,
                      double timeout_s, int *status, char **why);

/* The parts of a task's night, each told in `row` (the task's part of the state): cases
 * on the policy that the night begins with; improvement; earlier cases on what came out;
 * freeze. */
void night_cases(struct night *n, const struct night_task *t, json_t *row);
void night_improve(struct night *n, const struct night_task *t, json_t *row);
void night_adopt(struct night *n, const struct night_task *t, json_t *row);
void night_freeze(struct night *n, const struct night_task *t, json_t *row);

#endif
