/* fence.c - fenced code blocks, as CommonMark has them (section 4.5): found, and
 * written. */
#include "runner/policy/fence.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define LEAST 3
#define BOM "\xef\xbb\xbf"

static size_t line_len(const char *line)
{
    return strcspn(line, "\n");
}

size_t fence_blanks(const char *line)
{
    size_t n = strspn(line, " \t");

    while (!strncmp(line + n, BOM, 3))
        n += 3 + strspn(line + n + 3, " \t");
    return n;
}

int fence_indent(const char *line, size_t bytes)
{
    int n = (int)bytes;

    for (size_t i = 0; i + 2 < bytes; i++)
        n -= strncmp(line + i, BOM, 3) ? 0 : 3;
    return n;
}

/* "- ", "* ", "+ ", "1. ", "1) ": its length with the blanks behind it, or 0. */
static size_t list_mark(const char *at)
{
    size_t digits = strspn(at, "0123456789"), n = 0, gap;

    if (digits > 0 && digits < 10 && (at[digits] == '.' || at[digits] == ')'))
        n = digits + 1;
    else if (*at && strchr("-*+", *at))
        n = 1;
    gap = n ? strspn(at + n, " \t") : 0;
    return gap ? n + gap : 0;
}

static int fence_run_of(const char *at, char mark)
{
    int n = 0;

    while (at[n] == mark)
        n++;
    return n;
}

bool fence_opens(const char *line, struct fence *out)
{
    size_t len = line_len(line), at = fence_blanks(line), mark;

    *out = (struct fence){ 0 };
    if (line[at] == '>' && line[at + 1] != '>') {
        out->is_quoted = true;
        at += 1 + fence_blanks(line + at + 1);
    }
    while ((mark = list_mark(line + at)) > 0)
        at += mark;
    if (line[at] != '`' && line[at] != '~')
        return false;
    out->mark = line[at];
    out->indent = fence_indent(line, at);
    out->n = fence_run_of(line + at, out->mark);
    if (out->n < LEAST)
        return false;
    at += (size_t)out->n;
    out->has_cr = len > 0 && line[len - 1] == '\r';
    while (at < len && strchr(" \t", line[at]))
        at++;
    while (len > at && strchr(" \t\r", line[len - 1]))
        len--;
    out->info = line + at;
    out->info_len = len - at;
    return out->mark != '`' || !memchr(out->info, '`', out->info_len);
}

bool fence_closes(const char *line, const struct fence *opened)
{
    size_t at = fence_blanks(line);
    int n;

    if (opened->is_quoted && line[at] == '>')
        at += 1 + fence_blanks(line + at + 1);
    if (fence_indent(line, at) > opened->indent + LEAST)
        return false;
    n = fence_run_of(line + at, opened->mark);
    at += (size_t)n;
    return n >= opened->n && at + strspn(line + at, " \t\r") == line_len(line);
}

bool fence_is_lua(const struct fence *f)
{
    const char *at = f->info;
    size_t len = f->info_len;

    while (len > 0 && strchr("{.", *at)) {
        at++;
        len--;
    }
    return len >= 3 && !strncasecmp(at, "lua", 3) &&
           (len == 3 || !isalpha((unsigned char)at[3]));
}

void fence_write(FILE *f, const char *info, const char *text)
{
    size_t len = strlen(text);
    int most = LEAST;

    for (const char *at = text; (at = strchr(at, '`'));) {
        int n = fence_run_of(at, '`');
        most = n >= most ? n + 1 : most;
        at += n;
    }
    for (int end = 0; end < 2; end++) {
        for (int i = 0; i < most; i++)
            fputc('`', f);
        fprintf(f, "%s\n", end ? "" : info);
        if (!end)
            fprintf(f, "%s%s", text, len && text[len - 1] != '\n' ? "\n" : "");
    }
}
