/* test_cli_usage.c - what coding agents' programs say that they used, as they print it: each row
 * is fed whole, and a byte at a time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runner/agent/cli_usage.h"
#include "tests/rows.h"

struct row {
    const char *name, *printed;
    int64_t in, cached, out, reasoning; /* in -1: nothing is known */
    double usd;                         /* 0: unknown */
};

#define CLAUDE                                                                           \
    "{\"type\":\"result\",\"subtype\":\"success\",\"result\":\"Done.\",\"total_cost_usd\":0.01575," \
    "\"usage\":{\"input_tokens\":3000,\"cache_creation_input_tokens\":200,"              \
    "\"cache_read_input_tokens\":50,\"output_tokens\":30}}"
#define TURN(in, out)                                                                \
    "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":" in                   \
    ",\"cached_input_tokens\":5,\"output_tokens\":" out ",\"reasoning_output_tokens\":7}}"
#define STEP(cost)                                                                       \
    "{\"type\":\"step_finish\",\"part\":{\"type\":\"step-finish\",\"tokens\":{\"total\":1110," \
    "\"input\":1000,\"output\":10,\"reasoning\":3,\"cache\":{\"write\":60,\"read\":40}},"      \
    "\"cost\":" cost "}}"

static const struct row rows[] = {
    { "claude: json", CLAUDE "\n", 3250, 50, 30, 0, 0.01575 },
    { "claude: stream-json, of which the end counts",
      "{\"type\":\"system\",\"subtype\":\"init\"}\n{\"type\":\"assistant\",\"message\":{\"usage\":"
      "{\"input_tokens\":9,\"output_tokens\":9}}}\n" CLAUDE "\n",
      3250, 50, 30, 0, 0.01575 },
    { "claude: json --verbose, a list", "[{\"type\":\"system\"}," CLAUDE "]\n", 3250, 50, 30, 0,
      0.01575 },
    { "claude: twice in one command", CLAUDE "\nwords between\n" CLAUDE "\n", 6500, 100, 60, 0,
      0.0315 },
    { "no end of the last line", CLAUDE, 3250, 50, 30, 0, 0.01575 },
    { "CRLF", "hello\r\n" CLAUDE "\r\n", 3250, 50, 30, 0, 0.01575 },
    { "codex: turns are added up",
      "{\"type\":\"thread.started\"}\n" TURN("3000", "30") "\n" TURN("100", "20") "\n", 3100, 10,
      50, 14, 0 },
    { "gemini: json, over several lines",
      "{\n  \"response\": \"{\\n}\",\n  \"stats\": {\n    \"models\": {\n      \"a\": {\"tokens\": "
      "{\"prompt\": 3000, \"candidates\": 30, \"cached\": 4, \"thoughts\": 5}},\n      \"b\": "
      "{\"tokens\": {\"prompt\": 100, \"candidates\": 1}}\n    }\n  }\n}\n",
      3100, 4, 36, 5, 0 },
    { "gemini: stream-json, with thoughts in the total alone",
      "{\"type\":\"result\",\"status\":\"success\",\"stats\":{\"total_tokens\":2120,"
      "\"input_tokens\":2000,\"output_tokens\":20,\"cached\":3}}\n",
      2000, 3, 120, 100, 0 },
    { "opencode: steps are added up, cost too", STEP("0.25") "\n" STEP("0.5") "\n", 2200, 80, 26, 6,
      0.75 },
    { "opencode: a cost of nothing is unknown", STEP("0.25") "\n" STEP("0") "\n", 2200, 80, 26, 6, 0 },
    { "nothing", "", -1, 0, 0, 0, 0 },
    { "plain text", "Done.\nThe tokens used: 1,234\n", -1, 0, 0, 0, 0 },
    { "zero tokens are no report", TURN("0", "0") "\n", -1, 0, 0, 0, 0 },
    { "negative", TURN("-5", "30") "\n", -1, 0, 0, 0, 0 },
    { "1e308", TURN("1e308", "30") "\n", -1, 0, 0, 0, 0 },
    { "more than can be", TURN("9000000000000000000", "30") "\n", -1, 0, 0, 0, 0 },
    { "a number too long to be read", TURN("90000000000000000000000", "30") "\n", -1, 0, 0, 0, 0 },
    { "text for a number", TURN("\"5\"", "30") "\n", -1, 0, 0, 0, 0 },
    { "a wrong report takes nothing from a right one",
      TURN("3000", "30") "\n" TURN("-3000", "-30") "\n", 3000, 5, 30, 7, 0 },
    { "usage is no object", "{\"type\":\"result\",\"usage\":[1]}\n", -1, 0, 0, 0, 0 },
    { "money is text", "{\"type\":\"result\",\"total_cost_usd\":\"1\",\"usage\":{\"input_tokens\":5,"
                       "\"output_tokens\":6}}\n",
      5, 0, 6, 0, 0 },
    { "negative money", "{\"type\":\"result\",\"total_cost_usd\":-1,\"usage\":{\"input_tokens\":5,"
                        "\"output_tokens\":6}}\n",
      5, 0, 6, 0, 0 },
    { "a report inside of a string is none",
      "{\"type\":\"item.completed\",\"text\":\"{\\\"type\\\":\\\"turn.completed\\\"}\"}\n", -1, 0, 0,
      0, 0 },
    { "behind an object that never ends", "{\n" TURN("3000", "30") "\n", -1, 0, 0, 0, 0 },
    { "half a line", "{\"type\":\"turn.completed\",\"usage\":{", -1, 0, 0, 0, 0 },
    { "stats of no kind", "{\n\"stats\": {\"models\": 5}\n}\n{\"type\":\"step_finish\",\"part\":3}\n",
      -1, 0, 0, 0, 0 },
};

