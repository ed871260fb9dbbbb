/* error.c - the reason why something failed, and memory that is there or ends the
 * program. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int error_set(struct error *err, const char *format, ...)
{
    va_list args;
    size_t at = sizeof(err->text) - 4;
    int len;

    if (!err)
        return -1;
    va_start(args, format);
    len = vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    if (len < (int)sizeof(err->text))
        return -1;
    while (at > 0 && ((unsigned char)err->text[at] & 0xc0) == 0x80) /* a character's rest */
        at--;
    memcpy(err->text + at, "...", 4); /* who reads it sees that there was more */
    return -1;
}

static void *or_die(void *p)
{
    if (!p) {
        fputs("ratchet: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    return or_die(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return or_die(realloc(old, size ? size : 1));
}

char *xstrdup(const char *text)
{
    return or_die(strdup(text));
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    return or_die(text);
}

void xfree_list(char **list)
{
    for (char **text = list; text && *text; text++)
        free(*text);
    free(list);
}
