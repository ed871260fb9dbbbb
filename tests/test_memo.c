/* test_memo.c - evaluations through the ledger, on real episodes by real workers: what
 * was played is not played again, whoever asks, however often; what somebody wrote into
 * the ledger is not believed; budgets are met to the step. */
#include "tests/memo_play.h"

/* Writes into all episodes of the run. */
static void write_into(const char *set)
{
    char *why = NULL,
         *text = xasprintf("UPDATE episode SET %s WHERE run=%lld", set, (long long)run);

    if (sqlite3_exec(ledger->db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    free(text);
}

/* Two calls of one run: what the second one plays. */
static const struct twice {
    const char *name;
    struct ask first, second;
    int n_first, n_second; /* episodes played */
} twices[] = {
    { "the same again", ASK(DEV, "", LEFT, "012"), ASK(DEV, "", LEFT, "012"), 3, 0 },
    { "in another order", ASK(DEV, "", LEFT, "012"), ASK(DEV, "", LEFT, "201"), 3, 0 },
    { "by more workers", BY("01", 1), BY("0123", 3), 2, 2 },
    { "a part", ASK(DEV, "", LEFT, "012"), ASK(DEV, "", LEFT, "234"), 3, 2 },
    { "twice in a list", ASK(DEV, "", LEFT, "0101"), ASK(DEV, "", LEFT, "00"), 2, 0 },
    { "twice in a list, by many workers", BY("0000111", 3), BY("0220", 3), 2, 1 },
    { "nothing", ASK(DEV, "", LEFT, ""), ASK(DEV, "", LEFT, "0"), 0, 1 },
    { "another purpose", ASK(DEV, "", LEFT, "01"), ASK(PURPOSE_gate, "", LEFT, "01"), 2,
      2 },
    { "another scope", ASK(PURPOSE_gate, "iteration 1", LEFT, "01"),
      ASK(PURPOSE_gate, "iteration 2", LEFT, "01"), 2, 2 },
    { "a scope that begins alike", ASK(PURPOSE_gate, "iteration 1", LEFT, "01"),
      ASK(PURPOSE_gate, "iteration 1 again", LEFT, "01"), 2, 2 },
    { "another policy", ASK(DEV, "", LEFT, "01"), ASK(DEV, "", RIGHT, "01"), 2, 2 },
    { "a comment more", ASK(DEV, "", LEFT, "01"), ASK(DEV, "", LEFT " --", "01"), 2, 2 },
    { "another value", SET("01", 0), SET("01", 1), 2, 2 },
    { "the same value", SET("01", 1), SET("01", 1), 2, 0 },
    { "a value, and none", SET("01", 1), SET("01", NAN), 2, 2 },
    { "next to it by one bit", SET("0", 0.5), SET("0", 0.5 + 0x1p-53), 1, 1 },
    { "one that breaks off", ASK(DEV, "", BREAKS, "01"), ASK(DEV, "", BREAKS, "01"), 2,
      0 },
    { "one that does not load", ASK(DEV, "", "return", "01"),
      ASK(DEV, "", "return", "01"), 2, 0 },
    { "once more for its notes", ASK(DEV, "", LEFT, "0"),
      ASK(PURPOSE_replay, "", LEFT, "0"), 1, 1 },
};

static void test_twice(void **state)
{
    const struct twice *row = *state;
    const struct ask *asks[2] = { &row->first, &row->second };
    int64_t want[2] = { row->n_first, row->n_first + row->n_second }, episodes, steps;
    struct episode_result results[2][MOST] = { 0 };
    struct error err = { "" };

    run++;
    for (int k = 0; k < 2; k++) {
        struct memo m = memo_of(asks[k]);
        if (play(asks[k], &m, results[k], &err) != MEMO_DONE)
            fail_msg("%s", err.text);
        count(&episodes, &steps);
        assert_int_equal(episodes, want[k]);
    }
    /* What both calls have of one key is one result. */
    for (int i = 0; row->second.seeds[i]; i++) {
        const char *at = strchr(row->first.seeds, row->second.seeds[i]);
        assert_true(results[1][i].is_done);
        if (at && row->n_second < (int)strlen(row->second.seeds))
            assert_same(&results[1][i], &results[0][at - row->first.seeds]);
    }
    results_clear(results[0], MOST);
    results_clear(results[1], MOST);
}

/* What the ledger keeps of an episode, by its purpose. */
static const struct kept {
    const char *name;
    enum purpose purpose;
    bool keeps_tapes, is_hidden, has_tape;
} kepts[] = {
    { "a dev episode", PURPOSE_dev, false, false, true },
    { "a probe", PURPOSE_probe, false, false, true },
    { "a case", PURPOSE_regression, false, false, true },
    { "tuning", PURPOSE_tuning, false, false, false },
    { "a gate episode", PURPOSE_gate, false, true, false },
    { "a gate episode with its tape", PURPOSE_gate, true, true, true },
    { "a holdout episode", PURPOSE_holdout, false, true, false },
    { "an audit episode", PURPOSE_audit, true, true, true },
    { "a replay", PURPOSE_replay, false, false, false },
};

static void test_kept(void **state)
{
    const struct kept *row = *state;
    struct ask ask = ASK(row->purpose, "", LEFT, "4");
    struct memo m;
    struct episode_result r[2][MOST] = { 0 };
    struct error err = { "" };
    sqlite3_stmt *s;

    run++;
    for (int k = 0; k < 2; k++) {
        m = memo_of(&ask);
        m.keeps_tapes = row->keeps_tapes;
        assert_int_equal(play(&ask, &m, r[k], &err), MEMO_DONE);
    }
    s = ledger_prepare(ledger, &err, "SELECT seed, length(tape) FROM episode WHERE run=?",
                       "i", run);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int64(s, 0), row->is_hidden ? -1 : 1004);
    assert_int_equal(sqlite3_column_int(s, 1) > 0, row->has_tape);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    if (!row->has_tape)
        tape_clear(&r[0][0].tape);
    assert_same(&r[1][0], &r[0][0]);
    assert_true(r[1][0].seed == 1004 && r[1][0].verified);
    results_clear(r[0], 1);
    results_clear(r[1], 1);
}

/* What somebody wrote into the ledger: the next call fails, or believes no more than it
 * can. */
static const struct foreign {
    const char *name, *sql; /* SET of the run's episodes */
    enum memo_status status;
    bool verified;
    const char *why;
} foreigns[] = {
    { "nothing", "tape=tape", MEMO_DONE, true, "" },
    { "a tape taken away", "tape=NULL", MEMO_DONE, false, "" },
    { "an empty tape", "tape=x''", MEMO_DONE, false, "" },
    { "a tape that is text", "tape='left, right'", MEMO_FAILED, false, "damaged" },
    { "half a tape", "tape=substr(tape, 1, length(tape) / 2)", MEMO_FAILED, false,
      "damaged" },
    { "a tape without its head", "tape=substr(tape, 5)", MEMO_FAILED, false, "damaged" },
    /* Frames of three steps, by the program zstd. */
    { "the head of a tape", "tape=x'28b52ffd2003190000'", MEMO_FAILED, false, "damaged" },
    { "three steps", "tape=x'28b52ffd2003190000000000'", MEMO_DONE, false, "" },
    { "a tape that claims 256 TiB", "tape=x'28b52ffde0000000000000010001000000'",
      MEMO_FAILED, false, "damaged" },
    { "a tape that does not tell its size", "tape=x'28b52ffd0058190000000000'",
      MEMO_FAILED, false, "damaged" },
    { "an action that there is not", "tape=x'28b52ffd2003190000000007', steps=3",
      MEMO_FAILED, false, "damaged" },
    { "a score that is text", "score='much'", MEMO_FAILED, false, "damaged" },
    { "no score", "score=NULL", MEMO_FAILED, false, "damaged" },
    { "an infinite score", "score=9e999", MEMO_FAILED, false, "damaged" },
    { "an infinite return", "total=-9e999", MEMO_FAILED, false, "damaged" },
    { "steps below zero", "steps=-1000", MEMO_FAILED, false, "damaged" },
    { "frames below zero", "frames=-1", MEMO_FAILED, false, "damaged" },
    { "planner steps below zero", "planner_steps=-1", MEMO_FAILED, false, "damaged" },
    { "a fault that there is not", "fault=99", MEMO_FAILED, false, "damaged" },
    { "a fault below zero", "fault=-1", MEMO_FAILED, false, "damaged" },
    { "a fault's text of foreign bytes", "fault=2, fault_text=x'fffe1b5b'", MEMO_DONE,
      true, "" },
    { "no text to a fault", "fault=2, fault_text=NULL", MEMO_DONE, true, "" },
};

static void test_foreign(void **state)
{
    const struct foreign *row = *state;
    struct ask ask = ASK(DEV, "", LEFT, "01");
    struct memo m = memo_of(&ask);
    struct episode_result r[MOST] = { 0 };
    struct error err = { "" };
    enum memo_status status;

    run++;
    m.run = run;
    assert_int_equal(play(&ask, &m, r, &err), MEMO_DONE);
    results_clear(r, MOST);
    write_into(row->sql);
    status = play(&ask, &m, r, &err);
    if (status != row->status || !strstr(err.text, row->why))
        fail_msg("%d: %s", status, err.text);
    for (int i = 0; i < 2 && status == MEMO_DONE; i++)
        assert_int_equal(r[i].verified, row->verified);
    results_clear(r, MOST);
}

/* A budget of steps: all of it is made, and no step more, by however many workers; with
 * more of it, what comes out is what comes without. The lengths of the episodes 0 to 5
 * decide how many fit. */
static const struct budget {
    const char *name;
    int whole, more; /* steps: of so many episodes, and so many more */
    int n_jobs, again_jobs;
} budgets[] = {
    { "one step", 0, 1, 1, 1 },
    { "one step, by three", 0, 1, 3, 1 },
    { "an episode but for one step", 1, -1, 1, 3 },
    { "an episode", 1, 0, 1, 1 },
    { "an episode and a step", 1, 1, 1, 1 },
    { "the same by three", 1, 1, 3, 1 },
    { "three episodes, by two", 3, 0, 2, 2 },
    { "three episodes and a step, by two", 3, 1, 2, 3 },
    { "all but one step", 6, -1, 3, 1 },
    { "all", 6, 0, 3, 1 },
    { "more than all", 6, 1, 3, 1 },
};

static void test_budget(void **state)
{
    const struct budget *row = *state;
    struct ask all = ASK(PURPOSE_gate, "", RIGHT, "012345"), ask = all;
    struct episode_result want[MOST] = { 0 }, r[MOST] = { 0 };
    struct error err = { "" };
    struct memo m;
    int64_t whole = 0, sum = 0, episodes, steps;
    enum memo_status status;
    int n_whole = 0;

    run++;
    m = memo_of(&all);
    assert_int_equal(play(&all, &m, want, &err), MEMO_DONE);
    for (int i = 0; i < 6; i++) {
        whole += want[i].n_steps;
        ask.steps += i < row->whole ? want[i].n_steps : 0;
    }
    ask.steps += row->more;
    while (n_whole < 6 && (sum += want[n_whole].n_steps) <= ask.steps)
        n_whole++;
    run++;
    ask.n_jobs = row->n_jobs;
    m = memo_of(&ask);
    status = play(&ask, &m, r, &err);
    assert_int_equal(status, n_whole == 6 ? MEMO_DONE : MEMO_NO_STEPS);
    count(&episodes, &steps);
    assert_int_equal(episodes, n_whole);
    assert_int_equal(steps, ask.steps < whole ? ask.steps : whole);
    assert_int_equal(m.steps_left, ask.steps - steps);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(r[i].is_done, i < n_whole);
        tape_clear(&want[i].tape); /* as the ledger has it of the gate */
        if (i >= n_whole)
            continue;
        tape_clear(&r[i].tape);
        assert_same(&r[i], &want[i]);
    }
    results_clear(r, MOST);
    m.steps_left = INT64_MAX;
    m.base.setup.jobs = row->again_jobs;
    assert_int_equal(play(&ask, &m, r, &err), MEMO_DONE);
    for (int i = 0; i < 6; i++) {
        tape_clear(&r[i].tape);
        assert_same(&r[i], &want[i]);
    }
    count(&episodes, &steps);
    assert_int_equal(episodes, 6);
    /* Steps of the one that was cut off were made, and count. */
    sum = 0;
    for (int i = 0; i < n_whole; i++)
        sum += want[i].n_steps;
    assert_int_equal(steps, n_whole == 6 ? whole : whole + ask.steps - sum);
    results_clear(r, MOST);
    results_clear(want, MOST);
}

