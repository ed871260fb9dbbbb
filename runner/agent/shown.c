/* shown.c - what an agent's seal leaves readable, looked through for what it must not
 * show.
 *
 * By content where a file has a mark of its own, so that a copy under another name is
 * found, too. Links are not followed: what they point at is not in the seal, unless it is
 * shown itself, and then it is looked through as that. */
#include "runner/agent/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "runner/record/replay_format.h"

#define MOST_ENTRIES 400000   /* of one path: some seconds */
#define SCHEMA_BYTES (1 << 20) /* of a database, in which its tables are named */
#define SALT_BYTES 64

bool shown_is_in(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    if (n == 1)
        return true; /* the root */
    return strncmp(path, folder, n) == 0 && (!path[n] || path[n] == '/');
}

bool shown_touches(const char *path, const char *folder)
{
    return shown_is_in(path, folder) || shown_is_in(folder, path);
}

/* Takes `path`; kept as a real path, if there is one. */
static char **add_cover(char **covers, char *path)
{
    char *real = realpath(path, NULL);
    size_t n = 0;

    free(path);
    if (!real)
        return covers;
    while (covers && covers[n])
        n++;
    covers = xrealloc(covers, (n + 2) * sizeof(*covers));
    covers[n] = real;
    covers[n + 1] = NULL;
    return covers;
}

static char **add_prefix(char **covers, const char *prefix)
{
    covers = add_cover(covers, xasprintf("%s/bin/ratchet", prefix));
    covers = add_cover(covers, xasprintf("%s/libexec/ratchet", prefix));
    return add_cover(covers, xasprintf("%s/share/ratchet", prefix));
}

char **shown_covers(char *const *readable)
{
    static const char *const built[] = { ".", "../policies", "../../policies" };
    char **covers = add_prefix(add_prefix(NULL, "/usr"), "/usr/local");
    char self[PATH_MAX], *slash;
    bool is_installed;

    for (char *const *r = readable; r && *r; r++)
        covers = add_prefix(covers, *r);
    file_self(self);
    slash = strrchr(self, '/');
    if (!slash)
        return covers;
    *slash = '\0';
    is_installed = (slash = strrchr(self, '/')) && !strcmp(slash, "/bin");
    if (is_installed) {
        *slash = '\0';
        return add_prefix(covers, self);
    }
    for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++)
        covers = add_cover(covers, xasprintf("%s/%s", self, built[i]));
    return covers;
}

static bool is_covered(const char *path, char *const *covers)
{
    for (char *const *c = covers; c && *c; c++)
        if (shown_is_in(path, *c))
            return true;
    return false;
}

/* Our tables in a database of SQLite, whose schema stands near its beginning. */
static bool is_ledger(int fd)
{
    char *bytes = xcalloc(SCHEMA_BYTES, 1);
    ssize_t n = pread(fd, bytes, SCHEMA_BYTES, 0);
    bool is = n > 0 && memmem(bytes, (size_t)n, "CREATE TABLE candidate", 22) &&
              memmem(bytes, (size_t)n, "CREATE TABLE opening", 20);

    free(bytes);
    return is;
}

/* What the file is by its content; NULL: nothing of ours. */
static const char *kind_of_content(const char *path, off_t size)
{
    static const char session[] = "{\"ratchet_session\"", database[] = "SQLite format 3";
    static const uint8_t journal[] = { 0x37, 0x7f, 0x06 }; /* SQLite's write-ahead log */
    char head[SALT_BYTES + 1] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const char *kind = NULL;
    ssize_t n;

    if (fd < 0)
        return NULL; /* nor can the agent: it is nobody else */
    n = read(fd, head, SALT_BYTES);
    if (n == SALT_BYTES && (size == SALT_BYTES || size == SALT_BYTES + 1) &&
        strspn(head, "0123456789abcdef") == SALT_BYTES)
        kind = "a salt";
    else if (n >= 8 && !memcmp(head, REPLAY_MAGIC, 8))
        kind = "a replay";
    else if (!strncmp(head, session, strlen(session)))
        kind = "a recorded session";
    else if ((!memcmp(head, database, sizeof(database)) ||
              !memcmp(head, journal, sizeof(journal))) &&
             is_ledger(fd))
        kind = "a ledger";
    close(fd);
    return kind;
}

static const char *kind_of(const FTSENT *e)
{
    bool is_program = e->fts_statp->st_mode & 0111;

    if (e->fts_info != FTS_F)
        return NULL;
    if (!strncmp(e->fts_name, "ledger.sqlite", 13))
        return "a ledger";
    if (is_program && (!strcmp(e->fts_name, "ratchet") ||
                       !strncmp(e->fts_name, "ratchet-worker", 14)))
        return "a program of ratchet";
    return kind_of_content(e->fts_path, e->fts_statp->st_size);
}

bool shown_secret(const char *path, char *const *covers, char *why, size_t why_size)
{
    char *paths[] = { (char *)(uintptr_t)path, NULL };
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    const char *kind = NULL;
    int n = 0;

    if (!walk) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return true;
    }
    for (FTSENT *e; !kind && (e = fts_read(walk)); n++) {
        if (n >= MOST_ENTRIES) {
            kind = "too many files to be looked through";
            snprintf(why, why_size, "%s holds %s: name a smaller folder", path, kind);
        } else if (is_covered(e->fts_path, covers)) {
            fts_set(walk, e, FTS_SKIP);
        } else if ((kind = kind_of(e))) {
            snprintf(why, why_size, "%s shows %s: %s", path, kind, e->fts_path);
        }
    }
    fts_close(walk);
    return kind != NULL;
}
