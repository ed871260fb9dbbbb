/* diff.c - what changed between two texts: the longest common subsequence of their
 * lines. */
#include "base/diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/say.h"

#define CONTEXT 3
#define MOST_CELLS \
    ((size_t)1 << 24) /* larger texts: everything in the middle is replaced */

struct line {
    const char *at;
    int len;
};

struct lines {
    struct line *list;
    int n;
};

/* One line of the result: ' ', '-' or '+'. */
struct edit {
    char sign;
    struct line line;
    int a, b; /* lines of both texts before it */
};

struct script {
    struct edit *list;
    int n;
};

static struct lines diff_split(const char *text)
{
    struct lines l = { 0 };

    while (*text) {
        size_t len = strcspn(text, "\n");
        *xgrow(l.list, l.n) = (struct line){ text, (int)len };
        text += len + (text[len] == '\n');
    }
    return l;
}

static bool is_same(struct line a, struct line b)
{
    return a.len == b.len && !memcmp(a.at, b.at, (size_t)a.len);
}

static void diff_push(struct script *s, char sign, struct line line, int a, int b)
{
    *xgrow(s->list, s->n) = (struct edit){ sign, line, a, b };
}

/* The middle parts, a[from..to_a) and b[from..to_b). */
static void diff_compare(struct script *s, const struct lines *a, const struct lines *b,
                         int from, int to_a, int to_b)
{
    int n = to_a - from, m = to_b - from, i = 0, k = 0;
    size_t width = (size_t)m + 1;
    int32_t *length = NULL;

    if ((size_t)(n + 1) * width <= MOST_CELLS) {
        length = xcalloc((size_t)(n + 1) * width, sizeof(*length));
        for (int x = n - 1; x >= 0; x--)
            for (int y = m - 1; y >= 0; y--) {
                int32_t right = length[(size_t)x * width + (size_t)y + 1];
                int32_t down = length[(size_t)(x + 1) * width + (size_t)y];
                length[(size_t)x * width + (size_t)y] =
                    is_same(a->list[from + x], b->list[from + y])
                        ? length[(size_t)(x + 1) * width + (size_t)y + 1] + 1
                    : right > down ? right
                                   : down;
            }
    }
    while (i < n || k < m) {
        if (length && i < n && k < m && is_same(a->list[from + i], b->list[from + k])) {
            diff_push(s, ' ', a->list[from + i], from + i, from + k);
            i++, k++;
        } else if (i < n && (k >= m || !length ||
                             length[(size_t)(i + 1) * width + (size_t)k] >=
                                 length[(size_t)i * width + (size_t)k + 1])) {
            diff_push(s, '-', a->list[from + i], from + i, from + k);
            i++;
        } else {
            diff_push(s, '+', b->list[from + k], from + i, from + k);
            k++;
        }
    }
    free(length);
}

static void write_hunk(FILE *out, const struct script *s, int from, int to)
{
    int n_a = 0, n_b = 0;

    for (int i = from; i < to; i++) {
        n_a += s->list[i].sign != '+';
        n_b += s->list[i].sign != '-';
    }
    fprintf(out, "@@ -%d,%d +%d,%d @@\n", s->list[from].a + (n_a > 0), n_a,
            s->list[from].b + (n_b > 0), n_b);
    for (int i = from; i < to; i++)
        fprintf(out, "%c%.*s\n", s->list[i].sign, s->list[i].line.len,
                s->list[i].line.at);
}

static void write_hunks(FILE *out, const struct script *s)
{
    int i = 0;

    while (i < s->n) {
        int from, to, same = 0;
        while (i < s->n && s->list[i].sign == ' ')
            i++;
        if (i == s->n)
            return;
        from = i > CONTEXT ? i - CONTEXT : 0;
        for (to = i; to < s->n && same <= 2 * CONTEXT; to++)
            same = s->list[to].sign == ' ' ? same + 1 : 0;
        i = to;
        to -= same > CONTEXT ? same - CONTEXT : 0;
        write_hunk(out, s, from, to);
    }
}

void diff_write(FILE *out, const char *name_a, const char *a, const char *name_b,
                const char *b)
{
    struct lines x = diff_split(a), y = diff_split(b);
    struct script s = { 0 };
    int from = 0, to_a = x.n, to_b = y.n;

    while (from < to_a && from < to_b && is_same(x.list[from], y.list[from])) {
        diff_push(&s, ' ', x.list[from], from, from);
        from++;
    }
    while (to_a > from && to_b > from && is_same(x.list[to_a - 1], y.list[to_b - 1]))
        to_a--, to_b--;
    if (to_a > from || to_b > from) {
        diff_compare(&s, &x, &y, from, to_a, to_b);
        for (int i = to_a; i < x.n; i++)
            diff_push(&s, ' ', x.list[i], i, i - to_a + to_b);
        say_to(out, "--- %s\n+++ %s\n", name_a, name_b);
        write_hunks(out, &s);
    }
    free(s.list);
    free(x.list);
    free(y.list);
}
