/* stats.c - numbers that sum up many: means, spreads, confidence. */
#include "runner/evaluate/stats.h"

#include <math.h>

struct summary summarize(const double *values, int n)
{
    struct summary s = { .n = n };
    double sum = 0, squares = 0;

    if (n < 1)
        return (struct summary){ 0, NAN, NAN, NAN, NAN };
    s.min = s.max = values[0];
    for (int i = 0; i < n; i++) {
        sum += values[i];
        s.min = fmin(s.min, values[i]);
        s.max = fmax(s.max, values[i]);
    }
    s.mean = sum / n;
    for (int i = 0; i < n; i++)
        squares += (values[i] - s.mean) * (values[i] - s.mean);
    s.std = n > 1 ? sqrt(squares / (n - 1)) : 0;
    return s;
}

double mean_interval(const struct summary *s, double confidence)
{
    if (s->n < 2)
        return INFINITY;
    return student_quantile(0.5 + confidence / 2, s->n - 1) * s->std / sqrt(s->n);
}

double welch_interval(const struct summary *a, const struct summary *b, double confidence)
{
    double x, y, freedom;

    if (a->n < 2 || b->n < 2)
        return INFINITY;
    x = a->std * a->std / a->n;
    y = b->std * b->std / b->n;
    if (x + y <= 0)
        return 0;
    freedom = (x + y) * (x + y) / (x * x / (a->n - 1) + y * y / (b->n - 1));
    return student_quantile(0.5 + confidence / 2, freedom) * sqrt(x + y);
}

int stats_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}
