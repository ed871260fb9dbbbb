/* gate_sim.c - simulated comparisons: how often a gate promotes. */
#include "tests/gate_sim.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "runner/evaluate/stats.h"
#include "runner/judge/confseq.h"

/* Shapes. */

static double draw_normal(struct rng *r, int *start)
{
    (void)start;
    return rng_normal(r);
}

static double draw_exponential(struct rng *r, int *start)
{
    (void)start;
    return 1 + log(1 - rng_uniform(r));
}

static double draw_lognormal(struct rng *r, int *start)
{
    (void)start;
    /* 1.6487 is the mean; a little more is taken off than the cut at most_loss gives. */
    return 1.6487 - 0.001 - exp(rng_normal(r));
}

static double fall(struct rng *r, double p, double loss)
{
    return rng_uniform(r) < p ? -loss : 1;
}

static double draw_fall_5_100(struct rng *r, int *start)
{
    (void)start;
    return fall(r, 0.05, 100);
}

static double draw_fall_2_1000(struct rng *r, int *start)
{
    (void)start;
    return fall(r, 0.02, 1000);
}

/* Fair, and the hardest: many comparisons never see a fall. */
static double draw_fall_1_100(struct rng *r, int *start)
{
    (void)start;
    return fall(r, 1.0 / 101, 100);
}

static double draw_fall_1_10(struct rng *r, int *start)
{
    (void)start;
    return fall(r, 1.0 / 11, 10);
}

static double draw_ties(struct rng *r, int *start)
{
    (void)start;
    return rng_uniform(r) < 0.8 ? 0 : rng_normal(r);
}

static double draw_two_point(struct rng *r, int *start)
{
    (void)start;
    return fall(r, 0.5, 1);
}

/* Eight starts in ten lose 1, two rare ones gain 4: the mean over the *different* pairs
 * is 2.3, that over the pairs 0. */
static double draw_few_starts(struct rng *r, int *start)
{
    double u = rng_uniform(r);

    *start = u < 0.8 ? 0 : u < 0.9 ? 1 : 2;
    return *start == 0 ? -1 : 4;
}

const struct sim_shape sim_nulls[] = {
    { "normal", draw_normal, 10, 10, 0, false },
    { "exponential left tail", draw_exponential, 20, 20, 0, false },
    { "lognormal left tail", draw_lognormal, 100, 100, 0, false },
    { "+1, 5 % at -100", draw_fall_5_100, 100, 100, -4.05, false },
    { "+1, 2 % at -1000", draw_fall_2_1000, 1000, 1000, -19.02, false },
    { "+1, 1 in 101 at -100", draw_fall_1_100, 100, 100, 0, false },
    { "+1, 1 in 11 at -10", draw_fall_1_10, 10, 10, 0, true },
    { "ties: 80 % zero", draw_ties, 10, 10, 0, false },
    { "two-point: +1 or -1", draw_two_point, 1, 1, 0, true },
    { "few starts: 3 values", draw_few_starts, 5, 5, 0, true },
    { NULL, NULL, 0, 0, 0, false },
};

const struct sim_shape sim_normals[] = {
    { "5", draw_normal, 5, 5, 0, false },    { "8", draw_normal, 8, 8, 0, false },
    { "10", draw_normal, 10, 10, 0, false }, { "20", draw_normal, 20, 20, 0, false },
    { NULL, NULL, 0, 0, 0, false },
};

/* Gates. */

double sim_error(int k)
{
    return SIM_ERROR / ((double)k * (k + 1));
}

/* `low` of a t-interval, seen from one side. */
static double t_low(const double *d, int n, double error)
{
    struct summary s = summarize(d, n);

    return s.n < 2 ? -INFINITY
                   : s.mean - student_quantile(1 - error, s.n - 1) * s.std / sqrt(s.n);
}

/* As gate.c was until 2058087: fewer than 4 different pairs are exact at the cap. */
static int old_verdict(const double *d, const int *start, int n, int side, double error)
{
    double different[SIM_CAP], low, high;
    int n_different = 0;
    bool is_seen[8] = { false };

    for (int i = 0; i < n; i++) {
        if (start[i] >= 0 && is_seen[start[i]])
            continue;
        if (start[i] >= 0)
            is_seen[start[i]] = true;
        different[n_different++] = d[i];
    }
    if (n_different < 4)
        return n == SIM_CAP && side * summarize(different, n_different).mean > 0;
    low = t_low(different, n_different, error);
    for (int i = 0; i < n_different; i++)
        different[i] = -different[i];
    high = -t_low(different, n_different, error);
    if (low > 0 || high < 0)
        return side > 0 ? (low > 0 ? 1 : -1) : (high < 0 ? 1 : -1);
    return 0;
}

static int padded_verdict(const struct sim_shape *shape, const double *d, int n, int side,
                          double error)
{
    double padded[SIM_CAP + 1];

    if (n < 32)
        return 0;
    for (int i = 0; i < n; i++)
        padded[i] = side * d[i];
    padded[n] = -shape->most_loss;
    return t_low(padded, n + 1, error) > 0;
}

static int betting_verdict(struct confseq *s, const struct sim_shape *shape,
                           const double *d, int n, int side, double error)
{
    while (s->n < n)
        confseq_add(s, side * d[s->n], shape->most_loss, shape->most_gain);
    return confseq_wealth(s, 0) >= 1 / error;
}

