/* cmd_mcp.c - `ratchet mcp`: a run whose model is an MCP client on standard input and
 * output. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "runner/cmd/cmd.h"
#include "runner/cmd/opened_run.h"
#include "runner/record/file.h"

#define LOCK_WAITS 100 /* times... */
#define LOCK_WAIT_US 100000

struct mcp_options {
    struct common common;
    char *policy, *out, *record, *install;
    int resume, iterations;
    double minutes;
};

static void add_arg(json_t *args, const char *option, const char *value)
{
    json_array_append_new(args, json_string(option));
    json_array_append_new(args, json_string(value));
}

/* The words behind `ratchet` that start this server again. */
static json_t *server_args(const struct mcp_options *o, const char *task)
{
    json_t *args = json_pack("[s, s]", "mcp", task ? task : "breakout");

    if (o->policy)
        add_arg(args, "--policy", o->policy);
    if (o->out)
        add_arg(args, "--out", o->out);
    for (char **s = o->common.set; s && *s; s++)
        add_arg(args, "--set", *s);
    return args;
}

/* The same strings are strings in TOML, as no other escapes than JSON's occur in them. */
static void print_toml(const char *command, json_t *args)
{
    json_t *name = json_string(command);
    char *text = json_dumps(name, JSON_ENCODE_ANY), *list = json_dumps(args, 0);

    say("# ~/.codex/config.toml\n[mcp_servers.ratchet]\ncommand = %s\nargs = %s\n"
        "tool_timeout_sec = 3600\n",
        text, list);
    free(text);
    free(list);
    json_decref(name);
}

static int install(const struct mcp_options *o, const char *task, struct error *err)
{
    bool is_vscode = !strcmp(o->install, "vscode");
    char path[PATH_MAX], *text;
    json_t *args = server_args(o, task), *server, *json;

    file_self(path);
    if (!path[0])
        strcpy(path, "ratchet");
    if (!strcmp(o->install, "codex")) {
        print_toml(path, args);
        json_decref(args);
        return cmd_done();
    }
    if (!is_vscode && strcmp(o->install, "claude")) {
        json_decref(args);
        error_set(err, "--install %s: clients are codex, claude and vscode", o->install);
        return EXIT_USAGE;
    }
    server = json_pack("{s:s, s:s, s:o}", "type", "stdio", "command", path, "args", args);
    json = json_pack("{s:{s:o}}", is_vscode ? "servers" : "mcpServers", "ratchet",
                     server);
    text = json_dumps(json, JSON_INDENT(2));
    say_to(stderr, "%s\n",
           is_vscode ? "for .vscode/mcp.json:" : "for .mcp.json of your project:");
    say_lines(stdout, text);
    say("\n");
    free(text);
    json_decref(json);
    return cmd_done();
}

static void add(const char **words, int *n, const char *option, const char *value)
{
    if (value) {
        words[(*n)++] = option;
        words[(*n)++] = value;
    }
}

/* The server before this one may still be ending. */
static void await_lock(const char *folder, const volatile sig_atomic_t *interrupted)
{
    char *path = xasprintf("%s/lock", folder);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    for (int i = 0; fd >= 0 && i < LOCK_WAITS && !*interrupted; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            break;
        usleep(LOCK_WAIT_US);
    }
    if (fd >= 0)
        close(fd);
    free(path);
}

