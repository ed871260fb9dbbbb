/* file.c - whole files: read with a bound, written so that a failure leaves the old
 * one. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/scoped.h"

/* Opened without waiting for the other end of a pipe; NULL with the reason in why. */
static int open_regular(const char *path, off_t *size, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *size = st.st_size;
        return fd;
    }
    *why = fd < 0                 ? strerror(errno)
           : S_ISDIR(st.st_mode) ? strerror(EISDIR)
                                 : "not a regular file";
    if (fd >= 0)
        close(fd);
    return -1;
}

uint8_t *file_load(const char *path, size_t max_len, size_t *len, struct error *err)
{
    struct buffer b = { .most = max_len + 1 }; /* one byte more tells of a larger file */
    const char *why = NULL;
    off_t size = 0;
    int fd = open_regular(path, &size, &why);
    /* As it says: what is too large is not read at all. */
    bool is_larger = !why && (uintmax_t)size > max_len;

    for (ssize_t n = 1; !why && !is_larger && n != 0;) {
        n = buffer_read(&b, fd);
        if (n < 0)
            why = strerror(errno);
        is_larger = b.len > max_len;
    }
    if (fd >= 0)
        close(fd);
    if (why)
        error_set(err, "%s: cannot be read: %s", path, why);
    else if (is_larger)
        error_set(err, "%s: larger than %zu bytes, which is the most that is read", path,
                  max_len);
    if (why || is_larger)
        buffer_clear(&b);
    *len = b.len;
    return b.data;
}

char *file_temporary(const char *path)
{
    return xasprintf("%s.%ld.tmp", path, (long)getpid());
}

int file_sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    /* Some file systems have no such thing as a folder's sync, and say EINVAL. */
    int status = fd >= 0 && fsync(fd) != 0 && errno != EINVAL ? -1 : 0;

    if (fd >= 0)
        close(fd);
    free(folder);
    return status;
}

int file_commit(const char *temporary, const char *path, struct error *err)
{
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    int is_synced = fd >= 0 && fsync(fd) == 0;

    if (is_synced && rename(temporary, path) == 0 && file_sync_folder(path) == 0) {
        close(fd);
        return 0;
    }
    error_set(err, "%s: cannot be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    unlink(temporary);
    return -1;
}

static int file_write_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int file_save(const char *path, const void *bytes, size_t len, struct error *err)
{
    char *temporary = file_temporary(path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int status = -1;

    if (fd < 0) {
        error_set(err, "%s: cannot be written: %s", path, strerror(errno));
        goto out;
    }
    status = file_write_all(fd, bytes, len);
    if (status != 0)
        error_set(err, "%s: cannot be written: %s", path, strerror(errno));
    if (close(fd) != 0 && status == 0)
        status = error_set(err, "%s: cannot be written: %s", path, strerror(errno));
    if (status == 0)
        status = file_commit(temporary, path, err);
    else
        unlink(temporary);

out:
    free(temporary);
    return status;
}

int file_copy(const char *from, const char *to, size_t max, struct error *err)
{
    size_t len;
    scoped uint8_t *bytes = file_load(from, max, &len, err);

    return bytes ? file_save(to, bytes, len, err) : -1;
}

int file_make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    return error_set(err, "%s: cannot make this folder: %s", path, strerror(errno));
}

int file_make_private(const char *path, struct error *err)
{
    int fd, status = -1;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_set(err, "%s: cannot make this folder: %s", path, strerror(errno));
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fchmod(fd, 0700) == 0)
        status = 0;
    else
        error_set(err, "%s: cannot be made private: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return status;
}

int file_make_folders(const char *path, struct error *err)
{
    char *part = xstrdup(path), *slash = part;
    int status = 0;

    while (status == 0 && *slash && (slash = strchr(slash + 1, '/'))) {
        *slash = '\0';
        status = file_make_folder(part, err);
        *slash = '/';
    }
    free(part);
    return status == 0 ? file_make_folder(path, err) : -1;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
    (void)s, (void)kind, (void)where;
    return remove(path);
}

int file_remove_tree(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void file_self(char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);

    path[len > 0 ? len : 0] = '\0';
}

int file_program(const char *name, char path[PATH_MAX], struct error *err)
{
    static const char *const places[] = { "", "../libexec/ratchet/" };
    char self[PATH_MAX], *slash;

    file_self(self);
    slash = strrchr(self, '/');
    if (slash)
        slash[1] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (snprintf(path, PATH_MAX, "%s%s%s", self, places[i], name) < PATH_MAX &&
            access(path, X_OK) == 0)
            return 0;
    return error_set(err, "%s%s: this program is missing; run `make`", self, name);
}

char *file_load_text(const char *path, size_t max, struct error *err)
{
    size_t len;
    char *text = (char *)file_load(path, max, &len, err);

    if (!text || !memchr(text, '\0', len))
        return text;
    error_set(err, "%s: not a text file", path);
    free(text);
    return NULL;
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}
