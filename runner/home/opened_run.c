/* opened_run.c - a run as commands find it again: its ledger, task, salt and lock. */
#include "runner/home/opened_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/places.h"
#include "base/scoped.h"
#include "runner/evaluate/setup.h"
#include "runner/home/run_folder.h"
#include "runner/record/ledger/ledger_report.h"

#define LOCK_TRIES 10
#define LOCK_WAIT_US 10000

int opened_ledger(struct opened_run *o, struct error *err)
{
    o->ledger_path = logs_path("ledger.sqlite");
    if (access(o->ledger_path, F_OK) != 0)
        return error_set(err, "%s: there is no ledger yet; `ratchet improve` writes one",
                         o->ledger_path);
    o->ledger = o->only_reads ? ledger_read(o->ledger_path, err)
                              : ledger_open(o->ledger_path, err);
    return o->ledger ? 0 : -1;
}

int run_exists(const char *folder, struct error *err)
{
    struct opened_run o = { .lock = -1, .only_reads = true };
    scoped char *path = logs_path("ledger.sqlite");
    int found = 0;

    if (access(path, F_OK) == 0)
        found = opened_ledger(&o, err) == 0
                    ? run_folder_find(o.ledger, folder, &o.run, err)
                    : -1;
    opened_run_clear(&o);
    return found == 1 ? run_folder_holds(folder) : found;
}

json_t *run_last_holdout(const char *folder)
{
    struct opened_run o = { .lock = -1, .only_reads = true };
    json_t *row = NULL;

    if (opened_ledger(&o, NULL) == 0 &&
        ledger_run_find(o.ledger, folder, &o.run, NULL) == 1)
        row = ledger_report_holdout(o.ledger, o.run.id);
    opened_run_clear(&o);
    return row;
}

bool run_is_locked(const char *folder)
{
    scoped char *path = xasprintf("%s/lock", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

    if (fd >= 0)
        close(fd);
    return is;
}

/* Is it the salt of that hash? */
static bool is_salt(const char *path, const char *sha256)
{
    struct salt salt;

    return salt_find(&salt, path, NULL) == 1 && !strcmp(salt.sha256, sha256);
}

int run_read_salt(struct salt *salt, const char *path, struct error *err)
{
    int found = salt_find(salt, path, err);

    if (found == 0)
        error_set(err, "%s: there is none; without it the hidden seeds are lost", path);
    return found == 1 ? 0 : -1;
}

int run_check_salt(struct ledger *ledger, const struct ledger_run *run, struct error *err)
{
    int is_public = ledger_salt_is_public(ledger, run->salt_sha256, err);

    if (is_public == 1 && strncmp(run->model, "recorded:", 9))
        return error_set(err,
                         "%s: its salt is public, with the session that was recorded, so "
                         "that nothing new can be judged by it; start a run from its "
                         "policy: --policy %s/best.lua",
                         run->folder, run->folder);
    return is_public < 0 ? -1 : 0;
}

int run_check_versions(const struct ledger_run *run, const struct task *task,
                       bool must_know, struct error *err)
{
    bool is_known = run->env_version >= 0 && run->chance >= 0;
    char was[256];

    if (is_known ? run->env_version == (int64_t)task->env->version &&
                       run->chance == CHANCE_VERSION
                 : !must_know)
        return 0;
    if (is_known)
        snprintf(was, sizeof(was),
                 "it was played in version %lld of %.100s (chance %lld), this is version %u "
                 "(chance %d)",
                 (long long)run->env_version, task->env->name, (long long)run->chance,
                 task->env->version, CHANCE_VERSION);
    else
        snprintf(was, sizeof(was),
                 "it was begun by an earlier ratchet, which kept no version of its environment");
    return error_set(err,
                     "%s: %s: its episodes cannot be compared with new ones; start a run "
                     "from its policy: --policy %s/best.lua",
                     run->name, was, run->folder);
}

void run_settle(struct ledger_run *run)
{
    char *folder = logs_path(file_name(run->folder));
    scoped char *path = xasprintf("%s/salt", folder);

    if (is_salt(path, run->salt_sha256)) {
        free(run->folder);
        run->folder = folder;
        folder = NULL;
    }
    free(folder);
}

int run_lock(const char *folder, int *lock, struct error *err)
{
    scoped char *path = xasprintf("%s/lock", folder);
    int status = 0, tries = LOCK_TRIES;

    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0)
        status = error_set(err, "%s: %s", path, strerror(errno));
    /* Whoever only looks at the lock has it for a moment. */
    while (status == 0 && flock(*lock, LOCK_EX | LOCK_NB) != 0) {
        if (--tries == 0)
            status = error_set(
                err, "%s: another process works on this run; wait for it or end it",
                folder);
        else
            usleep(LOCK_WAIT_US);
    }
    return status;
}

int opened_run_find(struct opened_run *o, const struct setup *s,
                    const char *name, struct error *err)
{
    json_auto_t *json = NULL;
    int found;

    if (!o->ledger && opened_ledger(o, err) != 0)
        return -1;
    found = run_folder_find(o->ledger, name, &o->run, err);
    if (found == 0)
        return error_set(err, "%s: no such run; `ratchet ledger` lists them",
                         name ? name : o->ledger_path);
    if (found < 0 || setup_plugins(s, err) != 0)
        return -1;
    run_settle(&o->run);
    json = json_loads(o->run.task, 0, NULL);
    o->task = task_from_json(s->envs, json, o->run.name, err);
    return o->task ? 0 : -1;
}

int opened_run_lock(struct opened_run *o, struct error *err)
{
    char *path;
    int status = 0;

    if (run_lock(o->run.folder, &o->lock, err) != 0)
        return -1;
    path = xasprintf("%s/salt", o->run.folder);
    status = run_read_salt(&o->salt, path, err);
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
