/* fence.h - fenced code blocks, as CommonMark has them (section 4.5): found, and
 * written. */
#ifndef RATCHET_RUNNER_POLICY_FENCE_H
#define RATCHET_RUNNER_POLICY_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A line that opens a block. */
struct fence {
    char mark;      /* ` or ~ */
    int n;          /* how many */
    int indent;     /* bytes before it, a list's mark among them */
    bool is_quoted; /* behind a > */
    bool has_cr;    /* the line ends in CR LF */
    const char *info;
    size_t info_len; /* without blanks around it */
};

/* The line ends at \n or at the text's end. A list's item or a quotation may open a
 * block, and it may stand deeper than CommonMark's three blanks. */
bool fence_opens(const char *line, struct fence *out);
bool fence_closes(const char *line, const struct fence *opened);
/* Does the info string name Lua, in any case? */
bool fence_is_lua(const struct fence *f);

/* The bytes of blanks at the beginning of a line, byte order marks among them. */
size_t fence_blanks(const char *line);
/* How far a line is indented whose first so many bytes are indentation. */
int fence_indent(const char *line, size_t bytes);

/* Writes the text as a block that nothing in it can close. */
void fence_write(FILE *f, const char *info, const char *text);

#endif
