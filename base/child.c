/* child.c - runs a program to its end, with its output taken and its time bounded. */
#include "base/child.h"
#include "runner/evaluate/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_S 20.0            /* from the request to end to the end */
#define MOST_OUTPUT (16u << 20) /* bytes of each stream; of more, the end is kept */
#define TICK_MS 200

struct stream {
    int fd; /* -1: closed */
    char *text;
    size_t len, room;
};

static void take(struct stream *s)
{
    ssize_t n;

    if (s->len > MOST_OUTPUT) {
        memmove(s->text, s->text + s->len / 2, s->len - s->len / 2);
        s->len -= s->len / 2;
    }
    if (s->room - s->len < 65536)
        s->text = xrealloc(s->text, (s->room = s->room * 2 + 65536) + 1);
    n = read(s->fd, s->text + s->len, s->room - s->len);
    if (n > 0) {
        s->len += (size_t)n;
    } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(s->fd);
        s->fd = -1;
    }
    s->text[s->len] = '\0';
}

/* In the child: never returns. */
static void become(const struct child *c, pid_t parent, int in, int out, int errors)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0)
        _exit(127);
    execv(c->argv[0], (char *const *)(uintptr_t)c->argv);
    dprintf(2, "%s: %s\n", c->argv[0], strerror(errno));
    _exit(127);
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

/* Until both streams are closed and the program has ended. */
static void watch(const struct child *c, pid_t pid, struct stream s[2],
                  struct child_result *out)
{
    double end = meter_now() + c->timeout_s, kill_at = 0;
    int wait_status = 0;
    bool is_running = true;

    while (is_running) {
        struct pollfd fds[2] = { { s[0].fd, POLLIN, 0 }, { s[1].fd, POLLIN, 0 } };
        poll(fds, 2, TICK_MS);
        for (int i = 0; i < 2; i++)
            if (s[i].fd >= 0 && fds[i].revents)
                take(&s[i]);
        is_running = waitpid(pid, &wait_status, WNOHANG) == 0;
        if (!kill_at && c->interrupted && *c->interrupted)
            out->is_interrupted = true;
        if (!kill_at && meter_now() > end)
            out->is_late = true;
        if (!kill_at && (out->is_interrupted || out->is_late)) {
            kill(-pid, SIGTERM);
            kill_at = meter_now() + GRACE_S;
        } else if (kill_at && meter_now() > kill_at) {
            kill(-pid, SIGKILL);
        }
    }
    kill(-pid, SIGKILL); /* what it left behind */
    for (int i = 0; i < 2; i++) {
        if (s[i].fd >= 0)
            fcntl(s[i].fd, F_SETFL, O_NONBLOCK);
        for (size_t before = SIZE_MAX; s[i].fd >= 0 && s[i].len != before;) {
            before = s[i].len;
            take(&s[i]);
        }
    }
    out->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
}

int child_run(const struct child *c, struct child_result *out, struct error *err)
{
    struct stream s[2] = { { -1, NULL, 0, 0 }, { -1, NULL, 0, 0 } };
    int in = open_input(c->input), outs[2] = { -1, -1 }, errs[2] = { -1, -1 };
    int status = -1;
    pid_t pid = -1, self = getpid();

    *out = (struct child_result){ .status = -1 };
    if (in >= 0 && pipe2(outs, O_CLOEXEC) == 0 && pipe2(errs, O_CLOEXEC) == 0)
        pid = fork();
    if (pid == 0)
        become(c, self, in, outs[1], errs[1]);
    if (pid < 0) {
        error_set(err, "%s: cannot be started: %s", c->argv[0], strerror(errno));
        goto out;
    }
    setpgid(pid, pid);
    close(outs[1]);
    close(errs[1]);
    outs[1] = errs[1] = -1;
    s[0].fd = outs[0];
    s[1].fd = errs[0];
    watch(c, pid, s, out);
    outs[0] = s[0].fd;
    errs[0] = s[1].fd;
    status = 0;
out:
    out->out = s[0].text ? s[0].text : xstrdup("");
    out->err = s[1].text ? s[1].text : xstrdup("");
    if (in >= 0)
        close(in);
    for (int i = 0; i < 2; i++) {
        if (outs[i] >= 0)
            close(outs[i]);
        if (errs[i] >= 0)
            close(errs[i]);
    }
    return status;
}

void child_result_clear(struct child_result *r)
{
    free(r->out);
    free(r->err);
    *r = (struct child_result){ 0 };
}
