/* copies.c - what an agent is given of its user's: copies of files in a home of its own, and
 * variables. */
#include "runner/agent/copies.h"

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

#include "base/file.h"

#define MOST_BYTES ((size_t)64 << 20) /* of all copies: settings, no programs */
#define MOST_FILES 20000

int copies_check(const char *option, char *const *paths, struct error *err)
{
    for (char *const *path = paths; path && *path; path++)
        if (access(*path, R_OK) != 0)
            return error_set(err, "%s %s: %s", option, *path, strerror(errno));
    return 0;
}

int copies_check_names(char *const *names, struct error *err)
{
    static const char *const ours[] = { "PATH", "HOME", "RATCHET_SOCKET", NULL };
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

    for (char *const *name = names; name && *name; name++) {
        size_t n = strspn(*name, letters);
        if (!n || (*name)[n + strspn(*name + n, "0123456789"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                                "tuvwxyz_")])
            return error_set(err, "--agent-env: give the name of a variable alone; its value "
                                  "is taken from the environment");
        for (const char *const *o = ours; *o; o++)
            if (!strcmp(*name, *o))
                return error_set(err, "--agent-env %s: the seal sets it itself", *name);
        if (!strncmp(*name, "LD_", 3))
            return error_set(err, "--agent-env %s: it would change the seal itself", *name);
        if (!getenv(*name))
            return error_set(err, "--agent-env %s: this variable is not set", *name);
    }
    return 0;
}

/* Where it goes: its place under our HOME, or its name; the caller frees it. */
static char *copies_place(const char *path, const char *home)
{
    const char *mine = getenv("HOME");
    char *here = path[0] == '/' ? NULL : realpath(".", NULL);
    char *whole = here ? xasprintf("%s/%s", here, path) : xstrdup(path), *place;
    size_t n = mine ? strlen(mine) : 0;

    while (n && mine[n - 1] == '/')
        n--;
    while (whole[0] && whole[1] && whole[strlen(whole) - 1] == '/')
        whole[strlen(whole) - 1] = '\0';
    if (n && !strncmp(whole, mine, n) && whole[n] == '/' && !strstr(whole, "/.."))
        place = xasprintf("%s%s", home, whole + n);
    else
        place = xasprintf("%s/%s", home, file_name(whole));
    free(here);
    free(whole);
    return place;
}

static int copies_parent(const char *place, struct error *err)
{
    char *parent = xasprintf("%.*s", (int)(strrchr(place, '/') - place), place);
    int status = file_make_folders(parent, err);

    free(parent);
    return status;
}

/* Adds to *bytes. */
static int copies_file(const char *from, const char *to, mode_t mode, size_t *bytes,
                       struct error *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode & 0700);
    char piece[65536];
    ssize_t n = -1;

    while (in >= 0 && out >= 0 && (n = read(in, piece, sizeof(piece))) > 0) {
        *bytes += (size_t)n;
        if (*bytes > MOST_BYTES)
            errno = EFBIG;
        if (*bytes > MOST_BYTES || write(out, piece, (size_t)n) != n) {
            n = -1;
            break;
        }
    }
    if (n < 0)
        error_set(err, "--agent-copy %s: %s", from, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return n < 0 ? -1 : 0;
}

static int copies_entry(const FTSENT *e, const char *to, size_t *bytes, struct error *err)
{
    char link[PATH_MAX];
    ssize_t n;

    switch (e->fts_info) {
    case FTS_D:
        return mkdir(to, 0700) == 0 || errno == EEXIST
                   ? 0
                   : error_set(err, "--agent-copy %s: %s", e->fts_path, strerror(errno));
    case FTS_F:
        return copies_file(e->fts_path, to, e->fts_statp->st_mode, bytes, err);
    case FTS_SL:
    case FTS_SLNONE:
        n = readlink(e->fts_path, link, sizeof(link) - 1);
        link[n > 0 ? n : 0] = '\0';
        return n > 0 && (symlink(link, to) == 0 || errno == EEXIST)
                   ? 0
                   : error_set(err, "--agent-copy %s: %s", e->fts_path, strerror(errno));
    default: /* a socket of a program that runs, what cannot be read: not copied */
        return 0;
    }
}

static int copies_tree(const char *path, const char *place, size_t *bytes, struct error *err)
{
    char *real = realpath(path, NULL);
    char *roots[] = { real, NULL };
    FTS *walk = real ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    int status = walk ? copies_parent(place, err)
                      : error_set(err, "--agent-copy %s: %s", path, strerror(errno));
    int n = 0;

    for (FTSENT *e; status == 0 && (e = fts_read(walk));) {
        char *to = xasprintf("%s%s", place, e->fts_path + strlen(real));
        if (++n > MOST_FILES)
            status = error_set(err, "--agent-copy %s: holds more than %d files", path,
                               MOST_FILES);
        else
            status = copies_entry(e, to, bytes, err);
        free(to);
    }
    if (walk)
        fts_close(walk);
    free(real);
    return status;
}

int copies_make(char *const *paths, const char *home, struct error *err)
{
    size_t bytes = 0;
    int status = 0;

    for (char *const *path = paths; path && *path && status == 0; path++) {
        char *place = copies_place(*path, home);
        status = copies_tree(*path, place, &bytes, err);
        free(place);
    }
    return status;
}

void copies_hide(char *const *names, char *bytes, size_t n)
{
    for (char *const *name = names; name && *name; name++) {
        const char *value = getenv(*name);
        size_t len = value ? strlen(value) : 0;
        char *at = bytes;
        while (len >= COPIES_LEAST_SECRET &&
               (at = memmem(at, n - (size_t)(at - bytes), value, len)))
            memset(at, '*', len);
    }
}

size_t copies_longest(char *const *names)
{
    size_t longest = 0;

    for (char *const *name = names; name && *name; name++) {
        const char *value = getenv(*name);
        size_t len = value ? strlen(value) : 0;
        if (len >= COPIES_LEAST_SECRET && len > longest)
            longest = len;
    }
    return longest;
}
