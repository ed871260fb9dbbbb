/* test_sweep.c - what a sweep's cells add up to: an interval is over runs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/json.h"
#include "runner/evaluate/stats.h"
#include "runner/experiment/sweep.h"

#define MOST_RUNS 4

static const struct row {
    const char *name;
    double mine[MOST_RUNS], chance[MOST_RUNS]; /* means of runs of 1,000 episodes */
    int n_mine, n_chance;
    double half; /* of the 95 % interval; NAN: there is none */
    const char *beats;
} rows[] = {
    /* Welch's interval; the quantile by integrating Student's density numerically. */
    { "runs that differ, episodes that do not",
      { 10, 20, 30 },
      { 0, 1, 2 },
      3,
      3,
      24.502039,
      "no" },
    { "runs that agree", { 19, 20, 21 }, { 0, 1, 2 }, 3, 3, 2.266958, "yes" },
    { "one run is no interval", { 20 }, { 0, 1, 2 }, 1, 3, NAN, "too few runs" },
    { "one run of chance neither", { 19, 20, 21 }, { 1 }, 3, 1, NAN, "too few runs" },
    { "nothing to compare with", { 19, 20, 21 }, { 0 }, 3, 0, NAN, "" },
};

static void add_cells(json_t *cells, const char *player, const double *means, int n)
{
    for (int i = 0; i < n; i++)
        json_array_append_new(
            cells, json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:i}", "env", "ale/pong",
                             "player", player, "observation", "ram", "repeat", i, "mean",
                             means[i], "std", 0.5, "episodes", 1000));
}

static void test_interval(void **state)
{
    const struct row *r = *state;
    json_t *cells = json_array(), *out, *row = NULL;

    add_cells(cells, "my.lua", r->mine, r->n_mine);
    add_cells(cells, "random", r->chance, r->n_chance);
    out = sweep_rows(cells);
    for (size_t i = 0; i < json_array_size(out); i++)
        if (!strcmp(json_get_text(json_array_get(out, i), "player"), "my.lua"))
            row = json_array_get(out, i);
    assert_non_null(row);
    assert_int_equal(json_integer_value(json_object_get(row, "runs")), r->n_mine);
    assert_int_equal(json_integer_value(json_object_get(row, "episodes")),
                     1000 * r->n_mine);
    assert_string_equal(json_get_text(row, "beats_random"), r->beats);
    if (isnan(r->half))
        assert_true(json_is_null(json_object_get(row, "interval")));
    else
        assert_float_equal(json_get_number(row, "interval"), r->half, 1e-5);
    json_decref(out);
    json_decref(cells);
}

int main(void)
{
    struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0])];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        tests[i] = (struct CMUnitTest){ rows[i].name, test_interval, NULL, NULL,
                                        (void *)&rows[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