/* Two requests with the same overrides in memory, of which one takes fewer. */
static void test_fewer_params(void **state)
{
    struct vm_param params[2] = { { .name = "a", .value = 0 },
                                  { .name = "b", .value = 1 } };
    struct episode_request requests[2] = {
        { .seed = 1000, .params = params, .n_params = 1 },
        { .seed = 1000, .params = params, .n_params = 2 }
    };
    struct policy policy = { .name = "p.lua", .source = TUNED };
    struct ask ask = ASK(DEV, "", TUNED, "");
    struct episode_result r[2] = { 0 };
    int64_t index[2] = { 0, 0 };
    struct error err = { "" };
    struct memo m;

    (void)state;
    run++;
    m = memo_of(&ask);
    assert_int_equal(memo_evaluate(&m, DEV, "", &policy, requests, index, 2, r, &err),
                     MEMO_DONE);
    assert_true(r[0].trajectory != r[1].trajectory);
    results_clear(r, 2);
}

int main(void)
{
    struct CMUnitTest tests[128] = { cmocka_unit_test(test_fewer_params) };
    size_t n = 1;

    ROWS_ADD(tests, n, twices, test_twice);
    ROWS_ADD(tests, n, kepts, test_kept);
    ROWS_ADD(tests, n, foreigns, test_foreign);
    ROWS_ADD(tests, n, budgets, test_budget);
    return memo_tests_run("memo", tests, n, NULL, NULL);
}
