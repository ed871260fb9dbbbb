/* test_replies.c - replies as models gave them (tests/data/replies), each with the policy
 * or the reason that it is read as; what ratchet writes, it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/rng.h"
#include "runner/policy/lua_mend.h"
#include "runner/policy/lua_shape.h"
#include "runner/policy/measure.h"
#include "runner/policy/reply.h"

#define FOLDER "tests/data/replies/"
#define MOST_ROWS 200
#define MOST_FILE (1u << 20)
#define MOST_CUT 4000 /* bytes of a reply that is cut at each of them */

static struct row {
    char name[80], expected[120];
    bool is_early; /* a beginning of it may be another whole reply */
} rows[MOST_ROWS];

static char *load(const char *name, const char *end)
{
    char *path = xasprintf(FOLDER "%s%s", name, end);
    struct error err = { "" };
    size_t len;
    char *text = (char *)file_load(path, MOST_FILE, &len, &err);

    if (!text)
        fail_msg("%s", err.text);
    free(path);
    return text;
}

static bool is_same_program(const char *a, const char *b)
{
    char x[65], y[65];

    measure_hash(a, x);
    measure_hash(b, y);
    return !strcmp(x, y);
}

/* Loading it can only refuse it. */
static bool is_hopeless(const char *source)
{
    struct lua_shape s = lua_shape_of(source, source + strlen(source));

    return !s.is_chunk || s.returns == RETURNS_NONE;
}

/* However it is cut, a reply is what it is as a whole, or nothing that could play. */
static void check_cuts(const struct row *r, const char *text, const char *base,
                       const char *whole)
{
    size_t len = strlen(text);
    char *cut = xstrdup(text);

    for (size_t n = len; n-- > 0 && len < MOST_CUT;) {
        char *source;
        cut[n] = '\0';
        source = reply_source(cut, base, NULL);
        if (source && !is_hopeless(source) && (!whole || !is_same_program(source, whole)))
            fail_msg("%s cut at %zu is read as: %s", r->name, n, source);
        free(source);
    }
    free(cut);
}

static void test_row(void **state)
{
    const struct row *r = *state;
    struct error err = { "" };
    char *text = load(r->name, ".reply"), *base = load("base", ".lua"), *expected = NULL;
    char *source = reply_source(text, base, &err);

    if (*r->expected == '=') {
        expected = load(r->expected + 1, ".lua");
        if (!source)
            fail_msg("%s", err.text);
        if (source[strlen(source) - 1] != '\n')
            expected[strlen(expected) - 1] = '\0';
        assert_string_equal(source, expected);
        assert_false(reply_is_prose(text));
    } else {
        assert_null(source);
        if (!strstr(err.text, r->expected + 1))
            fail_msg("\"%s\" is not in: %s", r->expected + 1, err.text);
    }
    if (!r->is_early)
        check_cuts(r, text, base, source);
    free(source);
    free(expected);
    free(base);
    free(text);
}

/* Policies of everything that a fence, a marker or a mend could be mistaken about. */
static char *make_policy(struct rng *rng)
{
    static const char *const pieces[] = {
        "-- one line with ``` in it\n",
        "--[[ usage:\n```\nratchet run x.lua\n```\n]]\n",
        "--[==[\n~~~~\n]] ]=]\n````lua\n]==]\n",
        "local help = [[\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n]]\n",
        "local odd = \"\xe2\x80\x9cso\xe2\x80\x9d\xc2\xa0\xef\xbb\xbf\"\n",
        "local s = 'a\\\nb' .. \"\\z\n  c\"\n",
        "local t = [[<think>\n</think>]]\r\n",
        "-- <think>\r\nlocal a <const>, b = 1, 0x1p-3\r\n",
        "local j = '{\"name\": \"policy_write\"}'\n",
        "--- a/x\n--+++ b/x\nlocal d = [[\n--- a\n+++ b\n@@ -1,1 +1,1 @@\n-x\n+y\n]]\n",
        "local function f(...) return (select('#', ...)) end\n",
        "for i = 1, 3 do if i > 2 then break else goto next end ::next:: end\n",
        "\t\n\n   \n",
        "local n = #'x' // 2 ~ 3 & ~4 << 1\n",
        "--[[<|channel|>final<|message|>]]\n",
    };
    static const char *const ends[] = {
        "return { act = function(obs) return 0 end }\n",
        "return { act = function(obs) return 0 end }",
        "local p = { reset = print }\nfunction p.act(obs)\n  return 1\nend\nreturn p\n",
        "local p = {}\np[\"act\"] = print\nreturn p;\r\n",
        "return { [\"act\"] = math.abs, params = { a = { default = 1 } } } -- ```\n",
    };
    char *text = xstrdup("");

    for (int n = (int)(rng_uniform(rng) * 8); n >= 0; n--) {
        size_t i = (size_t)(rng_uniform(rng) * (sizeof(pieces) / sizeof(pieces[0])));
        size_t e = (size_t)(rng_uniform(rng) * (sizeof(ends) / sizeof(ends[0])));
        char *more = xasprintf("%s%s", text, n ? pieces[i] : ends[e]);
        free(text);
        text = more;
    }
    return text;
}

