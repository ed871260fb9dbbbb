/* seeds.c - the four disjoint splits of seeds. */
#include "runner/evaluate/seeds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

int salt_draw(struct salt *s, struct error *err)
{
    unsigned char bytes[32];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return error_set(err, "the system gives no random bytes: %s", strerror(errno));
    for (int i = 0; i < 32; i++)
        snprintf(s->hex + 2 * i, 3, "%02x", bytes[i]);
    sha256_hex(s->hex, 64, s->sha256);
    return 0;
}

/* 1: read, 0: there is no such file, -1: it is none of ours, or no salt. Whatever lies in
 * its place, a pipe, a link or a device, is refused without waiting for it. */
static int seeds_load(struct salt *s, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    ssize_t len = -1;
    char text[67]; /* more than a salt and the newline of an editor */

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 && errno == ELOOP)
        return error_set(err, "%s: a symbolic link, which a salt may not be", path);
    if (fd < 0 || fstat(fd, &info) != 0)
        error_set(err, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(info.st_mode))
        error_set(err, "%s: not a regular file, which a salt must be", path);
    else if (info.st_uid != geteuid())
        error_set(err, "%s: this salt belongs to another user", path);
    else if (info.st_mode & 077)
        error_set(err, "%s: others can read this secret; chmod 600 it", path);
    else if ((len = read(fd, text, sizeof(text) - 1)) < 0)
        error_set(err, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return -1;
    len -= len == 65 && text[64] == '\n';
    text[len] = '\0';
    if (strlen(text) != (size_t)len || salt_set(s, text) != 0)
        return error_set(err, "%s: not a salt (64 hexadecimal digits)", path);
    return 1;
}

/* A new file beside it, whole on the disk, then linked into its place: nobody ever sees
 * half a salt, and of two that come at once the first one's stays. */
static int seeds_create(const struct salt *s, const char *path, struct error *err)
{
    char *beside = xasprintf("%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* of mode 600 */
    int status = -1;

    if (fd < 0) {
        error_set(err, "%s: %s", path, strerror(errno));
        goto out;
    }
    if (write(fd, s->hex, 64) != 64 || fsync(fd) != 0)
        error_set(err, "%s: cannot write the salt: %s", path, strerror(errno));
    else if (link(beside, path) != 0 && errno != EEXIST)
        error_set(err, "%s: %s", path, strerror(errno));
    else
        status = file_sync_folder(path);
    if (close(fd) != 0)
        status = error_set(err, "%s: %s", path, strerror(errno));
    unlink(beside);

out:
    free(beside);
    return status;
}

int salt_open(struct salt *s, const char *path, struct error *err)
{
    struct salt drawn;
    int found = seeds_load(s, path, err);

    if (found != 0)
        return found == 1 ? 0 : -1;
    if (salt_draw(&drawn, err) != 0 || seeds_create(&drawn, path, err) != 0)
        return -1;
    found = seeds_load(s, path, err);
    return found == 1 ? 0 : found < 0 ? -1 : error_set(err, "%s: it is gone again", path);
}

int salt_find(struct salt *s, const char *path, struct error *err)
{
    return seeds_load(s, path, err);
}

int salt_set(struct salt *s, const char *hex)
{
    if (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
        return -1;
    memcpy(s->hex, hex, 65);
    sha256_hex(s->hex, 64, s->sha256);
    return 0;
}

int salt_save(const struct salt *s, const char *path, struct error *err)
{
    struct salt there;

    if (seeds_create(s, path, err) != 0 || seeds_load(&there, path, err) != 1)
        return -1;
    return strcmp(there.hex, s->hex) ? error_set(err, "%s: another salt is there", path)
                                     : 0;
}

uint64_t split_seed(const struct salt *s, enum split split, const char *task,
                    const char *scope, int64_t index)
{
    static const char *const names[] = { "dev", "gate", "holdout", "audit" };
    char *text = xasprintf("ratchet %s\n%s\n%s\n%lld\n%s", names[split], task, scope,
                           (long long)index, split == SPLIT_DEV ? "" : s->hex);
    char hex[65];
    uint64_t seed;

    sha256_hex(text, strlen(text), hex);
    free(text);
    hex[16] = '\0';
    seed = strtoull(hex, NULL, 16);
    return seed >> 2;
}
