/* student.c - the quantile of Student's t distribution.
 *
 * With v degrees of freedom, P(|T| > t) = I_x(v/2, 1/2), x = v / (v + t^2), the
 * regularized incomplete beta function (Abramowitz & Stegun, Handbook of Mathematical
 * Functions, 1964, 26.7.1). It is computed by its continued fraction (26.5.8) after
 * Lentz, Applied Optics 15 (1976), in Thompson's & Barnett's form, and inverted by
 * Newton's steps within a bracket. */
#include <math.h>

#include "runner/evaluate/stats.h"

#define PI 3.141592653589793238463
#define MOST_TERMS 200000
#define MOST_STEPS 400
#define LEAST 1e-300     /* in place of a zero that would be divided by */
#define MOST_FREEDOM 1e9 /* beyond it, it is the normal distribution to ten digits */
#define ASYMPTOTIC 200   /* from there on the series below gives all digits */

/* gamma(a + 1/2) / gamma(a), without the cancellation of two logarithms: by the
 * asymptotic series (Tricomi & Erdelyi 1951), reached by gamma(a + 1) = a gamma(a). */
static double gamma_ratio(double a)
{
    double factor = 1, u;

    for (; a < ASYMPTOTIC; a++)
        factor *= a / (a + 0.5);
    u = 1 / a;
    return factor * sqrt(a) *
           (1 +
            u * (-1 / 8.0 + u * (1 / 128.0 + u * (5 / 1024.0 + u * (-21 / 32768.0)))));
}

/* The continued fraction of I_x(a, b); it converges quickly for x < (a + 1) / (a + b +
 * 2). */
static double fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1), h;

    d = 1 / (fabs(d) < LEAST ? LEAST : d);
    h = d;
    for (int m = 1; m < MOST_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), step;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        for (int k = 0; k < 2; k++) {
            double term = k ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < LEAST ? LEAST : d);
            c = fabs(c) < LEAST ? LEAST : c;
            step = d * c;
            h *= step;
        }
        if (fabs(step - 1) < 1e-16)
            break;
    }
    return h;
}

/* log(1 + t^2 / v), also where t^2 is beyond all doubles. */
static double log_square(double t, double v)
{
    return t < 1e100 ? log1p(t / v * t) : 2 * log(t) - log(v);
}

/* P(|T| > t), or with `inner` P(|T| <= t): each without taking it from 1 where it is
 * small. */
static double two_sided(double t, double v, int inner)
{
    double a = v / 2, y = t / (v / t + t), x = 1 / (1 + t / v * t), p;
    double front = sqrt(y) * exp(-a * log_square(t, v)) * gamma_ratio(a) / sqrt(PI);

    if (x < (a + 1) / (a + 2.5)) {
        p = front * fraction(a, 0.5, x) / a;
        return inner ? 1 - p : p;
    }
    p = front * fraction(0.5, a, y) / 0.5;
    return inner ? p : 1 - p;
}

static double density(double t, double v)
{
    return gamma_ratio(v / 2) / sqrt(v * PI) * exp(-(v + 1) / 2 * log_square(t, v));
}

/* The t > 0 at which two_sided is p. */
static double invert(double p, double v, int inner)
{
    double low = 0, high = 1, t;

    while (isfinite(high) && (two_sided(high, v, inner) < p) == inner) {
        low = high;
        high *= 2;
    }
    t = 0.5 * (low + high);
    for (int i = 0; i < MOST_STEPS && isfinite(high); i++) {
        double miss = two_sided(t, v, inner) - p, next;
        *((miss < 0) == inner ? &low : &high) = t;
        next = t - (inner ? miss : -miss) / (2 * density(t, v));
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        if (fabs(next - t) <= 1e-15 * t)
            return next;
        t = next;
    }
    return isfinite(high) ? t : INFINITY;
}

double student_quantile(double probability, double freedom)
{
    double tail = fmin(probability, 1 - probability), v = fmin(freedom, MOST_FREEDOM), t;

    if (isnan(probability) || isnan(freedom) || tail < 0 || v <= 0)
        return NAN;
    if (tail == 0)
        t = INFINITY;
    else if (tail > 0.25)
        t = tail == 0.5 ? 0 : invert(2 * fabs(probability - 0.5), v, 1);
    else
        t = invert(2 * tail, v, 0);
    return probability < 0.5 ? -t : t;
}
