/* test_buffer.c - bytes that grow: capped, dropped from the front, read from a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"

static const struct row {
    const char *name;
    size_t most;
    const char *parts[4]; /* added one after another */
    const char *is;       /* what stands there in the end */
    int status;           /* of the last part */
} rows[] = {
    { "nothing at all", 0, { "" }, "", 0 },
    { "parts in their order", 0, { "one", " ", "two" }, "one two", 0 },
    { "just as many as the cap allows", 4, { "ab", "cd" }, "abcd", 0 },
    { "one more than that changes nothing", 4, { "abc", "de" }, "abc", -1 },
    { "a part above the cap by itself", 2, { "abc" }, "", -1 },
    { "room is left for a shorter one", 4, { "abc", "de", "f" }, "abcf", 0 },
};

static void test_add(void **state)
{
    const struct row *r = *state;
    struct buffer b = { .most = r->most };
    int status = 0;

    for (int i = 0; i < 4 && r->parts[i]; i++)
        status = buffer_add(&b, r->parts[i], strlen(r->parts[i]));
    assert_int_equal(status, r->status);
    assert_int_equal(b.len, strlen(r->is));
    assert_string_equal(b.data ? (char *)b.data : "", r->is);
    buffer_clear(&b);
    assert_null(b.data);
    assert_int_equal(b.most, r->most);
}

static void test_drop(void **state)
{
    struct buffer b = { 0 };

    (void)state;
    buffer_add(&b, "abcdef", 6);
    buffer_drop(&b, 2);
    assert_string_equal((char *)b.data, "cdef");
    buffer_drop(&b, 4);
    assert_int_equal(b.len, 0);
    assert_string_equal((char *)b.data, "");
    buffer_clear(&b);
}

/* A zero byte is one like any other; the cap holds for what is read, too. */
static void test_read(void **state)
{
    struct buffer all = { 0 }, capped = { .most = 3 };
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "a\0bcd", 5), 5);
    assert_int_equal(buffer_read(&all, fds[0]), 5);
    assert_memory_equal(all.data, "a\0bcd", 6);
    assert_int_equal(write(fds[1], "abcd", 4), 4);
    close(fds[1]);
    assert_int_equal(buffer_read(&capped, fds[0]), 3);
    assert_int_equal(buffer_read(&capped, fds[0]), -1);
    assert_string_equal((char *)capped.data, "abc");
    assert_int_equal(buffer_read(&all, fds[0]), 1);
    assert_int_equal(buffer_read(&all, fds[0]), 0);
    close(fds[0]);
    buffer_clear(&all);
    buffer_clear(&capped);
}

int main(void)
{
    struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 2];
    size_t n = 0;

    for (; n < sizeof(rows) / sizeof(rows[0]); n++)
        tests[n] = (struct CMUnitTest){ .name = rows[n].name,
                                        .test_func = test_add,
                                        .initial_state = (void *)&rows[n] };
    tests[n++] = (struct CMUnitTest){ .name = "from the front", .test_func = test_drop };
    tests[n] = (struct CMUnitTest){ .name = "what is read", .test_func = test_read };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
