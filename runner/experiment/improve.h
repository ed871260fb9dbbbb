/* improve.h - a run of the learning loop: its options, and what it works on. */
#ifndef RATCHET_RUNNER_EXPERIMENT_IMPROVE_H
#define RATCHET_RUNNER_EXPERIMENT_IMPROVE_H

#include "runner/agent/client.h"
#include "runner/experiment/as_recorded.h"
#include "runner/experiment/run_options.h"
#include "runner/home/climb.h"
#include "runner/model/model.h"

struct improve {
    struct setup *setup;
    const struct client *client; /* of `ratchet mcp`, or NULL */
    struct run_options o;
    char *name, *parents, *after_target;
    int fresh_salt, agent_network, unsealed;
    char **agent_reads, **agent_env, **agent_copies;
    char **model_options;
    double agent_minutes;

    struct task *task;
    struct ledger *ledger;
    char *ledger_path, *logs;
    struct ledger_run run;
    struct salt salt;
    struct provider provider;
    struct usage told; /* of the calls before the start */
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
int improve_prepare(struct improve *m, const char *name,
                    struct error *err);

/* Runs it; what it holds stays until improve_clear(). -1: it failed, or was interrupted,
 * and then err is empty. The options are borrowed. */
int improve_run(struct improve *m, const char *name, struct error *err);
void improve_clear(struct improve *m);

#endif
