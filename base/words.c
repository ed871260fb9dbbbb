/* words.c - a list of words that grows, as the arguments of a program. */
#include "base/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static void words_take(struct words *w, char *word)
{
    w->list = xrealloc(w->list, (w->n + 2) * sizeof(*w->list));
    w->list[w->n++] = word;
    w->list[w->n] = NULL;
}

void words_add(struct words *w, const char *word)
{
    words_take(w, xstrdup(word));
}

void words_addf(struct words *w, const char *format, ...)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    va_list args;

    va_start(args, format);
    vfprintf(f, format, args);
    va_end(args);
    fclose(f);
    words_take(w, text);
}

void words_add_all(struct words *w, const char *const *words)
{
    for (; words && *words; words++)
        words_add(w, *words);
}

void words_add_option(struct words *w, const char *option, const char *value)
{
    if (!value)
        return;
    words_add(w, option);
    words_add(w, value);
}

void words_clear(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free((void *)w->list[i]);
    free(w->list);
    *w = (struct words){ 0 };
}
