/* brief_table.h - a table as few words as it needs: what does not change is said once
 * above it. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_TABLE_H
#define RATCHET_RUNNER_BRIEF_BRIEF_TABLE_H

#include <stdio.h>

#include "envs/env.h"

/* Rows of cells, as text. Plain data but for what it owns: zero at first, clear. */
struct brief_table {
    char **heads; /* n_columns of them; the first names the rows: a step, a seed */
    int n_columns;
    char **cells; /* row after row; n_cells of them, the last row maybe begun */
    int n_cells;
};

/* First every column, then cell after cell. A format must come to one line. */
void brief_table_column(struct brief_table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void brief_table_cell(struct brief_table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void brief_table_clear(struct brief_table *t);

/* A line of the columns that are the same in all rows, of those that change once (and
 * where), and of long values that stand in most rows (their cells are blank); then the
 * others, separated by commas, in a fenced block. Nothing without rows. */
void brief_table_write(FILE *f, const struct brief_table *t);

/* The columns of a step: short fields, at most so many values, action, reward, events. */
void brief_table_step_columns(struct brief_table *t, const struct env *env);
/* A row of them; reward and events may be sums over steps. */
void brief_table_step(struct brief_table *t, const struct env *env, int64_t step,
                      const double *values, const double *action, double reward,
                      uint32_t events);
/* The lists that have no column, as they stand in `values`; one of zeros and ones is a
 * row of digits. */
void brief_table_lists(FILE *f, const struct env *env, const double *values,
                       const char *when);

#endif
