/* confseq.c - what paired differences prove of their mean, at every look. */
#include "runner/judge/confseq.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

/* Shares of the wealth at stake: nearly all of it, then powers of 2^-1/2. Gains that
 * never fail are best answered by the first, gains under noise by (mean / variance) *
 * range. W is a mean of fair games, itself fair; the mixture costs at most the factor
 * 1/weight of the best of them. The first weighs most, because gains are mostly small
 * against the range of returns, and there no other stake comes through. Chosen by
 * simulation among grids, weights, uniform and arcsine mixtures and predictable plug-in
 * bets (docs/gate.md). */
#define N_STAKES 12

static const double stakes[N_STAKES] = {
    0.999, 0.70710678, 0.5,    0.35355339, 0.25,    0.17677670,
    0.125, 0.08838835, 0.0625, 0.04419417, 0.03125, 0.02209709,
};

/* 0.7, and 0.3 shared as 1/(j (j + 1)). */
static double weight(int j)
{
    return j == 0 ? 0.7 : 0.3 * N_STAKES / (N_STAKES - 1.0) / (j * (j + 1.0));
}

void confseq_init(struct confseq *s)
{
    *s = (struct confseq){ 0 };
}

void confseq_clear(struct confseq *s)
{
    free(s->pairs);
    confseq_init(s);
}

void confseq_add(struct confseq *s, double difference, double most_loss, double most_gain)
{
    assert(isfinite(difference));
    assert(isfinite(most_loss) && most_loss > 0);
    assert(isfinite(most_gain) && most_gain > 0);
    if (s->n == s->n_allocated) {
        s->n_allocated = s->n_allocated ? 2 * s->n_allocated : 32;
        s->pairs = xrealloc(s->pairs, sizeof(*s->pairs) * (size_t)s->n_allocated);
    }
    s->pairs[s->n++] = (struct confseq_pair){ difference, most_loss, most_gain };
    if (-difference > most_loss)
        s->widest_loss = fmax(s->widest_loss, -difference);
    if (difference > most_gain)
        s->widest_gain = fmax(s->widest_gain, difference);
}

/* The bet seen from one side: +1 that the mean is above, -1 that it is below. */
static double side_loss(const struct confseq *s, int i, int side)
{
    const struct confseq_pair *p = &s->pairs[i];

    return side > 0 ? fmax(p->most_loss, s->widest_loss)
                    : fmax(p->most_gain, s->widest_gain);
}

/* ln W(side * mean). The products are kept near 1 by taking powers of two out. */
static double log_wealth(const struct confseq *s, int side, double mean)
{
    double product[N_STAKES], most = -INFINITY, sum = 0;
    int exponent[N_STAKES] = { 0 };

    for (int j = 0; j < N_STAKES; j++)
        product[j] = weight(j);
    for (int i = 0; i < s->n; i++) {
        double loss = side_loss(s, i, side);
        double odds = (side * s->pairs[i].difference - mean) / (loss + mean);
        for (int j = 0; j < N_STAKES; j++) {
            product[j] *= 1 + stakes[j] * odds;
            if (product[j] < 0x1p-256 || product[j] > 0x1p256) {
                int e;
                product[j] = frexp(product[j], &e);
                exponent[j] += e;
            }
        }
    }
    for (int j = 0; j < N_STAKES; j++) {
        product[j] = log(product[j]) + exponent[j] * M_LN2;
        most = fmax(most, product[j]);
    }
    for (int j = 0; j < N_STAKES; j++)
        sum += exp(product[j] - most);
    return most + log(sum);
}

/* The largest mean that is refused: W falls as the mean rises, from the least that the
 * range allows to the best pair, where nothing was won. */
static double lower_bound(const struct confseq *s, int side, double error)
{
    double refused = -INFINITY, open = -INFINITY;

    for (int i = 0; i < s->n; i++) {
        refused = fmax(refused, -side_loss(s, i, side));
        open = fmax(open, side * s->pairs[i].difference);
    }
    if (open <= refused)
        return refused;
    for (int k = 0; k < 60; k++) {
        double middle = refused + (open - refused) / 2;
        if (middle <= refused || middle >= open)
            break;
        if (log_wealth(s, side, middle) >= -log(error))
            refused = middle;
        else
            open = middle;
    }
    return refused;
}

void confseq_bounds(const struct confseq *s, double error, double *low, double *high)
{
    assert(error > 0 && error < 1);
    *low = lower_bound(s, 1, error);
    *high = -lower_bound(s, -1, error);
}

double confseq_wealth(const struct confseq *s, double mean)
{
    for (int i = 0; i < s->n; i++)
        assert(mean > -side_loss(s, i, 1));
    return s->n ? fmin(exp(log_wealth(s, 1, mean)), DBL_MAX) : 1;
}

void confseq_counted(const double *values, const int *counts, int n, double error,
                     double *low, double *high)
{
    double least = INFINITY, most = -INFINITY, middle;
    struct confseq s;

    for (int i = 0; i < n; i++) {
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    *low = *high = middle = least + (most - least) / 2;
    if (!(middle > least && middle < most))
        return;
    /* Bounds move with what is added to every value: the range lies about 0. */
    confseq_init(&s);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < counts[i]; k++)
            confseq_add(&s, values[i] - middle, middle - least, most - middle);
    confseq_bounds(&s, error, low, high);
    *low += middle;
    *high += middle;
    confseq_clear(&s);
}

/* Whether n pairs, normal with this mean and std but cut at -1 (the range is 1), come to
 * 1/error nine times in ten: by the mean and the spread of the log of a pair's factor. */
static bool is_found(int n, double error, double mean, double std)
{
    /* Gauss-Hermite, 5 points, for a standard normal (Abramowitz & Stegun 25.10). */
    static const double x[5] = { -2.8569700138728, -1.3556261799743, 0, 1.3556261799743,
                                 2.8569700138728 };
    static const double p[5] = { 0.0112574113277207, 0.222075922005613, 0.533333333333333,
                                 0.222075922005613, 0.0112574113277207 };
    const double z = 1.2815515655446; /* the normal's 0.9 quantile */

    for (int j = 0; j < N_STAKES; j++) {
        double growth = 0, squares = 0;
        for (int q = 0; q < 5; q++) {
            double won = log1p(stakes[j] * fmax(mean + std * x[q], -1));
            growth += p[q] * won;
            squares += p[q] * won * won;
        }
        double spread = sqrt(fmax(squares - growth * growth, 0));
        if (n * growth - z * sqrt(n) * spread + log(weight(j)) >= -log(error))
            return true;
    }
    return false;
}

double confseq_least_gain(int n, double error, double most_loss, double std)
{
    double low = 0, high = 1;

    assert(n > 0 && error > 0 && error < 1);
    assert(isfinite(most_loss) && most_loss > 0 && isfinite(std) && std >= 0);
    std /= most_loss;
    while (!is_found(n, error, high, std) && high < 0x1p60)
        high *= 2;
    for (int k = 0; k < 60; k++) {
        double middle = (low + high) / 2;
        if (is_found(n, error, middle, std))
            high = middle;
        else
            low = middle;
    }
    return high * most_loss;
}
