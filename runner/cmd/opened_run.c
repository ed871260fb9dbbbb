/* opened_run.c - a run as commands find it again: its ledger, task, salt and lock. */
#include "runner/cmd/opened_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int opened_ledger(struct opened_run *o, struct error *err)
{
    o->ledger_path = logs_path("ledger.sqlite");
    if (access(o->ledger_path, F_OK) != 0)
        return error_set(err, "%s: there is no ledger yet; `ratchet improve` writes one",
                         o->ledger_path);
    o->ledger = ledger_open(o->ledger_path, err);
    return o->ledger ? 0 : -1;
}

int opened_run_find(struct opened_run *o, struct app *app, const struct common *c,
                    const char *name, struct error *err)
{
    json_t *json;
    int found;

    if (!o->ledger && opened_ledger(o, err) != 0)
        return -1;
    found = ledger_run_find(o->ledger, name, &o->run, err);
    if (found == 0)
        return error_set(err, "%s: no such run; `ratchet ledger` lists them",
                         name ? name : o->ledger_path);
    if (found < 0 || common_plugins(app, c, err) != 0)
        return -1;
    json = json_loads(o->run.task, 0, NULL);
    o->task = task_from_json(&app->envs, json, o->run.name, err);
    json_decref(json);
    return o->task ? 0 : -1;
}

int opened_run_lock(struct opened_run *o, struct error *err)
{
    char *path = xasprintf("%s/lock", o->run.folder);
    int status = 0;

    o->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (o->lock < 0)
        status = error_set(err, "%s: %s", path, strerror(errno));
    else if (flock(o->lock, LOCK_EX | LOCK_NB) != 0)
        status = error_set(err,
                           "%s: another process works on this run; wait for it or end it",
                           o->run.folder);
    free(path);
    if (status != 0)
        return -1;
    path = xasprintf("%s/salt", o->run.folder);
    if (access(path, F_OK) != 0)
        status = error_set(err, "%s: %s; without it the hidden seeds are lost", path,
                           strerror(errno));
    else
        status = salt_open(&o->salt, path, err);
    free(path);
    if (status == 0 && strcmp(o->salt.sha256, o->run.salt_sha256))
        status = error_set(err, "%s/salt: not the salt that this run was started with",
                           o->run.folder);
    return status;
}

void opened_run_clear(struct opened_run *o)
{
    if (o->lock >= 0)
        close(o->lock);
    ledger_close(o->ledger);
    ledger_run_clear(&o->run);
    task_destroy(o->task);
    free(o->ledger_path);
    *o = (struct opened_run){ .lock = -1 };
}
