/* whole_file.c - a small file that someone else writes, read in one piece: never a pipe
 * or a device, which might have no end. */
#include "runner/model/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_read(const char *path, size_t max, size_t *len, struct error *err)
{
    char *bytes = NULL;
    size_t at = 0, room = 0;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) != 0) {
        error_set(err, "%s: %s", path, strerror(errno));
        goto failed;
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(err, "%s: not a regular file", path);
        goto failed;
    }
    for (;;) {
        ssize_t n;

        if (at == room)
            bytes = xrealloc(bytes, (room = room ? 2 * room : 65536) + 1);
        n = read(fd, bytes + at, room - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error_set(err, "%s: %s", path, strerror(errno));
            goto failed;
        }
        if (n == 0)
            break;
        at += (size_t)n;
        if (at > max) {
            error_set(err, "%s: larger than %zu bytes", path, max);
            goto failed;
        }
    }
    bytes[at] = '\0';
    *len = at;
    close(fd);
    return bytes;

failed:
    free(bytes);
    if (fd >= 0)
        close(fd);
    return NULL;
}
