/* eigen.h - eigenvalues and eigenvectors of a symmetric matrix. */
#ifndef RATCHET_RUNNER_TOOLS_EIGEN_H
#define RATCHET_RUNNER_TOOLS_EIGEN_H

/* a: n * n, symmetric, row by row; destroyed. values: n, in no order; vectors: n * n, column
 * i belongs to values[i] and has length 1. The bits depend on a alone. */
void eigen_symmetric(int n, double *a, double *values, double *vectors);

#endif
