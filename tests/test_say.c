/* test_say.c - the door to the terminal: each row is a format with what it may print. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/say.h"
#include "base/text.h"

/* What say_to prints. */
static char *said(const char *format, ...)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    va_list args;

    va_start(args, format);
    say_list(f, format, args);
    va_end(args);
    fclose(f);
    return text;
}

#define SAYS(wanted, ...)                      \
    do {                                       \
        char *text_ = said(__VA_ARGS__);       \
        assert_string_equal(text_, wanted);    \
        free(text_);                           \
    } while (0)

/* Numbers, flags, widths: as printf. */
#define AS_PRINTF(...)                         \
    do {                                       \
        char wanted_[200];                     \
        snprintf(wanted_, 200, __VA_ARGS__);   \
        SAYS(wanted_, __VA_ARGS__);            \
    } while (0)

static void test_numbers(void **state)
{
    (void)state;
    AS_PRINTF("%d %i %u %x %X %o %c%%", -1, 2, 3u, 0xabu, 0xabu, 8u, 'c');
    AS_PRINTF("%5d|%-5d|%05d|%+d|% d|%#x|%.3d|%8.3d", 1, 2, 3, 4, 5, 6u, 7, 8);
    AS_PRINTF("%*d|%-*d|%.*d|%*.*f", 5, 1, 5, 2, 3, 3, 9, 2, 2.345);
    AS_PRINTF("%*d|%.*f", -6, 1, -1, 0.5);
    AS_PRINTF("%ld %lld %llu %zu %hd %hhu %jd %td", LONG_MIN, LLONG_MIN, ULLONG_MAX, SIZE_MAX,
              (short)-3, (unsigned char)200, (intmax_t)INT64_MIN, (ptrdiff_t)-9);
    AS_PRINTF("%016llx %.12llx", 0x123456789abcULL, 0xfULL);
    AS_PRINTF("%g %.17g %+.2f %e %10.3g|%-10.1f|%G", 0.1, 0.1, 2.5, 1e300, 1.0 / 3, 7.0, 1e-9);
    AS_PRINTF("%f %g", INFINITY, (double)NAN);
    AS_PRINTF("%s", "");
    AS_PRINTF("100 %% of %d\n\ttab\x1b[K", 3); /* our own format says what it likes */
}

static void test_texts(void **state)
{
    (void)state;
    SAYS("a b", "%s", "a\nb");
    SAYS("a [2Jb", "%s", "a\x1b[2Jb");
    SAYS("  ab|ab  |ab", "%4s|%-4s|%1s", "ab", "ab", "ab");
    SAYS("abc|ab |  a", "%.3s|%-3.2s|%*.*s", "abcdef", "abc", 3, 1, "abc");
    SAYS("\xc3\xa9\xc3\xa9 |", "%-3s|", "\xc3\xa9\xc3\xa9"); /* columns, not bytes */
    SAYS("\xc3\xa9|", "%.3s|", "\xc3\xa9\xc3\xa9");          /* never half a character */
    SAYS("(null)", "%s", (const char *)(uintptr_t)0);
    SAYS("ab", "%.*s", 2, (const char[]){ 'a', 'b' }); /* no zero behind it */
    SAYS(" ?", "%c%c", '\x1b', '\xff');
}

static void test_escape_json(void **state)
{
    static const char *const rows[][2] = {
        { "{\n  \"a\": 1\n}", "{\n  \"a\": 1\n}" },
        { "\"\xc3\xa9\xe2\x82\xac\"", "\"\xc3\xa9\xe2\x82\xac\"" },
        { "\"\x7f\xc2\x9b\"", "\"\\u007f\\u009b\"" },
        { "\"\xe2\x80\xae\xef\xbb\xbf\"", "\"\\u202e\\ufeff\"" },
        { "\"\xf3\xa0\x81\x81\"", "\"\\udb40\\udc41\"" },
        { "\"\xff\"", "\"?\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *text = text_escape_json(rows[i][0]);
        json_t *was = json_loads(rows[i][0], JSON_DECODE_ANY, NULL),
               *is = json_loads(text, JSON_DECODE_ANY, NULL);
        assert_string_equal(text, rows[i][1]);
        assert_true(!was || json_equal(was, is));
        json_decref(was);
        json_decref(is);
        free(text);
    }
}

static void test_whole(void **state)
{
    static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82"; /* 1 2 3 4 bytes */
    static const size_t whole[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10 };

    (void)state;
    for (size_t len = 0; len < sizeof(whole) / sizeof(whole[0]); len++)
        assert_int_equal(text_whole(text, len), whole[len]);
    assert_int_equal(text_whole("\x80\x80\x80\x80\x80", 5), 5); /* no text: as it is */
}

/* {text, at most so many columns, in so many; at most so many bytes, in so many} */
static const struct cut_row {
    const char *text;
    int columns;
    const char *shown;
    size_t bytes;
    const char *kept;
} cut_rows[] = {
    { "rose from 9 to 500", 18, "rose from 9 to 500", 18, "rose from 9 to 500" },
    { "rose from 9 to 500", 17, "rose from 9 to \xe2\x80\xa6", 17,
      "rose from 9 \xe2\x80\xa6" },
    { "rose from 9 to 500", 15, "rose from 9 \xe2\x80\xa6", 14,
      "rose from \xe2\x80\xa6" },
    { "x=1234567890", 8, "x= \xe2\x80\xa6", 10, "x= \xe2\x80\xa6" },
    { "abcdefghijkl", 8, "abcdef \xe2\x80\xa6", 10, "abcdef \xe2\x80\xa6" },
    { "a bcdefghijkl", 9, "a bcdef \xe2\x80\xa6", 11, "a bcdef \xe2\x80\xa6" },
    { "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4,
      "\xc3\xa9\xc3\xa9 \xe2\x80\xa6", 9, "\xc3\xa9\xc3\xa9 \xe2\x80\xa6" },
    { "\xc3\xa9 \xc3\xa9\xc3\xa9 \xc3\xa9", 6, "\xc3\xa9 \xc3\xa9\xc3\xa9 \xc3\xa9", 10,
      "\xc3\xa9 \xc3\xa9\xc3\xa9 \xc3\xa9" },
    { "ab", 1, " \xe2\x80\xa6", 1, "" },
    { "", 0, "", 0, "" },
};

static void test_cut(void **state)
{
    const struct cut_row *r = *state;
    char *shown = text_shorten(r->text, r->columns), *kept = text_bound(r->text, r->bytes);

    assert_string_equal(shown, r->shown);
    assert_string_equal(kept, r->kept);
    assert_true(strlen(kept) <= r->bytes);
    free(shown);
    free(kept);
}

#define N_CUTS (sizeof(cut_rows) / sizeof(cut_rows[0]))

int main(void)
{
    struct CMUnitTest tests[4 + N_CUTS] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_escape_json),
        cmocka_unit_test(test_whole),
    };

    for (size_t i = 0; i < N_CUTS; i++)
        tests[4 + i] = (struct CMUnitTest){ cut_rows[i].text, test_cut, NULL, NULL,
                                            (void *)(uintptr_t)&cut_rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
