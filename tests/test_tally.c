/* test_tally.c - what a run has played is counted once, whatever the order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/evaluate/tally.h"

struct item {
    enum purpose purpose;
    int64_t index, steps;
    uint64_t trajectory;
    enum fault_kind fault;
};

static const struct item abc[] = { { PURPOSE_dev, 0, 10, 7, FAULT_none },
                                   { PURPOSE_dev, 1, 20, 8, FAULT_none },
                                   { PURPOSE_gate, 0, 30, 9, FAULT_none } };

static void add(struct tally *t, const struct item *i)
{
    struct episode_result r = { .n_steps = i->steps,
                                .trajectory = i->trajectory,
                                .fault = i->fault };

    tally_add(t, i->purpose, "", "policy", i->index, &r);
}

/* The marks of the items in that order. */
static struct tally_mark mark_of(const struct item *items, const int *order, int n)
{
    struct tally t = { 0 };
    struct tally_mark mark;

    for (int i = 0; i < n; i++)
        add(&t, &items[order[i]]);
    tally_mark(&t, &mark);
    tally_clear(&t);
    return mark;
}

static void test_order(void **state)
{
    struct tally_mark a = mark_of(abc, (const int[]){ 0, 1, 2 }, 3),
                      b = mark_of(abc, (const int[]){ 2, 0, 1 }, 3),
                      twice = mark_of(abc, (const int[]){ 1, 2, 0, 1, 1 }, 5);

    (void)state;
    assert_int_equal(strlen(a.trajectories), 64);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_memory_equal(&a, &twice, sizeof(a));
    assert_int_equal(a.steps[PURPOSE_dev], 30);
    assert_int_equal(a.steps[PURPOSE_gate], 30);
    assert_int_equal(a.episodes, 3);
}

struct change {
    const char *name;
    struct item item; /* in place of the second */
};

static const struct change changes[] = {
    { "trajectory", { PURPOSE_dev, 1, 20, 80, FAULT_none } },
    { "steps", { PURPOSE_dev, 1, 21, 8, FAULT_none } },
    { "seed", { PURPOSE_dev, 2, 20, 8, FAULT_none } },
    { "purpose", { PURPOSE_gate, 1, 20, 8, FAULT_none } },
    { "fault", { PURPOSE_dev, 1, 20, 8, FAULT_error } },
};

static void test_change(void **state)
{
    const struct change *c = *state;
    struct item other[] = { abc[0], c->item, abc[2] };
    struct tally_mark a = mark_of(abc, (const int[]){ 0, 1, 2 }, 3),
                      b = mark_of(other, (const int[]){ 0, 1, 2 }, 3);

    assert_string_not_equal(a.trajectories, b.trajectories);
}

/* Lost to the clock: no work of the policy's, and it counts when it is played again. */
static void test_lost(void **state)
{
    struct item lost = { PURPOSE_dev, 1, 5, 1, FAULT_void };
    struct item with[] = { abc[0], lost, abc[2], abc[1] };
    struct tally_mark a = mark_of(abc, (const int[]){ 0, 1, 2 }, 3),
                      b = mark_of(with, (const int[]){ 0, 1, 2, 3 }, 4);

    (void)state;
    assert_string_equal(a.trajectories, b.trajectories);
    assert_int_equal(b.lost, 1);
    assert_int_equal(b.steps[PURPOSE_dev], 30);
}

/* What was seen before the last mark is not new; the table grows meanwhile. */
static void test_marks(void **state)
{
    struct tally t = { 0 };
    struct tally_mark mark;

    (void)state;
    for (int64_t i = 0; i < 5000; i++)
        add(&t, &(struct item){ PURPOSE_probe, i, 1, 1, FAULT_none });
    tally_mark(&t, &mark);
    assert_int_equal(mark.steps[PURPOSE_probe], 5000);
    for (int64_t i = 0; i < 5001; i++)
        add(&t, &(struct item){ PURPOSE_probe, i, 1, 1, FAULT_none });
    tally_mark(&t, &mark);
    assert_int_equal(mark.steps[PURPOSE_probe], 1);
    tally_mark(&t, &mark);
    assert_string_equal(mark.trajectories, "");
    tally_clear(&t);
}

/* What was added after a copy is as if it had never been. */
static void test_copy(void **state)
{
    struct tally t = { 0 }, copy;
    struct tally_mark a, b;

    (void)state;
    tally_copy(&copy, &t);
    tally_clear(&copy);
    for (int i = 0; i < 2; i++)
        add(&t, &abc[i]);
    tally_copy(&copy, &t);
    for (int64_t i = 0; i < 3000; i++)
        add(&t, &(struct item){ PURPOSE_probe, i, 1, 1, FAULT_none });
    tally_clear(&t);
    add(&copy, &abc[2]);
    add(&copy, &abc[0]);
    tally_mark(&copy, &a);
    b = mark_of(abc, (const int[]){ 0, 1, 2 }, 3);
    assert_string_equal(a.trajectories, b.trajectories);
    assert_int_equal(a.episodes, b.episodes);
    tally_clear(&copy);
}

int main(void)
{
    struct CMUnitTest tests[16] = { cmocka_unit_test(test_order),
                                    cmocka_unit_test(test_lost),
                                    cmocka_unit_test(test_copy),
                                    cmocka_unit_test(test_marks) };
    size_t n = 4;

    for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++)
        tests[n++] = (struct CMUnitTest){ changes[i].name, test_change, NULL, NULL,
                                          (void *)&changes[i] };
    return _cmocka_run_group_tests("tally", tests, n, NULL, NULL);
}
