/* cmaes.c - the covariance matrix adaptation evolution strategy.
 *
 * After N. Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772; the
 * numbers in the comments are the equations of its second version, with the default
 * parameters of its table 1, negative weights included. */
#include "runner/tools/cmaes.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "runner/tools/eigen.h"

struct cmaes {
    int n, popsize, mu, generation;
    double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, norm; /* norm: E|N(0, I)| */
    double sigma;
    double *weights; /* popsize */
    double *mean, *lower, *upper, *path_sigma,
        *path_c;        /* n each; bounds NULL when none */
    double *covariance; /* n * n */
    double *axes;       /* n * n: columns are its eigenvectors, B */
    double *scales;     /* n: square roots of its eigenvalues, D */
    double *candidates; /* popsize * n */
    double *steps;      /* popsize * n: (candidate - mean) / sigma, before bounds */
    double *shown;      /* n: the mean within its bounds */
    struct rng rng;
};

static double *doubles(size_t n)
{
    return xcalloc(n, sizeof(double));
}

static double *copied(const double *from, int n)
{
    double *to = from ? doubles((size_t)n) : NULL;

    if (to)
        memcpy(to, from, (size_t)n * sizeof(*to));
    return to;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* (49)-(53). */
static void set_weights(struct cmaes *c)
{
    double sum = 0, squares = 0, bad_sum = 0, bad_squares = 0, n = c->n, alpha;

    for (int i = 0; i < c->popsize; i++) {
        double w = log((c->popsize + 1) / 2.0) - log(i + 1);

        c->weights[i] = w;
        sum += i < c->mu ? w : 0;
        squares += i < c->mu ? w * w : 0;
        bad_sum += i < c->mu ? 0 : w;
        bad_squares += i < c->mu ? 0 : w * w;
    }
    c->mu_eff = sum * sum / squares;
    c->c_1 = 2 / ((n + 1.3) * (n + 1.3) + c->mu_eff); /* (57) */
    c->c_mu = smaller(1 - c->c_1, 2 * (0.25 + c->mu_eff + 1 / c->mu_eff - 2) /
                                      ((n + 2) * (n + 2) + c->mu_eff)); /* (58) */
    alpha = smaller(1 + c->c_1 / c->c_mu,
                    1 + 2 * bad_sum * bad_sum / bad_squares / (c->mu_eff + 2));
    alpha = smaller(alpha, (1 - c->c_1 - c->c_mu) / (n * c->c_mu));
    for (int i = 0; i < c->popsize; i++)
        c->weights[i] *= c->weights[i] >= 0 ? 1 / sum : alpha / -bad_sum;
}

struct cmaes *cmaes_create(int n, const double *mean, double sigma, const double *lower,
                           const double *upper, int popsize, struct rng rng)
{
    struct cmaes *c = xcalloc(1, sizeof(*c));
    size_t size = (size_t)n;

    assert(n > 0 && n <= CMAES_MAX_DIMENSIONS && sigma > 0);
    c->n = n;
    c->popsize = popsize > 3 ? popsize : 4 + (int)(3 * log(n)); /* (48) */
    c->mu = c->popsize / 2;
    c->weights = doubles((size_t)c->popsize);
    set_weights(c);
    c->c_sigma = (c->mu_eff + 2) / (n + c->mu_eff + 5); /* (55) */
    c->d_sigma = sqrt((c->mu_eff - 1) / (n + 1)) - 1;
    c->d_sigma = 1 + 2 * (c->d_sigma > 0 ? c->d_sigma : 0) + c->c_sigma;
    c->c_c = (4 + c->mu_eff / n) / (n + 4 + 2 * c->mu_eff / n); /* (56) */
    c->norm = sqrt(n) * (1 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
    c->sigma = sigma;
    c->mean = copied(mean, n);
    c->lower = copied(lower, n);
    c->upper = copied(upper, n);
    c->path_sigma = doubles(size);
    c->path_c = doubles(size);
    c->covariance = doubles(size * size);
    c->axes = doubles(size * size);
    c->scales = doubles(size);
    for (int i = 0; i < n; i++)
        c->covariance[i * n + i] = c->axes[i * n + i] = c->scales[i] = 1;
    c->candidates = doubles((size_t)c->popsize * size);
    c->steps = doubles((size_t)c->popsize * size);
    c->shown = doubles(size);
    c->rng = rng;
    return c;
}

void cmaes_destroy(struct cmaes *c)
{
    if (!c)
        return;
    free(c->weights);
    free(c->mean);
    free(c->lower);
    free(c->upper);
    free(c->path_sigma);
    free(c->path_c);
    free(c->covariance);
    free(c->axes);
    free(c->scales);
    free(c->candidates);
    free(c->steps);
    free(c->shown);
    free(c);
}

int cmaes_popsize(const struct cmaes *c)
{
    return c->popsize;
}

double cmaes_spread(const struct cmaes *c)
{
    double most = 0;

    for (int i = 0; i < c->n; i++)
        most = c->covariance[i * c->n + i] > most ? c->covariance[i * c->n + i] : most;
    return c->sigma * sqrt(most);
}

/* Mirrored at the bounds as often as it takes. The strategy itself knows no bounds: it
 * sees a function that goes on behind them as in a mirror, and its steps stay normal. */
static double fold(double x, double lower, double upper)
{
    double range = upper - lower, at;

    if (x >= lower && x <= upper)
        return x;
    if (!(range > 0) || !isfinite(x))
        return lower;
    at = fmod(x - lower, 2 * range);
    at = at < 0 ? at + 2 * range : at;
    return at > range ? upper - (at - range) : lower + at;
}

const double *cmaes_mean(struct cmaes *c)
{
    for (int i = 0; i < c->n; i++)
        c->shown[i] = c->lower ? fold(c->mean[i], c->lower[i], c->upper[i]) : c->mean[i];
    return c->shown;
}

/* (38)-(40): x = m + sigma B D z. */
const double *cmaes_ask(struct cmaes *c)
{
    int n = c->n;
    double *z = doubles((size_t)n);

    for (int k = 0; k < c->popsize; k++) {
        double *x = c->candidates + k * n, *y = c->steps + k * n;

        for (int i = 0; i < n; i++)
            z[i] = c->scales[i] * rng_normal(&c->rng);
        for (int i = 0; i < n; i++) {
            y[i] = 0;
            for (int j = 0; j < n; j++)
                y[i] += c->axes[i * n + j] * z[j];
            x[i] = c->mean[i] + c->sigma * y[i];
            if (c->lower)
                x[i] = fold(x[i], c->lower[i], c->upper[i]);
        }
    }
    free(z);
    return c->candidates;
}

/* out = C^(-1/2) y = B D^-1 B^T y. */
static void whiten(const struct cmaes *c, const double *y, double *out)
{
    int n = c->n;

    memset(out, 0, (size_t)n * sizeof(*out));
    for (int j = 0; j < n; j++) {
        double along = 0;

        for (int i = 0; i < n; i++)
            along += c->axes[i * n + j] * y[i];
        along /= c->scales[j];
        for (int i = 0; i < n; i++)
            out[i] += c->axes[i * n + j] * along;
    }
}

static double squared(const double *v, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += v[i] * v[i];
    return sum;
}

/* Eigenvalues are kept from zero, where rounding could put them. */
static void decompose(struct cmaes *c)
{
    double *m = copied(c->covariance, c->n * c->n), least = 0;

    eigen_symmetric(c->n, m, c->scales, c->axes);
    for (int i = 0; i < c->n; i++)
        least = 1e-14 * c->scales[i] > least ? 1e-14 * c->scales[i] : least;
    for (int i = 0; i < c->n; i++)
        c->scales[i] = sqrt(c->scales[i] > least ? c->scales[i] : least);
    free(m);
}

/* order[0] is the best; the earlier of two equal ones stands first. */
static void rank(const double *values, int n, int *order)
{
    for (int i = 0; i < n; i++) {
        int k = i;

        while (k > 0 && !isnan(values[i]) &&
               (isnan(values[order[k - 1]]) || values[order[k - 1]] > values[i])) {
            order[k] = order[k - 1];
            k--;
        }
        order[k] = i;
    }
}

/* (47), with (46) for the steps that count against. */
static void adapt_covariance(struct cmaes *c, const int *order, bool is_stalled)
{
    int n = c->n;
    double sum = 0, *white = doubles((size_t)n), keep;

    for (int i = 0; i < c->popsize; i++)
        sum += c->weights[i];
    keep = 1 - c->c_1 - c->c_mu * sum;
    keep += is_stalled ? c->c_1 * c->c_c * (2 - c->c_c) : 0;
    for (int i = 0; i < n * n; i++)
        c->covariance[i] = keep * c->covariance[i] +
                           c->c_1 * c->path_c[i / n] * c->path_c[i % n];
    for (int k = 0; k < c->popsize; k++) {
        const double *y = c->steps + order[k] * n;
        double w = c->weights[k];

        if (w < 0) {
            whiten(c, y, white);
            w *= n / (squared(white, n) + 1e-300);
        }
        for (int i = 0; i < n * n; i++)
            c->covariance[i] += c->c_mu * w * y[i / n] * y[i % n];
    }
    free(white);
}

void cmaes_tell(struct cmaes *c, const double *values)
{
    int n = c->n, *order = xcalloc((size_t)c->popsize, sizeof(*order));
    double *step = doubles((size_t)n), *white = doubles((size_t)n), length, decay;
    bool is_stalled;

    rank(values, c->popsize, order);
    for (int k = 0; k < c->mu; k++) /* (41), (42) */
        for (int i = 0; i < n; i++)
            step[i] += c->weights[k] * c->steps[order[k] * n + i];
    for (int i = 0; i < n; i++)
        c->mean[i] += c->sigma * step[i];
    whiten(c, step, white);
    for (int i = 0; i < n; i++) /* (43) */
        c->path_sigma[i] = (1 - c->c_sigma) * c->path_sigma[i] +
                           sqrt(c->c_sigma * (2 - c->c_sigma) * c->mu_eff) * white[i];
    length = sqrt(squared(c->path_sigma, n));
    c->generation++;
    decay = sqrt(1 - pow(1 - c->c_sigma, 2.0 * c->generation));
    is_stalled = length / decay >= (1.4 + 2.0 / (n + 1)) * c->norm;
    for (int i = 0; i < n; i++) { /* (45) */
        c->path_c[i] *= 1 - c->c_c;
        if (!is_stalled)
            c->path_c[i] += sqrt(c->c_c * (2 - c->c_c) * c->mu_eff) * step[i];
    }
    adapt_covariance(c, order, is_stalled);
    c->sigma *= exp(
        smaller(1, c->c_sigma / c->d_sigma * (length / c->norm - 1))); /* (44) */
    decompose(c);
    free(order);
    free(step);
    free(white);
}
