/* test_reply.c - what a model's text is taken for, and how large a program is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "runner/policy/measure.h"
#include "runner/policy/reply.h"

#define PARENT "local a = 1\nlocal b = 2\nreturn a\n"
#define EDIT(search, with) "<<<<<<< SEARCH\n" search "=======\n" with ">>>>>>> REPLACE\n"

static const struct row {
    const char *name, *text, *source, *error;
} rows[] = {
    { "one lua block", "Why.\n```lua\nreturn 1\n```\n", "return 1\n", NULL },
    { "the last of two lua blocks", "```lua\nold\n```\nbetter:\n```lua\nnew\n```\n",
      "new\n", NULL },
    { "lua beats unmarked", "```\nlog\n```\n```lua\nx\n```\n", "x\n", NULL },
    { "one unmarked block", "```\nreturn 2\n```\n", "return 2\n", NULL },
    { "two unmarked blocks", "```\na\n```\n```\nb\n```\n", NULL, "holds no policy" },
    { "prose alone", "I like it.", NULL, "holds no policy" },
    { "empty", "", NULL, "holds no policy" },
    { "a block that is cut off", "```lua\nreturn 1\n", NULL, "holds no policy" },
    { "an edit", EDIT("local b = 2\n", "local b = 3\n"),
      "local a = 1\nlocal b = 3\nreturn a\n", NULL },
    { "two edits",
      EDIT("local a = 1\n", "local a = 5\n") EDIT("return a\n", "return b\n"),
      "local a = 5\nlocal b = 2\nreturn b\n", NULL },
    { "an edit that takes out", EDIT("local b = 2\n", ""), "local a = 1\nreturn a\n",
      NULL },
    { "an edit in a fence", "```\n" EDIT("return a\n", "return b\n") "```\n",
      "local a = 1\nlocal b = 2\nreturn b\n", NULL },
    { "lines that stand nowhere", EDIT("local c\n", "x\n"), NULL, "nowhere" },
    { "an empty search", EDIT("", "x\n"), NULL, "exactly once" },
    { "no divider", "<<<<<<< SEARCH\nreturn a\n>>>>>>> REPLACE\n", NULL, "no =======" },
    { "no end", "<<<<<<< SEARCH\nreturn a\n=======\nreturn b\n", NULL, "no >>>>>>>" },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_source(void **state)
{
    const struct row *r = *state;
    struct error err = { "" };
    char *source = reply_source(r->text, PARENT, &err);

    if (r->source) {
        assert_non_null(source);
        assert_string_equal(source, r->source);
    } else {
        assert_null(source);
        assert_non_null(strstr(err.text, r->error));
    }
    free(source);
}

static void test_change(void **state)
{
    static const char *const pairs[][2] = {
        { "# Aim better.\n\nmore", "Aim better." },
        { "\n\n  - first\nsecond", "first" },
        { "```lua\nx\n```", "(it says nothing of its change)" },
        { "", "(it says nothing of its change)" },
    };
    char *most = xasprintf("%*s rose from 9 to 500.", REPLY_CHANGE_MOST - 22, "x"),
         *more = xasprintf("It is%*s rose from 9 to 500.", REPLY_CHANGE_MOST - 22, "x"),
         *change;

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        change = reply_change(pairs[i][0]);
        assert_string_equal(change, pairs[i][1]);
        free(change);
    }
    memset(most, 'x', REPLY_CHANGE_MOST - 22); /* so long, it is whole */
    change = reply_change(most);
    assert_string_equal(change, most);
    free(change);
    change = reply_change(more); /* longer, it is marked */
    assert_true(strlen(change) <= REPLY_CHANGE_MOST);
    assert_true(text_ends_with(change, " rose from 9 \xe2\x80\xa6"));
    free(change);
    free(most);
    free(more);
}

static void test_twice(void **state)
{
    struct error err = { "" };

    (void)state;
    assert_null(reply_source(EDIT("x()\n", "y()\n"), "x()\nx()\n", &err));
    assert_non_null(strstr(err.text, "more than once"));
}

static void test_measure(void **state)
{
    const char *plain = "local x = 1 if x >= 2 then return 'a b' end";
    const char *same =
        "-- why\nlocal x=1 --[[ long\ncomment ]] if x>=2\nthen return 'a b' end";
    struct measure m = measure_source(plain),
                   deep = measure_source(
                       "function f() for i = 1, 2 do while true do end end end");
    char a[65], b[65];

    (void)state;
    assert_int_equal(m.tokens, 12);
    assert_int_equal(m.branches, 1);
    assert_int_equal(deep.loops, 2);
    assert_int_equal(deep.functions, 1);
    assert_int_equal(deep.depth, 3);
    measure_hash(plain, a);
    measure_hash(same, b);
    assert_string_equal(a, b);
    measure_hash("local x = 2 if x >= 2 then return 'a b' end", b);
    assert_string_not_equal(a, b);
    measure_source("[[ never closed"); /* goes as far as it goes */
    measure_source("'never closed");
}

int main(void)
{
    struct CMUnitTest tests[N_ROWS + 3] = { cmocka_unit_test(test_change),
                                            cmocka_unit_test(test_twice),
                                            cmocka_unit_test(test_measure) };

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i + 3] = (struct CMUnitTest){ rows[i].name, test_source, NULL, NULL,
                                            (void *)(uintptr_t)&rows[i] };
    return _cmocka_run_group_tests("reply", tests, N_ROWS + 3, NULL, NULL);
}
