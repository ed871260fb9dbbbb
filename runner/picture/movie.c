/* movie.c - canvases, one after another, as an MP4, which the ffmpeg program makes. Raw
 * pixels go to it through a socket, not a pipe, so that its early end is an error and no
 * signal. */
#include "runner/picture/movie.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/spawn.h"

struct movie {
    char *path, *temporary;
    struct canvas even; /* ffmpeg's usual colours need even sides */
    pid_t pid;          /* 0: has been waited for */
    int in;             /* pixels, to ffmpeg; -1: closed */
    FILE *complaints;   /* what it wrote to stderr */
};

static int movie_start(struct movie *m, const char *size, const char *rate,
                       struct error *err)
{
    const char *argv[] = { "ffmpeg", "-nostdin",   "-v",        "error",      "-y",
                           "-f",     "rawvideo",   "-pix_fmt",  "rgb24",      "-s",
                           size,     "-r",         rate,        "-i",         "pipe:0",
                           "-an",    "-c:v",       "libx264",   "-pix_fmt",   "yuv420p",
                           "-crf",   "16",         "-movflags", "+faststart", "-f",
                           "mp4",    m->temporary, NULL };
    int ends[2], failed;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set(err, "ffmpeg: cannot be started: %s", strerror(errno));
    m->in = ends[0];
    failed = spawn_start(
        &(struct spawn){ .argv = argv,
                         .fds = { ends[1], SPAWN_NULL, fileno(m->complaints) },
                         .n_fds = 3,
                         .without_keys = true },
        &m->pid);
    close(ends[1]);
    if (failed == ENOENT)
        return error_set(err,
                         "%s: MP4 needs the program ffmpeg, which is not installed: "
                         "install it (package ffmpeg), or make a GIF",
                         m->path);
    return failed ? error_set(err, "ffmpeg: cannot be started: %s", strerror(failed)) : 0;
}

struct movie *movie_create(const char *path, int width, int height,
                           double frames_per_second, struct error *err)
{
    struct movie *m = xcalloc(1, sizeof(*m));
    char size[64], rate[64];

    m->path = xstrdup(path);
    m->temporary = file_temporary(path);
    m->in = -1;
    m->even = canvas_alloc((width + 1) / 2 * 2, (height + 1) / 2 * 2);
    m->complaints = tmpfile();
    snprintf(size, sizeof(size), "%dx%d", m->even.width, m->even.height);
    snprintf(rate, sizeof(rate), "%.6f", frames_per_second);
    if (m->complaints && movie_start(m, size, rate, err) == 0)
        return m;
    if (!m->complaints)
        error_set(err, "%s: no room for a temporary file: %s", path, strerror(errno));
    movie_destroy(m);
    return NULL;
}

void movie_destroy(struct movie *m)
{
    if (!m)
        return;
    if (m->in >= 0)
        close(m->in);
    if (m->pid > 0) {
        kill(m->pid, SIGKILL);
        spawn_wait(m->pid);
    }
    if (m->complaints)
        fclose(m->complaints);
    if (m->temporary)
        unlink(m->temporary);
    canvas_free(&m->even);
    free(m->temporary);
    free(m->path);
    free(m);
}

/* The reason that ffmpeg gave: its last line. */
static int movie_fail(struct movie *m, struct error *err)
{
    char text[512], last[512] = "it gave no reason";

    rewind(m->complaints);
    while (fgets(text, sizeof(text), m->complaints)) {
        text[strcspn(text, "\n")] = 0;
        if (*text)
            memcpy(last, text, sizeof(last));
    }
    return error_set(err, "%s: ffmpeg failed: %.400s", m->path, last);
}

int movie_add(struct movie *m, const struct canvas *frame, struct error *err)
{
    size_t len = (size_t)m->even.width * (size_t)m->even.height * 3;

    canvas_blit(&m->even, 0, 0, 1, frame);
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(m->in, m->even.rgb + sent, len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return movie_fail(m, err);
        sent += (size_t)n;
    }
    return 0;
}

int movie_save(struct movie *m, struct error *err)
{
    int status;

    close(m->in);
    m->in = -1;
    status = spawn_wait(m->pid);
    m->pid = 0;
    if (status != 0)
        return movie_fail(m, err);
    status = file_commit(m->temporary, m->path, err);
    free(m->temporary);
    m->temporary = NULL;
    return status;
}