static void test_round_trip(void **state)
{
    static const char *const changes[] = { "Better.",    "```lua", "<think>",
                                           "",           "a\nb",   "<<<<<<< SEARCH",
                                           "</think> x", "--- a",  "return { act = 1 }" };
    struct rng rng;

    (void)state;
    rng_seed(&rng, 22, 1);
    for (int i = 0; i < 3000; i++) {
        const char *change = changes[i % (int)(sizeof(changes) / sizeof(changes[0]))];
        char *policy = make_policy(&rng), *reply = reply_write(change, policy), *end;
        struct error err = { "" };
        char *source = reply_source(reply, "return {}\n", &err);
        struct lua_shape shape = lua_shape_of(policy, policy + strlen(policy));
        bool has_end = policy[strlen(policy) - 1] == '\n';
        if (!shape.is_chunk || shape.returns != RETURNS_POLICY)
            fail_msg("no policy by its shape (%.20s): %s", shape.fault, policy);
        end = xasprintf("%s%s", policy, has_end ? "" : "\n");
        if (!source)
            fail_msg("%s: %s", err.text, reply);
        assert_string_equal(source, end);
        free(end);
        free(source);
        free(reply);
        free(policy);
    }
}

/* A policy whose lines end in CR LF keeps them. */
static void test_crlf_parent(void **state)
{
    struct error err = { "" };
    char *source = reply_source("<<<<<<< SEARCH\nlocal a = 1\nlocal b = 2\n=======\n"
                                "local a = 3\n\nlocal b = 4\n>>>>>>> REPLACE\n",
                                "local a = 1\r\nlocal b = 2\r\nreturn a\r\n", &err);

    (void)state;
    assert_string_equal(source, "local a = 3\r\n\r\nlocal b = 4\r\nreturn a\r\n");
    free(source);
}

/* Of equal places a diff's line number chooses. */
static void test_diff_line(void **state)
{
    struct error err = { "" };
    const char *parent = "f()\nx = 1\nf()\nx = 1\nf()\n";
    char *source = reply_source("```diff\n@@ -4,1 +4,1 @@\n-x = 1\n+x = 2\n```\n", parent,
                                &err);

    (void)state;
    assert_string_equal(source, "f()\nx = 1\nf()\nx = 2\nf()\n");
    free(source);
    assert_null(reply_source("```diff\n@@\n-x = 1\n+x = 2\n```\n", parent, &err));
    assert_non_null(strstr(err.text, "more than once"));
}

/* Hostile replies are read, or not, in a moment: each doubles what it repeats. */
static void test_long(void **state)
{
    static const char *const pieces[] = { "```\n[[\n```\n", "```lua\nreturn {act=f}\n\n",
                                          "<think></think>\n", "<think>\n", "~~~~\n", "{\n",
                                          "<<<<<<< SEARCH\n", "- ", "> ", "return {act=f}\n",
                                          "=======\n", "<a>", "`", "{\"a\":", "--[[\n",
                                          "</think>\n", "@@ -1\n", "local a = {{\n" };

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t n = strlen(pieces[i]), len = 1 << 18;
        char *text = xcalloc(len + n + 1, 1);
        clock_t start = clock();
        for (size_t at = 0; at < len; at += n)
            memcpy(text + at, pieces[i], n);
        free(reply_source(text, "return {}\n", NULL));
        (void)reply_is_prose(text);
        if (clock() - start > 4 * CLOCKS_PER_SEC)
            fail_msg("%.20s takes %g s", pieces[i],
                     (double)(clock() - start) / CLOCKS_PER_SEC);
        free(text);
    }
}

