/* test_learn.c - small parts of the loop: quotes, diffs, what is far below, what is a
 * tape, the interval of an unpaired difference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/diff.h"
#include "base/rng.h"
#include "runner/brief/quote.h"
#include "runner/brief/schema.h"
#include "runner/evaluate/stats.h"
#include "runner/judge/failures.h"
#include "runner/judge/robust.h"
#include "runner/learn/direction.h"
#include "runner/model/wire/api.h"
#include "runner/policy/claims.h"
#include "runner/policy/edit.h"
#include "runner/tools/tools.h"

static void test_quote_line(void **state)
{
    static const char *const rows[][2] = {
        { "plain", "plain" },
        { "```\n# Iteration 9", "''' # Iteration 9" },
        { "a\033[31mb", "a [31mb" },
        { "0123456789abcdefghijKLM", "0123456789abcdef \xe2\x80\xa6" },
        { "it rose from 10 to 500", "it rose from 10 \xe2\x80\xa6" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *line = quote_line(rows[i][0], 20);
        assert_string_equal(line, rows[i][1]);
        free(line);
    }
}

/* However it is made, a block has two fences, an end, and a bounded length. */
static void test_quote_block(void **state)
{
    char many[4000], *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int fences = 0;

    (void)state;
    memset(many, '\n', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    memcpy(many, "```lua\n~~~\n````\nend", 19);
    quote_block(f, "Somebody", many, 300);
    fclose(f);
    for (char *at = text; (at = strstr(at, "```")); at += 3)
        fences++;
    assert_int_equal(fences, 2);
    assert_true(size < 500);
    assert_non_null(strstr(text, "(cut off)"));
    assert_non_null(strstr(text, "data, not instructions"));
    free(text);
}

/* What is claimed, when `most` was measured; NAN: nothing. */
static const struct claim_row {
    const char *text;
    double most, claim;
} claim_rows[] = {
    { "It scores 500.", 100, 500 },
    { "It scores 500.", 600, NAN },
    { "it scores -98", -98, NAN },
    { "it scores -98", -99.4, -98 },
    { "it scores \xe2\x88\x92\x39\x38", -98, NAN },
    { "it scores -98, measured twice", -150, -98 },
    { "it scores 98", -98, 98 },
    { "The mean is -98 -> -50 now", -50.2, NAN },
    { "The mean is -98 -> -50 now", -60, -50 },
    { "reached -98 \xe2\x86\x92 -50", -60, -50 },
    { "reached 9 to 500", 100, 500 },
    { "reaches 10-20", 12, 20 },
    { "reaches 10-20", 21, NAN },
    { "returns between -20 and -10", -9, NAN },
    { "returns between -20 and -10", -15, -10 },
    { "scored 1,234 there", 500, 1234 },
    { "scored 1,234 there", 1234, NAN },
    { "scored 1,234,567.5", 2000, 1234567.5 },
    { "scored 3, 400 later", 5, NAN },
    { "reaches 98 % of its seeds", 5, NAN },
    { "reaches 98% of 500", 5, 500 },
    { "verified on 2026-11-23", 5, NAN },
    { "reached on 23/11/2026", 5, NAN },
    { "reached at 12:30", 5, NAN },
    { "reaches step 400", 5, NAN },
    { "reaches 400 steps", 5, NAN },
    { "reached on seed 17", 5, NAN },
    { "measured over 20 episodes: 30.5", 5, 30.5 },
    { "verified by case-001", 0, NAN },
    { "verified by v2", 0, NAN },
    { "returns 0x1F", 5, NAN },
    { "returns 1e3", 5, 1000 },
    { "scores 21k", 5, 21000 },
    { "scores 9.5", 9.46, NAN },
    { "scores .5", 0, NAN },
    { "scores 500 points", 499.6, NAN },
    { "It scores. 500 lines follow", 5, NAN },
    { "It scores well.\n500", 5, NAN },
    { "underscores 500", 5, NAN },
    { "scores", 5, NAN },
    { "scores -", 5, NAN },
    { "scores 99999999999999999999999999999999999999999999999999999999999999999999999999", 5,
      1e300 },
};

static void test_claim(void **state)
{
    const struct claim_row *r = *state;
    double claim = NAN;
    const char *at = claims_find(r->text, r->most, &claim);

    if (isnan(r->claim) && at)
        fail_msg("\"%s\": a claim of %g", r->text, claim);
    if (!isnan(r->claim) && (!at || (r->claim < 1e50 && claim != r->claim)))
        fail_msg("\"%s\": %g, not %g", r->text, claim, r->claim);
}

/* {schema, value, what the error says or NULL} */
static const char *const schema_rows[][3] = {
    { "{\"type\":\"integer\"}", "3", NULL },
    { "{\"type\":\"integer\"}", "3.5", "must be an integer" },
    { "{\"type\":[\"string\",\"null\"]}", "null", NULL },
    { "{\"type\":[\"string\",\"null\"]}", "[]", "must be a string" },
    { "{\"type\":\"string\",\"maxLength\":2}", "\"abc\"", "at most 2 bytes" },
    { "{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}", "\"c\"", "one of [\"a\",\"b\"]" },
    { "{\"minimum\":0}", "-1", "at least 0" },
    { "{\"maximum\":1}", "1e300", "at most 1" },
    { "{\"type\":\"array\",\"minItems\":1}", "[]", "at least 1 items" },
    { "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}", "[1,true]",
      "the arguments[1]: must be an integer" },
    { "{\"type\":\"object\",\"required\":[\"a\"]}", "{\"b\":1}", "\"a\" is missing" },
    { "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":1}",
      "\"a\": must be a string" },
    { "{\"additionalProperties\":false}", "{\"a\":1}", "no argument \"a\"" },
    { "{\"additionalProperties\":{\"type\":\"number\"}}", "{\"a\":\"1\"}",
      "must be a number" },
};

