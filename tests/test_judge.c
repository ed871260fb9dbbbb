/* test_judge.c - comparisons that the ledger remembers: what is lost to the clock is
 * played again and never is a gain or a loss, how the verdict follows from the pairs, and
 * which programs may draw chance. Nothing is played here: each episode of a row is in the
 * ledger, and one that is not ends the comparison. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "runner/judge/gate.h"
#include "runner/policy/measure.h"
#include "tests/own_home.h"

#define N 32 /* splits.gate */

static struct env_registry envs;

static const struct row {
    const char *name;
    /* A letter a pair, repeated to N: '+' 100 more, '-' 100 less, '=' equal returns, 's'
     * the same episode, 'V' lost to the clock, 'E' with the environment, 'F' a fault of
     * the policy */
    const char *candidate, *incumbent;
    const char *again; /* the second time, of pairs that were lost: as candidate */
    const char *incumbent_again;
    enum verdict verdict;
    int pairs, n_void, n_left_out, n_faults, far;
} rows[] = {
    { "gains", "+", "=", "", "", VERDICT_better, 8, 0, 0, 0, 0 },
    { "losses", "-", "=", "", "", VERDICT_worse, 8, 0, 0, 0, 8 },
    { "the same episodes", "s", "s", "", "", VERDICT_unchanged, N, 0, 0, 0, 0 },
    { "equal returns alone are not proof", "=", "=", "", "", VERDICT_unclear, N, 0, 0, 0,
      0 },
    { "a stall of the incumbent's half is no gain", "s", "VVVVVVVV", "ssssssss",
      "ssssssss", VERDICT_unchanged, N, 0, 0, 0, 0 },
    { "nor of the candidate's a loss", "VVVVVVVV", "s", "ssssssss", "ssssssss",
      VERDICT_unchanged, N, 0, 0, 0, 0 },
    { "what the candidate stalls in twice counts against it", "+V", "=", "VVVVVVVV",
      "========", VERDICT_unclear, 4, 4, 0, 0, 0 },
    { "an environment that fails twice, too", "+++++++E", "=", "EEEEEEEE",
      "========", VERDICT_better, 7, 1, 0, 0, 0 },
    { "a pair that only the incumbent loses twice is left out", "+", "=======V",
      "++++++++", "VVVVVVVV", VERDICT_better, 7, 0, 1, 0, 0 },
    { "too many of them end it", "=", "===V", "========", "VVVVVVVV", VERDICT_unclear, 24, 0,
      8, 0, 0 },
    { "who breaks alone is found at once", "+++++++F", "=", "", "", VERDICT_better, 8, 0, 0,
      1, 1 },
    { "rare heavy losses are counted", "l+++++++++++++++", "=", "", "", VERDICT_unclear, N,
      0, 0, 0, 2 },
};

static struct ledger *ledger;
static struct task *task;
static struct salt salt;
static int64_t run;

