/* rows.h - rows of a table as cmocka tests of their own: each reports by itself. */
#ifndef RATCHET_TESTS_ROWS_H
#define RATCHET_TESTS_ROWS_H

#include <stddef.h>

/* Adds all rows of an array, each a struct with a `name`, to tests[], of which there are
 * n so far. The test's *state is the row. */
#define ROWS_ADD(tests, n, rows, function)                                    \
    for (size_t row_i = 0; row_i < sizeof(rows) / sizeof((rows)[0]); row_i++) \
        (tests)[(n)++] = (struct CMUnitTest)                                  \
        {                                                                     \
            .name = (rows)[row_i].name, .test_func = (function),              \
            .initial_state = (void *)(uintptr_t)&(rows)[row_i]                \
        }

#endif