static void test_schema(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(schema_rows) / sizeof(schema_rows[0]); i++) {
        json_t *schema = json_loads(schema_rows[i][0], 0, NULL);
        json_t *value = json_loads(schema_rows[i][1], JSON_DECODE_ANY, NULL);
        struct error err = { "" };
        int bad = schema_check(schema, value, &err) != 0;
        if (bad != (schema_rows[i][2] != NULL) ||
            (bad && !strstr(err.text, schema_rows[i][2])))
            fail_msg("row %zu: %d, %s", i, bad, err.text);
        json_decref(schema);
        json_decref(value);
    }
}

/* Every tool's own schemas are whole. */
static void test_tool_schemas(void **state)
{
    int n;
    const struct tool_description *list = tools_describe(&n);

    (void)state;
    assert_int_equal(n, 18);
    for (int i = 0; i < n; i++) {
        const json_t *wanted = json_object_get(list[i].schema, "required");
        assert_non_null(list[i].schema);
        assert_non_null(tools_output_schema(list[i].name));
        for (size_t k = 0; k < json_array_size(wanted); k++)
            assert_non_null(
                json_object_get(json_object_get(list[i].schema, "properties"),
                                json_string_value(json_array_get(wanted, k))));
    }
}

/* What both OpenAI's strict mode and Gemini's subset of OpenAPI take of a schema, a rule
 * each: keywords, one type each, an object's properties closed and known, an array's items
 * said, choices that are texts. (In strict mode every argument is named; null is taken as
 * not given.) */
static void check_schema_rules(const char *tool, const json_t *schema)
{
    static const char *const known[] = { "type", "properties", "additionalProperties",
                                         "required", "description", "enum", "items",
                                         "minimum", "maximum", "minItems", "maxItems",
                                         "minLength", "maxLength" };
    const char *key, *type = json_string_value(json_object_get(schema, "type"));
    json_t *value, *properties = json_object_get(schema, "properties");

    if (!type)
        fail_msg("%s: a schema without one type", tool);
    json_object_foreach((json_t *)schema, key, value) {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], key))
            i++;
        if (i == sizeof(known) / sizeof(known[0]))
            fail_msg("%s: keyword %s", tool, key);
    }
    if (!strcmp(type, "object") &&
        (!properties || !json_is_false(json_object_get(schema, "additionalProperties"))))
        fail_msg("%s: an object that is open", tool);
    json_object_foreach(properties, key, value)
        check_schema_rules(tool, value);
    if (!strcmp(type, "array") && !json_object_get(schema, "items"))
        fail_msg("%s: an array without items", tool);
    if (json_object_get(schema, "items"))
        check_schema_rules(tool, json_object_get(schema, "items"));
    for (size_t i = 0; i < json_array_size(json_object_get(schema, "enum")); i++)
        assert_true(json_is_string(json_array_get(json_object_get(schema, "enum"), i)));
}

static void test_schema_rules(void **state)
{
    int n;
    const struct tool_description *list = tools_describe(&n);

    (void)state;
    for (int i = 0; i < n; i++)
        check_schema_rules(list[i].name, list[i].schema);
}

