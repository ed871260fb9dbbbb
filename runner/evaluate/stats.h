/* stats.h - numbers that sum up many: means, spreads, confidence. */
#ifndef RATCHET_RUNNER_EVALUATE_STATS_H
#define RATCHET_RUNNER_EVALUATE_STATS_H

struct summary {
    int n;
    double mean, std, min, max; /* std with n - 1; all 0 when n is 0 */
};

struct summary summarize(const double *values, int n);

/* Half the width of the two-sided confidence interval of the mean (Student's t), e.g. for
 * confidence 0.95. Infinite for n < 2. */
double mean_interval(const struct summary *s, double confidence);

/* The quantile of Student's t with so many degrees of freedom, of which there may be a
 * fraction; NAN for what is no probability (student.c). */
double student_quantile(double probability, double freedom);

/* Half the width of the two-sided confidence interval of a difference of two means of
 * unpaired values (Welch 1947). Infinite where either has fewer than two. */
double welch_interval(const struct summary *a, const struct summary *b,
                      double confidence);

/* Orders doubles for qsort, the smallest first. */
int stats_compare(const void *a, const void *b);

#endif
