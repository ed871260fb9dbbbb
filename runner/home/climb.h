/* climb.h - prints how a run climbs: an entry an iteration, and what came out in the
 * end. */
#ifndef RATCHET_RUNNER_HOME_CLIMB_H
#define RATCHET_RUNNER_HOME_CLIMB_H

#include "runner/home/progress.h"
#include "runner/learn/loop.h"

struct climb {
    bool is_quiet; /* JSON is wanted: nothing on stdout but that */
    struct progress progress;
    int64_t iteration; /* that is being worked on */
};

/* Callbacks of the loop; user is a struct climb. */
void climb_start(void *user, const struct champion *start,
                 const struct tally_mark *played);
void climb_iteration(void *user, const struct iteration *it);
void climb_challenger(void *user, const struct iteration *it);
void climb_warning(void *user, const char *text);
void climb_progress(void *user, enum purpose purpose, int done, int n);

/* The end, for people and for programs. ledger_path: for the hints. */
void climb_end(const struct loop_outcome *o, const char *env, const char *ledger_path,
               const struct ledger_run *run);
json_t *climb_json(const struct loop_outcome *o, const char *env,
                   const struct ledger_run *run);

#endif
