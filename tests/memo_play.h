/* memo_play.h - real episodes through a real ledger, for tests: what is asked, in a line.
 * The including file owns the one ledger and its run. */
#ifndef RATCHET_TESTS_MEMO_PLAY_H
#define RATCHET_TESTS_MEMO_PLAY_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/evaluate/memo.h"
#include "runner/record/ledger/ledger_db.h"
#include "tests/own_home.h"
#include "tests/rows.h"

#define MOST 16 /* requests of a call */
#define LEDGER "ledger.sqlite"

/* Poles that fall after some ten steps; and one that breaks off. */
#define LEFT "return { act = function(o) return 0 end }"
#define RIGHT "return { act = function(o) return 1 end }"
#define TUNED                                                                    \
    "local p return { params = { a = { default = 0, min = 0, max = 1 }, b = { "  \
    "default = 0, min = 0, max = 1 } }, reset = function(info) p = info.params " \
    "end, act = function() return math.max(p.a, p.b) > 0.25 and 1 or 0 end }"
#define BREAKS "return { act = function(o) error('\1\xff\33[31mno') end }"

static struct env_registry envs;
static struct task *task;
static struct ledger *ledger;
static int64_t run;

/* One call: a digit a request, the seed's index. */
struct ask {
    enum purpose purpose;
    const char *scope, *source, *seeds;
    double a; /* of TUNED; NAN: not overridden */
    int n_jobs;
    int64_t steps; /* budget; 0: none */
};

#define DEV PURPOSE_dev
#define ASK(purpose, scope, source, seeds) { purpose, scope, source, seeds, NAN, 1, 0 }
#define BY(seeds, n_jobs) { DEV, "", LEFT, seeds, NAN, n_jobs, 0 }
#define SET(seeds, a) { DEV, "", TUNED, seeds, a, 1, 0 }

static inline struct memo memo_of(const struct ask *ask)
{
    return (
        struct memo){ .ledger = ledger,
                      .run = run,
                      .base = { .task = task,
                                .setup = { .jobs = ask->n_jobs ? ask->n_jobs : 1 } },
                      .steps_left = ask->steps ? ask->steps : INT64_MAX };
}

/* results: MOST of them, the caller's. */
static inline enum memo_status play(const struct ask *ask, struct memo *m,
                                    struct episode_result *results, struct error *err)
{
    struct policy policy = { .name = "p.lua", .source = ask->source };
    struct episode_request requests[MOST] = { 0 };
    struct vm_param param = { .name = "a", .value = ask->a };
    int64_t index[MOST];
    int n = (int)strlen(ask->seeds);

    for (int i = 0; i < n; i++) {
        index[i] = ask->seeds[i] - '0';
        requests[i].seed = (uint64_t)(1000 + index[i]);
        requests[i].params = &param;
        requests[i].n_params = !isnan(ask->a);
    }
    return memo_evaluate(m, ask->purpose, ask->scope, &policy, requests, index, n,
                         results, err);
}

static inline void count(int64_t *episodes, int64_t *steps)
{
    struct ledger_steps s;
    struct error err = { "" };

    if (ledger_count_steps(ledger, run, &s, &err) != 0)
        fail_msg("%s", err.text);
    *episodes = *steps = 0;
    for (int p = 0; p < N_PURPOSES; p++) {
        *episodes += s.episodes[p];
        *steps += s.steps[p];
    }
}

static inline void assert_same(const struct episode_result *a,
                               const struct episode_result *b)
{
    assert_true(a->seed == b->seed && a->is_done == b->is_done);
    assert_true(a->score == b->score && a->total == b->total);
    assert_true(a->n_steps == b->n_steps && a->n_frames == b->n_frames);
    assert_true(a->trajectory == b->trajectory && a->start_hash == b->start_hash);
    assert_true(a->fault == b->fault && a->events == b->events);
    assert_true(a->terminated == b->terminated && a->truncated == b->truncated);
    assert_true(a->most_instructions == b->most_instructions);
    assert_int_equal(a->verified, b->verified);
    assert_int_equal(a->tape.n_steps, b->tape.n_steps);
    if (a->tape.n_steps)
        assert_memory_equal(a->tape.data, b->tape.data,
                            (size_t)(a->tape.n_steps * a->tape.width));
    assert_true(!a->fault_text == !b->fault_text);
    if (a->fault_text)
        assert_string_equal(a->fault_text, b->fault_text);
}

/* In a folder of its own, with the ledger open: runs the tests, and cleans up. */
static inline int memo_tests_run(const char *group, const struct CMUnitTest *tests,
                                 size_t n, CMFixtureFunction setup,
                                 CMFixtureFunction teardown)
{
    char home[sizeof(OWN_HOME)];
    struct error err = { "" };
    int failed;

    own_home_enter(home);
    env_registry_init(&envs);
    task = task_create(env_find(&envs, "cartpole", &err));
    ledger = ledger_open(LEDGER, &err);
    if (!ledger)
        return 1;
    failed = _cmocka_run_group_tests(group, tests, n, setup, teardown);
    ledger_close(ledger);
    task_destroy(task);
    env_registry_clear(&envs);
    return own_home_leave(home) || failed ? 1 : 0;
}

#endif
