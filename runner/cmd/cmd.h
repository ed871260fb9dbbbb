/* cmd.h - commands as data: one file each, with a table of options that help, man page and
 * completion share. */
#ifndef RATCHET_RUNNER_CMD_CMD_H
#define RATCHET_RUNNER_CMD_CMD_H

#include <jansson.h>
#include <popt.h>
#include <stdio.h>

#include "base/say.h"
#include "runner/cmd/option.h"
#include "runner/evaluate/cluster/cluster.h"
#include "runner/evaluate/evaluate.h"
#include "runner/record/task.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* What `main` gives to every command. */
struct app {
    /* Run the command, or only tell its options: as help, as a part of the man page, as
     * words for the shell's completion. */
    enum { APP_RUN, APP_MAN, APP_WORDS } mode;
    const volatile sig_atomic_t *interrupted; /* set by Ctrl-C and SIGTERM */
    const struct client *client; /* of `ratchet mcp`, while it runs improve; else NULL */
    struct env_registry envs;
};

struct opened_run;
struct call;

/* Options that commands about environments share; zero at first. */
struct common {
    int json;
    char **set, **plugins;
    int jobs; /* 0: all cores */
    int unjailed;
    char *engine, *shared; /* NULL: local, logs/cluster */
    int shards;            /* 0: 16 */
    int late;              /* s; 0: 30 */
    struct cluster cluster;
};

/* What is open before a command is executed, and closed after it. */
enum needs {
    NEEDS_PLUGINS = 1, /* --plugin is loaded */
    NEEDS_TASK = 2,    /* with that: the task that the first argument names, if there is one */
    NEEDS_LEDGER = 4,  /* there is one, and it is read */
    NEEDS_RUN = 8,     /* with that: the run of the first argument, else the latest */
};

/* A command is data. Its state is zero, or a copy of `initial`; text and lists that options
 * put there are freed after `exec`, the rest is exec's. */
struct command {
    const char *name;
    const char *args;    /* "ENV POLICY.lua" */
    const char *about;   /* one line, for the list of commands */
    const char *details; /* paragraphs for --help and the man page; may be NULL */
    const char *example; /* command lines, one a line */
    int (*run)(const struct command *self, struct app *app, int argc, const char **argv);
    const struct option *options;
    size_t size; /* of the state, bytes */
    const void *initial;
    int n_min, n_max; /* arguments; n_max < 0: any number */
    unsigned needs;
    int (*exec)(struct call *c); /* the exit status; why in c->err */
};

/* One call of a command. */
struct call {
    const struct command *command;
    struct app *app;
    struct common common;
    void *state;
    const char **args; /* NULL-terminated */
    int n_args;
    struct task *task;         /* NEEDS_TASK, call_task() */
    struct opened_run *opened; /* empty, or NEEDS_LEDGER, NEEDS_RUN, call_ledger() */
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
/* What `needs` opens, for a command that knows only then whether it needs it; closed after
 * it, too. -1: why is in c->err. */
int call_plugins(struct call *c);
int call_task(struct call *c, const char *name);
int call_ledger(struct call *c);
int call_run(struct call *c, const char *name);
/* An evaluation of c->task with what the options say; it borrows them. */
struct evaluation call_evaluation(struct call *c, const struct policy *policy);
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
extern const struct command *const command_table[]; /* NULL at the end */

/* Parses the command's own options (options ends with POPT_TABLEEND or COMMON_TABLE; help
 * is added). Returns the arguments that are left, n_min to n_max of them (n_max < 0: any
 * number), NULL-terminated; free them with free(). NULL when there is nothing to do:
 * *status is then the exit status (help, man page, wrong usage). */
const char **cmd_parse(const struct command *self, struct app *app, int argc,
                       const char **argv, struct poptOption *options, int n_min,
                       int n_max, int *status);

void cmd_free_args(const char **args);

/* clang-format off */
#define COMMON_TABLE(c)                                                                 \
    { "set", 's', POPT_ARG_ARGV, &(c).set, 0,                                           \
      "an option of the environment or a key of the task (see `ratchet task`)",         \
      "KEY=VALUE" },                                                                    \
    { "plugin", '\0', POPT_ARG_ARGV, &(c).plugins, 0,                                   \
      "load environments from a shared object; it is trusted native code", "FILE.so" }, \
    { "json", '\0', POPT_ARG_NONE, &(c).json, 0, "print the result as one JSON object", \
      NULL }
#define JOBS_TABLE(c)                                                                   \
    { "jobs", 'j', POPT_ARG_INT, &(c).jobs, 0, "workers at once (default: one a core)", \
      "N" },                                                                            \
    { "unjailed", '\0', POPT_ARG_NONE, &(c).unjailed, 0,                                \
      "run policies without the jail: only for policies that you trust", NULL }

#define ENGINE_TABLE(c)                                                                 \
    { "engine", '\0', POPT_ARG_STRING, &(c).engine, 0,                                  \
      "where episodes are played: here, or by a Slurm job array (default: local)",      \
      "local|slurm" },                                                                  \
    { "shards", '\0', POPT_ARG_INT, &(c).shards, 0,                                     \
      "slurm: tasks of an array, each with --jobs workers (default: 16, of 1)", "N" },  \
    { "shared", '\0', POPT_ARG_STRING, &(c).shared, 0,                                  \
      "slurm: a folder that all nodes see (default: logs/cluster)", "DIR" },            \
    { "late", '\0', POPT_ARG_INT, &(c).late, 0,                                         \
      "slurm: a shard that still runs so long after all others is started again too "   \
      "(default: 30; at least 3 times what the slowest took)", "SECONDS" }
/* clang-format on */

/* Loads the plug-ins and the task (an environment's name or a JSON file) with its
 * settings. NULL on failure. */
struct task *common_task(struct app *app, const struct common *c, const char *name,
                         struct error *err);
int common_plugins(struct app *app, const struct common *c, struct error *err);
void common_clear(struct common *c);
int common_jobs(const struct common *c);
/* An evaluation with what the options say filled in; it borrows them. */
struct evaluation common_evaluation(const struct app *app, struct common *c,
                                    const struct task *task, const struct policy *policy);

/* The argument of --seed: 0 to 2^64 - 1, decimal, and nothing else; NULL is 0. */
int cmd_seed(const char *text, uint64_t *out, struct error *err);

/* Prints "ratchet: TEXT" on stderr and returns the status. */
int cmd_fail(int status, const struct error *err);
/* Prints json on stdout and releases it. -1 when stdout cannot be written. */
int cmd_print_json(json_t *json);
/* Checks that everything printed has arrived; the exit status of a command that is
 * done. */
int cmd_done(void);

/* A whole text file of at most max bytes, NUL-terminated; NULL on failure. */
char *read_text_file(const char *path, size_t max, struct error *err);
/* The last part of a path. */
const char *base_name(const char *path);
/* A path in logs/, which lies in $RATCHET_HOME or here; the caller frees it. "": logs/
 * itself. */
char *logs_path(const char *name);
/* A file of the shipped policies: in the tree, or where `make install` put it. The caller
 * frees it; NULL when there is none. */
char *find_shipped(const char *relative);

#endif
