/* test_gate.c - what the gate's statistic is worth: its bounds by hand, its errors and
 * its power by simulation. `test_gate --table [N]` prints the tables of docs/gate.md.
 *
 * Seeds are fixed, so that a row says the same each time. make soak simulates ten times
 * as many comparisons (GATE_COMPARISONS). */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/evaluate/stats.h"
#include "runner/judge/confseq.h"
#include "tests/gate_sim.h"

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

/* One row of the simulation: a shape, a gain, the number of the candidate. */
struct row {
    const struct sim_shape *shape;
    double gain;
    int k, side;
    enum sim_gate gate;
    double most, least; /* shares of "better" (or, for side -1, of "worse") allowed */
};

static int comparisons(void)
{
    const char *text = getenv("GATE_COMPARISONS");

    return text ? atoi(text) : 2000;
}

/* What a row may count where `expected` is the most that is stated: no more than that;
 * where it is less than 10, what a true rate of it exceeds one time in a hundred
 * (Poisson). */
static int limit(double expected)
{
    double term = exp(-expected), sum = term;
    int count = 0;

    if (expected >= 10)
        return (int)expected;
    while (sum < 0.99)
        sum += term *= expected / ++count;
    return count;
}

/* What is not finite was refused at the door: here it is our own mistake and ends the
 * program, as does a range that leaves nothing to lose. */
