/* test_spawn.c - programs started: what they get of us, and what they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/spawn.h"

struct row {
    const char *name, *script;
    int status;
    const char *out;
    struct spawn how; /* without arguments and descriptors */
    enum { PLAIN, LEAKY, SWAPPED, CLOSED_STDIN, BLOCKED, HANDLED } setting;
};

static int fail_to_prepare(const void *data)
{
    (void)data;
    errno = ENOTDIR;
    return -1;
}

static int go_to(const void *folder)
{
    return chdir(folder);
}

static const char *const keep_some[] = { "PATH", "SPAWN_A", NULL };
static const char *const keep_none[] = { NULL };
static const char *const set_some[] = { "SPAWN_A=new", "SPAWN_C=three", NULL };
static const char show[] =
    "echo \"${SPAWN_A-none} ${SPAWN_B-none} ${SPAWN_C-none} ${MY_API_KEY-none}\"";
#define OWN_GROUP "[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo yes || echo no"
/* Of /proc/self/status: the bit of SIGPIPE in a mask. */
#define PIPE_BIT(mask)     \
    "m=$(sed -n 's/^" mask \
    ":.*\\(....\\)$/\\1/p' /proc/self/status); echo $((0x$m >> 12 & 1))"

static const struct row rows[] = {
    { .name = "exit status", .script = "exit 3", .status = 3, .out = "" },
    { .name = "ended by a signal", .script = "kill -9 $$", .status = -1, .out = "" },
    { .name = "stdin is empty", .script = "cat; echo end", .out = "end\n" },
    { .name = "stdin is empty where ours is closed",
      .script = "cat; echo end",
      .out = "end\n",
      .setting = CLOSED_STDIN },
    { .name = "descriptors that stand in each other's way",
      .script = "cat <&3; cat <&4",
      .out = "three\nfour\n",
      .setting = SWAPPED },
    { .name = "no descriptor leaks",
      .script =
          "for n in $(seq 3 40); do [ -e /proc/$$/fd/$n ] && echo $n; done; echo end",
      .out = "end\n",
      .setting = LEAKY },
    { .name = "the environment is ours", .script = show, .out = "one two none secret\n" },
    { .name = "no keys",
      .script = show,
      .out = "one two none none\n",
      .how = { .without_keys = true } },
    { .name = "of ours what is named",
      .script = show,
      .out = "one none none none\n",
      .how = { .keep = keep_some } },
    { .name = "variables in place of ours",
      .script = show,
      .out = "new two three secret\n",
      .how = { .set = set_some } },
    { .name = "none of ours, some new ones",
      .script = show,
      .out = "new none three none\n",
      .how = { .keep = keep_none, .set = set_some } },
    { .name = "in our process group", .script = OWN_GROUP, .out = "no\n" },
    { .name = "a process group of its own",
      .script = OWN_GROUP,
      .out = "yes\n",
      .how = { .own_group = true } },
    { .name = "nothing is blocked",
      .script = PIPE_BIT("SigBlk"),
      .out = "0\n",
      .setting = BLOCKED },
    { .name = "a handler of ours is gone",
      .script = "kill -USR1 $$; echo on",
      .status = -1,
      .out = "",
      .setting = HANDLED },
    { .name = "what we ignore it ignores", .script = PIPE_BIT("SigIgn"), .out = "1\n" },
    { .name = "fresh signals",
      .script = PIPE_BIT("SigIgn"),
      .out = "0\n",
      .how = { .fresh_signals = true } },
    { .name = "prepared",
      .script = "pwd",
      .out = "/usr\n",
      .how = { .prepare = go_to, .data = "/usr" } },
    { .name = "prepared in vain",
      .script = "pwd",
      .status = 127,
      .out = "/bin/sh: Not a directory\n",
      .how = { .prepare = fail_to_prepare } },
};

static volatile sig_atomic_t n_handled;

static void handle(int number)
{
    (void)number;
    n_handled++;
}

/* An open descriptor from which the text can be read, without close-on-exec. */
static int hold(const char *text)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
    close(ends[1]);
    return ends[0];
}