static void test_prose(void **state)
{
    char *prose = reply_prose("<think>\nit scores 900\n</think>\nIt is better.\n"
                              "```lua\n-- scores 800\n```\nWhy now: because.\n"
                              "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\nEnd.\n");

    (void)state;
    assert_string_equal(prose, "\nIt is better.\nWhy now: because.\nEnd.\n");
    free(prose);
    assert_true(reply_is_prose("Done: the draft is it.\n"));
    assert_true(reply_is_prose("The draft it is:\n```text\nmean 9\n```\n"));
    assert_false(reply_is_prose("<think>\nhm"));
    assert_false(reply_is_prose("```text\nmean"));
    assert_false(reply_is_prose("```\nreturn 0\n```\n"));
    assert_false(reply_is_prose("{\"name\": \"submit\", \"arguments\": {}}\n"));
}

static const struct shape_row {
    const char *name, *text;
    bool is_chunk;
    enum lua_returns returns;
} shapes[] = {
    { "shape: a table", "return { act = f }", true, RETURNS_POLICY },
    { "shape: a table without act", "return { f = f }", true, RETURNS_NONE },
    { "shape: a field that is computed", "return { [k] = f }", true, RETURNS_VALUE },
    { "shape: a name with act", "local p = {} function p:act() end return p", true,
      RETURNS_POLICY },
    { "shape: a name without", "local p = {} return p", true, RETURNS_VALUE },
    { "shape: a global table", "p = { act = f } return p", true, RETURNS_POLICY },
    { "shape: a call", "return make()", true, RETURNS_VALUE },
    { "shape: setmetatable", "return setmetatable({}, { __index = p })", true,
      RETURNS_VALUE },
    { "shape: a number", "return 1", true, RETURNS_NONE },
    { "shape: nothing", "local a = 1", true, RETURNS_NONE },
    { "shape: empty", "", true, RETURNS_NONE },
    { "shape: a return within", "do return { act = f } end", true, RETURNS_NONE },
    { "shape: an operator behind", "return { act = f } or 1", true, RETURNS_VALUE },
    { "shape: code behind return", "return { act = f } x = 1", false, RETURNS_POLICY },
    { "shape: attributes and goto",
      "local a <const>, b <close> = 1 goto x ::x:: return { act = a }", true,
      RETURNS_POLICY },
    { "shape: calls without brackets", "f'x' f{1} f[[y]]:g\"z\" a.b['c'].d = 1, 2", true,
      RETURNS_NONE },
    { "shape: a call is no target", "f() = 1", false, RETURNS_NONE },
    { "shape: a lone expression", "a + 1", false, RETURNS_NONE },
    { "shape: end is missing", "if a then b()", false, RETURNS_NONE },
    { "shape: one end too many", "if a then end end return { act = f }", false,
      RETURNS_NONE },
    { "shape: a string that does not end", "return { act = 'f }", false, RETURNS_NONE },
    { "shape: a comment that does not end", "return { act = f } --[[ x", false,
      RETURNS_POLICY },
    { "shape: a keyword as a name", "local end = 1", false, RETURNS_NONE },
    { "shape: not Lua", "a != b", false, RETURNS_NONE },
};
#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void test_shape(void **state)
{
    const struct shape_row *r = *state;
    struct lua_shape s = lua_shape_of(r->text, r->text + strlen(r->text));

    assert_int_equal(s.is_chunk, r->is_chunk);
    assert_int_equal(s.returns, r->returns);
}

static int read_rows(void)
{
    char *table = load("rows", ".tsv"), *line, *save = NULL;
    int n = 0;

    for (line = strtok_r(table, "\n", &save); line && n < MOST_ROWS;
         line = strtok_r(NULL, "\n", &save))
        if (*line != '#') {
            struct row *r = &rows[n++];
            char *expected = strchr(line, '\t'), *early;
            *expected++ = '\0';
            early = strchr(expected, '\t');
            if (early)
                *early = '\0';
            r->is_early = early;
            snprintf(r->name, sizeof(r->name), "%s", line);
            snprintf(r->expected, sizeof(r->expected), "%s", expected);
        }
    free(table);
    return n;
}

int main(void)
{
    static struct CMUnitTest tests[MOST_ROWS + N_SHAPES + 5] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_crlf_parent),
        cmocka_unit_test(test_diff_line), cmocka_unit_test(test_prose),
        cmocka_unit_test(test_long)
    };
    int n = read_rows(), at = 5;

    for (int i = 0; i < n; i++)
        tests[at++] = (struct CMUnitTest){ rows[i].name, test_row, NULL, NULL, &rows[i] };
    for (size_t i = 0; i < N_SHAPES; i++)
        tests[at++] = (struct CMUnitTest){ shapes[i].name, test_shape, NULL, NULL,
                                           (void *)(uintptr_t)&shapes[i] };
    return _cmocka_run_group_tests("replies", tests, (size_t)at, NULL, NULL);
}
