/* cmd_bridge.c - `ratchet bridge`: installs, checks or removes what ale/... and gym/...
 * need. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/spawn.h"
#include "envs/bridge/bridge.h"
#include "runner/cmd/cmd.h"

#define MARK "ratchet-bridge" /* a file that says that the folder is ours */

/* Runs a program whose output goes into a file (NULL: nowhere). Returns its exit status,
 * or -1 when it could not run to its end. What it says on stderr is the user's. */
static int run_program(const char *const *argv, const char *output)
{
    int out = open(output ? output : "/dev/null",
                   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct spawn program = {
        .argv = argv, .fds = { SPAWN_NULL, out }, .n_fds = 2, .without_keys = true
    };
    pid_t pid;
    bool is_started = out >= 0 && spawn_start(&program, &pid) == 0;

    if (out >= 0)
        close(out);
    return is_started ? spawn_wait(pid) : -1;
}

static bool is_ours(const char *home)
{
    char *mark = xasprintf("%s/" MARK, home);
    bool found = access(mark, F_OK) == 0;

    free(mark);
    return found;
}

/* A new folder, an empty one, or one of ours. */
static int claim(const char *home, struct error *err)
{
    char *mark = xasprintf("%s/" MARK, home);
    int status = 0, fd;

    if (file_make_folders(home, err) != 0) {
        status = -1;
    } else if (!is_ours(home) && rmdir(home) != 0) {
        status = error_set(
            err,
            "%s: this folder holds something else; empty it, or name another "
            "with RATCHET_BRIDGE",
            home);
    } else if (file_make_folder(home, err) != 0) {
        status = -1;
    } else {
        fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            status = error_set(err, "%s: %s", mark, strerror(errno));
        else
            close(fd);
    }
    free(mark);
    return status;
}

/* Each step's remedy stands beside it. */
static int make_environment(const char *home, struct error *err)
{
    const char *const has_python[] = { "python3", "-c",
                                       "import sys; sys.exit(sys.version_info < (3, 11))",
                                       NULL };
    const char *const has_venv[] = { "python3", "-c", "import venv, ensurepip", NULL };
    const char *const make[] = { "python3", "-m", "venv", home, NULL };
    char *python = xasprintf("%s/bin/python", home), *list = NULL;
    int status = -1;

    if (run_program(has_python, NULL) != 0) {
        error_set(
            err, "python3 3.11 or later is missing; install it: apt-get install python3");
        goto out;
    }
    if (run_program(has_venv, NULL) != 0) {
        error_set(err, "python3 has no venv; install it: apt-get install python3-venv");
        goto out;
    }
    if (run_program(make, NULL) != 0) {
        error_set(err, "%s: no virtual environment could be made there", home);
        goto out;
    }
    list = bridge_file("requirements.txt", err);
    if (!list)
        goto out;
    const char *const install[] = { python,    "-m",      "pip",
                                    "install", "--quiet", "--disable-pip-version-check",
                                    "-r",      list,      NULL };
    status = run_program(install, NULL);
    if (status != 0)
        status = error_set(
            err,
            "the packages of %s could not be installed; what pip says stands "
            "above. Is the package index reachable (PIP_INDEX_URL, proxy)?",
            list);
out:
    free(list);
    free(python);
    return status;
}

/* Versions into *found; -1 with the remedy. */
static int check(const char *home, json_t **found, struct error *err)
{
    char *python = bridge_python(err), *script = bridge_file("ratchet_bridge.py", err);
    char *report = xasprintf("%s/versions.json", home);
    int status = -1;

    *found = NULL;
    if (!python || !script)
        goto out;
    const char *const argv[] = { python, "-I", script, "--check", NULL };
    status = run_program(argv, report);
    *found = json_from_file(report, 0, NULL);
    if (status != 0 || !*found) {
        const char *reason = json_string_value(json_object_get(*found, "why"));
        status = error_set(
            err, "%s: the bridge does not work%s%s; run `ratchet bridge install`", home,
            reason ? ": " : "", reason ? reason : "");
    }
out:
    free(report);
    free(script);
    free(python);
    return status;
}

/* The names that `ratchet envs` lists without starting anything. */
static int write_names(const char *home, struct error *err)
{
    char *python = bridge_python(err), *script = bridge_file("ratchet_bridge.py", err);
    char *path = xasprintf("%s/names.tsv", home);
    int status = -1;

    if (python && script) {
        const char *const argv[] = { python, "-I", script, "--list", NULL };
        status = run_program(argv, path);
        if (status != 0)
            status = error_set(err, "%s: the bridge lists no names", home);
    }
    free(path);
    free(script);
    free(python);
    return status;
}

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

static int do_check(const char *home, bool as_json, struct error *err)
{
    json_t *versions;
    int status = check(home, &versions, err) == 0
                     ? print_versions(home, versions, as_json)
                     : EXIT_FAILED;

    json_decref(versions);
    return status;
}

static int do_install(const char *home, bool as_json, struct error *err)
{
    if (claim(home, err) != 0 || make_environment(home, err) != 0 ||
        write_names(home, err) != 0)
        return EXIT_FAILED;
    return do_check(home, as_json, err);
}

static int do_remove(const char *home, struct error *err)
{
    if (access(home, F_OK) != 0)
        return cmd_done();
    if (!is_ours(home))
        error_set(err, "%s: not made by `ratchet bridge install`; it stays", home);
    else if (file_remove_tree(home) != 0)
        error_set(err, "%s: %s", home, strerror(errno));
    else
        return cmd_done();
    return EXIT_FAILED;
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
    char *home = bridge_home();

    if (!args) {
        free(home);
        return status;
    }
    if (!strcmp(args[0], "install")) {
        status = do_install(home, as_json, &err);
    } else if (!strcmp(args[0], "check")) {
        status = do_check(home, as_json, &err);
    } else if (!strcmp(args[0], "remove")) {
        status = do_remove(home, &err);
    } else {
        error_set(&err, "bridge: %s: it is install, check or remove", args[0]);
        status = EXIT_USAGE;
    }
    if (status != EXIT_DONE && err.text[0])
        cmd_fail(status, &err);
    free(home);
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
