/* cmd_sessions.c - `ratchet sessions`: runs of the loop by name, listed, paused, resumed,
 * forked, renamed. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/home/opened_run.h"
#include "runner/model/model.h"
#include "base/table.h"

#define LOOK_US 50000
#define MOST_COPIED (64u << 20) /* bytes of a file of a run */

struct sessions {
    int json;
    char *model, *out;
    double wait_s;
    struct opened_run *o;
};

static char *stop_path(const char *folder)
{
    return xasprintf("%s/STOP", folder);
}

/* What the ledger cannot know: whether a process works on it. */
static const char *sessions_state_of(const struct ledger_run *run)
{
    char *stop = stop_path(run->folder);
    bool is_asked = access(stop, F_OK) == 0;

    free(stop);
    if (run_is_locked(run->folder))
        return is_asked ? "pausing" : "running";
    return run->state == RUN_paused    ? "paused"
           : run->state == RUN_running ? "killed"
                                       : "ended";
}

/* Fills in the state and today's folder. */
static int finish_row(struct sessions *s, json_t *row, struct error *err)
{
    struct ledger_run run;
    int found = ledger_session_find(s->o->ledger, json_get_text(row, "session"), &run,
                                    err);
    json_t *budget = json_loads(json_get_text(row, "budget"), 0, NULL);

    if (found == 1) {
        run_settle(&run);
        json_object_set_new(row, "state", json_string(sessions_state_of(&run)));
        json_object_set_new(row, "folder", json_string(run.folder));
    }
    ledger_run_clear(&run);
    json_object_set_new(row, "budget", budget ? budget : json_object());
    return found < 0 ? -1 : 0;
}

static int sessions_list(struct sessions *s, const char **args, struct error *err)
{
    static const char *const wide[] = { "calls",  "forked_at",   "model", "folder",
                                        "budget", "stop_reason", NULL };
    json_t *rows = ledger_session_list(s->o->ledger, err), *row;
    int status = rows ? 0 : -1;
    size_t i;

    (void)args;
    json_array_foreach(rows, i, row) {
        if (status == 0)
            status = finish_row(s, row, err);
        for (int k = 0; !s->json && wide[k]; k++)
            json_object_del(row, wide[k]);
    }
    if (status == 0 && s->json)
        return say_result(rows);
    if (status == 0)
        table_print(stdout, rows);
    json_decref(rows);
    return status;
}

/* Ends at the next safe point, before a call of the model; what was begun is in the
 * ledger. */
static int pause_session(struct sessions *s, const char **args, struct error *err)
{
    const char *folder = s->o->run.folder;
    scoped char *stop = stop_path(folder);
    double until = clock_now() + s->wait_s;
    int status = 0;

    if (!run_is_locked(folder))
        status = error_set(err, "%s: no process works on it: it is %s", args[0],
                           sessions_state_of(&s->o->run));
    else
        status = file_save(stop, "", 0, err);
    while (status == 0 && run_is_locked(folder) && clock_now() < until)
        usleep(LOOK_US);
    if (status == 0)
        say("%s: %s\n", args[0],
            run_is_locked(folder)
                ? "it is asked to pause, and does before its next call "
                  "of the model"
                : "paused");
    return status;
}

/* The files of a folder, those that begin with a dot and folders in it aside. A run that
 * goes on meanwhile may replace them, which gives the one or the other whole. */
static int copy_folder(const char *from, const char *to, struct error *err)
{
    DIR *dir = opendir(from);
    struct dirent *entry;
    int status = 0;

    if (!dir)
        return errno == ENOENT ? 0 : error_set(err, "%s: %s", from, strerror(errno));
    status = file_make_folder(to, err);
    while (status == 0 && (entry = readdir(dir))) {
        scoped char *a = xasprintf("%s/%s", from, entry->d_name);
        scoped char *b = xasprintf("%s/%s", to, entry->d_name);
        struct stat st;
        if (entry->d_name[0] != '.' && !strstr(entry->d_name, ".tmp") &&
            stat(a, &st) == 0 && S_ISREG(st.st_mode))
            status = file_copy(a, b, MOST_COPIED, err);
    }
    closedir(dir);
    return status;
}

/* The same salt, so that both see the same hidden seeds. */
static int copy_salt(const char *from, const char *to, const char *sha256,
                     struct error *err)
{
    scoped char *a = xasprintf("%s/salt", from), *b = xasprintf("%s/salt", to);
    struct salt salt;
    int status = run_read_salt(&salt, a, err);

    if (status == 0 && strcmp(salt.sha256, sha256))
        status = error_set(err, "%s: not the salt that this run was started with", a);
    if (status == 0)
        status = salt_save(&salt, b, err);
    return status;
}

static int copy_files(const char *from, const char *to, struct error *err)
{
    static const char *const folders[] = { "cases", "cases/retired", "candidates",
                                           "briefs" };
    static const char *const files[] = { "best.lua", "best.replay", "best-of.json" };
    int status = 0;

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && status == 0; i++) {
        scoped char *a = xasprintf("%s/%s", from, folders[i]);
        scoped char *b = xasprintf("%s/%s", to, folders[i]);
        status = copy_folder(a, b, err);
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && status == 0; i++) {
        scoped char *a = xasprintf("%s/%s", from, files[i]),
                    *b = xasprintf("%s/%s", to, files[i]);
        if (access(a, F_OK) == 0)
            status = file_copy(a, b, MOST_COPIED, err);
    }
    return status;
}

