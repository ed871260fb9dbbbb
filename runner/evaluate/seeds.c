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

#include "runner/record/hash.h"

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

static int create(const char *path, struct error *err)
{
    struct salt s;
    int fd, bad;

    if (salt_draw(&s, err) != 0)
        return -1;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : error_set(err, "%s: %s", path, strerror(errno));
    bad = write(fd, s.hex, 64) != 64 || fsync(fd) != 0;
    if (close(fd) != 0 || bad) {
        unlink(path);
        return error_set(err, "%s: cannot write the salt: %s", path, strerror(errno));
    }
    return 0;
}

int salt_open(struct salt *s, const char *path, struct error *err)
{
    struct stat info;
    ssize_t len;
    int fd;

    if (access(path, F_OK) != 0 && create(path, err) != 0)
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        if (fd >= 0)
            close(fd);
        return error_set(err, "%s: %s", path, strerror(errno));
    }
    len = read(fd, s->hex, 64);
    close(fd);
    s->hex[64] = '\0';
    if (len != 64 || strspn(s->hex, "0123456789abcdef") != 64)
        return error_set(err, "%s: not a salt (64 hexadecimal digits)", path);
    if (info.st_mode & 077)
        return error_set(err, "%s: others can read this secret; chmod 600 it", path);
    sha256_hex(s->hex, 64, s->sha256);
    return 0;
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