/* In a process of its own: what is changed here is gone afterwards. */
static int play(const struct row *r, int to)
{
    const char *const argv[] = { "/bin/sh", "-c", r->script, NULL };
    struct spawn s = r->how;
    sigset_t pipe_alone;
    pid_t pid = 0;

    setenv("SPAWN_A", "one", 1);
    setenv("SPAWN_B", "two", 1);
    setenv("MY_API_KEY", "secret", 1);
    unsetenv("SPAWN_C");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, r->setting == HANDLED ? handle : SIG_DFL);
    sigemptyset(&pipe_alone);
    sigaddset(&pipe_alone, SIGPIPE);
    if (r->setting == BLOCKED)
        sigprocmask(SIG_BLOCK, &pipe_alone, NULL);
    if (r->setting == CLOSED_STDIN)
        close(0);
    s.argv = argv;
    s.fds[0] = SPAWN_NULL;
    s.fds[1] = s.fds[2] = to;
    s.n_fds = 3;
    if (r->setting == LEAKY)
        dup2(hold("leak"), 9);
    if (r->setting == SWAPPED) {
        int three = hold("three\n"), four = hold("four\n");
        dup2(three, 10);
        dup2(four, 3);
        dup2(10, 4);
        s.fds[3] = 4;
        s.fds[4] = 3;
        s.n_fds = 5;
    }
    if (spawn_start(&s, &pid) != 0)
        return 99;
    if (spawn_wait(pid) != r->status)
        return 98;
    return n_handled ? 97 : 0;
}

static void test_row(void **state)
{
    const struct row *r = *state;
    char text[512] = "";
    int to = memfd_create("out", MFD_CLOEXEC), high, status;
    pid_t pid;

    high = fcntl(to, F_DUPFD_CLOEXEC, 20); /* out of the way of what a row moves about */
    close(to);
    pid = fork();
    if (pid == 0)
        _exit(play(r, high));
    waitpid(pid, &status, 0);
    assert_true(pread(high, text, sizeof(text) - 1, 0) >= 0);
    close(high);
    assert_string_equal(text, r->out);
    assert_int_equal(status, 0);
}

static const struct no_program {
    const char *name, *argv0, *path;
    int failed;
} no_programs[] = {
    { "missing, a path", "/nowhere/program", NULL, ENOENT },
    { "missing, a name", "no-such-program", NULL, ENOENT },
    { "a folder", "/usr", NULL, EACCES },
    { "no program", "/etc/passwd", NULL, EACCES },
    { "a path beside its name", "sh", "/nowhere/sh", ENOENT },
};

static void test_no_program(void **state)
{
    const struct no_program *r = *state;
    const char *const argv[] = { r->argv0, NULL };
    struct spawn s = { .argv = argv, .path = r->path };
    pid_t pid = 77;

    assert_int_equal(spawn_start(&s, &pid), r->failed);
    assert_int_equal(pid, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left of it */
    assert_int_equal(errno, ECHILD);
}

/* One that is started by a process which is killed is killed with it. */
static void test_dies_with_us(void **state)
{
    const char *const argv[] = { "sleep", "60", NULL };
    int ends[2], n;
    char byte;
    pid_t parent, pid = 0;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    parent = fork();
    if (parent == 0) {
        struct spawn s = { .argv = argv,
                           .fds = { SPAWN_NULL, ends[1], ends[1] },
                           .n_fds = 3,
                           .dies_with_us = true };
        spawn_start(&s, &pid);
        raise(SIGKILL);
    }
    close(ends[1]);
    waitpid(parent, NULL, 0);
    alarm(20);
    n = (int)read(ends[0], &byte, 1); /* 0 as soon as nobody holds the other end */
    alarm(0);
    assert_int_equal(n, 0);
    close(ends[0]);
}

static void test_descriptor(void **state)
{
    const char *const argv[] = { "true", NULL };
    struct spawn s = { .argv = argv };
    int fd;
    pid_t pid;

    (void)state;
    assert_int_equal(spawn_start(&s, &pid), 0);
    fd = spawn_descriptor(pid);
    assert_true(fd >= 0);
    assert_int_equal(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 20000), 1);
    close(fd);
    assert_int_equal(spawn_wait(pid), 0);
    assert_int_equal(spawn_descriptor(pid), -1);
}

/* From many threads at a time each waits for its own. */
static void *start_some(void *failed)
{
    const char *const argv[] = { "sh", "-c", "exit 7", NULL };
    struct spawn s = { .argv = argv };
    pid_t pid;

    for (int i = 0; i < 20; i++)
        if (spawn_start(&s, &pid) != 0 || spawn_wait(pid) != 7)
            *(bool *)failed = true;
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[4];
    bool failed[4] = { false };

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, start_some, &failed[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(failed[i]);
    }
}

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
#define N_MISSING (sizeof(no_programs) / sizeof(no_programs[0]))

int main(void)
{
    struct CMUnitTest tests[N_ROWS + N_MISSING + 3];
    size_t n = 0;

    for (size_t i = 0; i < N_ROWS; i++)
        tests[n++] = (struct CMUnitTest){ rows[i].name, test_row, NULL, NULL,
                                          (void *)(uintptr_t)&rows[i] };
    for (size_t i = 0; i < N_MISSING; i++)
        tests[n++] = (struct CMUnitTest){ no_programs[i].name, test_no_program, NULL,
                                          NULL, (void *)(uintptr_t)&no_programs[i] };
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_dies_with_us);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_descriptor);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_threads);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