static void test_door(void **state)
{
    static const double rows[][3] = {
        { NAN, 1, 1 }, { INFINITY, 1, 1 }, { -INFINITY, 1, 1 },
        { 0, NAN, 1 }, { 0, INFINITY, 1 }, { 0, 1, NAN },
        { 0, 0, 1 },   { 0, 1, 0 },        { 0, -1, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pid_t child = fork();
        int status;
        if (child == 0) {
            struct confseq s;
            close(STDERR_FILENO);
            signal(SIGABRT, SIG_DFL);
            confseq_init(&s);
            confseq_add(&s, rows[i][0], rows[i][1], rows[i][2]);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

/* Few starts, each counted: one value is exact, more are as their counts tell. */
static void test_counted(void **state)
{
    static const double values[] = { 4, -1, 4 };
    static const int counts[] = { 100, 500, 100 };
    double low, high;

    (void)state;
    confseq_counted(values, counts, 1, 1e-6, &low, &high);
    assert_true(low == 4 && high == 4);
    confseq_counted(values, counts, 3, 0.025, &low, &high);
    assert_true(low > 0.1 && low < 300.0 / 700 && high > 300.0 / 700 && high < 0.8);
    confseq_counted(values, counts, 2, 0.025, &low, &high);
    assert_true(low > -0.5 && low < -100.0 / 600 && high > -100.0 / 600 && high < 0.2);
}

/* A rare start that loses what the others gain, among 560 seeds, where it was seen 8
 * times or more: by its counts the candidate is called better. mean: of a seed. */
static int count_promotions(double error, int n, bool is_t)
{
    const double rare = 0.03, loss = -(1 - rare) / rare; /* mean 0 */
    const double values[] = { 1, loss };
    int promotions = 0;

    for (int c = 0; c < n; c++) {
        struct rng r;
        int counts[2] = { 0, 0 };
        double low, high;
        rng_seed(&r, 77, (uint64_t)c);
        for (int i = 0; i < 560; i++)
            counts[rng_uniform(&r) < rare]++;
        if (counts[1] < 8)
            continue;
        confseq_counted(values, counts, 2, error, &low, &high);
        if (is_t) {
            double p = counts[1] / 560.0, mean = 1 - p + loss * p;
            low = mean - student_quantile(1 - error, 559) *
                             sqrt((1 - p + loss * loss * p - mean * mean) / 560);
        }
        promotions += low > 0;
    }
    return promotions;
}

static void test_counted_errors(void **state)
{
    int n = comparisons() < 2000 ? 500 : comparisons() / 4;

    (void)state;
    for (int k = 1; k <= 50; k += k == 1 ? 4 : 45)
        assert_in_range(count_promotions(sim_error(k), n, false), 0,
                        limit(sim_error(k) * n));
    /* The t-interval is wrong too often there: the row can fail. */
    assert_true(count_promotions(sim_error(1), n, true) > limit(sim_error(1) * n));
}

static void test_row(void **state)
{
    const struct row *row = *state;
    int n = comparisons();
    int found = sim_promotions(row->shape, row->gate, row->gain, row->k, row->side, n,
                               1000 + (uint64_t)row->k);

    print_message("# %d of %d, stated %.5g to %.5g\n", found, n, row->least * n,
                  row->most * n);
    assert_true(found >= row->least * n && found <= limit(row->most * n));
}

/* The rows must be able to fail: a gate whose error is twice what it says does. */
static void test_twice_the_error(void **state)
{
    const struct sim_shape *s = sim_nulls;
    int n = comparisons();

    (void)state;
    while (!s->is_hard)
        s++;
    assert_true(sim_promotions(s, SIM_TWICE, 0, 1, 1, n, 1001) > sim_error(1) * n);
}

static const struct sim_shape *find_normal(double range)
{
    const struct sim_shape *s = sim_normals;

    while (s->most_loss != range)
        s++;
    return s;
}

/* Pairs whose true gain is what confseq_least_gain() says are found about nine times in
 * ten; the approximation is of the last look, an earlier one may find it too. */
static void test_least_gain(void **state)
{
    struct row row = *(const struct row *)*state;

    row.gain = confseq_least_gain(SIM_CAP, sim_error(row.k), row.shape->most_loss, 1);
    row.least = 0.85;
    row.most = 0.96;
    *state = &row;
    test_row(state);
}

#define MOST_TESTS 200

struct rows {
    struct row row[MOST_TESTS];
    struct CMUnitTest tests[MOST_TESTS];
    int n;
};

static void add(struct rows *all, CMUnitTestFunction f, struct row row, const char *what)
{
    struct row *r = &all->row[all->n];
    char name[120];

    *r = row;
    snprintf(name, sizeof(name), "%s: %s, k = %d", what, row.shape->name, row.k);
    all->tests[all->n++] = (struct CMUnitTest){ strdup(name), f, NULL, NULL, r };
}

/* Better and worse are the same claim from two sides; a shape turned round has its mean
 * turned round, so only where it is 0 is "worse" false as well. */
static void add_errors(struct rows *all, int k)
{
    for (const struct sim_shape *s = sim_nulls; s->name; s++) {
        add(all, test_row, (struct row){ s, 0, k, 1, SIM_BETTING, sim_error(k), 0 },
            "false promotion");
        if (s->mean == 0)
            add(all, test_row, (struct row){ s, 0, k, -1, SIM_BETTING, sim_error(k), 0 },
                "falsely worse");
    }
}

/* The same at every look there can be, where the bets come closest to what is stated. */
static void add_every_look(struct rows *all)
{
    for (const struct sim_shape *s = sim_nulls; s->name; s++)
        if (s->is_hard)
            for (int k = 1; k <= 5; k += 4)
                add(all, test_row, (struct row){ s, 0, k, 1, SIM_EVERY, sim_error(k), 0 },
                    "false promotion, a look at every pair");
}

/* Clean gains of one standard deviation, within 128 pairs: the range of returns that
 * still allows it shrinks with the error that a candidate has. */
static void add_power(struct rows *all)
{
    static const struct {
        int k;
        double range, gain;
    } rows[] = {
        { 1, 20, 1 }, { 5, 10, 1 }, { 50, 8, 1 }, { 1, 8, 0.5 }, { 50, 20, 2 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        add(all, test_row,
            (struct row){ find_normal(rows[i].range), rows[i].gain, rows[i].k, 1,
                          SIM_BETTING, 1, 0.95 },
            rows[i].gain == 1   ? "finds a gain of 1 std within a range of"
            : rows[i].gain == 2 ? "finds a gain of 2 std within a range of"
                                : "finds a gain of 1/2 std within a range of");
    for (const struct sim_shape *s = sim_normals; s->name; s++)
        for (int k = 1; k <= 50; k += k == 1 ? 4 : 45)
            add(all, test_least_gain, (struct row){ s, 0, k, 1, SIM_BETTING, 0, 0 },
                "the least gain that is seen: range");
}

int main(int argc, char **argv)
{
    static struct rows all;
    const struct CMUnitTest by_hand[] = {
        cmocka_unit_test(test_sure_gains),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_wider_loss),
        cmocka_unit_test(test_many_pairs),
        cmocka_unit_test(test_twice_the_error),
        cmocka_unit_test(test_counted),
        cmocka_unit_test(test_door),
        cmocka_unit_test(test_counted_errors),
    };

    if (argc > 1 && !strcmp(argv[1], "--table")) {
        sim_print_tables(argc > 2 ? atoi(argv[2]) : 2000);
        return 0;
    }
    for (size_t i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++)
        all.tests[all.n++] = by_hand[i];
    add_errors(&all, 1);
    add_errors(&all, 5);
    add_errors(&all, 50);
    add_every_look(&all);
    add_power(&all);
    return _cmocka_run_group_tests("gate", all.tests, (size_t)all.n, NULL, NULL);
}
