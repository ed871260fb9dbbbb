/* calibrate.h - what the gate would say of candidates that are known: the policy itself,
 * better and worse by so much, and one that earns more but now and then falls. */
#ifndef RATCHET_RUNNER_JUDGE_CALIBRATE_H
#define RATCHET_RUNNER_JUDGE_CALIBRATE_H

#include <stdint.h>

#include "runner/evaluate/seeds.h"
#include "runner/record/task.h"

/* The policy's returns on different seeds, at least 2 of them (borrowed), and how it is
 * compared. */
struct calibration {
    const double *returns;
    int n;
    double lowest;               /* return that a fall gives: below all others, or their
                                    least */
    double most_loss, most_gain; /* of a pair, as the gate has them; > 0 */
    double error;                /* of the candidate, at each end */
    int pairs;                   /* at most */
};

/* Of all comparisons: the shares of each verdict, the mean number of pairs played. */
struct calibration_row {
    double better, worse, pairs;
};

/* Compares n times. A pair is two returns drawn with replacement (bootstrap: Efron 1979),
 * so the policy against itself differs by 0 in the mean; the candidate's is `gain` more,
 * or, in a share `falls` of the episodes, `lowest`. The same seed draws the same. */
struct calibration_row calibrate(const struct calibration *c, double gain, double falls,
                                 int n, uint64_t seed);

/* The share of falls that takes away all of the gain: such a candidate is no better. */
double calibrate_even_falls(const struct calibration *c, double gain);

/* The different starts that seeds give, where the gate plays each of them; 0 where there
 * are too many to count, or chance goes on after them (gate.h). -1: it cannot be told. */
int calibrate_count_starts(int *n, const struct task *task, const struct salt *salt,
                           const char *source, struct error *err);

#endif
