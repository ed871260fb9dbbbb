/* faults.c - where a candidate breaks and the policy that it is compared with does not.
 *
 * A fault never pays: an episode that a policy breaks off tells nothing of how it would
 * have gone on, so whatever it had earned, no mean makes up for it. */
#include "runner/judge/faults.h"

#include <stdlib.h>

#include "runner/evaluate/process.h"

bool fault_is_broken(const struct episode_result *r)
{
    return r->fault != FAULT_none && fault_is_policys(r->fault);
}

int faults_count_new(const struct episode_result *candidate,
                     const struct episode_result *incumbent, int n, int *first)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        if (fault_is_broken(&candidate[i]) && !fault_is_broken(&incumbent[i])) {
            if (count++ == 0 && first)
                *first = i;
        }
    return count;
}

enum loop_status faults_find_case(struct loop *l, const struct case_outcome *out,
                                  int *found, struct error *err)
{
    struct policy policy = champion_policy(&l->incumbent);
    struct case_outcome *incumbent;
    enum loop_status status;
    int n_broken = 0;

    *found = -1;
    for (int i = 0; i < l->cases.n; i++)
        n_broken += out[i].n_broken;
    if (n_broken == 0)
        return LOOP_ON;
    incumbent = xcalloc((size_t)l->cases.n, sizeof(*incumbent));
    status = loop_status_of(l, cases_run(&l->memo, &policy, &l->cases, incumbent, err));
    for (int i = 0; i < l->cases.n && *found < 0; i++)
        if (out[i].n_broken > incumbent[i].n_broken)
            *found = i;
    case_outcomes_clear(incumbent, l->cases.n);
    free(incumbent);
    return status;
}