/* What strict mode demands beside: every argument is named as required, and no bounds. What
 * was not required is what may be null. */
static void check_strict(const char *tool, const json_t *strict, const json_t *plain)
{
    static const char *const no[] = { "minimum",  "maximum",   "minItems",
                                      "maxItems", "minLength", "maxLength" };
    json_t *properties = json_object_get(strict, "properties"), *value;
    const json_t *type = json_object_get(strict, "type");
    const char *name;

    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
        if (json_object_get(strict, no[i]))
            fail_msg("%s: %s in a strict schema", tool, no[i]);
    if (json_is_array(type) && (json_array_size(type) != 2 ||
                                strcmp(json_string_value(json_array_get(type, 1)), "null")))
        fail_msg("%s: a list of types", tool);
    if (json_object_get(strict, "items"))
        check_strict(tool, json_object_get(strict, "items"), json_object_get(plain, "items"));
    if (!properties)
        return;
    if (!json_is_false(json_object_get(strict, "additionalProperties")) ||
        json_array_size(json_object_get(strict, "required")) != json_object_size(properties))
        fail_msg("%s: an object that is open, or has what is not required", tool);
    json_object_foreach(properties, name, value) {
        bool is_required = false, is_listed = false;
        const json_t *was = json_object_get(plain, "required"),
                     *list = json_object_get(strict, "required"),
                     *choices = json_object_get(value, "enum");
        for (size_t i = 0; i < json_array_size(was); i++)
            is_required |= !strcmp(json_string_value(json_array_get(was, i)), name);
        for (size_t i = 0; i < json_array_size(list); i++)
            is_listed |= !strcmp(json_string_value(json_array_get(list, i)), name);
        if (!is_listed || is_required != json_is_string(json_object_get(value, "type")))
            fail_msg("%s: %s is not as it was", tool, name);
        if (choices && !is_required &&
            !json_is_null(json_array_get(choices, json_array_size(choices) - 1)))
            fail_msg("%s: %s cannot be null", tool, name);
        check_strict(tool, value, json_object_get(json_object_get(plain, "properties"), name));
    }
}

/* Every tool on the wire: OpenAI's address gets the strict form, Gemini's and others' the
 * plain one, by either of OpenAI's dialects. */
static void test_schema_forms(void **state)
{
    static const char *const vendors[] = { "openai", "google", NULL };
    static const struct dialect *const dialects[] = { &chat_dialect, &responses_dialect };
    struct request request = { 0 };

    (void)state;
    request.tools = tools_describe(&request.n_tools);
    for (int k = 0; k < 6; k++) {
        struct api api = { .dialect = dialects[k / 3], .model = (char *)"m" };
        json_t *body, *list;
        bool is_openai = k % 3 == 0;
        api.base.vendor = vendors[k % 3];
        body = api.dialect->body(&api, &request);
        list = json_object_get(body, "tools");
        assert_int_equal(json_array_size(list), request.n_tools);
        for (int i = 0; i < request.n_tools; i++) {
            json_t *tool = json_array_get(list, (size_t)i),
                   *inner = json_object_get(tool, "function");
            const json_t *schema = json_object_get(inner ? inner : tool, "parameters");
            if (json_is_true(json_object_get(inner ? inner : tool, "strict")) != is_openai)
                fail_msg("%s: strict", request.tools[i].name);
            if (is_openai)
                check_strict(request.tools[i].name, schema, request.tools[i].schema);
            else if (!json_equal(schema, request.tools[i].schema))
                fail_msg("%s: not the plain form", request.tools[i].name);
        }
        json_decref(body);
    }
}

static void test_nearest(void **state)
{
    static const char source[] = "local a = 1\nlocal gain = 0.50\nreturn a\n";
    const char *at = NULL;
    int line = 0;
    char *found = edit_nearest(source, "  local gain = 0.5", &line);

    (void)state;
    assert_string_equal(found, "local gain = 0.50");
    assert_int_equal(line, 2);
    free(found);
    assert_null(edit_nearest(source, "zzzzzzzzzzzzzzzzzzzzz", &line));
    assert_int_equal(edit_count(source, "local ", 6, false, &at), 2);
    assert_int_equal(edit_count(source, "gain", 4, true, &at), 0);
    assert_int_equal(edit_count(source, "", 0, false, &at), 0);
}

