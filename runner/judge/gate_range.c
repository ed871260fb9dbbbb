/* gate_range.c - how far a pair may differ, by the returns that are known. */
#include <math.h>

#include "runner/judge/gate.h"

#define LEAST_RANGE 0.1 /* of all returns known, that a side may reach beyond its own */

/* A loss is greatest where the candidate gets the lowest return that is known and the
 * incumbent the highest that it is known to reach. That is known from few episodes, hence
 * a tenth of the whole range at least. */
bool gate_range(const struct memo *memo, double candidate_highest,
                double incumbent_highest, double *most_loss, double *most_gain)
{
    double fault_return = task_fault_return(memo->base.task);
    double lowest = isfinite(fault_return) ? fault_return : 0, highest = lowest, range;

    if (memo->returns) {
        lowest = fmin(lowest, memo->returns->lowest);
        highest = fmax(highest, memo->returns->highest);
    }
    highest = fmax(highest, fmax(candidate_highest, incumbent_highest));
    range = highest - lowest;
    *most_loss = fmax(incumbent_highest - lowest, LEAST_RANGE * range);
    *most_gain = fmax(candidate_highest - lowest, LEAST_RANGE * range);
    return range > 0 && isfinite(range);
}
