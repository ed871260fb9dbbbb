/* main.c - the program: finds the command and runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/say.h"
#include "envs/bridge/bridge.h"
#include "runner/cmd/cmd.h"
#include "runner/model/wire/api_keys.h"

#define X(name) &cmd_##name,
static const struct command *const command_table[] = { COMMANDS(X) NULL };
#undef X

static volatile sig_atomic_t interrupted;

/* The first Ctrl-C asks for a clean end, the second ends at once. */
static void on_interrupt(int number)
{
    if (interrupted)
        signal(number, SIG_DFL);
    interrupted = 1;
}

static void print_overview(FILE *out)
{
    fputs(
        "Usage: ratchet COMMAND [ARGUMENT...]\n\n"
        "A sandbox for heuristic learning: a model writes policies as Lua programs, ratchet\n"
        "runs and judges them, and hands their failures back.\n\nCommands:\n",
        out);
    for (const struct command *const *c = command_table; *c; c++)
        say_to(out, "  %-9s %s\n", (*c)->name, (*c)->about);
    fputs("\n`ratchet COMMAND --help` tells more. Example:\n"
          "  ratchet run breakout policies/breakout/follow.lua --episodes 20\n\n"
          "What runs write goes to logs/ here, or in the folder that RATCHET_HOME names.\n"
          "`ratchet --man` prints a manual page, `ratchet --completion` completion for bash.\n",
          out);
}

static void main_print_man(struct app *app)
{
    const char *nothing[] = { "", NULL };

    puts(
        ".TH RATCHET 1 \"\" \"ratchet " RATCHET_VERSION "\" \"User Commands\"\n.SH NAME\n"
        "ratchet \\- a sandbox for heuristic learning\n.SH SYNOPSIS\n"
        ".B ratchet\n.I COMMAND\n[\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n"
        "A model writes policies as Lua programs; ratchet runs them in environments, judges\n"
        "them, and hands their failures back so that the model rewrites them.\n"
        ".SH COMMANDS");
    for (const struct command *const *c = command_table; *c; c++)
        command_run(*c, app, 1, nothing);
    puts(
        ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage.\n.SH ENVIRONMENT\n"
        "OPENAI_API_KEY, OPENAI_BASE_URL, ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL: the model.\n"
        "RATCHET_HOME: the folder in which logs/ lies.");
}

/* For bash: the words that may follow each command. */
static void print_completion(struct app *app)
{
    const char *nothing[] = { "", NULL };

    puts("_ratchet()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} words\n"
         "    case ${COMP_WORDS[1]} in");
    for (const struct command *const *c = command_table; *c; c++) {
        say("    %s) words=\"", (*c)->name);
        command_run(*c, app, 1, nothing);
        puts("\" ;;");
    }
    fputs("    esac\n    [ \"$COMP_CWORD\" -gt 1 ] || words=\"--help --version", stdout);
    for (const struct command *const *c = command_table; *c; c++)
        say(" %s", (*c)->name);
    puts("\"\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
         "complete -o default -F _ratchet ratchet");
}

static int run_command(struct app *app, int argc, const char **argv)
{
    for (const struct command *const *c = command_table; *c; c++)
        if (!strcmp((*c)->name, argv[1]))
            return command_run(*c, app, argc - 1, argv + 1);
    say_to(stderr, "ratchet: %s: no such command; see `ratchet --help`\n", argv[1]);
    return EXIT_USAGE;
}

/* What was typed, for us alone: others see our arguments (`ps`), where what looks like a
 * key becomes asterisks. */
static char **main_own_words(int argc, char **argv)
{
    char **mine = xcalloc((size_t)argc + 1, sizeof(*mine));

    for (int i = 0; i < argc; i++) {
        mine[i] = xstrdup(argv[i]);
        api_keys_blot(argv[i]);
    }
    return mine;
}

int main(int argc, char **argv)
{
    struct app app = { .interrupted = &interrupted };
    struct sigaction on_stop = { .sa_handler = on_interrupt };
    const struct rlimit no_core = { 0, 0 }; /* a core would hold the API key */
    int status = EXIT_DONE;

    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0); /* nor a pipe that takes cores, nor another process */
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGINT, &on_stop, NULL);
    sigaction(SIGTERM, &on_stop, NULL);
    env_registry_init(&app.envs);
    app.envs.finder = &bridge_finder;
    if (argc < 2) {
        print_overview(stderr);
        status = EXIT_USAGE;
    } else if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
               !strcmp(argv[1], "help")) {
        print_overview(stdout);
        status = cmd_done();
    } else if (!strcmp(argv[1], "--version")) {
        puts("ratchet " RATCHET_VERSION);
        status = cmd_done();
    } else if (!strcmp(argv[1], "--man") || !strcmp(argv[1], "--completion")) {
        app.mode = argv[1][2] == 'm' ? APP_MAN : APP_WORDS;
        (app.mode == APP_MAN ? main_print_man : print_completion)(&app);
        status = cmd_done();
    } else {
        char **mine = main_own_words(argc, argv);
        status = run_command(&app, argc, (const char **)mine);
        for (int i = 0; i < argc; i++)
            free(mine[i]);
        free(mine);
    }
    env_registry_clear(&app.envs);
    return status;
}
