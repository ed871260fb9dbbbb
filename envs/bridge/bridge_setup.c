/* bridge_setup.c - the virtual environment of the bridge: made, checked, removed. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/spawn.h"
#include "envs/bridge/bridge.h"

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
    scoped char *mark = xasprintf("%s/" MARK, home);

    return access(mark, F_OK) == 0;
}

/* A new folder, an empty one, or one of ours. */
static int claim(const char *home, struct error *err)
{
    scoped char *mark = xasprintf("%s/" MARK, home);
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
    scoped char *python = xasprintf("%s/bin/python", home), *list = NULL;
    int status = -1;

    if (run_program(has_python, NULL) != 0) {
        error_set(
            err, "python3 3.11 or later is missing; install it: apt-get install python3");
        return -1;
    }
    if (run_program(has_venv, NULL) != 0) {
        error_set(err, "python3 has no venv; install it: apt-get install python3-venv");
        return -1;
    }
    if (run_program(make, NULL) != 0) {
        error_set(err, "%s: no virtual environment could be made there", home);
        return -1;
    }
    list = bridge_file("requirements.txt", err);
    if (!list)
        return -1;
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
    return status;
}

json_t *bridge_check(struct error *err)
{
    scoped char *home = bridge_home();
    scoped char *python = bridge_python(err),
                *script = bridge_file("ratchet_bridge.py", err);
    scoped char *report = xasprintf("%s/versions.json", home);
    json_t *found = NULL;
    int status;

    if (!python || !script)
        return NULL;
    const char *const argv[] = { python, "-I", script, "--check", NULL };
    status = run_program(argv, report);
    found = json_from_file(report, 0, NULL);
    if (status != 0 || !found) {
        const char *reason = json_string_value(json_object_get(found, "why"));
        error_set(err, "%s: the bridge does not work%s%s; run `ratchet bridge install`",
                  home, reason ? ": " : "", reason ? reason : "");
        json_decref(found);
        found = NULL;
    }
    return found;
}

/* The names that `ratchet envs` lists without starting anything. */
static int write_names(const char *home, struct error *err)
{
    scoped char *python = bridge_python(err),
                *script = bridge_file("ratchet_bridge.py", err);
    scoped char *path = xasprintf("%s/names.tsv", home);
    int status = -1;

    if (python && script) {
        const char *const argv[] = { python, "-I", script, "--list", NULL };
        status = run_program(argv, path);
        if (status != 0)
            status = error_set(err, "%s: the bridge lists no names", home);
    }
    return status;
}

int bridge_install(struct error *err)
{
    scoped char *home = bridge_home();

    return claim(home, err) != 0 || make_environment(home, err) != 0 ||
                   write_names(home, err) != 0
               ? -1
               : 0;
}

int bridge_remove(struct error *err)
{
    scoped char *home = bridge_home();
    int status = 0;

    if (access(home, F_OK) != 0)
        status = 0;
    else if (!is_ours(home))
        status = error_set(err, "%s: not made by `ratchet bridge install`; it stays",
                           home);
    else if (file_remove_tree(home) != 0)
        status = error_set(err, "%s: %s", home, strerror(errno));
    return status;
}
