/* test_sse.c - server-sent events: each row is fed whole, and cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "runner/model/wire/sse.h"

struct row {
    const char *name, *bytes;
    const char *events; /* "name=data|" of each */
    const char *at_end; /* events that sse_end adds */
};

static const struct row rows[] = {
    { "nothing", "", "", "" },
    { "one", "data: a\n\n", "=a|", "" },
    { "CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", "=a|=b|", "" },
    { "CR alone", "data: a\r\rdata: b\r\r", "=a|=b|", "" },
    { "mixed line ends", "data: a\r\n\ndata: b\n\r\n", "=a|=b|", "" },
    { "no blank after the colon", "data:a\n\n", "=a|", "" },
    { "only one blank is dropped", "data:  a\n\n", "= a|", "" },
    { "comments", ": hi\n:\ndata: a\n: more\n\n:\n\n", "=a|", "" },
    { "a name", "event: ping\ndata: {}\n\ndata: x\n\n", "ping={}|=x|", "" },
    { "a name without data", "event: ping\n\ndata: x\n\n", "=x|", "" },
    { "two lines of data", "data: a\ndata: b\n\n", "=a\nb|", "" },
    { "empty data", "data\n\ndata:\n\n", "=|=|", "" },
    { "id and retry", "id: 1\nretry: 5\ndata: a\n\n", "=a|", "" },
    { "unknown fields", "dat: x\ndatas: y\ndata : z\nx\ndata: a\n\n", "=a|", "" },
    { "byte order mark",
      "\xef\xbb\xbf"
      "data: a\n\n",
      "=a|", "" },
    { "byte order mark, CRLF and a comment", "\xef\xbb\xbf:\r\n\r\ndata: a\r\n\r\n",
      "=a|", "" },
    { "UTF-8", "data: \xe2\x82\xac\xf0\x9f\x98\x80\n\n", "=\xe2\x82\xac\xf0\x9f\x98\x80|",
      "" },
    { "escapes are not ours", "data: \\n\\u20ac\n\n", "=\\n\\u20ac|", "" },
    { "colons in the data", "data: {\"a\": \"b:c\"}\n\n", "={\"a\": \"b:c\"}|", "" },
    { "no empty line at the end", "data: a\n\ndata: b\n", "=a|", "=b|" },
    { "no line end at the end", "data: a\n\ndata: b", "=a|", "=b|" },
    { "a long name is cut",
      "event: 0123456789012345678901234567890123456789012345678901234567"
      "8901234567890\ndata: a\n\n",
      "012345678901234567890123456789012345678901234567890123456789012=a|", "" },
};

static int write_event(void *user, const char *name, const char *data, size_t len)
{
    FILE *f = user;

    fprintf(f, "%s=", name);
    fwrite(data, 1, len, f);
    fputc('|', f);
    assert_int_equal(data[len], '\0');
    return 0;
}

/* In two pieces cut at `cut`, or byte by byte when it is behind the end. */
static void check(const struct row *row, size_t cut)
{
    size_t len = strlen(row->bytes), n_text;
    char *text = NULL, *expected = xasprintf("%s%s", row->events, row->at_end);
    FILE *f = open_memstream(&text, &n_text);
    struct sse s;

    sse_init(&s, 1000, write_event, f);
    if (cut <= len) {
        assert_int_equal(sse_feed(&s, row->bytes, cut), 0);
        assert_int_equal(sse_feed(&s, row->bytes + cut, len - cut), 0);
    } else {
        for (size_t i = 0; i < len; i++)
            assert_int_equal(sse_feed(&s, row->bytes + i, 1), 0);
    }
    fflush(f);
    assert_string_equal(text, row->events);
    assert_int_equal(sse_end(&s), 0);
    fclose(f);
    assert_string_equal(text, expected);
    sse_clear(&s);
    free(text);
    free(expected);
}

static void run_row(void **state)
{
    const struct row *row = *state;

    for (size_t cut = 0; cut <= strlen(row->bytes) + 1; cut++)
        check(row, cut);
}

static int stop_at_stop(void *user, const char *name, const char *data, size_t len)
{
    (void)name, (void)len;
    ++*(int *)user;
    return strcmp(data, "stop") == 0 ? 7 : 0;
}

static void handler_stops(void **state)
{
    int n = 0;
    struct sse s;

    (void)state;
    sse_init(&s, 100, stop_at_stop, &n);
    assert_int_equal(sse_feed(&s, "data: a\n\ndata: stop\n\ndata: b\n\n", 31), 7);
    assert_int_equal(n, 2);
    sse_clear(&s);
}

/* A line without an end, and an event of lines without an end. */
static void too_long(void **state)
{
    int n = 0, result = 0, rounds = 0;
    struct sse s;

    (void)state;
    sse_init(&s, 1000, stop_at_stop, &n);
    for (; result == 0 && rounds < 2000; rounds++)
        result = sse_feed(&s, "x", 1);
    assert_int_equal(result, SSE_TOO_LONG);
    assert_int_equal(rounds, 1001);
    sse_clear(&s);
    sse_init(&s, 1000, stop_at_stop, &n);
    for (result = rounds = 0; result == 0 && rounds < 2000; rounds++)
        result = sse_feed(&s, "data: 12345678\n", 15);
    assert_int_equal(result, SSE_TOO_LONG);
    assert_true(rounds < 120);
    assert_int_equal(n, 0);
    sse_clear(&s);
}

int main(void)
{
    enum { N_ROWS = sizeof(rows) / sizeof(*rows), N_MORE = 2 };
    struct CMUnitTest tests[N_ROWS + N_MORE] = { { 0 } };
    const struct CMUnitTest more[N_MORE] = { cmocka_unit_test(handler_stops),
                                             cmocka_unit_test(too_long) };

    for (int i = 0; i < N_ROWS; i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, run_row, NULL, NULL,
                                        (void *)&rows[i] };
    memcpy(tests + N_ROWS, more, sizeof(more));
    return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
