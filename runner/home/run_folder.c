/* run_folder.c - a run's folder: the file in it that says whose it is, and the way from it to
 * its ledger.
 *
 * A folder may be anywhere (--out), and whoever names it may stand anywhere: a client starts its
 * server in a folder of its own. So a run is told by what lies in its folder, not by the words
 * that were typed when it began. */
#include "runner/home/run_folder.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/places.h"
#include "runner/evaluate/seeds.h"

#define MARK "run.json"

char *run_folder_whole(const char *path)
{
    char *real = realpath(path, NULL), *here;

    if (real || path[0] == '/')
        return real ? real : xstrdup(path);
    here = realpath(".", NULL);
    real = here ? xasprintf("%s/%s", here, path) : xstrdup(path);
    free(here);
    return real;
}

int run_folder_mark(const struct ledger_run *run, const char *ledger, struct error *err)
{
    char *path = xasprintf("%s/" MARK, run->folder), *whole = run_folder_whole(ledger);
    json_t *mark = json_pack("{s:o, s:o}", "run", json_path(run->name), "ledger",
                             json_path(whole));
    int status = json_to_file(path, mark, err);

    json_decref(mark);
    free(whole);
    free(path);
    return status;
}

static json_t *run_folder_read(const char *folder)
{
    char *path = xasprintf("%s/" MARK, folder);
    json_t *mark = access(path, F_OK) == 0 ? json_from_file(path, 0, NULL) : NULL;

    free(path);
    return mark;
}

bool run_folder_holds(const char *folder)
{
    static const char *const files[] = { MARK, "best.lua", "best.replay", "candidates" };
    bool holds = false;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !holds; i++) {
        char *path = xasprintf("%s/%s", folder, files[i]);
        holds = access(path, F_OK) == 0;
        free(path);
    }
    return holds;
}

/* Is it that run's folder? Its salt says so. */
static bool run_folder_is_of(const char *folder, const struct ledger_run *run)
{
    char *path = xasprintf("%s/salt", folder);
    struct salt salt;
    bool is = salt_find(&salt, path, NULL) == 1 && !strcmp(salt.sha256, run->salt_sha256);

    free(path);
    return is;
}

int run_folder_find(struct ledger *l, const char *name, struct ledger_run *out,
                    struct error *err)
{
    int found = ledger_session_find(l, name, out, err);
    char *whole = name ? run_folder_whole(name) : NULL;
    json_t *mark;

    /* The same words, typed in another folder, are another run. */
    if (found == 1 && name && !strcmp(out->name, name) && out->folder[0] == '/' &&
        name[0] != '/' && strcmp(out->folder, whole) && run_folder_holds(whole)) {
        ledger_run_clear(out);
        found = 0;
    }
    if (found == 0 && whole)
        found = ledger_run_find(l, whole, out, err);
    mark = found == 0 && whole ? run_folder_read(whole) : NULL;
    if (mark)
        found = ledger_run_find(l, json_get_text(mark, "run"), out, err);
    if (mark && found == 1 && run_folder_is_of(whole, out)) {
        free(out->folder);
        out->folder = whole;
        whole = NULL;
    } else if (mark && found == 1) {
        ledger_run_clear(out);
        found = 0;
    }
    json_decref(mark);
    free(whole);
    return found;
}

/* Does today's ledger know it? */
static bool run_folder_is_known(const char *folder)
{
    char *path = logs_path("ledger.sqlite");
    struct ledger *l = access(path, F_OK) == 0 ? ledger_read(path, NULL) : NULL;
    struct ledger_run run = { 0 };
    bool is = l && run_folder_find(l, folder, &run, NULL) == 1;

    ledger_run_clear(&run);
    ledger_close(l);
    free(path);
    return is;
}

static bool run_folder_follow_to(const char *folder)
{
    json_t *mark = run_folder_read(folder);
    const char *ledger = json_get_text(mark, "ledger");
    char *here = logs_path("ledger.sqlite"), *now = realpath(here, NULL), *home;
    size_t len = strlen(ledger);
    static const char end[] = "/logs/ledger.sqlite";

    if (mark && len > strlen(end) && !strcmp(ledger + len - strlen(end), end) &&
        access(ledger, R_OK) == 0 && !(now && !strcmp(now, ledger)) &&
        !run_folder_is_known(folder)) {
        home = xasprintf("%.*s", (int)(len - strlen(end)), ledger);
        setenv("RATCHET_HOME", home, 1);
        free(home);
    }
    free(now);
    free(here);
    json_decref(mark);
    return mark != NULL;
}

void run_folder_follow(const char *path)
{
    char *copy;

    if (!path || run_folder_follow_to(path))
        return;
    copy = xstrdup(path);
    run_folder_follow_to(dirname(copy));
    free(copy);
}
