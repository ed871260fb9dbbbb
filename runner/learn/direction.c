/* direction.c - is a change one that failed before?
 *
 * Two sentences are taken for the same direction when they share four fifths of their
 * words (Jaccard's index). The measure is meant to be narrow: a repeated program is told
 * by its hash, and what this adds is the same idea in other code. */
#include "runner/learn/direction.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "runner/policy/reply.h"

#define SAME 0.8
#define LEAST_WORDS 5
#define MOST_WORDS 64

struct words {
    uint64_t list[MOST_WORDS];
    int n;
};

static bool has(const struct words *w, uint64_t word)
{
    for (int i = 0; i < w->n; i++)
        if (w->list[i] == word)
            return true;
    return false;
}

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static struct words words_of(const char *text)
{
    struct words w = { 0 };
    char word[32];

    while (*text && w.n < MOST_WORDS) {
        size_t len = 0;
        uint64_t hash;
        while (*text && !is_of_word(*text))
            text++;
        for (; is_of_word(*text); text++)
            if (len < sizeof(word))
                word[len++] = (char)tolower((unsigned char)*text);
        while (len > 0 && word[len - 1] == '.') /* a sentence's, not a number's */
            len--;
        hash = XXH3_64bits(word, len);
        if (len > 0 && !has(&w, hash))
            w.list[w.n++] = hash;
    }
    return w;
}

bool direction_is_same(const char *a, const char *b)
{
    struct words x = words_of(a), y = words_of(b);
    int shared = 0;

    if (x.n < LEAST_WORDS || y.n < LEAST_WORDS)
        return false;
    for (int i = 0; i < x.n; i++)
        shared += has(&y, x.list[i]);
    return shared >= SAME * (x.n + y.n - shared);
}

bool direction_is_about(const char *note, const char *change)
{
    struct words x = words_of(change), y = words_of(note);
    int shared = 0;

    if (x.n < LEAST_WORDS)
        return false;
    for (int i = 0; i < x.n; i++)
        shared += has(&y, x.list[i]);
    return shared >= SAME * x.n;
}

bool direction_says_why(const char *reply)
{
    char *prose = reply_prose(reply);
    bool says = false;

    for (const char *line = prose; *line && !says;
         line += strcspn(line, "\n"), line += *line == '\n')
        says = !strncasecmp(line + strspn(line, " \t*-"), "why now", 7);
    free(prose);
    return says;
}
