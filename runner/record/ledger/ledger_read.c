/* ledger_read.c - opens a ledger for those that only look: nothing is written, neither to
 * it nor beside it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/record/ledger/ledger_db.h"

/* SQLite's name of the file; immutable: it makes no file beside it. */
static char *uri_of(const char *path, bool is_immutable)
{
    char *uri = NULL;
    size_t size;
    FILE *f = open_memstream(&uri, &size);

    fputs("file:", f);
    for (; *path; path++)
        fprintf(f, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
    fputs(is_immutable ? "?immutable=1" : "", f);
    fclose(f);
    return uri;
}

/* Is someone at work on it, or was it killed there? What is new is then in these files. */
static bool has_more(const char *path)
{
    static const char *const ends[] = { "-wal", "-journal" };
    bool has = false;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *beside = xasprintf("%s%s", path, ends[i]);
        has |= access(beside, F_OK) == 0;
        free(beside);
    }
    return has;
}

/* Its rows in a database of our own, which ends with us. */
static int take_copy(struct ledger *l, struct error *err)
{
    sqlite3 *copy = NULL;
    sqlite3_backup *backup = NULL;
    int code = sqlite3_open_v2("", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               NULL);

    if (code == SQLITE_OK)
        backup = sqlite3_backup_init(copy, "main", l->db, "main");
    code = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
    if (backup)
        sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) {
        error_set(err, "%s: cannot be read: %s", l->path, sqlite3_errmsg(copy));
        sqlite3_close(copy);
        return -1;
    }
    sqlite3_close(l->db);
    l->db = copy;
    return 0;
}

static struct stat ledger_read_state_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        memset(&st, 0, sizeof(st));
    return st;
}

static bool is_same_state(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ino == b->st_ino;
}

/* Opens it where nobody works on it: nothing but the file itself is looked at, so that a
 * folder which cannot be written does, and what is read is a copy, so that it may change
 * meanwhile. 1: done, 0: someone came, -1: error. */
static int read_quiet(struct ledger *l, struct error *err)
{
    struct stat before = ledger_read_state_of(l->path), after;
    char *uri = uri_of(l->path, true);
    int status = sqlite3_open_v2(uri, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                                 NULL) == SQLITE_OK
                     ? 1
                     : ledger_fail(l, err);
    int version = status == 1 ? ledger_read_version(l, err) : -1;

    free(uri);
    if (version < 0 || take_copy(l, err) != 0)
        status = -1;
    after = ledger_read_state_of(l->path);
    if (!has_more(l->path) && is_same_state(&before, &after))
        return status;
    sqlite3_close(l->db);
    l->db = NULL;
    return 0;
}

/* Beside whoever works on it. */
static int read_beside(struct ledger *l, struct error *err)
{
    char *uri = uri_of(l->path, false);
    int code = sqlite3_open_v2(uri, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    int version;

    free(uri);
    if (code != SQLITE_OK)
        return ledger_fail(l, err);
    sqlite3_busy_timeout(l->db, LEDGER_BUSY_MS);
    version = ledger_read_version(l, err);
    if (version < 0)
        return -1;
    return version < ledger_version ? take_copy(l, err) : 0;
}

struct ledger *ledger_read(const char *path, struct error *err)
{
    struct ledger *l = xcalloc(1, sizeof(*l));
    struct error why = { "" };
    int status = 0;

    l->path = xstrdup(path);
    if (ledger_check_place(path, err) != 0)
        goto failed;
    if (access(path, R_OK) != 0) {
        error_set(err, "%s: %s", path, strerror(errno));
        goto failed;
    }
    if (!has_more(path))
        status = read_quiet(l, &why);
    if (status == 0)
        status = read_beside(l, &why) == 0 ? 1 : -1;
    /* An older one is brought up to date where nobody sees it: in the copy. */
    if (status == 1)
        status = ledger_read_version(l, &why);
    if (status > 0 && status < ledger_version)
        status = ledger_migrate(l, &why) == 0 ? ledger_version : -1;
    if (status < 0) {
        if (err)
            *err = why;
        goto failed;
    }
    sqlite3_exec(l->db, "PRAGMA query_only=1", NULL, NULL, NULL);
    return l;
failed:
    ledger_close(l);
    return NULL;
}
