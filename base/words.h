/* words.h - a list of words that grows, as the arguments of a program. */
#ifndef RATCHET_BASE_WORDS_H
#define RATCHET_BASE_WORDS_H

#include <stddef.h>

/* Owns its words. NULL stands behind the last one as soon as there is one. */
struct words {
    const char **list;
    size_t n;
};

void words_add(struct words *w, const char *word);
void words_addf(struct words *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void words_add_all(struct words *w, const char *const *words); /* NULL is fine */
/* An option and its value; nothing where the value is NULL. */
void words_add_option(struct words *w, const char *option, const char *value);
void words_clear(struct words *w);

#endif