static const struct diff_row {
    const char *name, *a, *b, *diff;
} diff_rows[] = {
    { "nothing changed", "a\nb\n", "a\nb\n", "" },
    { "one line", "a\nb\nc\n", "a\nx\nc\n",
      "--- A\n+++ B\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
    { "from nothing", "", "a\n", "--- A\n+++ B\n@@ -0,0 +1,1 @@\n+a\n" },
    { "to nothing", "a\n", "", "--- A\n+++ B\n@@ -1,1 +0,0 @@\n-a\n" },
    { "far apart", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n",
      "--- A\n+++ B\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -7,4 +7,4 @@\n 7\n 8\n 9\n-10\n+y\n" },
    { "a line moved", "a\nb\nc\n", "b\nc\na\n",
      "--- A\n+++ B\n@@ -1,3 +1,3 @@\n-a\n b\n c\n+a\n" },
};
#define N_DIFFS (sizeof(diff_rows) / sizeof(diff_rows[0]))

static void test_diff(void **state)
{
    const struct diff_row *r = *state;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    diff_write(f, "A", r->a, "B", r->b);
    fclose(f);
    assert_string_equal(text, r->diff);
    free(text);
}

static void test_far_below(void **state)
{
    struct episode_result r[10] = { 0 };

    (void)state;
    for (int i = 0; i < 10; i++)
        r[i].score = 100 + i;
    assert_true(failures_far_below(r, 10) < 80);
    r[3].score = 20;
    assert_true(failures_far_below(r, 10) > 20 && failures_far_below(r, 10) < 100);
    assert_true(failures_far_below(r, 4) == -INFINITY);
}

/* Episodes of 40 steps; actions come from the step alone, or from the episode, too. */
static bool is_tape(bool looks, bool is_constant, bool has_one_start)
{
    struct episode_result r[6] = { 0 };
    bool answer;

    for (int i = 0; i < 6; i++) {
        r[i].start_hash = has_one_start ? 1 : (uint64_t)i + 1;
        r[i].trajectory = (uint64_t)i + 1;
        r[i].tape = (struct tape){ xcalloc(40, 1), 40 - i, 1 };
        for (int k = 0; k < 40 && !is_constant; k++)
            r[i].tape.data[k] = (uint8_t)((k / 3 + (looks && k > 20 ? i : 0)) % 2);
    }
    answer = robust_is_tape(r, 6);
    for (int i = 0; i < 6; i++)
        free(r[i].tape.data);
    return answer;
}

static void test_tape(void **state)
{
    (void)state;
    assert_true(is_tape(false, false, false));
    assert_false(is_tape(true, false, false)); /* it looks */
    assert_false(is_tape(false, true, false)); /* doing one thing is no tape */
    assert_false(is_tape(false, false, true)); /* equal starts show nothing */
}

/* What two long episodes' actions say of who chose them. */
struct played {
    const char *name;
    uint8_t (*choose)(int64_t step, int episode);
    double least, most; /* agreement */
};

static uint8_t song(int64_t step)
{
    return (uint8_t)(rng_mix((uint64_t)step / 5 + 1) % 3);
}

static uint8_t plays_tape(int64_t step, int episode)
{
    (void)episode;
    return song(step);
}

/* It looks once, in its last 10 of 20,000 steps. */
static uint8_t looks_late(int64_t step, int episode)
{
    return step == 19993 ? (uint8_t)(episode % 3) : song(step);
}

/* It looks at one step in a hundred. */
static uint8_t looks_seldom(int64_t step, int episode)
{
    return step % 100 == 7 ? (uint8_t)(episode % 3) : song(step);
}

/* It mostly waits, and acts where the ball is: nine steps of ten are the same by chance.
 */
static uint8_t waits(int64_t step, int episode)
{
    uint64_t draw = rng_mix((uint64_t)step * 64 + (uint64_t)episode);
    return draw % 10 ? 0 : (uint8_t)(1 + draw / 16 % 2);
}

/* Two steps of three are as everybody would play them. */
static uint8_t often_same(int64_t step, int episode)
{
    return step % 3 ? song(step)
                    : (uint8_t)(rng_mix((uint64_t)(step * 64 + episode)) % 3);
}

static const struct played played_rows[] = {
    { "a tape", plays_tape, 1, 1 },
    { "a tape that looks once, late", looks_late, ROBUST_TAPE, 1 },
    { "a tape that looks seldom", looks_seldom, ROBUST_TAPE, 1 },
    { "who mostly waits", waits, -0.1, 0.1 },
    { "whose actions often coincide", often_same, 0.5, ROBUST_LIKE - 0.1 },
};
#define N_PLAYED (sizeof(played_rows) / sizeof(played_rows[0]))

static void test_played(void **state)
{
    const struct played *row = *state;
    enum { N = 5, LONG = 20000 };
    struct episode_result r[N] = { 0 };

    for (int i = 0; i < N; i++) {
        r[i].start_hash = r[i].trajectory = (uint64_t)i + 1;
        r[i].tape = (struct tape){ xcalloc(LONG, 1), LONG - i, 1 };
        for (int64_t k = 0; k < LONG; k++)
            r[i].tape.data[k] = row->choose(k, i);
    }
    for (int i = 1; i < N; i++) {
        double a = robust_agreement(&r[0], &r[i], 0);
        if (!(a >= row->least && a <= row->most))
            fail_msg("agreement %g, not %g to %g", a, row->least, row->most);
    }
    assert_int_equal(robust_is_tape(r, N), row->least >= ROBUST_TAPE);
    for (int i = 0; i < N; i++)
        free(r[i].tape.data);
}

/* Against the formula, written out. */
static void test_welch(void **state)
{
    const double x[] = { 1, 2, 3, 4, 5 }, y[] = { 2, 4, 6, 8 };
    struct summary a = summarize(x, 5), b = summarize(y, 4), one = summarize(x, 1);
    double s = 2.5 / 5 + 20.0 / 3 / 4;
    double freedom = s * s / (0.5 * 0.5 / 4 + (5.0 / 3) * (5.0 / 3) / 3);
    double half = student_quantile(0.975, freedom) * sqrt(s);

    (void)state;
    assert_true(fabs(welch_interval(&a, &b, 0.95) - half) < 1e-9);
    assert_true(welch_interval(&a, &b, 0.99) > half);
    assert_true(isinf(welch_interval(&a, &one, 0.95)));
}

static void test_direction(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_same;
    } rows[] = {
        { "Aim at where the ball lands, folded at the walls.",
          "aim at where the ball LANDS - folded at the walls", true },
        { "Aim at where the ball lands, folded at the walls.",
          "Now aim at where the ball lands, folded at both walls.", true },
        { "Count the last 2 moves as done already.",
          "Count the last 3 moves as done already.", false },
        { "Fire at once.", "Fire at once.", false }, /* too short to tell */
        { "Aim at where the ball lands, folded at the walls.",
          "Wait in the middle while the ball rises, then follow it.", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(direction_is_same(rows[i].a, rows[i].b), rows[i].is_same);
    assert_true(direction_says_why("Aim again.\n- Why now: the lag is fixed.\n"));
    assert_false(direction_says_why("Aim again.\n```lua\nWhy now: in code\n```\n"));
    assert_false(direction_says_why(""));
}

#define N_CLAIMS (sizeof(claim_rows) / sizeof(claim_rows[0]))

int main(void)
{
    struct CMUnitTest tests[N_DIFFS + N_CLAIMS + N_PLAYED + 9] = {
        cmocka_unit_test(test_quote_line), cmocka_unit_test(test_quote_block),
        cmocka_unit_test(test_schema_rules),
        cmocka_unit_test(test_schema_forms),
        cmocka_unit_test(test_schema),     cmocka_unit_test(test_tool_schemas),
        cmocka_unit_test(test_nearest),    cmocka_unit_test(test_far_below),
        cmocka_unit_test(test_tape),       cmocka_unit_test(test_welch),
        cmocka_unit_test(test_direction),
    };

    for (size_t i = 0; i < N_DIFFS; i++)
        tests[i + 9] = (struct CMUnitTest){ diff_rows[i].name, test_diff, NULL, NULL,
                                            (void *)(uintptr_t)&diff_rows[i] };
    for (size_t i = 0; i < N_CLAIMS; i++)
        tests[N_DIFFS + i + 9] = (struct CMUnitTest){ claim_rows[i].text, test_claim, NULL,
                                                      NULL,
                                                      (void *)(uintptr_t)&claim_rows[i] };
    for (size_t i = 0; i < N_PLAYED; i++)
        tests[N_DIFFS + N_CLAIMS + i + 9] =
            (struct CMUnitTest){ played_rows[i].name, test_played, NULL, NULL,
                                 (void *)(uintptr_t)&played_rows[i] };
    return _cmocka_run_group_tests("learn", tests, N_DIFFS + N_CLAIMS + N_PLAYED + 9,
                                   NULL, NULL);
}
