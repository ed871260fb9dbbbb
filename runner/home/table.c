/* table.c - rows of JSON objects as a table or as comma-separated values.
 *
 * The first row names the columns, and each of its keys has a place in every row: a value
 * that is null (json.h: what is not finite) or missing leaves its place empty, or shows a
 * dash, and what comes after it stays where it belongs. */
#include "runner/home/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/text.h"

/* none: what stands for no value. */
static void print_value(const json_t *v, int digits, const char *none, char *out,
                        size_t size)
{
    if (json_is_string(v))
        snprintf(out, size, "%s", json_string_value(v));
    else if (json_is_integer(v))
        snprintf(out, size, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        snprintf(out, size, "%.*g", digits, json_real_value(v));
    else
        snprintf(out, size, "%s", none);
}

static void print_csv_text(FILE *f, const char *text)
{
    char *clean = text_clean(text, strlen(text), strlen(text), false);
    bool is_plain = !strpbrk(clean, ",\"");

    fputs(is_plain ? "" : "\"", f);
    for (const char *at = clean; *at; at++) {
        if (*at == '"')
            fputc('"', f);
        fputc(*at, f);
    }
    fputs(is_plain ? "" : "\"", f);
    free(clean);
}

void table_csv(FILE *f, json_t *rows)
{
    char text[4096];
    const char *key;
    json_t *value;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        int column = 0;
        if (i == 0) {
            json_object_foreach(json_array_get(rows, 0), key, value)
                say_to(f, "%s%s", column++ ? "," : "", key);
            fputc('\n', f);
        }
        column = 0;
        json_object_foreach(json_array_get(rows, 0), key, value) {
            print_value(json_object_get(json_array_get(rows, i), key), 12, "", text,
                        sizeof(text));
            if (column++)
                fputc(',', f);
            print_csv_text(f, text);
        }
        fputc('\n', f);
    }
}

#define MOST_COLUMNS 32
#define MOST_WIDTH 60

void table_print(FILE *f, json_t *rows)
{
    int width[MOST_COLUMNS] = { 0 };
    char text[4096];
    const char *key;
    json_t *value;
    int column;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        column = 0;
        json_object_foreach(json_array_get(rows, 0), key, value) {
            int len, name = text_columns(key);
            print_value(json_object_get(json_array_get(rows, i), key), 6, "-", text,
                        sizeof(text));
            len = text_columns(text) > MOST_WIDTH ? MOST_WIDTH : text_columns(text);
            if (column < MOST_COLUMNS) {
                width[column] = len > width[column] ? len : width[column];
                width[column] = name > width[column] ? name : width[column];
            }
            column++;
        }
    }
    for (size_t i = 0; i <= json_array_size(rows) && json_array_size(rows); i++) {
        column = 0;
        json_object_foreach(json_array_get(rows, 0), key, value) {
            json_t *one = json_object_get(json_array_get(rows, i ? i - 1 : 0), key);
            bool is_text = !i || json_is_string(one);
            char *shown;
            print_value(one, 6, "-", text, sizeof(text));
            shown = text_shorten(i ? text : key, MOST_WIDTH);
            if (column < MOST_COLUMNS)
                say_to(f, "%s%*s", column ? "  " : "",
                       is_text ? -width[column] : width[column], shown);
            free(shown);
            column++;
        }
        fputc('\n', f);
    }
    if (!json_array_size(rows))
        fputs("(nothing)\n", f);
}
