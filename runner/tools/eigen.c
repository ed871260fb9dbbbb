/* eigen.c - eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.
 *
 * The cyclic method by rows (Golub & Van Loan, Matrix Computations, 4th edition, 8.5.2 to
 * 8.5.5): each rotation makes one element off the diagonal zero; after a few sweeps over
 * all of them the rest is below rounding, quadratically fast. */
#include "runner/tools/eigen.h"

#include <float.h>
#include <math.h>

#define MOST_SWEEPS 60

static double sum_off_diagonal(int n, const double *a)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            sum += a[i * n + k] * a[i * n + k];
    return sum;
}

/* Elements x and y of a pair of rows or columns, turned by the angle of cosine c, sine s.
 */
static void eigen_turn(double *x, double *y, double c, double s)
{
    double was = *x;

    *x = c * was - s * *y;
    *y = s * was + c * *y;
}

/* Makes a[p][q] zero; algorithm 8.5.1's angle, the smaller of two. */
static void eigen_rotate(int n, double *a, double *vectors, int p, int q)
{
    double apq = a[p * n + q], tau, t, c, s;

    if (apq == 0)
        return;
    tau = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    t = tau >= 0 ? 1 / (tau + hypot(1, tau)) : 1 / (tau - hypot(1, tau));
    c = 1 / sqrt(1 + t * t);
    s = t * c;
    for (int k = 0; k < n; k++)
        eigen_turn(&a[k * n + p], &a[k * n + q], c, s);
    for (int k = 0; k < n; k++)
        eigen_turn(&a[p * n + k], &a[q * n + k], c, s);
    a[p * n + q] = a[q * n + p] = 0;
    for (int k = 0; k < n; k++)
        eigen_turn(&vectors[k * n + p], &vectors[k * n + q], c, s);
}

void eigen_symmetric(int n, double *a, double *values, double *vectors)
{
    double size = 0, enough;

    for (int i = 0; i < n * n; i++) {
        size += a[i] * a[i];
        vectors[i] = i / n == i % n;
    }
    enough = size * DBL_EPSILON * DBL_EPSILON * DBL_EPSILON;
    for (int sweep = 0; sweep < MOST_SWEEPS && sum_off_diagonal(n, a) > enough; sweep++)
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++)
                eigen_rotate(n, a, vectors, p, q);
    for (int i = 0; i < n; i++)
        values[i] = a[i * n + i];
}
