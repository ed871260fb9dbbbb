/* tool_tuning.h - what is told of a tuning: private to tools_tune.c and tools_tuned.c. */
#ifndef RATCHET_RUNNER_TOOLS_TOOL_TUNING_H
#define RATCHET_RUNNER_TOOLS_TOOL_TUNING_H

#include "runner/tools/tool_work.h"

/* Sums over the points of a search: values in shares of their ranges (x), worth (y). */
struct tuned {
    int n;
    double y, yy, x[VM_MAX_PARAMS], xx[VM_MAX_PARAMS], xy[VM_MAX_PARAMS];
};
void tuned_note_point(struct tuned *t, const double *values, const struct vm_param *params,
                      int n, double worth);

/* Puts into the answer: the start's values and the best on the searched seeds (played
 * before: no steps) and on some that the search did not see; values at their bounds; how
 * much each parameter has to do with the worth. params: the start's. */
enum memo_status tuned_tell(struct tool_work *w, const struct tuned *t,
                            const struct policy *policy, const struct vm_param *params,
                            int n, const double *best, const int64_t *index, int n_seeds);

/* What so many episodes would cost at most, by those of the current policy and the pace of
 * this iteration's calls. */
void tuned_estimate(struct tool_work *w, int64_t n_episodes);

#endif
