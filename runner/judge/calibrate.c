/* calibrate.c - what the gate would say of candidates that are known. */
#include "runner/judge/calibrate.h"

#include "base/rng.h"
#include "runner/evaluate/starts.h"
#include "runner/evaluate/stats.h"
#include "runner/judge/confseq.h"
#include "runner/policy/measure.h"

#define FIRST_LOOK 8 /* pairs; each look doubles them */

static double calibrate_draw(const struct calibration *c, struct rng *r)
{
    return c->returns[rng_below(r, (uint32_t)c->n)];
}

static double draw_candidate(const struct calibration *c, struct rng *r, double gain,
                             double falls)
{
    return falls > 0 && rng_uniform(r) < falls ? c->lowest : calibrate_draw(c, r) + gain;
}

/* One comparison: 1 better, -1 worse, 0 unclear; *pairs: played. That the gain is above 0
 * is a bet, that it is below 0 another. */
static int calibrate_compare(const struct calibration *c, struct rng *r, double gain,
                             double falls, int *pairs)
{
    struct confseq above, below;
    int verdict = 0;

    confseq_init(&above);
    confseq_init(&below);
    for (int to = FIRST_LOOK; verdict == 0 && above.n < c->pairs; to *= 2) {
        while (above.n < to && above.n < c->pairs) {
            double d = draw_candidate(c, r, gain, falls) - calibrate_draw(c, r);
            confseq_add(&above, d, c->most_loss, c->most_gain);
            confseq_add(&below, -d, c->most_gain, c->most_loss);
        }
        verdict = (confseq_wealth(&above, 0) >= 1 / c->error) -
                  (confseq_wealth(&below, 0) >= 1 / c->error);
    }
    *pairs = above.n;
    confseq_clear(&above);
    confseq_clear(&below);
    return verdict;
}

struct calibration_row calibrate(const struct calibration *c, double gain, double falls,
                                 int n, uint64_t seed)
{
    struct calibration_row row = { 0 };

    for (int i = 0; i < n; i++) {
        struct rng r;
        int pairs, verdict;
        rng_seed(&r, seed, (uint64_t)i);
        verdict = calibrate_compare(c, &r, gain, falls, &pairs);
        row.better += verdict > 0;
        row.worse += verdict < 0;
        row.pairs += pairs;
    }
    row.better /= n;
    row.worse /= n;
    row.pairs /= n;
    return row;
}

double calibrate_even_falls(const struct calibration *c, double gain)
{
    /* (1 - p) (mean + gain) + p lowest = mean */
    return gain / (summarize(c->returns, c->n).mean + gain - c->lowest);
}

int calibrate_count_starts(int *n, const struct task *task, const struct salt *salt,
                           const char *source, struct error *err)
{
    struct starts starts = { 0 };
    int status = 0;

    if (!task->plan && !measure_may_draw(source))
        status = starts_count(&starts, task, salt, task->splits.gate / 2, err);
    *n = starts.n;
    starts_clear(&starts);
    return status;
}
