/* reply_edits.c - the edits and diffs of a reply, applied to a source. */
#include "runner/policy/reply_edits.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "runner/policy/edit.h"

#define MOST_DIVIDERS 16
#define MOST_SHOWN 300 /* bytes of the nearest lines */

static bool is_blank(const char *text, size_t len)
{
    return strspn(text, " \t\r\n") >= len;
}

/* Holds the text no more than one line's first bytes: for a message. */
static int first_line(const char *text)
{
    size_t len = strcspn(text, "\r\n");

    return (int)(len < 80 ? len : 80);
}

static int not_once(const char *source, const char *search, int n, struct error *err)
{
    int line = 0;
    const char *head = search + strspn(search, "\r\n");
    char *nearest = n ? NULL : edit_nearest(source, search, &line);
    char *shown = nearest ? xasprintf(". The nearest, from line %d on:\n%.*s%s", line,
                                      MOST_SHOWN, nearest,
                                      strlen(nearest) > MOST_SHOWN ? "..." : "")
                          : xstrdup(n ? ": give more lines around them" : "");

    error_set(err,
              "SEARCH block beginning \"%.*s\": its lines stand %s in the policy; they "
              "must stand there exactly once%s",
              first_line(head), head, n ? "more than once" : "nowhere", shown);
    free(shown);
    free(nearest);
    return -1;
}

/* `with` in place of the bytes found, with the line ends that stand there. */
static void put_in(char **source, const struct edit_place *found, const char *with)
{
    char *text = NULL, *was = *source;
    size_t size, first = strcspn(found->at, "\n");
    bool has_cr = first > 0 && first < found->len && found->at[first] == '\n' &&
                  found->at[first - 1] == '\r';
    FILE *f = open_memstream(&text, &size);

    fwrite(was, 1, (size_t)(found->at - was), f);
    for (const char *line = with; *line; line = text_next_line(line)) {
        size_t len = strcspn(line, "\n");
        fwrite(line, 1, len, f);
        if (has_cr && line[len] && !(len && line[len - 1] == '\r'))
            fputc('\r', f);
        if (line[len])
            fputc('\n', f);
    }
    fputs(found->at + found->len, f);
    fclose(f);
    free(was);
    *source = text;
}

static int swap(char **source, const char *search, const char *with, struct error *err)
{
    struct edit_place found;

    if (is_blank(search, strlen(search)))
        return error_set(err, "an empty SEARCH block: lines of the policy must stand in "
                              "it, which stand there exactly once");
    found = edit_find(*source, search);
    if (found.n != 1)
        return not_once(*source, search, found.n, err);
    put_in(source, &found, with);
    return 0;
}

/* A call's search may begin and end within a line. */
static int swap_bytes(char **source, const struct reply_part *part, struct error *err)
{
    struct edit_place found = { .len = strlen(part->text) };

    found.n = edit_count(*source, part->text, found.len, false, &found.at);
    if (found.n != 1)
        return swap(source, part->text, part->with, err);
    put_in(source, &found, part->with);
    return 0;
}

/* Of several dividers, one that stands in the policy's own text, the one is meant whose
 * lines before it stand in the source. */
static int apply_edit(char **source, const struct reply_part *part, struct error *err)
{
    const char *first = NULL, *meant = NULL;
    int n = 0, n_found = 0, signs;

    for (const char *line = part->text; *line && n < MOST_DIVIDERS;
         line = text_next_line(line)) {
        char *search;
        if (reply_marker(line, &signs) != MARKER_DIVIDER || signs < part->least_equals)
            continue;
        first = n++ ? first : line;
        search = xasprintf("%.*s", (int)(line - part->text), part->text);
        if (!is_blank(search, strlen(search)) && edit_find(*source, search).n == 1) {
            meant = line;
            n_found++;
        }
        free(search);
    }
    if (n_found > 1)
        return error_set(err, "a SEARCH block has several ======= lines, of which more "
                              "than one may divide it: search fewer lines");
    if (part->is_cut || !first)
        return error_set(err, "a SEARCH block has no ======= or no >>>>>>> REPLACE line");
    meant = meant ? meant : first;
    {
        char *search = xasprintf("%.*s", (int)(meant - part->text), part->text);
        int status = swap(source, search, text_next_line(meant), err);
        free(search);
        return status;
    }
}

/* One hunk of a diff. */
struct hunk {
    char *search, *with;
    long line;         /* where it says that it begins; 0: it does not say */
    long n_old, n_new; /* lines that it says it has; -1: it does not say */
    long has_old, has_new;
};