static void cli_usage_compare(const struct row *r, const struct cli_usage *u)
{
    assert_int_equal(u->is_known, r->in >= 0);
    if (!u->is_known)
        return;
    assert_int_equal(u->sum.tokens_in, r->in);
    assert_int_equal(u->sum.tokens_cached, r->cached);
    assert_int_equal(u->sum.tokens_out, r->out);
    assert_int_equal(u->sum.tokens_reasoning, r->reasoning);
    if (r->usd > 0)
        assert_true(fabs(u->sum.usd - r->usd) < 1e-9);
    else
        assert_true(isnan(u->sum.usd));
}

static void run_row(void **state)
{
    const struct row *r = *state;
    struct cli_usage whole = { 0 }, pieces = { 0 };

    cli_usage_take(&whole, r->printed, strlen(r->printed));
    cli_usage_end(&whole);
    cli_usage_compare(r, &whole);
    for (const char *at = r->printed; *at; at++)
        cli_usage_take(&pieces, at, 1);
    cli_usage_end(&pieces);
    cli_usage_compare(r, &pieces);
    cli_usage_clear(&whole);
    cli_usage_clear(&pieces);
}

/* Whatever comes before it: a report behind a flood is read. */
static void flood(void **state)
{
    static const char line[] = "{\"type\":\"item\",\"text\":\"";
    struct cli_usage u = { 0 };
    char many[65536];

    (void)state;
    memset(many, 'x', sizeof(many));
    cli_usage_take(&u, line, strlen(line));
    for (int i = 0; i < 1000; i++)
        cli_usage_take(&u, many, sizeof(many));
    assert_true(u.text.room <= (size_t)16 << 20);
    cli_usage_take(&u, "\n" CLAUDE "\n", strlen(CLAUDE) + 2);
    cli_usage_end(&u);
    assert_true(u.is_known);
    assert_int_equal(u.sum.tokens_in, 3250);
    cli_usage_clear(&u);
}

int main(void)
{
    struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 1] = { { 0 } };
    size_t n = 0;

    ROWS_ADD(tests, n, rows, run_row);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(flood);
    return cmocka_run_group_tests_name("cli_usage", tests, NULL, NULL);
}
