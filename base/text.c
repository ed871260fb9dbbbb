/* text.c - text from outside made fit to be shown and stored. */
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

#define NO_TEXT UINT32_MAX
#define ELLIPSIS " \xe2\x80\xa6"
#define ELLIPSIS_COLUMNS 2

/* The UTF-8 character at s, of which left > 0 bytes are there, and its length; NO_TEXT
 * and 1 when it is none (the table of well-formed sequences, Unicode 15, table 3-7). */
static uint32_t character(const uint8_t *s, size_t left, size_t *len)
{
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;
    uint32_t code = n < 2 ? s[0] : s[0] & (0x7fu >> n);

    *len = 1;
    if (n == 0 || n > left || (s[0] == 0xe0 && s[1] < 0xa0) ||
        (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return NO_TEXT;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return NO_TEXT;
        code = code << 6 | (s[i] & 0x3fu);
    }
    *len = n;
    return code;
}

size_t text_character(const char *text, size_t left)
{
    size_t len;

    return character((const uint8_t *)text, left, &len) == NO_TEXT ? 0 : len;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Characters without a picture of their own that turn, join, hide or break the text round
 * them (Unicode's category Cf, its two separators, and letters that are blank). */
static bool text_is_unseen(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        { 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c },
        { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
        { 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
        { 0x3164, 0x3164 },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
        { 0xfff0, 0xfffb },   { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

char *text_clean(const char *text, size_t len, size_t max, bool keep_lines)
{
    char *out = xcalloc((len < max ? len : max) + 1, 1);
    size_t n = 0, step;

    for (size_t i = 0; i < len; i += step) {
        uint32_t code = character((const uint8_t *)text + i, len - i, &step);
        const char *from = text + i;
        size_t width = step;
        if (code == NO_TEXT || text_is_unseen(code)) {
            from = "?";
            width = 1;
        } else if (is_control(code) && !(keep_lines && (code == '\n' || code == '\t'))) {
            from = " ";
            width = 1;
        }
        if (n + width > max)
            break;
        memcpy(out + n, from, width);
        n += width;
    }
    return out;
}

size_t text_whole(const char *text, size_t len)
{
    size_t start = len; /* of the last character */

    while (start > 0 && len - start < 4 && ((uint8_t)text[--start] & 0xc0) == 0x80)
        continue;
    if (start < len) {
        uint8_t first = (uint8_t)text[start];
        size_t n = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        if (n > len - start)
            return start;
    }
    return len;
}

int text_columns(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((uint8_t)*text & 0xc0) != 0x80;
    return n;
}

/* At most len bytes of the text, with an ellipsis: whole words; where one word is most of
 * it, whole characters, but no part of a number. */
static char *cut(const char *text, size_t len)
{
    static const char number[] = "0123456789.,+-";
    size_t word = len, at = text_whole(text, len);

    while (word > 0 && text[word] != ' ' && text[word] != '\n')
        word--;
    if (word > len / 2)
        at = word;
    else
        while (at > 0 && strchr(number, text[at - 1]) && strchr(number, text[at]))
            at--;
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\n'))
        at--;
    return xasprintf("%.*s" ELLIPSIS, (int)at, text);
}

char *text_bound(const char *text, size_t max)
{
    if (strlen(text) <= max)
        return xstrdup(text);
    return max < strlen(ELLIPSIS) ? xstrdup("") : cut(text, max - strlen(ELLIPSIS));
}

char *text_shorten(const char *text, int columns)
{
    int n = 0;
    size_t len = 0;

    if (text_columns(text) <= columns)
        return xstrdup(text);
    for (; n < columns - ELLIPSIS_COLUMNS; n++) /* over a character each */
        do
            len++;
        while (((uint8_t)text[len] & 0xc0) == 0x80);
    return cut(text, len);
}

char *text_escape_json(const char *json)
{
    size_t len = strlen(json), n = 0, step;
    char *out = xcalloc(6 * len + 1, 1);

    for (size_t i = 0; i < len; i += step) {
        uint32_t code = character((const uint8_t *)json + i, len - i, &step);
        if (code == NO_TEXT)
            out[n++] = '?';
        else if (code == '\n' || (!is_control(code) && !text_is_unseen(code)))
            memcpy(out + n, json + i, step), n += step;
        else if (code < 0x10000)
            n += (size_t)sprintf(out + n, "\\u%04x", code);
        else
            n += (size_t)sprintf(out + n, "\\u%04x\\u%04x",
                                 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
    }
    return out;
}

void text_utc(int64_t seconds, char out[32])
{
    time_t t = (time_t)seconds;
    struct tm utc;

    if (!gmtime_r(&t, &utc) || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(out, 32, "?");
}

bool text_ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len >= n && !strcmp(text + len - n, end);
}

const char *text_number(double value, int digits, char out[TEXT_NUMBER])
{
    if (isfinite(value))
        snprintf(out, TEXT_NUMBER, "%.*g", digits, value);
    else
        strcpy(out, "-");
    return out;
}
