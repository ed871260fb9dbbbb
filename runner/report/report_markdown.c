/* report_markdown.c - the report as Markdown, without pictures. Text of policies and
 * models is escaped, so that it is neither HTML nor a link in whatever shows it. */
#include <string.h>

#include "base/json.h"
#include "runner/policy/fence.h"
#include "runner/report/report_parts.h"

#define MOST_TEXT 400 /* columns */

static void report_markdown_begin(FILE *f, const char *title)
{
    (void)f;
    (void)title;
}

static void report_markdown_end(FILE *f)
{
    (void)f;
}

static void report_markdown_put_heading(FILE *f, int level, size_t number,
                                        const char *text)
{
    (void)number;
    fprintf(f, "%.*s ", level, "######");
    table_markdown_text(f, text, MOST_TEXT);
    fputs("\n\n", f);
}

/* What begins like an item of a list, or a rule under a heading, is text. */
static void report_markdown_put_paragraph(FILE *f, enum report_tone tone,
                                          const char *text)
{
    size_t blanks = strspn(text, " \t\r\n"), digits;

    (void)tone;
    text += blanks;
    digits = strspn(text, "0123456789");
    fprintf(f, "%.*s", (int)digits, text);
    text += digits;
    if (strchr(digits ? ".)" : "+-=", *text) && *text)
        fputc('\\', f);
    table_markdown_text(f, text, MOST_TEXT);
    fputs("\n\n", f);
}

static void report_markdown_put_facts(FILE *f, const struct report_fact *facts, int n)
{
    for (const struct report_fact *fact = facts; fact < facts + n; fact++)
        fprintf(f, "- %s: %s%s%s%s\n", fact->title, fact->text,
                fact->interval[0] ? " (" : "", fact->interval,
                fact->interval[0] ? ")" : "");
    fputc('\n', f);
}

static void report_markdown_put_table(FILE *f, const struct table_column *columns,
                                      const json_t *rows)
{
    json_t *row;
    size_t i;

    table_markdown_head(f, columns);
    json_array_foreach(rows, i, row)
        table_markdown_row(f, columns, row);
    fputc('\n', f);
}

static void report_markdown_put_diff(FILE *f, const char *text)
{
    fence_write(f, "diff", text);
    fputc('\n', f);
}

static void report_markdown_put_failure(FILE *f, const json_t *failure, const char *about)
{
    report_markdown_put_heading(f, 4, 0, json_get_text(failure, "signature"));
    report_markdown_put_paragraph(f, REPORT_SOFT, about);
}

static void report_markdown_put_lines(FILE *f, const json_t *lines)
{
    json_t *line;
    size_t i;

    json_array_foreach(lines, i, line) {
        fputs("- ", f);
        table_markdown_text(f, json_string_value(line) ? json_string_value(line) : "",
                            MOST_TEXT);
        fputc('\n', f);
    }
    fputc('\n', f);
}

const struct report_form report_markdown = {
    .begin = report_markdown_begin,
    .end = report_markdown_end,
    .lines = report_markdown_put_lines,
    .heading = report_markdown_put_heading,
    .paragraph = report_markdown_put_paragraph,
    .facts = report_markdown_put_facts,
    .table = report_markdown_put_table,
    .diff = report_markdown_put_diff,
    .failure = report_markdown_put_failure,
};
