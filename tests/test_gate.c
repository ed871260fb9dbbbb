/* test_gate.c - what the gate's statistic is worth: its bounds by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runner/evaluate/confseq.h"

/* n pairs that all gain `gain` where `loss` could have been lost: nearly all is at stake
 * and the wealth is weight * (1 + 0.999 * gain / loss)^n and a little more. */
static void test_sure_gains(void **state)
{
    struct confseq s;
    double low, high;
    int n = 0;

    (void)state;
    confseq_init(&s);
    assert_true(confseq_wealth(&s, 0) == 1);
    confseq_bounds(&s, 0.025, &low, &high);
    assert_true(isinf(low) && low < 0 && isinf(high) && high > 0);
    for (low = 0; !(low > 0) && n < 1000; n++) {
        confseq_add(&s, 1, 9, 100);
        confseq_bounds(&s, 0.025, &low, &high);
    }
    assert_in_range(n, 36, 46); /* ln(40) / ln(1 + 1/9) = 35.02 with all on one stake */
    assert_true(high > 1);
    assert_true(confseq_wealth(&s, 0) >= 40);
    assert_true(confseq_wealth(&s, 0.5) < 40);
    confseq_clear(&s);
}

/* Losses are gains seen from the other side. */
static void test_mirror(void **state)
{
    static const double d[] = { 3, -1, 0, 4, 4, -2, 7, 1, 0, 0, 2.5 };
    struct confseq a, b;
    double low[2], high[2];

    (void)state;
    confseq_init(&a);
    confseq_init(&b);
    for (size_t i = 0; i < sizeof(d) / sizeof(d[0]); i++) {
        confseq_add(&a, d[i], 5 + (double)i, 10);
        confseq_add(&b, -d[i], 10, 5 + (double)i);
    }
    confseq_bounds(&a, 0.1, &low[0], &high[0]);
    confseq_bounds(&b, 0.1, &low[1], &high[1]);
    assert_true(fabs(low[0] + high[1]) < 1e-9);
    assert_true(fabs(high[0] + low[1]) < 1e-9);
    assert_true(low[0] >= -5 && low[0] < 1.7 && high[0] > 1.7 && high[0] <= 10);
    confseq_clear(&a);
    confseq_clear(&b);
}

/* A loss beyond the range counts as if the range had been known from the start. */
static void test_wider_loss(void **state)
{
    struct confseq narrow, wide;
    double low[2], high[2];

    (void)state;
    confseq_init(&narrow);
    confseq_init(&wide);
    for (int i = 0; i < 40; i++) {
        double d = i == 30 ? -50 : 1;
        confseq_add(&narrow, d, 2, 2);
        confseq_add(&wide, d, 50, 2);
    }
    confseq_bounds(&narrow, 0.025, &low[0], &high[0]);
    confseq_bounds(&wide, 0.025, &low[1], &high[1]);
    assert_true(fabs(low[0] - low[1]) < 1e-9);
    assert_true(fabs(high[0] - high[1]) < 1e-9);
    assert_true(low[0] < 0);
    confseq_clear(&narrow);
    confseq_clear(&wide);
}

/* Far more pairs than a double's exponent holds factors for. */
static void test_many_pairs(void **state)
{
    struct confseq s;
    double low, high;

    (void)state;
    confseq_init(&s);
    for (int i = 0; i < 5000; i++)
        confseq_add(&s, i % 2 ? 3 : -1, 2, 4);
    confseq_bounds(&s, 1e-6, &low, &high);
    assert_true(isfinite(confseq_wealth(&s, 0)) && confseq_wealth(&s, 0) > 1e200);
    assert_true(low > 0.8 && low < 1 && high > 1 && high < 1.2);
    confseq_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sure_gains),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_wider_loss),
        cmocka_unit_test(test_many_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
