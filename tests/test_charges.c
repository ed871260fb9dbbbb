/* test_charges.c - instructions bound time: whatever an act does, a unit of its budget
 * takes at most 10 ns of a quiet core at 3 GHz, measured beside it in the same run.
 *
 * A nanosecond is three cycles, which a chain of multiplications tells: each takes three
 * on every x86-64 of the last fifteen years, whatever else the core has to do. What else
 * it has to do (the other thread of the same core, say) an empty loop of Lua tells: a
 * round takes four such nanoseconds, and where it takes longer a unit may, too. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "envs/table.h"
#include "sandbox/worker/vm.h"

#define BUDGET 200000
#define ROUNDS 3
#define ATTEMPTS 20
#define MOST 10.0     /* reference nanoseconds a unit */
#define LOOP_ROUND 4.0 /* of a round of an empty loop */
#define LOAD 60000000
#define MOST_SECONDS 5 /* of processor time, for what has no end */

/* `work` is repeated until the budget is used up. */
static const struct row {
    const char *name, *prepare, *work;
    double most;    /* reference nanoseconds; 0: MOST */
    int64_t budget; /* 0: BUDGET */
} rows[] = {
#include "tests/hostile/charges.inc"
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds of processor time a unit; the least of a few rounds. NAN when the act ended
 * otherwise. For a process of its own, which ends with it. */
static double measure(const struct row *row)
{
    struct vm_fault fault = { 0 };
    struct env_registry envs;
    struct vm_world world = { .fault = &fault,
                              .rules = { 1, 0, 0, 1000 },
                              .limits = limits_default };
    double values[16] = { 0 }, action[ENV_MAX_ACTION], best = INFINITY;
    struct vm_view view = { .values = values };
    int64_t budget = row->budget ? row->budget : BUDGET;
    struct vm_snapshot *fresh;
    struct vm *vm;
    char *source = xasprintf("%s return { act = function() while true do %s end end }",
                             row->prepare, row->work);

    env_registry_init(&envs);
    world.env = env_find(&envs, "cartpole", NULL);
    world.limits.act_instructions = budget;
    world.limits.load_instructions = LOAD;
    vm = vm_create(0, &world);
    if (!vm || vm_load(vm, "test.lua", source, strlen(source)) != 0) {
        fprintf(stderr, "# %s\n", fault.text);
        return NAN;
    }
    fresh = vm_snapshot(vm);
    for (int i = 0; i < ROUNDS; i++) {
        double start;
        vm_restore(vm, fresh);
        start = now();
        if (vm_act(vm, &view, action) == 0 || fault.kind != FAULT_instructions) {
            fprintf(stderr, "# %s\n", fault.text);
            return NAN;
        }
        best = fmin(best, (now() - start) / (double)budget);
    }
    return best; /* the process ends, and what it holds with it */
}

/* The same in a process of its own, which ends after MOST_SECONDS of processor time: then
 * it is infinite. */
static double measure_apart(const struct row *row)
{
    double result = INFINITY;
    int ends[2];
    pid_t child;

    fflush(stdout);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct rlimit most = { MOST_SECONDS, MOST_SECONDS };
        setrlimit(RLIMIT_CPU, &most);
        result = measure(row);
        _exit(write(ends[1], &result, sizeof(result)) != sizeof(result));
    }
    close(ends[1]);
    if (read(ends[0], &result, sizeof(result)) != sizeof(result))
        result = INFINITY;
    close(ends[0]);
    waitpid(child, NULL, 0);
    return result;
}

/* Nanoseconds that a multiplication takes which waits for the one before it: three cycles,
 * a nanosecond at 3 GHz. */
static double reference(void)
{
    double best = INFINITY;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        uint64_t x = 3;
        for (int i = 0; i < 20000; i++)
            __asm__ volatile("imul %0, %0; imul %0, %0; imul %0, %0; imul %0, %0; imul %0, %0;"
                             "imul %0, %0; imul %0, %0; imul %0, %0; imul %0, %0; imul %0, %0"
                             : "+r"(x));
        best = fmin(best, (now() - start) / 200000);
    }
    return best;
}

/* A busy machine makes each of the three look slow for a while, so the best of a few
 * attempts counts. */
static void bounded(void **state)
{
    static const struct row plain = { .work = "for i = 1, 1e9 do end", .prepare = "" };
    const struct row *row = *state;
    double most = row->most ? row->most : MOST, unit = 0, best = INFINITY, slowness = 1;

    for (int i = 0; i < ATTEMPTS && best > most; i++) {
        double ns = reference();
        unit = measure_apart(row) / ns;
        slowness = fmax(1, measure_apart(&plain) / ns / LOOP_ROUND);
        best = isnan(unit) ? INFINITY : fmin(best, unit / slowness);
        if (!isfinite(unit))
            break;
    }
    print_message("# %-48s %6.1f ns a unit; %.1f where the core is %.2f times as slow\n",
                  row->name, best, unit, slowness);
    assert_true(best <= most);
}

int main(void)
{
    enum { N = sizeof(rows) / sizeof(*rows) };
    static struct CMUnitTest tests[N];

    for (int i = 0; i < N; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, bounded, NULL, NULL,
                                        (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
