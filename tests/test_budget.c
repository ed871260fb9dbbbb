/* test_budget.c - what ends a run: whole runs of the loop, with a ledger, workers and a
 * recorded model, whose budgets of steps, calls, tokens, money and time are met exactly,
 * whatever the model says of its own usage, whoever resumes them. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "runner/record/ledger/ledger_db.h"
#include "tests/loop_play.h"

#define REPLIES 6 /* of a session */
/* Balances to the end of a short task: without a failure, no pictures of any. */
#define START "o.angle + o.angular_velocity > 0 and 1 or 0"
#define START_SOURCE "return { act = function(o) return " START " end }"
#define FRAMES 30

/* A session of REPLIES, each with this usage. Candidates: each another policy that falls
 * soon; else the start again, with another comment, which nobody has to play. */
static void write_session(const char *path, const char *usage, bool are_candidates)
{
    static const char candidate[] = "return o.velocity * n > 0.5 and 1 or 0",
                      again[] = "return " START;
    char *text = NULL;
    size_t len;
    struct error err = { "" };
    FILE *f = open_memstream(&text, &len);

    fputs("{\"ratchet_session\": 1, \"notes\": \"a test fixture\"}\n", f);
    for (int i = 1; i <= REPLIES; i++) {
        char *head = are_candidates ? xasprintf("local n = %d", i)
                                    : xasprintf("-- %d", i);
        fprintf(
            f,
            "{\"request\": \"0\", \"iteration\": %d, \"turn\": 0, \"reply\": {\"role\": "
            "\"assistant\", \"text\": \"Way %d.\\n\\n```lua\\n%s\\nreturn { act = "
            "function(o) %s end }\\n```\\n\"%s%s}}\n",
            i, i, head, are_candidates ? candidate : again, *usage ? ", \"usage\": " : "",
            usage);
        free(head);
    }
    fclose(f);
    if (file_save(path, text, len, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
}

static struct task *small_task(struct task_budget budget)
{
    struct task *t = task_copy(task);

    t->rules.max_frames = FRAMES;
    t->splits.dev = 2;
    t->splits.gate = 8;
    t->splits.challenger = 0;
    t->target = INFINITY;
    budget.fruitless = 100;
    budget.patience = 100;
    t->budget = budget;
    return t;
}

static void enter(const char *usage, bool are_candidates)
{
    struct error err = { "" };

    assert_int_equal(system("rm -rf " FOLDER), 0);
    assert_int_equal(file_make_folder(FOLDER, &err), 0);
    write_session("session.jsonl", usage, are_candidates);
}

/* Runs that end by what their model uses, as far as it says. */
#define USUAL "{\"usd\": 0.25, \"tokens_in\": 900, \"tokens_out\": 100}"
static const struct end_row {
    const char *name, *usage;
    struct task_budget budget;
    int64_t calls; /* made */
    const char *reason;
} end_rows[] = {
    { "one call", USUAL, { .model_calls = 1 }, 1, "budget: model calls" },
    { "three calls", USUAL, { .model_calls = 3 }, 3, "budget: model calls" },
    { "tokens, to the call", USUAL, { .model_tokens = 2000 }, 2, "budget: model tokens" },
    { "tokens, the call that passes them",
      USUAL,
      { .model_tokens = 2001 },
      3,
      "budget: model tokens" },
    { "money, to the cent", USUAL, { .usd = 0.5 }, 2, "budget: money" },
    { "money, the call that passes it", USUAL, { .usd = 0.51 }, 3, "budget: money" },
    { "iterations", USUAL, { .iterations = 2 }, 2, "budget: iterations" },
    { "without a budget", USUAL, { 0 }, REPLIES, "the recorded session is over" },
    { "the first that is met",
      USUAL,
      { .usd = 10, .model_tokens = 5000, .model_calls = 2 },
      2,
      "budget: model calls" },
    { "no time at all", USUAL, { .minutes = 1e-9 }, 0, "budget: minutes" },
    { "time enough",
      USUAL,
      { .minutes = 60, .model_calls = 1 },
      1,
      "budget: model calls" },
    /* What lies of itself is unknown, and nothing unknown passes for nothing. */
    { "it costs less than nothing",
      "{\"usd\": -1e308, \"tokens_in\": 900}",
      { .usd = 1 },
      1,
      "budget: money: what the model costs is unknown" },
    { "it costs a hair less",
      "{\"usd\": -1e-9}",
      { .usd = 1 },
      1,
      "budget: money: what the model costs is unknown" },
    { "it costs more than there is",
      "{\"usd\": 1e308}",
      { .usd = 1e9 },
      1,
      "budget: money" },
    { "its cost is text",
      "{\"usd\": \"free\"}",
      { .usd = 1 },
      1,
      "budget: money: what the model costs is unknown" },
    { "its cost is not said",
      "{\"tokens_in\": 900}",
      { .usd = 1 },
      1,
      "budget: money: what the model costs is unknown" },
    { "its usage is not said",
      "",
      { .usd = 1 },
      1,
      "budget: money: what the model costs is unknown" },
    { "its usage is a list",
      "[0, 0]",
      { .usd = 1 },
      1,
      "budget: money: what the model costs is unknown" },
    { "it costs nothing",
      "{\"usd\": 0}",
      { .usd = 0.01 },
      REPLIES,
      "the recorded session is over" },
    { "tokens below zero are estimated from what was asked",
      "{\"tokens_in\": -100000, \"tokens_out\": 1000}",
      { .model_tokens = 2000 },
      1,
      "budget: model tokens" },
    { "the most tokens of a reply",
      "{\"tokens_in\": 1099511627776, \"tokens_out\": 0}",
      { .model_tokens = 5000 },
      1,
      "budget: model tokens" },
};

static void test_end(void **state)
{
    const struct end_row *row = *state;
    struct task *t = small_task(row->budget);
    struct ledger_run r = begin_run(row->name);
    struct loop_outcome out;
    struct error err = { "" };
    int64_t calls, tokens;
    double usd;

    enter(row->usage, false);
    if (run_loop(&r, START_SOURCE, t, 1, &out, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(ledger_count_calls(ledger, run, &calls, &tokens, &usd, &err), 0);
    if (calls != row->calls ||
        strncmp(out.stop_reason, row->reason, strlen(row->reason)) != 0)
        fail_msg("%lld calls: %s", (long long)calls, out.stop_reason);
    ledger_run_clear(&r);
    task_destroy(t);
}

/* What a turn says of its usage, twice put down and summed. */
static const struct usage_row {
    const char *name, *usage;
    int64_t tokens;
    double usd; /* NAN: unknown */
} usage_rows[] = {
    { "as it should be", USUAL, 2000, 0.5 },
    { "nothing", "{}", 0, NAN },
    { "null", "null", 0, NAN },
    { "text", "\"much\"", 0, NAN },
    { "all null", "{\"usd\": null, \"tokens_in\": null}", 0, NAN },
    { "money below zero", "{\"usd\": -0.25, \"tokens_in\": 5}", 10, NAN },
    { "money just below zero", "{\"usd\": -5e-324}", 0, NAN },
    { "minus zero", "{\"usd\": -0.0}", 0, 0 },
    { "money that overflows", "{\"usd\": 1e308}", 0, INFINITY },
    { "money in cents, as text", "{\"usd\": \"25\"}", 0, NAN },
    { "money that is true", "{\"usd\": true}", 0, NAN },
    { "tokens below zero", "{\"usd\": 0, \"tokens_in\": -7, \"tokens_out\": 5}", 10, 0 },
    { "the least tokens", "{\"usd\": 0, \"tokens_in\": -9223372036854775808}", 0, 0 },
    { "tokens beyond what a reply can have",
      "{\"usd\": 0, \"tokens_out\": 1099511627777}", 0, 0 },
    { "tokens that would overflow", "{\"usd\": 0, \"tokens_in\": 9223372036854775807}", 0,
      0 },
    { "half a token", "{\"usd\": 0, \"tokens_in\": 0.5}", 0, 0 },
    { "tokens of 1e308", "{\"usd\": 0, \"tokens_in\": 1e308}", 0, 0 },
    { "tokens as text", "{\"usd\": 0, \"tokens_in\": \"1000\"}", 0, 0 },
    { "time below zero", "{\"usd\": 0, \"seconds\": -1e9, \"n_tries\": -5}", 0, 0 },
    { "tries beyond 32 bits", "{\"usd\": 0, \"n_tries\": 4294967297}", 0, 0 },
};

static void test_usage(void **state)
{
    const struct usage_row *row = *state;
    char *text = xasprintf("{\"text\": \"x\", \"usage\": %s}", row->usage);
    json_t *json = json_loads(text, 0, NULL);
    struct error err = { "" };
    struct turn t = { 0 };
    int64_t calls, tokens;
    double usd;

    run = 1000000 + (int64_t)(row - usage_rows);
    assert_non_null(json);
    assert_int_equal(turn_from_json(json, &t, &err), 0);
    assert_true(t.usage.seconds >= 0 && t.usage.n_tries >= 0 && t.usage.n_tries < 1000);
    for (int i = 0; i < 2; i++) {
        struct ledger_call c = { .iteration = 1,
                                 .turn = i,
                                 .model = "m",
                                 .reply = text,
                                 .tokens_in = t.usage.tokens_in,
                                 .tokens_out = t.usage.tokens_out,
                                 .usd = t.usage.usd };
        assert_int_equal(ledger_call_add(ledger, run, &c, &err), 0);
    }
    assert_int_equal(ledger_count_calls(ledger, run, &calls, &tokens, &usd, &err), 0);
    if (calls != 2 || tokens != row->tokens ||
        (isnan(row->usd) ? !isnan(usd) : usd != row->usd))
        fail_msg("%lld calls, %lld tokens, $%g", (long long)calls, (long long)tokens,
                 usd);
    turn_clear(&t);
    json_decref(json);
    free(text);
}

/* What somebody wrote into the ledger: no more than what it was is left of a budget. */
static const struct written_row {
    const char *name, *sql; /* ? is the run */
    struct task_budget budget;
    const char *reason; /* of the run that goes on, or the error */
    bool fails;
} written_rows[] = {
    { "steps below zero",
      "UPDATE episode SET steps = -100000 WHERE run = ? AND seed_index = 0",
      { .steps = 300 },
      "steps",
      true },
    { "planner steps below zero",
      "UPDATE episode SET planner_steps = -1 WHERE run = ? AND seed_index = 0",
      { .steps = 300 },
      "steps",
      true },
    { "steps that are text",
      "UPDATE episode SET steps = 'few' WHERE run = ? AND seed_index = 0",
      { .steps = 300 },
      "steps",
      true },
    { "money that came back",
      "UPDATE call SET usd = -1000 WHERE run = ?",
      { .usd = 0.5 },
      "budget: money: what the model costs is unknown",
      false },
    { "money that is text",
      "UPDATE call SET usd = 'none' WHERE run = ?",
      { .usd = 0.5 },
      "budget: money: what the model costs is unknown",
      false },
    { "tokens that came back",
      "UPDATE call SET tokens_in = -1000000 WHERE run = ? AND iteration = 1",
      { .model_tokens = 1000 },
      "budget: model tokens",
      false },
    { "time that came back",
      "INSERT INTO work VALUES(?, -360000, 0)",
      { .minutes = 1e-9 },
      "budget: minutes",
      false },
    { "time that is text",
      "INSERT INTO work VALUES(?, 'none', 0)",
      { .minutes = 1e-9 },
      "budget: minutes",
      false },
    { "an hour's work",
      "INSERT INTO work VALUES(?, 3600, 0)",
      { .minutes = 60 },
      "budget: minutes",
      false },
};

static void test_written(void **state)
{
    const struct written_row *row = *state;
    struct task *t = small_task((struct task_budget){ .iterations = 2 });
    struct ledger_run r = begin_run(row->name);
    struct loop_outcome out;
    struct error err = { "" };
    int status;

    enter(USUAL, false);
    assert_int_equal(run_loop(&r, START_SOURCE, t, 1, &out, &err), 0);
    task_destroy(t);
    assert_int_equal(
        ledger_execute(ledger, &err, ledger_prepare(ledger, &err, row->sql, "i", run)),
        0);
    t = small_task(row->budget);
    status = run_loop(&r, START_SOURCE, t, 1, &out, &err);
    if (status != (row->fails ? -1 : 0) ||
        !strstr(row->fails ? err.text : out.stop_reason, row->reason))
        fail_msg("%d: %s%s", status, err.text, status == 0 ? out.stop_reason : "");
    ledger_run_clear(&r);
    task_destroy(t);
}

/* Steps are made to the last of the budget, by however many workers; and to the last of a
 * greater one when the run goes on. */
static const struct steps_row {
    const char *name;
    int64_t steps, more;
    int n_jobs, again_jobs;
} steps_rows[] = {
    { "one step", 1, 300, 1, 1 },
    { "in the middle of the start", 15, 16, 3, 1 },
    { "step after step", 100, 101, 1, 2 },
    { "in the middle of a gate", 250, 433, 1, 3 },
    { "the same by three", 250, 433, 3, 1 },
};

static int64_t sum_steps(const struct loop_outcome *out)
{
    int64_t sum = 0;

    for (int p = 0; p < N_PURPOSES; p++)
        sum += out->steps.steps[p];
    return sum;
}

static void test_steps(void **state)
{
    const struct steps_row *row = *state;
    struct ledger_run r = begin_run(row->name);
    struct error err = { "" };

    enter(USUAL, true);
    for (int k = 0; k < 2; k++) {
        int64_t steps = k ? row->more : row->steps, episodes, made;
        struct task *t = small_task((struct task_budget){ .steps = steps });
        struct loop_outcome out;
        if (run_loop(&r, START_SOURCE, t, k ? row->again_jobs : row->n_jobs, &out,
                     &err) != 0)
            fail_msg("%s", err.text);
        count(&episodes, &made);
        if (made != steps || sum_steps(&out) != steps ||
            strcmp(out.stop_reason, "budget: steps"))
            fail_msg("%lld of %lld steps: %s", (long long)made, (long long)steps,
                     out.stop_reason);
        task_destroy(t);
    }
    ledger_run_clear(&r);
}

/* The verdicts of a run, as text; the caller frees it. */
static char *verdicts(void)
{
    struct error err = { "" };
    json_t *rows = ledger_query(
        ledger,
        "SELECT iteration, sha256, verdict, why, dev_after, pairs, low,"
        " high, steps FROM candidate WHERE run=? ORDER BY iteration",
        run, &err);
    char *text = json_dumps(rows, JSON_INDENT(1));

    json_decref(rows);
    return text;
}

static void test_jobs(void **state)
{
    struct error err = { "" };
    char *text[2];

    (void)state;
    for (int k = 0; k < 2; k++) {
        struct ledger_run r = begin_run(k ? "three workers" : "one worker");
        struct task *t = small_task((struct task_budget){ .steps = 900 });
        struct loop_outcome out;
        enter(USUAL, true);
        assert_int_equal(run_loop(&r, START_SOURCE, t, k ? 3 : 1, &out, &err), 0);
        text[k] = verdicts();
        ledger_run_clear(&r);
        task_destroy(t);
    }
    assert_non_null(strstr(text[0], "verdict"));
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

/* The replay that a run leaves is an episode like any other: counted, once. */
static void test_keep_best(void **state)
{
    struct ledger_run r = begin_run("best");
    struct task *t = small_task((struct task_budget){ .model_calls = 1 });
    struct error err = { "" };
    struct stat info;

    (void)state;
    enter(USUAL, true);
    for (int k = 0; k < 2; k++) {
        struct loop_outcome out;
        assert_int_equal(run_loop(&r, START_SOURCE, t, 1, &out, &err), 0);
        assert_int_equal(out.steps.episodes[PURPOSE_replay], 1);
        assert_true(out.steps.steps[PURPOSE_replay] > 5);
        assert_int_equal(stat(out.replay_path, &info), 0);
        if (k == 0) /* whoever takes it away gets it again, but no step is made for it */
            assert_int_equal(unlink(out.replay_path), 0);
    }
    ledger_run_clear(&r);
    task_destroy(t);
}

static void test_stop_file(void **state)
{
    struct ledger_run r = begin_run("stopped");
    struct task *t = small_task((struct task_budget){ .model_calls = 1 });
    struct loop_outcome out;
    struct error err = { "" };

    (void)state;
    enter(USUAL, true);
    assert_int_equal(mkfifo(FOLDER "/STOP", 0600), 0); /* of whatever kind */
    assert_int_equal(run_loop(&r, START_SOURCE, t, 1, &out, &err), 0);
    assert_string_equal(out.stop_reason, "a file STOP is in the run's folder");
    assert_true(out.is_paused && out.answers == 0);
    unlink(FOLDER "/STOP");
    assert_int_equal(run_loop(&r, START_SOURCE, t, 1, &out, &err), 0);
    assert_true(!out.is_paused && out.answers == 1);
    ledger_run_clear(&r);
    task_destroy(t);
}

int main(void)
{
    struct CMUnitTest tests[96] = { cmocka_unit_test(test_jobs),
                                    cmocka_unit_test(test_keep_best),
                                    cmocka_unit_test(test_stop_file) };
    size_t n = 3;

    ROWS_ADD(tests, n, end_rows, test_end);
    ROWS_ADD(tests, n, usage_rows, test_usage);
    ROWS_ADD(tests, n, written_rows, test_written);
    ROWS_ADD(tests, n, steps_rows, test_steps);
    return memo_tests_run("budget", tests, n, NULL, NULL);
}
