/* edit.c - finds a piece of text in a source: to the letter, but for blanks, or what
 * comes nearest to it. */
#include "runner/policy/edit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/error.h"

#define MOST_LINES 60   /* of a search that is compared */
#define MOST_DRIFTED 2000 /* lines of a search that is compared but for blanks */
#define LEAST_ALIKE 0.5 /* of 1, a line on average */

struct line {
    const char *at;
    size_t len; /* without blanks at both ends */
};

int edit_count(const char *source, const char *search, size_t len, bool is_at_line,
               const char **where)
{
    int n = 0;

    for (const char *at = source; len && (at = memmem(at, strlen(at), search, len)); at++)
        if (!is_at_line || at == source || at[-1] == '\n') {
            *where = at;
            n++;
        }
    return n;
}

static struct line *edit_split(const char *text, int most, int *n)
{
    struct line *lines = NULL;

    *n = 0;
    for (const char *at = text; *at && *n < most;) {
        size_t len = strcspn(at, "\n"), blank = strspn(at, " \t\r");
        struct line one = { at + blank, len > blank ? len - blank : 0 };
        while (one.len && strchr(" \t\r", one.at[one.len - 1]))
            one.len--;
        if (*n % 64 == 0)
            lines = xrealloc(lines, sizeof(*lines) * (size_t)(*n + 64));
        lines[(*n)++] = one;
        at += len + (at[len] == '\n');
    }
    return lines;
}

/* A line that is not empty, as it is compared when blanks do not count. */
struct key {
    const char *at; /* of the line */
    size_t len;     /* with its end */
    uint64_t hash;
};

/* The bytes of a blank that stands there, ASCII or no-break; 0: there is none. */
static size_t blank_len(const char *at)
{
    if (*at == ' ' || *at == '\t' || *at == '\r')
        return 1;
    return !strncmp(at, "\xc2\xa0", 2) ? 2 : 0;
}

/* The plain quote that a typographic one of three bytes stands for; 0: there is none. */
static char quote_of(const char *at)
{
    if (strncmp(at, "\xe2\x80", 2) || (unsigned char)at[2] < 0x98 ||
        (unsigned char)at[2] > 0x9f)
        return 0;
    return (unsigned char)at[2] < 0x9c ? '\'' : '"';
}

static struct key *keys_of(const char *text, int *n)
{
    struct key *keys = NULL;

    *n = 0;
    while (*text) {
        size_t len = strcspn(text, "\n"), used = 0, blank;
        char *plain = xcalloc(len + 1, 1);
        for (size_t i = 0, step; i < len; i += step) {
            char quote = quote_of(text + i);
            blank = blank_len(text + i);
            step = quote ? 3 : blank ? blank : 1;
            if (!blank)
                plain[used++] = quote ? quote : text[i];
        }
        len += text[len] == '\n';
        if (used > 0) {
            if (*n % 64 == 0)
                keys = xrealloc(keys, sizeof(*keys) * (size_t)(*n + 64));
            keys[(*n)++] = (struct key){ text, len, XXH3_64bits(plain, used) };
        }
        free(plain);
        text += len;
    }
    return keys;
}

static struct edit_place find_drifted(const char *source, const char *search)
{
    struct edit_place found = { 0 };
    int n, k;
    struct key *have = keys_of(source, &n), *want = keys_of(search, &k);

    for (int i = 0; k > 0 && k <= MOST_DRIFTED && i + k <= n && found.n < 2; i++) {
        int same = 0;
        while (same < k && have[i + same].hash == want[same].hash)
            same++;
        if (same < k)
            continue;
        found.n++;
        found.at = have[i].at;
        found.len = (size_t)(have[i + k - 1].at + have[i + k - 1].len - have[i].at);
    }
    free(have);
    free(want);
    return found;
}

struct edit_place edit_find(const char *source, const char *search)
{
    struct edit_place found = { .len = strlen(search) };

    found.n = edit_count(source, search, found.len, true, &found.at);
    return found.n ? found : find_drifted(source, search);
}

/* The share of bytes at both ends that are the same. */
static double alike(struct line a, struct line b)
{
    size_t least = a.len < b.len ? a.len : b.len, most = a.len > b.len ? a.len : b.len;
    size_t front = 0, back = 0;

    while (front < least && a.at[front] == b.at[front])
        front++;
    while (back < least - front && a.at[a.len - 1 - back] == b.at[b.len - 1 - back])
        back++;
    return most ? (double)(front + back) / (double)most : 1;
}

char *edit_nearest(const char *source, const char *search, int *line)
{
    int n, k, best = -1;
    struct line *have = edit_split(source, 1 << 20, &n),
                *want = edit_split(search, MOST_LINES, &k);
    double most = 0;
    char *found = NULL;

    for (int i = 0; i + k <= n && k; i++) {
        double sum = 0;
        for (int j = 0; j < k; j++)
            sum += alike(have[i + j], want[j]);
        if (sum > most) {
            most = sum;
            best = i;
        }
    }
    if (best >= 0 && most >= LEAST_ALIKE * k) {
        const char *from = have[best].at,
                   *to = have[best + k - 1].at + have[best + k - 1].len;
        while (from > source && from[-1] != '\n')
            from--;
        found = xasprintf("%.*s", (int)(to - from), from);
        *line = best + 1;
    }
    free(have);
    free(want);
    return found;
}
