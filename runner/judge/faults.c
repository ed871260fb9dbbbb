/* faults.c - where a candidate breaks and the policy that it is compared with does not.
 *
 * A fault never pays: an episode that a policy breaks off tells nothing of how it would
 * have gone on, so whatever it had earned, no mean makes up for it. */
#include "runner/judge/faults.h"

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
