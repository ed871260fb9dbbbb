/* main_tool.c - what stands as `ratchet` where a sealed agent works: `ratchet tool` alone.
 *
 * A program of its own, so that there is nothing in it that could play an episode, read a
 * replay or open a ledger: all that an agent does goes through the run, which counts it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "runner/cmd/cmd.h"

int main(int argc, char **argv)
{
    static const volatile sig_atomic_t never = 0;
    struct app app = { .interrupted = &never };
    const char *word = argc > 1 ? argv[1] : "";
    struct call c;
    int status;

    signal(SIGPIPE, SIG_IGN);
    if (!strcmp(word, "tool"))
        return call_begin(&c, &cmd_tool, &app, argc - 1, (const char **)argv + 1, &status)
                   ? status
                   : call_end(&c, cmd_tool.exec(&c));
    if (!strcmp(word, "--version")) {
        puts("ratchet " RATCHET_VERSION);
        return cmd_done();
    }
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
        say("Usage: ratchet tool %s [OPTION...]\n\n%s.\n\n"
            "`ratchet tool --help` tells more.\n",
            cmd_tool.args, cmd_tool.about);
        return cmd_done();
    }
    say_to(stderr,
           "ratchet: %s%san agent has `ratchet tool` and no other command; see "
           "`ratchet tool --help`\n",
           word, word[0] ? ": " : "");
    return EXIT_USAGE;
}
