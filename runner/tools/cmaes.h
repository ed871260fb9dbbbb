/* cmaes.h - the covariance matrix adaptation evolution strategy: asks for values, is
 * told. */
#ifndef RATCHET_RUNNER_TOOLS_CMAES_H
#define RATCHET_RUNNER_TOOLS_CMAES_H

#include "base/rng.h"

struct cmaes; /* opaque */

#define CMAES_MAX_DIMENSIONS 200

/* Minimises over n dimensions from `mean`, with the step size sigma for each. lower and
 * upper bound each dimension, both NULL when nothing does; what falls outside is
 * reflected. popsize 0: the default. Everything is copied; all chance is drawn from
 * rng. */
struct cmaes *cmaes_create(int n, const double *mean, double sigma, const double *lower,
                           const double *upper, int popsize, struct rng rng);
void cmaes_destroy(struct cmaes *c); /* NULL is fine */

int cmaes_popsize(const struct cmaes *c);

/* The candidates of the next generation: popsize rows of n, borrowed until the next
 * call. */
const double *cmaes_ask(struct cmaes *c);

/* What those of the last cmaes_ask are worth, in order, less being better; NAN is
 * worst. */
void cmaes_tell(struct cmaes *c, const double *values);

const double *cmaes_mean(struct cmaes *c); /* n; borrowed until the next call */

/* The largest standard deviation over the dimensions. */
double cmaes_spread(const struct cmaes *c);

#endif