/* It is `improve` with a model that is at the other end of the pipe. */
static int serve(struct app *app, const struct mcp_options *o, const char *task)
{
    int n = 0, n_lists = 0, status;
    const char **words;
    char jobs[32], iterations[32], minutes[32];

    for (char **s = o->common.set; s && *s; s++)
        n_lists++;
    for (char **s = o->common.plugins; s && *s; s++)
        n_lists++;
    words = xcalloc((size_t)(24 + 2 * n_lists), sizeof(*words));
    words[n++] = "improve";
    if (task && !o->resume)
        words[n++] = task;
    snprintf(jobs, sizeof(jobs), "%d", o->common.jobs);
    snprintf(iterations, sizeof(iterations), "%d", o->iterations);
    snprintf(minutes, sizeof(minutes), "%.17g", o->minutes);
    words[n++] = "--json";
    add(words, &n, "--model", o->resume ? NULL : "mcp");
    add(words, &n, "--policy", o->policy);
    add(words, &n, "--out", o->out);
    add(words, &n, "--record", o->record);
    add(words, &n, "--jobs", o->common.jobs ? jobs : NULL);
    add(words, &n, "--iterations", o->iterations ? iterations : NULL);
    add(words, &n, "--minutes", o->minutes > 0 ? minutes : NULL);
    for (char **s = o->common.set; s && *s; s++)
        add(words, &n, "--set", *s);
    for (char **s = o->common.plugins; s && *s; s++)
        add(words, &n, "--plugin", *s);
    if (o->resume)
        words[n++] = "--resume";
    if (o->common.unjailed)
        words[n++] = "--unjailed";
    status = cmd_improve.run(&cmd_improve, app, n, words);
    free(words);
    return status;
}

static int main_mcp(const struct command *self, struct app *app, int argc,
                    const char **argv)
{
    struct mcp_options o = { 0 };
    struct error err = { "" };
    int status;
    struct poptOption options[] = {
        { "policy", 'p', POPT_ARG_STRING, &o.policy, 0, "start from this policy",
          "FILE.lua" },
        { "out", 'o', POPT_ARG_STRING, &o.out, 0,
          "the run's folder (default: a new one in logs/)", "DIR" },
        { "record", '\0', POPT_ARG_STRING, &o.record, 0,
          "keep the client's calls as a session, for improve --model recorded:FILE",
          "FILE" },
        { "resume", '\0', POPT_ARG_NONE, &o.resume, 0,
          "go on with the run of --out, or with the latest", NULL },
        { "iterations", 'n', POPT_ARG_INT, &o.iterations, 0, "at most so many candidates",
          "N" },
        { "minutes", '\0', POPT_ARG_DOUBLE, &o.minutes, 0, "at most so long", "M" },
        { "install", '\0', POPT_ARG_STRING, &o.install, 0,
          "print what this client's configuration needs, and do nothing else",
          "codex|claude|vscode" },
        JOBS_TABLE(o.common),
        COMMON_TABLE(o.common),
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 1, &status);

    if (!args)
        return status;
    if (o.install) {
        status = install(&o, args[0], &err);
    } else if (!o.resume && !args[0]) {
        error_set(&err, "mcp: name an environment or a task, or --resume a run");
        status = EXIT_USAGE;
    } else {
        /* Clients start their servers again and again: the run goes on then. */
        int found = o.out && !o.resume ? run_exists(o.out, &err) : 0;
        o.resume |= found == 1;
        if (o.resume && o.out)
            await_lock(o.out, app->interrupted);
        status = found < 0 ? EXIT_FAILED : serve(app, &o, args[0]);
    }
    if (err.text[0])
        cmd_fail(status, &err);
    common_clear(&o.common);
    free(o.policy);
    free(o.out);
    free(o.record);
    free(o.install);
    cmd_free_args(args);
    return status;
}

const struct command cmd_mcp = {
    "mcp",
    "[ENV|TASK.json]",
    "let a coding agent improve a policy, as an MCP server",
    "Speaks the Model Context Protocol on standard input and output (2026-07-28 and,"
    " with a\n"
    "handshake, 2025-11-25 and earlier). The client is the model of a run: it has "
    "the same\n"
    "tools, budgets and splits, and everything is in the same ledger. submit asks "
    "the gate and\n"
    "answers with its verdict. AGENTS.md teaches an agent the loop. When the client "
    "hangs up\n"
    "the run stops; the same --out goes on with it.",
    "ratchet mcp breakout --out runs/agent\n"
    "ratchet mcp cartpole --policy my.lua --set gate=32\n"
    "ratchet mcp breakout --install claude",
    main_mcp,
};
