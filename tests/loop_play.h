/* loop_play.h - whole runs of the loop for tests: the model is a session in
 * session.jsonl, the run's folder is FOLDER. */
#ifndef RATCHET_TESTS_LOOP_PLAY_H
#define RATCHET_TESTS_LOOP_PLAY_H

#include "runner/learn/loop.h"
#include "runner/model/model.h"
#include "tests/memo_play.h"

#define FOLDER "run"

static char *plugins[2]; /* NULL at the end */

/* The run's row in the ledger; its id is `run`. */
static inline struct ledger_run begin_run(const char *name)
{
    struct ledger_run r = { .name = xstrdup(name),
                            .folder = xstrdup(FOLDER),
                            .task = xstrdup("{}"),
                            .model = xstrdup("recorded"),
                            .start_policy = xstrdup("start.lua"),
                            .start_sha256 = xstrdup(""),
                            .salt_sha256 = xstrdup("") };
    struct error err = { "" };

    if (ledger_run_add(ledger, &r, &err) != 0)
        fail_msg("%s", err.text);
    run = r.id;
    return r;
}

/* Goes on with a run from a policy to its end. -1 with the reason in why. */
static inline int run_loop(struct ledger_run *r, const char *start,
                           const struct task *with, int n_jobs, struct loop_outcome *out,
                           struct error *why)
{
    struct salt salt;
    struct provider provider;
    struct error err = { "" };
    struct loop_config c = { .ledger = ledger,
                             .run = r,
                             .base = { .task = with,
                                       .setup = { .envs = &envs,
                                                  .plugins = plugins,
                                                  .jobs = n_jobs } },
                             .salt = &salt,
                             .provider = &provider,
                             .start_name = "start.lua",
                             .start_source = start,
                             .folder = FOLDER };
    int status;

    salt_set(&salt, "00000000000000000000000000000000"
                    "00000000000000000000000000000000");
    if (provider_open(&provider, "recorded:session.jsonl",
                      (struct provider_config){ .is_quiet = true }, &err) != 0)
        fail_msg("%s", err.text);
    status = loop_run(&c, out, why);
    provider_clear(&provider);
    return status;
}

#endif
