/* table.h - rows of JSON objects as a table of the terminal, as comma-separated values
 * and as Markdown.
 *
 * A row whose "estimated" is "yes" holds tokens that nobody counted: for people these, and
 * money, have a tilde before them, and the column "estimated" is left out. JSON and
 * comma-separated values have the column and no tilde. */
#ifndef RATCHET_BASE_TABLE_H
#define RATCHET_BASE_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What a column holds: text (a number: three digits or so), counts (12.3 M), US dollars,
 * a hash by its first eight digits. */
enum table_kind { TABLE_TEXT, TABLE_NUMBER, TABLE_COUNT, TABLE_USD, TABLE_HASH };

struct table_column {
    const char *key, *title; /* key NULL ends a table's columns */
    enum table_kind kind;
};

/* rows: an array of objects with the same keys, in the order of the columns. */
void table_print(FILE *f, json_t *rows);
void table_csv(FILE *f, json_t *rows); /* with a line of names */

void table_markdown_head(FILE *f, const struct table_column *columns);
void table_markdown_row(FILE *f, const struct table_column *columns, const json_t *row);

/* A row's value for people, in a column of the kind: 12,300,000 as 12.3 M, null as "". out
 * is always terminated. */
void table_value(const json_t *row, const struct table_column *c, char *out, size_t size);

/* Somebody's text, cleaned, in one line, and escaped so that it is neither HTML nor a
 * link nor a table's end in whatever shows the Markdown. At most `columns` wide. */
void table_markdown_text(FILE *f, const char *text, int columns);

#endif
