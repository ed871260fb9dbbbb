/* improve.h - `ratchet improve`: its options, and the run that it works on. */
#ifndef RATCHET_RUNNER_CMD_IMPROVE_H
#define RATCHET_RUNNER_CMD_IMPROVE_H

#include "runner/cmd/cmd.h"
#include "runner/experiment/as_recorded.h"
#include "runner/home/climb.h"
#include "runner/model/model.h"

struct improve {
    struct common common;
    char *model, *policy, *out, *name, *record, *parents;
    int resume, iterations, fresh_salt;
    char *seed_text;
    uint64_t seed;
    long long max_tokens, max_calls;
    double max_minutes, max_usd, agent_minutes;
    int agent_network;
    char **agent_reads;

    struct task *task;
    struct ledger *ledger;
    char *ledger_path, *logs;
    struct ledger_run run;
    struct salt salt;
    struct provider provider;
    char *start_name, *start_source;
    struct climb climb;
    struct as_recorded session;
    char best[65];       /* the incumbent's hash */
    struct error broken; /* why the session could not be written on */
    int lock; /* descriptor of the run's lock, -1 */
};

/* improve_begin.c: ledger, task, start policy, salt and lock, of a new run or of the one
 * that it goes on with; name: what was typed, or NULL. 0: the run can begin; 1: nobody
 * wants it; -1: error. */
int improve_prepare(struct improve *m, struct app *app, const char *name,
                    struct error *err);

#endif
