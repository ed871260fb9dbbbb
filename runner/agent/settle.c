/* settle.c - makes harmless what an agent leaves in its folder: nothing there has rights of
 * its own, and nobody else gets at it.
 *
 * The agent may be root where ratchet is, so a program that it marked set-user-ID would be
 * anybody's way to become root. Entries are opened without following links, from folder to
 * folder, and worked on through their descriptors. */
#include "runner/agent/workspace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CAPABILITY "security.capability"
#define MOST_DEPTH 200 /* a descriptor each; what lies deeper is moved to the top */

/* A name beside the workspace's first entries for what lay too deep. */
static void lift(int folder, const char *name, int top)
{
    char free_name[32];

    for (int i = 1; i < 1000000; i++) {
        snprintf(free_name, sizeof(free_name), "deep-%d", i);
        if (faccessat(top, free_name, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
            renameat(folder, name, top, free_name);
            return;
        }
    }
}

static bool has_rights(const char *path, const struct stat *st)
{
    return (st->st_mode & 07000) || getxattr(path, CAPABILITY, NULL, 0) >= 0;
}

static int settle_settle(int folder, int top, int depth);

/* 1: something was moved to the top, which is to be gone through again. */
static int settle_entry(int folder, const char *name, int top, int depth)
{
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), inner, moved = 0;
    char path[32];
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (S_ISDIR(st.st_mode)) {
        chmod(path, 0700);
        if (depth >= MOST_DEPTH) {
            lift(folder, name, top);
            moved = 1;
        } else if ((inner = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0) {
            moved = settle_settle(inner, top, depth + 1);
        }
    } else if (S_ISREG(st.st_mode) && !has_rights(path, &st)) {
        /* as it should be */
    } else if (S_ISREG(st.st_mode) && st.st_nlink == 1) {
        removexattr(path, CAPABILITY);
        chmod(path, st.st_mode & 0777);
    } else if (!S_ISLNK(st.st_mode)) {
        /* A device, pipe or socket; or one name of a file that may be somebody else's. */
        unlinkat(folder, name, 0);
    }
    close(fd);
    return moved;
}

/* Takes the descriptor. */
static int settle_settle(int folder, int top, int depth)
{
    DIR *dir = fdopendir(folder);
    int moved = 0;

    if (!dir) {
        close(folder);
        return 0;
    }
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            moved |= settle_entry(dirfd(dir), e->d_name, top, depth);
    closedir(dir);
    return moved;
}

void workspace_settle(int folder)
{
    int again = 1, fd;

    fchmod(folder, 0700);
    while (again && (fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
        again = settle_settle(fd, folder, 0);
}