static int fork_session(struct sessions *s, const char **args, struct error *err)
{
    const struct ledger_run *old = &s->o->run;
    struct ledger_run run = *old;
    int lock = -1, status;

    if (s->model)
        run.model = s->model;
    if (provider_check(run.model, err) != 0 ||
        ledger_session_check(s->o->ledger, args[1], err) != 0 ||
        run_check_salt(s->o->ledger, &run, err) != 0 ||
        run_check_versions(&run, s->o->task, true, err) != 0)
        return -1;
    run.folder = s->out ? xstrdup(s->out) : logs_path(args[1]);
    run.name = run.folder;
    if (mkdir(run.folder, 0700) != 0) {
        error_set(err, "%s: cannot make this folder: %s", run.folder, strerror(errno));
        free(run.folder);
        return -1;
    }
    status = run_lock(run.folder, &lock, err);
    if (status == 0)
        status = copy_salt(old->folder, run.folder, old->salt_sha256, err);
    if (status == 0)
        status = ledger_session_fork(s->o->ledger, old->id, &run, args[1], err);
    if (status == 0) /* behind the ledger: each case that it names has its file by now */
        status = copy_files(old->folder, run.folder, err);
    if (status == 0)
        say("%s: forked from %s into %s; `ratchet sessions resume %s` goes on\n",
            args[1], args[0], run.folder, args[1]);
    if (lock >= 0)
        close(lock);
    free(run.folder);
    return status;
}

static int rename_session(struct sessions *s, const char **args, struct error *err)
{
    if (ledger_session_name(s->o->ledger, s->o->run.id, args[1], err) != 0)
        return -1;
    say("%s: it is called %s now\n", args[0], args[1]);
    return 0;
}

static const struct verb {
    const char *name;
    int n;           /* arguments behind it */
    bool only_reads; /* the ledger */
    int (*run)(struct sessions *s, const char **args, struct error *err);
} verbs[] = { { "list", 0, true, sessions_list },
              { "pause", 1, true, pause_session },
              { "fork", 2, false, fork_session },
              { "rename", 2, false, rename_session } };

static const struct option option_as_json[] = {
    { "json", '\0', FLAG_IN(setup, json), NULL, "list: as a JSON array" },
    { 0 },
};
/* clang-format off */
static const struct option options[] = {
    { "model", 'm', TEXT_IN(sessions, model), "PROVIDER[:NAME]",
      "fork: another model goes on" },
    { "out", 'o', TEXT_IN(sessions, out), "DIR",
      "fork: the new run's folder (default: its name in logs/)" },
    { "wait", 'w', AMOUNT_IN(sessions, wait_s), "SECONDS",
      "pause: wait so long for it to stop (default: 0)" },
    GROUP_OF(option_as_json),
    { 0 },
};
/* clang-format on */

static int exec_sessions(struct call *c)
{
    struct sessions *s = c->state;
    const struct verb *verb = NULL;
    const char *name = c->n_args ? c->args[0] : "list";

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (!strcmp(name, verbs[i].name))
            verb = &verbs[i];
    if (!verb || (c->n_args && c->n_args - 1 != verb->n)) {
        error_set(&c->err,
                  "sessions %s: it is list, pause NAME, resume NAME, fork NAME NEW or "
                  "rename NAME NEW",
                  c->n_args ? name : "");
        return EXIT_USAGE;
    }
    s->json = c->setup.json;
    s->o = c->opened;
    s->o->only_reads = verb->only_reads;
    if ((verb->n ? call_run(c, c->args[1]) : call_ledger(c)) != 0 ||
        verb->run(s, c->args + (c->n_args > 0), &c->err) != 0)
        return EXIT_FAILED;
    return cmd_done();
}

const struct command cmd_sessions = {
    .name = "sessions",
    .args = "[list|pause NAME|resume NAME|fork NAME NEW|rename NAME NEW]",
    .about = "runs of improve by name: list, pause, resume, fork, rename",
    .details =
        "A NAME is what `improve --session` gave, or a run's folder. `pause` ends a run before its\n"
        "next call of the model; `resume` goes on with it and takes the options of improve; `fork`\n"
        "makes a second run from where the first one stands: its conversation, notes, incumbent,\n"
        "cases, budgets and hidden seeds, in a folder of its own. States: running, pausing, paused,\n"
        "ended, killed (it was ended from outside, and can be resumed). All of it is in logs/: a\n"
        "machine that has the folder goes on with any of them.",
    .example =
        "ratchet improve breakout --session bold\nratchet sessions\n"
        "ratchet sessions pause bold --wait 60\nratchet sessions fork bold bolder\n"
        "ratchet sessions resume bolder --max-usd 5",
    .options = options,
    .size = sizeof(struct sessions),
    .n_max = 3,
    .exec = exec_sessions,
    .verb = "resume",
    .of_verb = &cmd_improve,
};
