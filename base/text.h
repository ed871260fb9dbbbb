/* text.h - text from outside made fit to be shown and stored. */
#ifndef RATCHET_BASE_TEXT_H
#define RATCHET_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TEXT_NUMBER 32 /* bytes of a number in a table */

/* A copy of at most max bytes that can be shown anywhere: UTF-8 without control
 * characters, without those that nobody sees and without those that turn the direction.
 * A control character becomes a space, all else '?'; a character is never cut in two.
 * keep_lines keeps line ends and tabs. The caller frees it. */
char *text_clean(const char *text, size_t len, size_t max, bool keep_lines);

/* The bytes of the UTF-8 character at `text`, of which left > 0 are there; 0 when it is
 * none (Unicode 15, table 3-7). */
size_t text_character(const char *text, size_t left);

/* The bytes, len at most, that do not end within a character. */
size_t text_whole(const char *text, size_t len);

/* The columns that clean text fills: a character each. */
int text_columns(const char *text);

/* A sentence of somebody else is stored whole, and cut only where it is shown: at a word,
 * never within a number, and so that one sees it. Clean text in, a copy out, which the
 * caller frees. */
#define TEXT_SHOWN 240 /* columns that displays have for a sentence */
char *text_shorten(const char *text, int columns);
/* The same for what has a bound where it is stored: at most max bytes. */
char *text_bound(const char *text, size_t max);

/* JSON with the same meaning, in which what text_clean would take out is written as
 * \uXXXX. The caller frees it. */
char *text_escape_json(const char *json);

/* A time (seconds since 1970) as every file has it: UTC, ISO 8601, "2026-11-23T03:00:12Z". */
void text_utc(int64_t seconds, char out[32]);

bool text_ends_with(const char *text, const char *end);

/* A number for a table, "%.{digits}g"; a dash for what is not finite. Returns out. */
const char *text_number(double value, int digits, char out[TEXT_NUMBER]);

/* The beginning of the next line; the text's end behind the last one. */
static inline const char *text_next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

static inline bool text_begins(const char *text, const char *with)
{
    return !strncmp(text, with, strlen(with));
}

#endif
