/* spawn.c - starts a program: the one place where a process of ours begins another.
 *
 * By vfork where it can be: the page tables of a process that holds replays and ledgers
 * are not copied for a child that is about to be another program. Until then the child
 * has our memory, while the thread that made it stands still, so it may write to nothing
 * but its own variables and `failed`, and no signal handler of ours may run in it: all
 * signals are blocked until their handlers are gone. */
#include "base/spawn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* Of "NAME=value" or "NAME". */
static size_t name_len(const char *variable)
{
    return strcspn(variable, "=");
}

static bool spawn_is_named(const char *const *list, const char *variable)
{
    size_t len = name_len(variable);

    for (; list && *list; list++)
        if (name_len(*list) == len && !memcmp(*list, variable, len))
            return true;
    return false;
}

static bool is_key(const char *variable)
{
    static const char *const ends[] = { "_API_KEY", "_AUTH_TOKEN", "_ACCESS_KEY",
                                        "_SESSION_TOKEN", "_SECRET", NULL };
    size_t len = name_len(variable);

    for (const char *const *end = ends; *end; end++)
        if (len >= strlen(*end) && !memcmp(variable + len - strlen(*end), *end, strlen(*end)))
            return true;
    return false;
}

/* The list is the caller's to free, what stands in it is not. */
static const char **environment(const struct spawn *s)
{
    size_t n = 1, k = 0;
    const char **list;

    for (char **v = environ; v && *v; v++)
        n++;
    for (const char *const *v = s->set; v && *v; v++)
        n++;
    list = xcalloc(n, sizeof(*list));
    for (char **v = environ; v && *v; v++)
        if ((!s->keep || spawn_is_named(s->keep, *v)) && !spawn_is_named(s->set, *v) &&
            !(s->without_keys && is_key(*v)))
            list[k++] = *v;
    for (const char *const *v = s->set; v && *v; v++)
        list[k++] = *v;
    return list;
}

/* First all are moved out of the way: one may have the number that another is to get. */
static int place_descriptors(const struct spawn *s)
{
    int moved[SPAWN_MOST_FDS], last = s->n_fds > 3 ? s->n_fds : 3;

    for (int i = 0; i < s->n_fds; i++) {
        int fd = s->fds[i];
        if (fd == SPAWN_NULL)
            fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        moved[i] = fd == SPAWN_OURS ? fd : fcntl(fd, F_DUPFD_CLOEXEC, last);
        if (moved[i] < 0 && fd != SPAWN_OURS)
            return -1;
    }
    for (int i = 0; i < s->n_fds; i++)
        if (moved[i] >= 0 && dup2(moved[i], i) < 0)
            return -1;
    syscall(SYS_close_range, last, ~0U, CLOSE_RANGE_CLOEXEC);
    return 0;
}

/* As exec would set them; what is ignored stays so, unless it is to be fresh. */
static void reset_signals(bool fresh)
{
    struct sigaction is, by_default = { .sa_handler = SIG_DFL };
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &is) == 0 && is.sa_handler != SIG_DFL &&
            (fresh || is.sa_handler != SIG_IGN))
            sigaction(number, &by_default, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child's side. Returns when it could not become the program. */
static void become(const struct spawn *s, const char *path, const char **env,
                   pid_t parent)
{
    if (s->own_group && setpgid(0, 0) != 0)
        return;
    if (s->dies_with_us) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
            return;
        if (getppid() != parent) /* it has ended before it could be heard of */
            _exit(127);
    }
    if (place_descriptors(s) != 0 || (s->prepare && s->prepare(s->data) != 0))
        return;
    reset_signals(s->fresh_signals);
    execvpe(path, (char *const *)s->argv, (char *const *)env);
}

int spawn_start(const struct spawn *s, pid_t *pid)
{
    const char *path = s->path ? s->path : s->argv[0], **env = environment(s);
    volatile int failed = 0; /* in the memory that a vforked child shares */
    pid_t parent = getpid();
    sigset_t all, before;

    assert(s->n_fds <= SPAWN_MOST_FDS);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    *pid = s->prepare ? fork() : vfork();
    if (*pid == 0) {
        become(s, path, env, parent);
        failed = errno;
        if (s->prepare)
            dprintf(2, "%s: %s\n", path, strerror(failed));
        _exit(127);
    }
    if (*pid < 0)
        failed = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    free(env);
    if (failed && *pid > 0)
        waitpid(*pid, NULL, 0);
    if (failed)
        *pid = 0;
    return failed;
}

int spawn_descriptor(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0), why = errno;

    if (fd < 0) {
        kill(pid, SIGKILL); /* not waited for yet: the number is still its own */
        waitpid(pid, NULL, 0);
        errno = why;
    }
    return fd;
}

int spawn_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