static void put(const char *scope, const char *source, int64_t i, char what, int side)
{
    char sha[65];
    double score = what == '+'                                 ? 200
                   : what == '-' || what == 'V' || what == 'E' ? 0
                   : what == 'l'                               ? -1000
                                                               : 100;
    struct ledger_episode e = {
        .purpose = PURPOSE_gate,
        .scope = scope,
        .sha256 = sha,
        .seed_index = i,
        .seed = -1,
        .score = score,
        .total = score,
        .steps = 1,
        .verified = true,
        .fault = what == 'V'   ? FAULT_void
                 : what == 'E' ? FAULT_environment
                 : what == 'F' ? FAULT_error
                               : FAULT_none,
        .fault_text = (char *)"as the row says",
        .trajectory = what == 's' ? (uint64_t)i : (uint64_t)(1000 + 2 * i + side),
        .tries = 1,
    };
    struct error err = { "" };

    sha256_hex(source, strlen(source), sha);
    if (ledger_episode_add(ledger, run, &e, &err) != 0)
        fail_msg("%s", err.text);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    static const char *const sources[2] = { "return 1", "return 2" };
    struct policy candidate = { .name = "c", .source = sources[0] },
                  incumbent = { .name = "i", .source = sources[1] };
    struct returns returns = { 0, 200 };
    struct memo memo = { .ledger = ledger,
                         .run = ++run,
                         .base = { .task = task, .setup = { .jobs = 1 } },
                         .returns = &returns };
    struct gate g = { .memo = &memo,
                      .salt = &salt,
                      .scope = "row",
                      .error = 0.025,
                      .candidate_highest = 100,
                      .incumbent_highest = 100 };
    struct gate_result r;
    struct error err = { "" };

    for (int64_t i = 0; i < N; i++) {
        put("row", sources[0], i, row->candidate[(size_t)i % strlen(row->candidate)], 0);
        put("row", sources[1], i, row->incumbent[(size_t)i % strlen(row->incumbent)], 1);
        if (!row->again[0])
            continue;
        put("row again", sources[0], i, row->again[(size_t)i % strlen(row->again)], 0);
        put("row again", sources[1], i,
            row->incumbent_again[(size_t)i % strlen(row->incumbent_again)], 1);
    }
    memo.steps_left = 0; /* what is not in the ledger cannot be played */
    if (gate_compare(&g, &candidate, &incumbent, &r, &err) != MEMO_DONE)
        fail_msg("%s", err.text);
    if (r.verdict != row->verdict || r.pairs != row->pairs || r.n_void != row->n_void ||
        r.n_left_out != row->n_left_out || r.n_faults != row->n_faults ||
        r.candidate.n_far != row->far)
        fail_msg("%s: %d pairs, %d void, %d left out, %d faults, %d far (%g to %g)",
                 verdict_name(r.verdict), r.pairs, r.n_void, r.n_left_out,
                 r.n_faults, r.candidate.n_far, r.low, r.high);
}

/* Shares of the error of all candidates of a line sum to what the task allows. */
static void test_errors(void **state)
{
    double sum = 0;

    (void)state;
    for (int64_t k = 1; k <= 100000; k++)
        sum += gate_error(task, k);
    assert_true(sum < 1 - task->confidence && sum > 0.9999 * (1 - task->confidence));
}

static const struct {
    const char *source;
    bool may_draw;
} programs[] = {
    { "return { act = function(o) return math.floor(o.x) end }", false },
    { "local f = math.floor return { act = function(o) return f(o.x) end }", false },
    { "-- math.random\nreturn { act = function() return 0 end }", false },
    { "return { act = function() return math.random(2) end }", true },
    { "local m = math return m", true },
    { "return { act = function() return math[\"ran\" .. \"dom\"](2) end }", true },
    { "return { act = function() return _G.x end }", true },
    { "for k, v in pairs(_ENV) do x = v end", true },
    { "math\n.\nrandom()", true },
};

static void test_may_draw(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (measure_may_draw(programs[i].source) != programs[i].may_draw)
            fail_msg("%s", programs[i].source);
}

int main(void)
{
    enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct CMUnitTest tests[N_ROWS + 2] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_may_draw),
    };
    char home[sizeof(OWN_HOME)];
    struct error err = { "" };
    int failed;

    own_home_enter(home);
    env_registry_init(&envs);
    task = task_create(env_find(&envs, "cartpole", &err));
    task->splits.gate = N;
    ledger = ledger_open("ledger.sqlite", &err);
    if (!ledger || salt_draw(&salt, &err) != 0)
        return 1;
    for (size_t i = 0; i < N_ROWS; i++)
        tests[i + 2] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = test_row,
                                            .initial_state = (void *)&rows[i] };
    failed = cmocka_run_group_tests_name("judge", tests, NULL, NULL);
    ledger_close(ledger);
    task_destroy(task);
    env_registry_clear(&envs);
    return own_home_leave(home) || failed ? 1 : 0;
}
