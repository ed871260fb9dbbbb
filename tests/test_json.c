/* test_json.c - numbers that are not finite: null in JSON, an empty place in CSV, a dash
 * in a table, and never a column less. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/table.h"

struct row {
    const char *name;
    double value;
    const char *json, *csv, *table;
};

/* Two rows of three columns; the value stands in the middle of the second. */
static const struct row rows[] = {
    { "a number", 1.5, "1.5", "c,1.5,3", "c  1.5  3" },
    { "NaN", NAN, "null", "c,,3", "c    -  3" },
    { "infinity", INFINITY, "null", "c,,3", "c    -  3" },
    { "minus infinity", -INFINITY, "null", "c,,3", "c    -  3" },
    { "the greatest", 1.7976931348623157e308, "1.7976931348623157e308",
      "c,1.79769313486e+308,3", "c  1.79769e+308  3" },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* value NULL: the key is missing. */
static json_t *two_rows(json_t *value)
{
    json_t *first = json_pack("{s:s, s:i, s:i}", "name", "a", "b", 123, "z", 1),
           *second = json_pack("{s:s, s:i}", "name", "c", "z", 3);

    if (value)
        json_object_set_new(second, "b", value);
    return json_pack("[o, o]", first, second);
}

/* The last line of what print writes of these rows, which it frees. */
static char *last_line(void (*print)(FILE *f, json_t *rows), json_t *list)
{
    char *text = NULL, *line;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    print(f, list);
    fclose(f);
    json_decref(list);
    text[strlen(text) - 1] = '\0';
    line = strdup(strrchr(text, '\n') + 1);
    free(text);
    return line;
}

static void test_number(void **state)
{
    const struct row *r = *state;
    json_t *number = json_finite(r->value);
    char *text = json_dumps(number, JSON_ENCODE_ANY), *line;

    assert_non_null(number);
    assert_string_equal(text, r->json);
    free(text);
    json_decref(number);
    line = last_line(table_csv, two_rows(json_finite(r->value)));
    assert_string_equal(line, r->csv);
    free(line);
    line = last_line(table_print, two_rows(json_finite(r->value)));
    assert_string_equal(line + strspn(line, "c "), r->table + strspn(r->table, "c "));
    free(line);
}

static void test_missing(void **state)
{
    char *line;

    (void)state;
    line = last_line(table_csv, two_rows(NULL));
    assert_string_equal(line, "c,,3");
    free(line);
    line = last_line(table_print, two_rows(NULL));
    assert_non_null(strstr(line, "-"));
    free(line);
}

int main(void)
{
    struct CMUnitTest tests[N_ROWS + 1] = { cmocka_unit_test(test_missing) };

    for (size_t i = 0; i < N_ROWS; i++)
        tests[i + 1] = (struct CMUnitTest){ rows[i].name, test_number, NULL, NULL,
                                            (void *)(uintptr_t)&rows[i] };
    return _cmocka_run_group_tests("json", tests, N_ROWS + 1, NULL, NULL);
}
