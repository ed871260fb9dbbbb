/* cmd_bridge.c - `ratchet bridge`: installs, checks or removes what ale/... and gym/...
 * need. */
#include <stdlib.h>
#include <string.h>

#include "envs/table.h"
#include "runner/cmd/cmd.h"

static int print_versions(const char *home, json_t *versions, bool as_json)
{
    const char *name;
    json_t *v;

    if (as_json) {
        json_object_set_new(versions, "home", json_string(home));
        cmd_print_json(json_incref(versions));
    } else {
        say("the bridge in %s works:", home);
        json_object_foreach(versions, name, v)
            say(" %s %s", name,
                json_string_value(v) ? json_string_value(v) : "missing");
        say("\n");
    }
    return cmd_done();
}

static int check(const struct env_finder *finder, bool as_json, struct error *err)
{
    json_t *versions = finder->check(err);
    char *home = finder->home();
    int status = versions ? print_versions(home, versions, as_json) : EXIT_FAILED;

    json_decref(versions);
    free(home);
    return status;
}

static int main_bridge(const struct command *self, struct app *app, int argc,
                       const char **argv)
{
    int as_json = 0, status;
    struct error err = { "" };
    struct poptOption options[] = {
        { "json", '\0', POPT_ARG_NONE, &as_json, 0,
          "print the versions as one JSON object", NULL },
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 1, 1, &status);
    const struct env_finder *finder = app->envs.finder;

    if (!args)
        return status;
    if (!strcmp(args[0], "install")) {
        status = finder->install(&err) == 0 ? check(finder, as_json, &err) : EXIT_FAILED;
    } else if (!strcmp(args[0], "check")) {
        status = check(finder, as_json, &err);
    } else if (!strcmp(args[0], "remove")) {
        status = finder->remove(&err) == 0 ? cmd_done() : EXIT_FAILED;
    } else {
        error_set(&err, "bridge: %s: it is install, check or remove", args[0]);
        status = EXIT_USAGE;
    }
    if (status != EXIT_DONE && err.text[0])
        cmd_fail(status, &err);
    cmd_free_args(args);
    return status;
}

const struct command cmd_bridge = {
    .name = "bridge",
    .args = "install|check|remove",
    .about = "set up the Atari games and Gymnasium's environments",
    .details =
        "ale/GAME and gym/ID are played by ale-py and Gymnasium, in a Python program of\n"
        "their own (ale-py is under the GPL, and no part of ratchet). `install` makes a virtual\n"
        "environment with pinned versions in $RATCHET_BRIDGE, or else in ratchet/bridge under\n"
        "$XDG_DATA_HOME or ~/.local/share. It needs python3, its venv, and a package index;\n"
        "nothing else here does.",
    .example = "ratchet bridge install\nratchet bridge check\nratchet envs ale/pong",
    .run = main_bridge,
};
