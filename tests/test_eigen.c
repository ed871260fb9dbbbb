/* test_eigen.c - eigenvalues and eigenvectors of matrices whose own are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "runner/tools/eigen.h"

#define CLOSE 5e-10
#define MOST 200

/* Rosser's (Journal of Research of the NBS 47, 1951): a double one, one of 0, three that
 * nearly agree. */
static const double rosser[64] = {
    611, 196, -192, 407,  -8,  -52,  -49, 29,  196, 899, 113,  -192, -71,
    -43, -8,  -44,  -192, 113, 899,  196, 61,  49,  8,   52,   407,  -192,
    196, 611, 8,    44,   59,  -23,  -8,  -71, 61,  8,   411,  -599, 208,
    208, -52, -43,  49,   44,  -599, 411, 208, 208, -49, -8,   8,    59,
    208, 208, 99,   -911, 29,  -44,  52,  -23, 208, 208, -911, 99,
};

static int compare(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

/* A v = lambda v for each, V orthogonal, and the values (in rising order) as expected. */
static void check(int n, const double *a, double *expected, double size)
{
    double *copy = malloc(sizeof(double) * (size_t)(n * n)),
           *values = malloc(sizeof(double) * (size_t)n),
           *v = malloc(sizeof(double) * (size_t)(n * n));

    memcpy(copy, a, sizeof(double) * (size_t)(n * n));
    eigen_symmetric(n, copy, values, v);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            double dot = 0, along = 0;
            for (int j = 0; j < n; j++) {
                dot += v[j * n + i] * v[j * n + k];
                along += a[k * n + j] * v[j * n + i];
            }
            assert_true(fabs(dot - (i == k)) < CLOSE);
            assert_true(fabs(along - values[i] * v[k * n + i]) < CLOSE * size);
        }
    qsort(values, (size_t)n, sizeof(*values), compare);
    for (int i = 0; expected && i < n; i++)
        assert_true(fabs(values[i] - expected[i]) < CLOSE * size);
    free(copy);
    free(values);
    free(v);
}

static void test_rosser(void **state)
{
    double expected[] = { -10 * sqrt(10405),    0,    510 - 100 * sqrt(26), 1000, 1000,
                          510 + 100 * sqrt(26), 1020, 10 * sqrt(10405) };

    (void)state;
    qsort(expected, 8, sizeof(*expected), compare);
    check(8, rosser, expected, 1020);
}

/* The second difference: 2 - 2 cos(k pi / (n + 1)). */
static void test_difference(void **state)
{
    static double a[MOST * MOST], expected[MOST];

    (void)state;
    for (int n = 1; n <= MOST; n = n * 3 + 1) {
        memset(a, 0, sizeof(a));
        for (int i = 0; i < n; i++) {
            a[i * n + i] = 2;
            if (i + 1 < n)
                a[i * n + i + 1] = a[(i + 1) * n + i] = -1;
            expected[i] = 2 - 2 * cos((i + 1) * 3.141592653589793 / (n + 1));
        }
        check(n, a, expected, 4);
    }
}

/* Wilkinson's W21+ (The Algebraic Eigenvalue Problem, 1965, p. 309): its greatest two
 * agree to 15 digits. */
static void test_wilkinson(void **state)
{
    double a[21 * 21] = { 0 }, values[21], v[21 * 21];

    (void)state;
    for (int i = 0; i < 21; i++) {
        a[i * 21 + i] = abs(i - 10);
        if (i < 20)
            a[i * 21 + i + 1] = a[(i + 1) * 21 + i] = 1;
    }
    check(21, a, NULL, 11);
    eigen_symmetric(21, a, values, v);
    qsort(values, 21, sizeof(*values), compare);
    assert_true(fabs(values[20] - 10.74619418290339) < 1e-12);
    assert_true(fabs(values[19] - 10.74619418290332) < 1e-12);
}

/* As CMA-ES has them: 1e14 between the axes, turned at random. */
static void test_narrow(void **state)
{
    enum { N = 12 };
    double q[N * N], a[N * N] = { 0 }, expected[N];
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1, 1);
    for (int i = 0; i < N; i++) { /* Gram-Schmidt, twice for its digits */
        for (int k = 0; k < N; k++)
            q[i * N + k] = rng_normal(&rng);
        for (int round = 0; round < 2; round++) {
            double length = 0;
            for (int j = 0; j < i; j++) {
                double dot = 0;
                for (int k = 0; k < N; k++)
                    dot += q[i * N + k] * q[j * N + k];
                for (int k = 0; k < N; k++)
                    q[i * N + k] -= dot * q[j * N + k];
            }
            for (int k = 0; k < N; k++)
                length += q[i * N + k] * q[i * N + k];
            for (int k = 0; k < N; k++)
                q[i * N + k] /= sqrt(length);
        }
        expected[i] = pow(10, -14.0 + 14.0 * i / (N - 1));
    }
    for (int i = 0; i < N * N; i++)
        for (int j = 0; j < N; j++)
            a[i] += expected[j] * q[j * N + i / N] * q[j * N + i % N];
    check(N, a, expected, 1);
}

static void test_diagonal(void **state)
{
    double a[9] = { 3, 0, 0, 0, -1, 0, 0, 0, 0 }, expected[3] = { -1, 0, 3 },
           zero[4] = { 0 }, none[2] = { 0 };

    (void)state;
    check(3, a, expected, 3);
    check(2, zero, none, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rosser),    cmocka_unit_test(test_difference),
        cmocka_unit_test(test_wilkinson), cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_diagonal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
