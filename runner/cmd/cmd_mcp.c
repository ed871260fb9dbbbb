/* cmd_mcp.c - `ratchet mcp`: a run whose model is an MCP client on standard input and
 * output. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scoped.h"
#include "base/words.h"
#include "runner/agent/install.h"
#include "runner/cmd/cmd.h"
#include "runner/experiment/improve.h"
#include "runner/home/opened_run.h"

struct mcp_options {
    struct setup *setup;
    struct run_options o;
    char *install;
};

/* clang-format off */
static const struct option options[] = {
    PART_OF(mcp_options, o, options_run, "policy out iterations"),
    { "record", '\0', TEXT_IN(mcp_options, o.record), "FILE",
      "keep the client's calls as a session, for improve --model recorded:FILE" },
    { "resume", '\0', FLAG_IN(mcp_options, o.resume), NULL,
      "go on with the run in --out, or with the latest" },
    { "minutes", '\0', AMOUNT_IN(mcp_options, o.max_minutes), "M",
      "work at most this many minutes" },
    { "install", '\0', TEXT_IN(mcp_options, install), INSTALL_CLIENTS,
      "print this client's configuration and how to start it, and do nothing else" },
    GROUP_OF(options_jobs),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

/* The path from the root, also of what is not there yet. */
static char *mcp_absolute(const char *path)
{
    scoped char *here = path[0] == '/' ? NULL : realpath(".", NULL);

    return here ? xasprintf("%s/%s", here, path) : xstrdup(path);
}

static char *absolute_or_null(const char *path)
{
    return path ? mcp_absolute(path) : NULL;
}

/* The words behind `ratchet` that start this server again, wherever it is started. */
static json_t *server_args(const struct mcp_options *o, const char *task)
{
    struct mcp_options typed = *o;
    struct setup setup = *o->setup;
    json_t *args = json_array();
    struct words w = { 0 }, plugins = { 0 };
    char *file = task && strstr(task, ".json") ? mcp_absolute(task) : NULL;

    for (char **plugin = setup.plugins; plugin && *plugin; plugin++) {
        scoped char *whole = mcp_absolute(*plugin);
        words_add(&plugins, whole);
    }
    setup.plugins = (char **)plugins.list;
    typed.install = NULL;
    typed.o.policy = absolute_or_null(typed.o.policy);
    typed.o.out = absolute_or_null(typed.o.out);
    typed.o.record = absolute_or_null(typed.o.record);
    words_add(&w, "mcp");
    if (task || !typed.o.resume)
        words_add(&w, file ? file : task ? task : "breakout");
    option_words(&w, options, &typed, &setup);
    for (size_t i = 0; i < w.n; i++)
        json_array_append_new(args, json_string(w.list[i]));
    words_clear(&w);
    words_clear(&plugins);
    free(typed.o.policy);
    free(typed.o.out);
    free(typed.o.record);
    free(file);
    return args;
}

/* logs/ stays where it is. */
static json_t *server_environment(void)
{
    const char *home = getenv("RATCHET_HOME");
    scoped char *whole = mcp_absolute(home && home[0] ? home : ".");
    size_t len = strlen(whole);
    json_t *env;

    if (len > 2 && !strcmp(whole + len - 2, "/."))
        whole[len - 2] = '\0';
    env = json_pack("{s:s}", "RATCHET_HOME", whole);
    return env;
}

static int install(const struct mcp_options *o, const char *task, struct error *err)
{
    struct install_server server = { 0 };
    char path[PATH_MAX];
    json_t *words;

    if (install_check(o->install, err) != 0)
        return EXIT_USAGE;
    file_self(path);
    server.command = path[0] ? path : "ratchet";
    server.args = server_args(o, task);
    server.env = server_environment();
    words = json_pack("{s:s, s:O, s:O}", "command", server.command, "args", server.args,
                      "env", server.env);
    if (words)
        install_print(o->install, &server);
    else
        error_set(err, "--install: a word of the command is not UTF-8");
    json_decref(words);
    json_decref(server.args);
    json_decref(server.env);
    return words ? cmd_done() : EXIT_FAILED;
}

/* It is `improve` with a model that is at the other end of the pipe. */
static int mcp_serve(const struct mcp_options *o, const char *task, struct error *err)
{
    static char model[] = "mcp";
    struct client client = { .folder = o->o.out };
    struct setup setup = *o->setup;
    struct improve m = { .setup = &setup, .client = &client, .o = o->o };
    int status;

    setup.json = 1;
    m.o.model = model;
    status = improve_run(&m, task, err) == 0 ? cmd_done() : EXIT_FAILED;
    if (status != EXIT_DONE && err->text[0]) {
        cmd_fail(status, err);
        if (m.provider.kind)
            client_refuse(&m.provider, err);
        err->text[0] = '\0';
    }
    improve_clear(&m);
    return status;
}

static int exec_mcp(struct call *c)
{
    struct mcp_options *o = c->state;

    o->setup = &c->setup;
    if (o->install)
        return install(o, c->args[0], &c->err);
    if (!o->o.resume && !c->args[0])
        return call_misused(c, "name an environment or a task, or --resume a run");
    return mcp_serve(o, c->args[0], &c->err);
}

const struct command cmd_mcp = {
    .name = "mcp",
    .args = "[ENV|TASK.json]",
    .about = "let a coding agent improve a policy, as an MCP server",
    .details =
        "Speaks the Model Context Protocol on standard input and output (2026-07-28 and, with a\n"
        "handshake, 2025-11-25 and earlier). The client is the model of a run: it has the same\n"
        "tools, budgets and splits, and everything is in the same ledger. submit asks the gate and\n"
        "answers with its verdict. AGENTS.md teaches an agent the loop. The run begins with the first\n"
        "request that needs it: a client that asks for nothing leaves none. When the client hangs up\n"
        "the run pauses; the same --out goes on with it. --install writes this very command, with\n"
        "absolute paths and RATCHET_HOME.",
    .example =
        "ratchet mcp breakout --out runs/agent\n"
        "ratchet mcp cartpole --policy my.lua --set gate=32\n"
        "ratchet mcp breakout --install claude",
    .options = options,
    .size = sizeof(struct mcp_options),
    .n_max = 1,
    .exec = exec_mcp,
};