/* 1: ends in what is asked for, at whatever look. */
static int compare(const struct sim_shape *shape, enum sim_gate gate, const double *d,
                   const int *start, int k, int side)
{
    double error = sim_error(k) * (gate == SIM_TWICE ? 2 : 1);
    bool is_every = gate == SIM_EVERY || gate == SIM_TWICE;
    struct confseq s;
    int verdict = 0;

    confseq_init(&s);
    for (int n = SIM_FIRST; n <= SIM_CAP && verdict == 0; n += is_every ? 1 : n) {
        if (gate == SIM_BETTING || is_every)
            verdict = betting_verdict(&s, shape, d, n, side, error);
        else if (gate == SIM_OLD) /* 5 looks */
            verdict = old_verdict(d, start, n, side, error / 5);
        else /* 3 looks: 32, 64, 128 */
            verdict = padded_verdict(shape, d, n, side, error / 3);
    }
    confseq_clear(&s);
    return verdict > 0;
}

int sim_promotions(const struct sim_shape *shape, enum sim_gate gate, double gain, int k,
                   int side, int n, uint64_t seed)
{
    int promotions = 0;

    for (int c = 0; c < n; c++) {
        double d[SIM_CAP];
        int start[SIM_CAP];
        struct rng r;

        rng_seed(&r, seed, (uint64_t)c);
        for (int i = 0; i < SIM_CAP; i++) {
            start[i] = -1;
            d[i] = shape->draw(&r, &start[i]) + gain;
            d[i] = fmin(fmax(d[i], -shape->most_loss), shape->most_gain);
        }
        promotions += compare(shape, gate, d, start, k, side);
    }
    return promotions;
}

/* Tables. */

static const int ks[] = { 1, 5, 50 };
#define N_KS 3
#define N_COLUMNS 3 /* gates that the table of errors has beside each other */

static void print_cell(int count, int n)
{
    double percent = 100.0 * count / n;

    if (count == 0)
        printf(" 0 |");
    else
        printf(percent < 0.095  ? " %.2f |"
               : percent < 9.95 ? " %.1f |"
                                : " %.0f |",
               percent);
}

static void print_errors(int n)
{
    printf("| differences | mean |");
    for (int k = 0; k < N_KS; k++)
        printf(" now, k = %d | t + pseudo | before |", ks[k]);
    printf("\n|---|---|");
    for (int k = 0; k < N_KS * N_COLUMNS; k++)
        printf("---|");
    printf("\n| *stated error* | |");
    for (int k = 0; k < N_KS; k++)
        for (int g = 0; g < N_COLUMNS; g++)
            printf(" *%.2g* |", 100 * sim_error(ks[k]));
    printf("\n");
    for (const struct sim_shape *s = sim_nulls; s->name; s++) {
        static const enum sim_gate order[] = { SIM_BETTING, SIM_PADDED, SIM_OLD };
        printf("| %s | %g |", s->name, s->mean);
        for (int k = 0; k < N_KS; k++)
            for (int g = 0; g < N_COLUMNS; g++)
                print_cell(sim_promotions(s, order[g], 0, ks[k], 1, n, 20), n);
        printf("\n");
        fflush(stdout);
    }
}

static void print_power(int n)
{
    static const double gains[] = { 0.25, 0.5, 1, 2 };

    printf("| gain | range |");
    for (int k = 0; k < N_KS; k++)
        printf(" now, k = %d | before |", ks[k]);
    printf("\n|---|---|");
    for (int k = 0; k < N_KS; k++)
        printf("---|---|");
    printf("\n");
    for (int i = 0; i < 4; i++)
        for (const struct sim_shape *s = sim_normals; s->name; s++) {
            printf("| %g | %s |", gains[i], s->name);
            for (int k = 0; k < N_KS; k++) {
                print_cell(sim_promotions(s, SIM_BETTING, gains[i], ks[k], 1, n, 21), n);
                print_cell(sim_promotions(s, SIM_OLD, gains[i], ks[k], 1, n, 21), n);
            }
            printf("\n");
            fflush(stdout);
        }
}

static void print_least(int n)
{
    static const int pairs[] = { 32, 128, 512, 2048 };

    (void)n;
    printf("| range |");
    for (int k = 0; k < N_KS; k++)
        for (int i = 0; i < 4; i++)
            printf(" k = %d, %d pairs |", ks[k], pairs[i]);
    printf("\n|---|");
    for (int k = 0; k < N_KS * 4; k++)
        printf("---|");
    printf("\n");
    for (const struct sim_shape *s = sim_normals; s->name; s++) {
        printf("| %s |", s->name);
        for (int k = 0; k < N_KS; k++)
            for (int i = 0; i < 4; i++)
                printf(" %.2g |",
                       confseq_least_gain(pairs[i], sim_error(ks[k]), s->most_loss, 1));
        printf("\n");
    }
}

void sim_print_tables(int n)
{
    printf("False promotions in per cent of %d comparisons:\n\n", n);
    print_errors(n);
    printf("\nPromotions of true gains in per cent of %d comparisons:\n\n", n);
    print_power(n);
    printf(
        "\nThe least gain that is found nine times in ten, in standard deviations of a "
        "pair:\n\n");
    print_least(n);
}
