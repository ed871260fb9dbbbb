/* cmd.h - commands as data: one file each, with a table of options that help, man page and
 * completion share. */
#ifndef RATCHET_RUNNER_CMD_CMD_H
#define RATCHET_RUNNER_CMD_CMD_H

#include <jansson.h>
#include <stdio.h>

#include "base/file.h"
#include "base/option.h"
#include "base/places.h"
#include "base/say.h"
#include "runner/evaluate/evaluate.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* What `main` gives to every command. */
struct app {
    /* Run the command, or only tell its options: as help, as a part of the man page, as
     * words for the shell's completion. */
    enum { APP_RUN, APP_MAN, APP_WORDS } mode;
    const volatile sig_atomic_t *interrupted; /* set by Ctrl-C and SIGTERM */
    struct env_registry envs;
};

struct opened_run;
struct call;

/* What is open before a command is executed, and closed after it. */
enum needs {
    NEEDS_PLUGINS = 1, /* --plugin is loaded */
    NEEDS_TASK = 2,    /* with that: the task that the first argument names, if there is one */
};

/* A command is data. Its state is zero, or a copy of `initial`; text and lists that options
 * put there are freed after `exec`, the rest is exec's. */
struct command {
    const char *name;
    const char *args;    /* "ENV POLICY.lua" */
    const char *about;   /* one line, for the list of commands */
    const char *details; /* paragraphs for --help and the man page; may be NULL */
    const char *example; /* command lines, one a line */
    const struct option *options;
    size_t size; /* of the state, bytes; 0: the options are those of struct setup */
    const void *initial;
    int n_min, n_max; /* arguments; n_max < 0: any number */
    unsigned needs;
    int (*exec)(struct call *c); /* the exit status; why in c->err */
    /* The command that stands for its first argument `verb`, when a name follows. */
    const char *verb;
    const struct command *of_verb;
};

/* One call of a command. */
struct call {
    const struct command *command;
    const char *verb; /* of the command that it stands for ("resume"), else NULL */
    struct app *app;
    struct setup setup;
    void *state;
    const char **args; /* NULL-terminated */
    int n_args;
    struct task *task;         /* NEEDS_TASK, call_task() */
    struct opened_run *opened; /* empty, or call_ledger(), call_run() */
    struct error err;
    struct option_table *table; /* parse.c's */
};

/* Parses into a call. Returns 0, or -1 when there is nothing to do: *status is then the
 * exit status (help, man page, wrong usage). */
int call_begin(struct call *c, const struct command *self, struct app *app, int argc,
               const char **argv, int *status);
/* Says what went wrong and frees what call_begin() made; returns the status. */
int call_end(struct call *c, int status);
/* Sets the error, after the command's name, and returns EXIT_USAGE. */
int call_misused(struct call *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* What a command opens itself, as it knows only then whether it needs it; closed after it,
 * too. -1: why is in c->err. */
int call_plugins(struct call *c);
int call_task(struct call *c, const char *name);
int call_ledger(struct call *c);
int call_run(struct call *c, const char *name);
/* Begins a call, opens what the command needs, executes, ends it. */
int command_run(const struct command *self, struct app *app, int argc, const char **argv);

#define COMMANDS(X) \
    X(run)          \
    X(improve)      \
    X(mcp)          \
    X(test)         \
    X(freeze)       \
    X(audit)        \
    X(show)         \
    X(replay)       \
    X(view)         \
    X(play)         \
    X(ledger)       \
    X(report)       \
    X(sessions)     \
    X(reproduce)    \
    X(nightly)      \
    X(dream)        \
    X(prune)        \
    X(envs)         \
    X(task)         \
    X(doctor)       \
    X(bridge)       \
    X(sweep)        \
    X(results)      \
    X(compare)      \
    X(calibrate)    \
    X(tool)         \
    X(shard)        \
    X(bench)

#define X(name) extern const struct command cmd_##name;
COMMANDS(X)
#undef X

/* Prints "ratchet: TEXT" on stderr and returns the status. */
int cmd_fail(int status, const struct error *err);
/* Checks that everything printed has arrived; the exit status of a command that is
 * done. */
int cmd_done(void);

#endif
