/* test_child.c - programs run to their end: status, output, input, and the end of late
 * ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"

struct row {
    const char *name, *script, *input;
    double timeout_s;
    int status;
    bool is_late;
    const char *out, *err; /* out NULL: some, of which the end is kept */
};

static const struct row rows[] = {
    { "status and both streams", "echo a; echo b >&2; exit 3", NULL, 30, 3, false, "a\n",
      "b\n" },
    { "input", "cat", "some text", 30, 0, false, "some text", "" },
    { "no input", "cat", NULL, 30, 0, false, "", "" },
    { "ended by a signal", "kill -9 $$", NULL, 30, -1, false, "", "" },
    { "late", "echo early; sleep 60", NULL, 0.5, -1, true, "early\n", "" },
    { "late, but it cleans up",
      "trap 'echo tidy; exit 5' TERM; while :; do sleep 0.1; done", NULL, 0.5, 5, true,
      "tidy\n", NULL },
    { "it leaves one behind that holds the streams", "sleep 60 & echo $!", NULL, 30, 0,
      false, NULL, "" },
    { "much output", "head -c 40000000 /dev/zero | tr '\\0' x; echo; echo end", NULL, 60,
      0, false, NULL, "" },
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Neither gone nor waiting for its parent to take notice. */
static bool is_alive(int pid)
{
    char path[64], state = 'Z';
    FILE *f;

    usleep(200000);
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = fopen(path, "r");
    if (f && fscanf(f, "%*d %*s %c", &state) != 1)
        state = '?';
    if (f)
        fclose(f);
    return state != 'Z' && state != 'X';
}

static void test_row(void **state)
{
    const struct row *r = *state;
    const char *argv[] = { "/bin/sh", "-c", r->script, NULL };
    struct child c = { .argv = argv, .input = r->input, .timeout_s = r->timeout_s };
    struct child_result result;
    struct error err = { "" };
    double start = now_s();

    assert_int_equal(child_run(&c, &result, &err), 0);
    assert_int_equal(result.status, r->status);
    assert_int_equal(result.is_late, r->is_late);
    if (r->out)
        assert_string_equal(result.out, r->out);
    else
        assert_true(strlen(result.out) > 0 && strlen(result.out) < 40000000);
    if (r->err)
        assert_string_equal(result.err, r->err);
    assert_true(now_s() - start < 50);
    if (!strcmp(r->name, "much output"))
        assert_string_equal(result.out + strlen(result.out) - 5, "\nend\n");
    if (!strncmp(r->name, "it leaves", 9))
        assert_false(is_alive(atoi(result.out)));
    child_result_clear(&result);
}

static void test_not_there(void **state)
{
    const char *argv[] = { "/nowhere/program", NULL };
    struct child c = { .argv = argv, .timeout_s = 5 };
    struct child_result result;

    (void)state;
    assert_int_equal(child_run(&c, &result, NULL), 0);
    assert_int_equal(result.status, 127);
    assert_non_null(strstr(result.err, "No such file"));
    child_result_clear(&result);
}

static void test_interrupted(void **state)
{
    const char *argv[] = { "/bin/sleep", "60", NULL };
    volatile sig_atomic_t interrupted = 1;
    struct child c = { .argv = argv, .timeout_s = 30, .interrupted = &interrupted };
    struct child_result result;

    (void)state;
    assert_int_equal(child_run(&c, &result, NULL), 0);
    assert_true(result.is_interrupted);
    child_result_clear(&result);
}

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[N_ROWS + 2];

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, test_row, NULL, NULL,
                                        (void *)(uintptr_t)&rows[i] };
    tests[N_ROWS] = (struct CMUnitTest)cmocka_unit_test(test_not_there);
    tests[N_ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(test_interrupted);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
