/* table.h - rows of JSON objects as a table or as comma-separated values. */
#ifndef RATCHET_RUNNER_HOME_TABLE_H
#define RATCHET_RUNNER_HOME_TABLE_H

#include <jansson.h>
#include <stdio.h>

/* rows: an array of objects with the same keys, in the order of the columns. */
void table_print(FILE *f, json_t *rows);
void table_csv(FILE *f, json_t *rows); /* with a line of names */

#endif
