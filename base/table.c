/* table.c - rows of JSON objects as a table of the terminal, as comma-separated values
 * and as Markdown.
 *
 * The first row names the columns, and each of its keys has a place in every row: a value
 * that is null (json.h: what is not finite) or missing leaves its place empty, or shows a
 * dash, and what comes after it stays where it belongs. */
#include "base/table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/say.h"
#include "base/text.h"

#define ESTIMATED "estimated"

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

/* Is it a count of tokens, or money by it, that rests on an estimate? */
static bool is_estimate(const json_t *row, const char *key)
{
    static const char *const keys[] = { "tokens",       "tokens_in", "tokens_out",
                                        "model_tokens", "usd",       NULL };
    const char *estimated = json_string_value(json_object_get(row, ESTIMATED));

    if (!estimated || strcmp(estimated, "yes") ||
        !(json_number_value(json_object_get(row, key)) > 0))
        return false;
    for (const char *const *k = keys; *k; k++)
        if (!strcmp(key, *k))
            return true;
    return false;
}

/* Of a row of the terminal's table. */
static void print_shown(const json_t *row, const char *key, char *out, size_t size)
{
    bool is_marked = is_estimate(row, key);

    out[0] = '~';
    print_value(json_object_get(row, key), 6, "-", out + is_marked, size - is_marked);
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
            if (!strcmp(key, ESTIMATED))
                continue;
            print_shown(json_array_get(rows, i), key, text, sizeof(text));
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
            const json_t *row = json_array_get(rows, i ? i - 1 : 0);
            bool is_text = !i || json_is_string(json_object_get(row, key));
            char *shown;
            if (!strcmp(key, ESTIMATED))
                continue;
            print_shown(row, key, text, sizeof(text));
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

static void write_count(double n, char *out, size_t size)
{
    static const char *const units[] = { "", " k", " M", " G", " T" };
    size_t unit = 0;

    for (bool is_large = fabs(n) >= 10000;
         is_large && fabs(n) >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]);
         unit++)
        n /= 1000;
    snprintf(out, size, unit && fabs(n) < 100 ? "%.1f%s" : "%.0f%s", n, units[unit]);
}

static void table_write_number(double n, enum table_kind kind, char *out, size_t size)
{
    if (kind == TABLE_COUNT)
        write_count(n, out, size);
    else if (kind == TABLE_USD)
        snprintf(out, size, n < 0.01 && n > 0 ? "$%.4f" : "$%.2f", n);
    else
        snprintf(out, size,
                 fabs(n) >= 1e7   ? "%.3g"
                 : fabs(n) >= 100 ? "%.1f"
                                  : "%.2f",
                 n);
}

void table_value(const json_t *row, const struct table_column *c, char *out, size_t size)
{
    const json_t *v = json_object_get(row, c->key);
    double n = json_is_number(v) ? json_number_value(v) : NAN;
    bool is_marked = is_estimate(row, c->key);

    out[0] = '\0';
    if (c->kind == TABLE_TEXT && json_is_string(v))
        snprintf(out, size, "%s", json_string_value(v));
    else if (c->kind == TABLE_HASH && json_is_string(v))
        snprintf(out, size, "%.8s", json_string_value(v));
    else if (isfinite(n)) {
        out[0] = '~';
        table_write_number(n, c->kind, out + is_marked, size - is_marked);
    }
}

#define MOST_CELL 400 /* columns */

/* Is it a letter of a word? An underscore between two of these is text. */
static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || (c & 0x80);
}

static bool is_mark(const char *text, const char *at)
{
    if (*at == '_')
        return at == text || !is_letter(at[-1]) || !is_letter(at[1]);
    if (*at == ':') /* a bare address would be made a link */
        return at[1] == '/' && at[2] == '/';
    if (*at == '.')
        return at - text >= 3 && !strncasecmp(at - 3, "www", 3);
    return strchr("\\`*[]#|!>~@", *at);
}

void table_markdown_text(FILE *f, const char *text, int columns)
{
    char *whole = text_clean(text, strlen(text), strlen(text), false);
    char *clean = text_shorten(whole, columns);

    for (const char *at = clean; *at; at++) {
        if (*at == '<')
            fputs("&lt;", f);
        else if (*at == '&')
            fputs("&amp;", f);
        else
            fprintf(f, is_mark(clean, at) ? "\\%c" : "%c", *at);
    }
    free(clean);
    free(whole);
}

void table_markdown_head(FILE *f, const struct table_column *columns)
{
    for (const struct table_column *c = columns; c->key; c++)
        fprintf(f, "| %s ", c->title);
    fputs("|\n", f);
    for (const struct table_column *c = columns; c->key; c++)
        fputs(c->kind == TABLE_TEXT || c->kind == TABLE_HASH ? "|---" : "|---:", f);
    fputs("|\n", f);
}

void table_markdown_row(FILE *f, const struct table_column *columns, const json_t *row)
{
    for (const struct table_column *c = columns; c->key; c++) {
        const json_t *v = json_object_get(row, c->key);
        char text[64];
        table_value(row, c, text, sizeof(text));
        fputs("| ", f);
        table_markdown_text(
            f, c->kind == TABLE_TEXT && json_is_string(v) ? json_string_value(v) : text,
            MOST_CELL);
        fputc(' ', f);
    }
    fputs("|\n", f);
}
