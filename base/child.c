/* child.c - runs a program to its end, with its output taken and its time bounded. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/spawn.h"

#define GRACE_S 20.0            /* from the request to end to the end */
#define MOST_OUTPUT (16u << 20) /* bytes of each stream; of more, the end is kept */
#define TICK_MS 200

struct stream {
    int fd; /* -1: closed */
    struct buffer text;
};

static void child_take(struct stream *s)
{
    ssize_t n;

    if (s->text.len > MOST_OUTPUT)
        buffer_drop(&s->text, s->text.len / 2);
    n = buffer_read(&s->text, s->fd);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        close(s->fd);
        s->fd = -1;
    }
}

static char *child_text(struct stream *s)
{
    return s->text.data ? (char *)s->text.data : xstrdup("");
}

/* A descriptor from which the input is read. */
static int open_input(const char *text)
{
    FILE *f;
    int fd;

    if (!text)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    f = tmpfile();
    if (!f)
        return -1;
    fputs(text, f);
    rewind(f);
    fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
    fclose(f);
    return fd;
}

/* Until the program has ended. */
static void child_watch(const struct child *c, pid_t pid, int pidfd, struct stream s[2],
                        struct child_result *out)
{
    double end = clock_now() + c->timeout_s, kill_at = 0;
    int wait_status = 0;
    bool is_running = true;

    while (is_running) {
        struct pollfd fds[3] = { { s[0].fd, POLLIN, 0 },
                                 { s[1].fd, POLLIN, 0 },
                                 { pidfd, POLLIN, 0 } };
        poll(fds, 3, TICK_MS);
        for (int i = 0; i < 2; i++)
            if (s[i].fd >= 0 && fds[i].revents)
                child_take(&s[i]);
        is_running = waitpid(pid, &wait_status, WNOHANG) == 0;
        if (!kill_at && c->interrupted && *c->interrupted)
            out->is_interrupted = true;
        if (!kill_at && clock_now() > end)
            out->is_late = true;
        if (!kill_at && (out->is_interrupted || out->is_late)) {
            kill(-pid, SIGTERM);
            kill_at = clock_now() + GRACE_S;
        } else if (kill_at && clock_now() > kill_at) {
            kill(-pid, SIGKILL);
        }
    }
    kill(-pid, SIGKILL); /* what it left behind */
    for (int i = 0; i < 2; i++) {
        if (s[i].fd >= 0)
            fcntl(s[i].fd, F_SETFL, O_NONBLOCK);
        for (size_t before = SIZE_MAX; s[i].fd >= 0 && s[i].text.len != before;) {
            before = s[i].text.len;
            child_take(&s[i]);
        }
    }
    out->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
}

static void close_all(const int *fds, int n)
{
    for (int i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

int child_run(const struct child *c, struct child_result *out, struct error *err)
{
    int in = open_input(c->input), outs[2] = { -1, -1 }, errs[2] = { -1, -1 };
    bool is_ready = in >= 0 && pipe2(outs, O_CLOEXEC) == 0 && pipe2(errs, O_CLOEXEC) == 0;
    struct stream s[2] = { { .fd = outs[0] }, { .fd = errs[0] } };
    struct spawn program = { .argv = c->argv,
                             .fds = { in, outs[1], errs[1] },
                             .n_fds = 3,
                             .without_keys = c->without_keys,
                             .own_group = true,
                             .dies_with_us = true };
    int why = is_ready ? 0 : errno, pidfd = -1;
    pid_t pid;

    *out = (struct child_result){ .status = -1 };
    if (is_ready)
        why = spawn_start(&program, &pid);
    if (is_ready && !why && (pidfd = spawn_descriptor(pid)) < 0)
        why = errno;
    close_all(program.fds, 3);
    if (!is_ready) {
        error_set(err, "%s: cannot be started: %s", c->argv[0], strerror(why));
    } else if (why) {
        out->status = 127;
        s[1].text.data = (uint8_t *)xasprintf("%s: %s\n", c->argv[0], strerror(why));
    } else {
        child_watch(c, pid, pidfd, s, out);
    }
    close_all((int[]){ s[0].fd, s[1].fd, pidfd }, 3);
    out->out = child_text(&s[0]);
    out->err = child_text(&s[1]);
    return is_ready ? 0 : -1;
}

void child_result_clear(struct child_result *r)
{
    free(r->out);
    free(r->err);
    *r = (struct child_result){ 0 };
}