static void hunk_clear(struct hunk *h)
{
    free(h->search);
    free(h->with);
}

static bool is_head(const char *line)
{
    return text_begins(line, "diff ") || text_begins(line, "index ") ||
           text_begins(line, "*** ") ||
           (text_begins(line, "--- ") && text_begins(text_next_line(line), "+++ "));
}

static void read_range(const char *line, struct hunk *h)
{
    h->n_old = h->n_new = -1;
    if (sscanf(line, "@@ -%ld,%ld +%*d,%ld @@", &h->line, &h->n_old, &h->n_new) < 1)
        h->line = 0;
}

/* Reads the hunk that begins there; where it ends. Blank lines at its end, which a diff
 * has none of, are left out. */
static const char *read_hunk(const char *line, struct hunk *h)
{
    size_t search_len, with_len, search_end = 0, with_end = 0;
    FILE *search, *with;

    *h = (struct hunk){ .n_old = -1, .n_new = -1 };
    search = open_memstream(&h->search, &search_len);
    with = open_memstream(&h->with, &with_len);
    if (text_begins(line, "@@")) {
        read_range(line, h);
        line = text_next_line(line);
    }
    for (; *line && !text_begins(line, "@@") && !is_head(line);
         line = text_next_line(line)) {
        size_t len = strcspn(line, "\n"), skip = *line && strchr(" +-", *line) ? 1 : 0;
        if (*line == '\\')
            continue;
        if (*line != '+') {
            fprintf(search, "%.*s\n", (int)(len - skip), line + skip);
            h->has_old++;
        }
        if (*line != '-') {
            fprintf(with, "%.*s\n", (int)(len - skip), line + skip);
            h->has_new++;
        }
        if (*line != '\r' && *line != '\n') {
            search_end = (size_t)ftell(search);
            with_end = (size_t)ftell(with);
        }
    }
    fclose(search);
    fclose(with);
    h->search[search_end] = '\0';
    h->with[with_end] = '\0';
    return line;
}

static int apply_hunk(char **source, struct hunk *h, long *shift, struct error *err)
{
    struct edit_place found;
    const char *at = *source;

    if (is_blank(h->search, strlen(h->search)))
        return error_set(err, "a part of the diff has no line of the policy that says "
                              "where it belongs");
    found = edit_find(*source, h->search);
    if (found.n > 1 && h->line > 0) { /* its number may tell which */
        for (long i = 1; i < h->line + *shift && *at; i++)
            at = text_next_line(at);
        if (text_begins(at, h->search))
            found = (struct edit_place){ .at = at, .len = strlen(h->search), .n = 1 };
    }
    if (found.n != 1)
        return not_once(*source, h->search, found.n, err);
    put_in(source, &found, h->with);
    *shift += h->has_new - h->has_old;
    return 0;
}

static int apply_diff(char **source, const struct reply_part *part, struct error *err)
{
    long shift = 0;
    bool is_bare = part->kind == PART_DIFF;
    const char *at = part->text;
    int status = 0, n = 0;

    while (status == 0 && *at) {
        struct hunk h;
        if (text_begins(at, "+++ ") || is_head(at) || is_blank(at, strcspn(at, "\n"))) {
            if (text_begins(at, "--- "))
                at = text_next_line(at);
            at = text_next_line(at);
            continue;
        }
        at = read_hunk(at, &h);
        n++;
        if (part->is_cut ||
            (is_bare && !*at && (h.has_old < h.n_old || h.has_new < h.n_new)))
            status = error_set(err, "the diff is cut off");
        else
            status = apply_hunk(source, &h, &shift, err);
        hunk_clear(&h);
    }
    return status == 0 && n == 0 ? error_set(err, "the diff changes nothing") : status;
}

bool reply_edits_are(const struct reply_part *part)
{
    const char *line;

    if (part->kind == PART_EDIT || part->kind == PART_DIFF || part->kind == PART_SWAP)
        return true;
    if (part->kind != PART_BLOCK || part->returns != RETURNS_NONE)
        return false;
    if (!strncasecmp(part->info, "diff", 4) || !strncasecmp(part->info, "patch", 5))
        return true;
    for (line = part->text; *line; line = text_next_line(line))
        if (reply_is_diff(line))
            return true;
    return false;
}

int reply_edits_apply(char **source, const struct reply_part *part, struct error *err)
{
    if (part->kind == PART_EDIT)
        return apply_edit(source, part, err);
    if (part->kind == PART_SWAP)
        return swap_bytes(source, part, err);
    return apply_diff(source, part, err);
}
