/* reaper.c - a process that outlives a program, to end all that the program started.
 *
 * Orphans of a "child subreaper" become its children, so nothing gets away by setsid or
 * by forking twice. Only what is safe after a fork of a process with threads. */
#include "runner/agent/reaper.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_ROUNDS 300 /* of 10 ms: what cannot be killed does not hold us */

static void kill_children(void)
{
    static const char path[] = "/proc/thread-self/children";
    char numbers[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, numbers, sizeof(numbers)) : 0;
    pid_t pid = 0;

    /* A number that is cut off at the end is left to the next round. */
    for (ssize_t i = 0; i < n; i++) {
        if (numbers[i] >= '0' && numbers[i] <= '9') {
            pid = pid * 10 + (numbers[i] - '0');
        } else {
            if (pid > 1)
                kill(pid, SIGKILL);
            pid = 0;
        }
    }
    if (fd >= 0)
        close(fd);
}

/* Of a child that died, its own children come to us: rounds, until there are none. */
static void end_all(void)
{
    pid_t pid = 0;

    for (int i = 0; i < MOST_ROUNDS && pid >= 0; i++) {
        kill_children();
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            continue;
        if (pid == 0)
            nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
}

void reaper_begin(void)
{
    bool is_over = false;
    int status, code = 128 + SIGKILL;
    sigset_t all, awaited;
    pid_t program, pid;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, REAPER_END);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, REAPER_END);
    signal(SIGCHLD, SIG_DFL);
    program = _Fork();
    if (program == 0)
        return;
    while (program > 0 && !is_over) {
        is_over = sigwaitinfo(&awaited, NULL) == REAPER_END;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == program) {
                code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
                is_over = true;
            }
    }
    end_all();
    _exit(code);
}
