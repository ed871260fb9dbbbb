/* test_shown.c - what a published file says of the model: nothing of this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runner/model/model.h"
#include "tests/rows.h"

static const struct row {
    const char *name, *spec, *shown;
} rows[] = {
    { "no argument", "search", "search" },
    { "a model's name", "openai:gpt-x", "openai:gpt-x" },
    { "a model with an owner", "openai:owner/model", "openai:owner/model" },
    { "a model that is a file", "openai:/home/me/model.gguf", "openai:model.gguf" },
    { "a model in the home", "openai:~/models/m.gguf", "openai:m.gguf" },
    { "a folder", "files:/home/me/claude", "files:claude" },
    { "a folder with a slash behind it", "files:/home/me/claude//", "files:claude" },
    { "a folder from here", "files:../me/claude", "files:claude" },
    { "a plain folder", "files:claude", "files:claude" },
    { "a session", "recorded:/home/me/s.jsonl", "recorded:s.jsonl" },
    { "models in a file", "ensemble:/home/me/e.json", "ensemble:e.json" },
    { "a command", "command:/home/me/bin/agent", "command:agent" },
    { "a command's arguments", "command:claude -p --at /home/me", "command:claude" },
    { "a command in quotes", "command:'/home/me/agent' -x", "command:agent" },
    { "a key before a command", "command:KEY=/secret /opt/agent -p", "command:agent" },
    { "only keys", "command:KEY=secret", "command:" },
    { "several of a folder", "best-of:4:files:/home/me/claude", "best-of:4:files:claude" },
    { "several of a model", "best-of:4:openai:owner/m", "best-of:4:openai:owner/m" },
    { "best-of without a provider", "best-of:4", "best-of:4" },
    { "nobody's", "nobody:/home/me/x", "nobody:x" },
};

static void test_shown(void **state)
{
    const struct row *r = *state;
    char *shown = provider_shown(r->spec);

    assert_string_equal(shown, r->shown);
    free(shown);
}

int main(void)
{
    struct CMUnitTest tests[64] = { { 0 } };
    size_t n = 0;

    ROWS_ADD(tests, n, rows, test_shown);
    return _cmocka_run_group_tests("shown", tests, n, NULL, NULL);
}
