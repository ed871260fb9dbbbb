/* cmd_bridge.c - `ratchet bridge`: installs, checks or removes what ale/... and gym/...
 * need. */
#include <stdlib.h>
#include <string.h>

#include "base/scoped.h"
#include "envs/table.h"
#include "runner/cmd/cmd.h"

static int print_versions(const char *home, json_t *versions, bool as_json)
{
    const char *name;
    json_t *v;

    if (as_json) {
        json_object_set_new(versions, "home", json_string(home));
        say_result(json_incref(versions));
    } else {
        say("the bridge in %s works:", home);
        json_object_foreach(versions, name, v)
            say(" %s %s", name,
                json_string_value(v) ? json_string_value(v) : "missing");
        say("\n");
    }
    return cmd_done();
}

static int check_bridge(const struct env_finder *finder, bool as_json, struct error *err)
{
    json_auto_t *versions = finder->check(err);
    scoped char *home = finder->home();

    return versions ? print_versions(home, versions, as_json) : EXIT_FAILED;
}

static const struct option option_versions[] = {
    { "json", '\0', FLAG_IN(setup, json), NULL, "print the versions as one JSON object" },
    { 0 },
};

static int exec_bridge(struct call *c)
{
    const struct env_finder *finder = c->app->envs.finder;
    const char *verb = c->args[0];
    int status = EXIT_FAILED;

    if (!strcmp(verb, "check") ||
        (!strcmp(verb, "install") && finder->install(&c->err) == 0))
        status = check_bridge(finder, c->setup.json, &c->err);
    else if (!strcmp(verb, "remove"))
        status = finder->remove(&c->err) == 0 ? cmd_done() : EXIT_FAILED;
    else if (strcmp(verb, "install"))
        status = call_misused(c, "%s: it is install, check or remove", verb);
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
    .options = option_versions,
    .n_min = 1,
    .n_max = 1,
    .exec = exec_bridge,
};
