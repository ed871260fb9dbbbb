/* test_files_reply.c - tool calls in a reply that somebody wrote as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"
#include "runner/model/files_reply.h"

static const struct row {
    const char *name, *reply;
    int found;
    const char *source, *text; /* the first call's argument "source"; what is left, or the
                                  reason */
} rows[] = {
    { "a policy is no call", "Lean.\n```lua\nreturn {}\n```\n", 0, NULL, NULL },
    { "a call that refers to a block",
      "I check it.\n```calls\n[{\"name\": \"check\", \"arguments\": {\"source\": {\"block\": 1}}}]\n"
      "```\n\n```lua\nlocal s = \"a\\n\"\nreturn {}\n```\n",
      1, "local s = \"a\\n\"\nreturn {}\n", "I check it.\n\n" },
    { "a block before the calls",
      "~~~lua\n```\n~~~\n```calls\n[{\"name\": \"check\", \"arguments\": {\"source\": "
      "{\"block\": 1}}}]\n```\n",
      1, "```\n", "" },
    { "the second of two",
      "```\none\n```\n```\ntwo\n```\n```calls\n[{\"name\": \"check\", \"arguments\": "
      "{\"source\": {\"block\": 2}}}]\n```\n",
      1, "two\n", "```\none\n```\n" },
    { "plain arguments",
      "```calls\n[{\"name\": \"check\", \"arguments\": {\"source\": \"return 1\"}}]\n```\n", 1,
      "return 1", "" },
    { "without arguments", "```calls\n[{\"name\": \"failures\"}]\n```", 1, NULL, "" },
    { "a block that there is not",
      "```calls\n[{\"name\": \"check\", \"arguments\": {\"source\": {\"block\": 1}}}]\n```\n", -1,
      NULL, "the reply has no fenced block 1" },
    { "block 0",
      "```lua\nx\n```\n```calls\n[{\"name\": \"check\", \"arguments\": {\"source\": {\"block\": "
      "0}}}]\n```\n",
      -1, NULL, "no fenced block 0" },
    { "calls that are no JSON", "```calls\n[{\"name\": ]\n```\n", -1, NULL, "its calls, line 1" },
    { "calls that are no list", "```calls\n{\"name\": \"check\"}\n```\n", -1, NULL,
      "its calls are no list" },
    { "a call without a name", "```calls\n[{}]\n```\n", -1, NULL, "its call 1 is not" },
    { "calls, and a block that does not end",
      "```calls\n[{\"name\": \"failures\"}]\n```\n```lua\nreturn", -1, NULL, "is not closed" },
    { "a block that does not end, without calls", "```lua\nreturn", 0, NULL, NULL },
};

static void test_row(void **state)
{
    const struct row *row = *state;
    struct turn turn;
    struct error err = { "" };

    turn_init(&turn);
    assert_int_equal(files_reply_calls(row->reply, &turn, &err), row->found);
    if (row->found < 0)
        assert_non_null(strstr(err.text, row->text));
    if (row->found == 1) {
        const char *source = json_string_value(
            json_object_get(turn.message.calls[0].arguments, "source"));
        assert_string_equal(turn.message.text, row->text);
        assert_int_equal(turn.message.n_calls, 1);
        assert_true(row->source ? source && !strcmp(source, row->source) : !source);
    }
    turn_clear(&turn);
}

int main(void)
{
    struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0])] = { 0 };
    size_t n = 0;

    ROWS_ADD(tests, n, rows, test_row);
    return _cmocka_run_group_tests("files_reply", tests, n, NULL, NULL);
}
