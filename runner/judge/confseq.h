/* confseq.h - what paired differences prove of their mean, at every look.
 *
 * A confidence sequence by betting (Waudby-Smith & Ramdas, "Estimating means of bounded
 * random variables by betting", JRSS-B 86, 2024; Ville 1939). Somebody who starts with a
 * wealth of 1 and bets, pair by pair, that the mean difference is above m, at odds that
 * are fair if it is m, multiplies his wealth by 1/error with probability error at most.
 * Hence the means at which he has done so are refused, whatever the shape of the
 * differences and however often one looks:
 *
 *     W(m) = sum over j of w[j] * product over i of (1 + c[j] * (D[i] - m) / (L[i] + m))
 *
 * D[i] is the difference of pair i and L[i] the most that it could have lost, known
 * before it was played; c[j] is the share of the wealth that is at stake, a fixed grid.
 *
 * Guarantee: if every D[i] >= -L[i], and given what came before (L[i] included) its mean
 * is at most `mean`, then P(low >= mean at any look) <= error; high likewise with the
 * most gain, so that both together are wrong with probability 2 * error at most. Nothing
 * is divided by the number of looks. Pairs that occur often count as often as they occur.
 *
 * What no method can give: protection from a loss that is worse than most_loss and was
 * never seen. So the range must be taken wide: the task's declared returns and its fault
 * return, every return of every episode of every policy so far, and 0, for an episode
 * that ends at once earns about nothing. When a wider loss is seen all the same, all
 * pairs are taken at the wider range from then on, as if it had been known from the
 * start.
 *
 * L[i] must not look at pair i, not even at its seed or at the incumbent's half of it:
 * who stakes more where the incumbent did badly wins from chance alone (regression to the
 * mean). All that was known when the batch began is right. */
#ifndef RATCHET_RUNNER_JUDGE_CONFSEQ_H
#define RATCHET_RUNNER_JUDGE_CONFSEQ_H

/* All in units of the return. */
struct confseq_pair {
    double difference, most_loss, most_gain;
};

struct confseq {
    struct confseq_pair *pairs;
    int n, n_allocated;
    double widest_loss, widest_gain; /* of pairs beyond what was known; else 0 */
};

void confseq_init(struct confseq *s);
void confseq_clear(struct confseq *s);

/* One more pair, in the order in which they were drawn. most_loss > 0: candidate at the
 * lowest return known, incumbent at the highest; most_gain > 0: the other way round; both
 * as known before this pair was played. All three are finite: what is not was refused
 * before it became a score. */
void confseq_add(struct confseq *s, double difference, double most_loss,
                 double most_gain);

/* The mean difference lies above *low, and below *high, each but for probability `error`
 * in (0, 1) over all looks. Without pairs: infinite; with pairs: finite, for the range
 * itself is a bound. */
void confseq_bounds(const struct confseq *s, double error, double *low, double *high);

/* Evidence against "the mean difference is at most `mean`": W(mean), 1 without pairs,
 * finite. *low >= mean where it is 1/error or more. mean > -most_loss of every pair. */
double confseq_wealth(const struct confseq *s, double mean);

/* The same of n different values (n >= 1, finite), the only ones that there are, value i
 * seen counts[i] > 0 times in independent draws: what is open is how often each occurs.
 * Nothing is lost but the least of them, so the range is theirs. One value is exact. */
void confseq_counted(const double *values, const int *counts, int n, double error,
                     double *low, double *high);

/* The least true mean difference that n pairs find (low > 0 after them) nine times in
 * ten, where a pair's difference has the standard deviation std >= 0 and may lose
 * most_loss. An approximation for differences without a long tail (tests/test_gate.c
 * checks it by simulation); it may lie beyond all gains that are possible: n pairs then
 * find none. */
double confseq_least_gain(int n, double error, double most_loss, double std);

#endif
