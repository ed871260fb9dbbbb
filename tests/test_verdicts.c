/* test_verdicts.c - what the judge says of a candidate, and why: whole runs of one or two
 * recorded replies in tests/plugin/falls.c, where a way is worth what its row knows. */
#include "base/file.h"
#include "runner/record/ledger/ledger_db.h"
#include "tests/loop_play.h"

#define ACT(expression) "return { act = function(o) return " expression " end }"
#define LONGER(expression) \
    "return { act = function(o) local way = " expression " return way end }"
#define PLAIN ACT("0")
#define BRIDGE ACT("2")

static const struct verdict_row {
    const char *name, *start;
    const char *replies[2]; /* programs; or words without one */
    const char *setting;
    const char *verdict, *why; /* of the last reply */
    bool is_promoted;
} verdict_rows[] = {
    { "better", PLAIN, { BRIDGE }, "", "better", "hidden pairs", true },
    { "better with more code",
      PLAIN,
      { LONGER("2") },
      "",
      "better",
      "hidden pairs",
      true },
    { "worse", BRIDGE, { PLAIN }, "", "worse", "hidden pairs", false },
    { "worse with less code",
      LONGER("2"),
      { PLAIN },
      "",
      "worse",
      "hidden pairs",
      false },
    { "unchanged",
      PLAIN,
      { LONGER("0") },
      "",
      "unchanged",
      "+0 on 32 hidden pairs",
      false },
    { "simpler", LONGER("0"), { PLAIN }, "", "simpler", "equal to the best with", true },
    { "unclear",
      ACT("o.light > 0.5 and 2 or 0"),
      { ACT("o.light > 0.5 and 0 or 2") },
      "",
      "unclear",
      "hidden pairs",
      false },
    { "worse by rare falls, though it gains most often",
      ACT("o.light > 0.75 and 2 or 0"),
      { ACT("o.light > 0.75 and 0 or 1") },
      "",
      "worse",
      "far below the rest",
      false },
    { "no program", PLAIN, { NULL }, "", "refused", "", false },
    { "it does not load",
      PLAIN,
      { "return {" },
      "",
      "refused",
      "the policy cannot be loaded",
      false },
    { "it has no act",
      PLAIN,
      { "return { play = 1 }" },
      "",
      "refused",
      "the policy cannot be loaded",
      false },
    { "the current policy again",
      PLAIN,
      { "-- once more\n" PLAIN },
      "",
      "refused",
      "the same program as the current policy",
      false },
    { "the reply before again",
      PLAIN,
      { LONGER("0"), "-- once more\n" LONGER("0") },
      "",
      "refused",
      "the same program as in iteration 1",
      false },
    { "it breaks off on the dev seeds",
      PLAIN,
      { ACT("2 + nil") },
      "",
      "refused",
      "where the current policy does not break",
      false },
    { "who breaks off earlier gains nothing",
      ACT("o.place > 8 and error('b') or 2"),
      { ACT("o.place > 3 and error('c') or 2") },
      "",
      "unclear",
      "32 far below the rest",
      false },
    { "it breaks off on hidden seeds alone",
      PLAIN,
      { ACT("o.light > 0.93 and error('dark') or 2") },
      "",
      "refused",
      "hidden episodes end in a fault of the policy",
      false },
    { "no action", PLAIN, { ACT("'2'") }, "", "refused", "is not an action", false },
    { "an action that there is not", PLAIN, { ACT("7") }, "", "refused", "", false },
    { "a number that is none",
      PLAIN,
      { ACT("0/0") },
      "",
      "refused",
      "is not an action",
      false },
    { "it does not end",
      PLAIN,
      { ACT("(function() while true do end end)()") },
      "",
      "refused",
      "used up its instructions",
      false },
    { "it takes all memory",
      PLAIN,
      { ACT("#string.rep('x', 1 << 27)") },
      "act_instructions=1e9",
      "refused",
      "used up its memory",
      false },
    { "its tail falls",
      ACT("o.place < 5 and 2 or 0"),
      { ACT("o.light > 0.3 and 2 or 0") },
      "tail=50",
      "refused",
      "lower decile",
      false },
};

static void write_replies(const struct verdict_row *row)
{
    struct error err = { "" };
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    fputs("{\"ratchet_session\": 1, \"notes\": \"a test fixture\"}\n", f);
    for (int i = 0; i < 2 && (i == 0 || row->replies[i]); i++) {
        char *words = row->replies[i]
                          ? xasprintf("Way %d.\n\n```lua\n%s\n```\n", i, row->replies[i])
                          : xstrdup("I would take the bridge.");
        json_t *line = json_pack("{s:s, s:i, s:i, s:{s:s, s:s}}", "request", "0",
                                 "iteration", i + 1, "turn", 0, "reply", "role",
                                 "assistant", "text", words);
        char *dumped = json_dumps(line, 0);
        fprintf(f, "%s\n", dumped);
        free(dumped);
        free(words);
        json_decref(line);
    }
    fclose(f);
    assert_int_equal(system("rm -rf " FOLDER), 0);
    if (file_make_folder(FOLDER, &err) != 0 ||
        file_save("session.jsonl", text, len, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
}

static void test_verdict(void **state)
{
    const struct verdict_row *row = *state;
    struct ledger_run r = begin_run(row->name);
    struct task *t;
    struct loop_outcome out;
    struct error err = { "" };
    json_t *rows;
    const char *verdict, *why;
    int64_t n = row->replies[1] ? 2 : 1;

    write_replies(row);
    t = task_create(env_find(&envs, "falls", &err));
    t->splits.dev = 4;
    t->splits.gate = 32;
    t->splits.challenger = 0;
    t->target = INFINITY;
    t->budget = (struct task_budget){ .iterations = n };
    assert_int_equal(task_set(t, "toll=1000", &err), 0);
    if (row->setting[0] && task_set(t, row->setting, &err) != 0)
        fail_msg("%s", err.text);
    if (run_loop(&r, row->start, t, 2, &out, &err) != 0)
        fail_msg("%s", err.text);
    rows = ledger_query(
        ledger, "SELECT verdict, why FROM candidate WHERE run=? ORDER BY iteration", run,
        &err);
    assert_int_equal(json_array_size(rows), n);
    json_unpack(json_array_get(rows, (size_t)n - 1), "{s:s, s:s}", "verdict", &verdict,
                "why", &why);
    if (strcmp(verdict, row->verdict) || !strstr(why, row->why) || !why[0] ||
        out.promotions != row->is_promoted)
        fail_msg("%s: %s (%lld promotions)", verdict, why, (long long)out.promotions);
    json_decref(rows);
    ledger_run_clear(&r);
    task_destroy(t);
}

static int setup(void **state)
{
    char self[PATH_MAX];
    struct error err = { "" };

    (void)state;
    file_self(self);
    *strrchr(self, '/') = '\0';
    plugins[0] = xasprintf("%s/falls.so", self);
    if (env_registry_load(&envs, plugins[0], &err) == 0)
        return 0;
    fprintf(stderr, "%s\n", err.text);
    return -1;
}

static int teardown(void **state)
{
    (void)state;
    free(plugins[0]);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t n = 0;

    ROWS_ADD(tests, n, verdict_rows, test_verdict);
    return memo_tests_run("verdicts", tests, n, setup, teardown);
}
