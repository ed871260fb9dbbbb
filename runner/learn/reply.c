/* reply.c - a model's reply in text: a whole policy, or edits of the one it was given. */
#include "runner/learn/reply.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/edit.h"
#include "runner/record/text.h"

/* A stretch of text. */
struct span {
    const char *at;
    size_t len;
};

static struct span line_at(const char *at)
{
    return (struct span){ at, strcspn(at, "\n") };
}

static const char *next_line(struct span line)
{
    return line.at + line.len + (line.at[line.len] == '\n');
}

static bool starts_with(struct span line, const char *prefix)
{
    return line.len >= strlen(prefix) && !memcmp(line.at, prefix, strlen(prefix));
}

static bool is_lua_fence(struct span line)
{
    return starts_with(line, "```lua") || starts_with(line, "```Lua");
}

/* The inside of the last fenced block that is marked lua, else of the only one. */
static bool find_fenced(const char *text, struct span *out)
{
    struct span any = { 0 }, lua = { 0 };
    int n_any = 0;

    for (const char *at = text; *at;) {
        struct span open = line_at(at);
        const char *from = next_line(open);
        at = from;
        if (!starts_with(open, "```"))
            continue;
        while (*at && !starts_with(line_at(at), "```"))
            at = next_line(line_at(at));
        if (!*at)
            break; /* the block is cut off: not what was meant */
        any = (struct span){ from, (size_t)(at - from) };
        n_any++;
        if (is_lua_fence(open))
            lua = any;
        at = next_line(line_at(at));
    }
    *out = lua.at ? lua : any;
    return lua.at || n_any == 1;
}

static int replace(char **source, struct span search, struct span with, struct error *err)
{
    const char *at = NULL;
    int n = edit_count(*source, search.at, search.len, true, &at),
        first = (int)strcspn(search.at, "\n");
    char *changed;

    if (n != 1)
        return error_set(err,
                         "SEARCH block beginning \"%.*s\": its lines stand %s in the "
                         "policy; they must stand there exactly once, to the letter",
                         first < 80 ? first : 80, search.at,
                         n ? "more than once" : "nowhere");
    changed = xasprintf("%.*s%.*s%s", (int)(at - *source), *source, (int)with.len,
                        with.at, at + search.len);
    free(*source);
    *source = changed;
    return 0;
}

/* Lines from `at` up to the one that starts with mark; NULL when there is none. */
static const char *up_to(const char *at, const char *mark, struct span *out)
{
    const char *from = at;

    while (*at) {
        struct span line = line_at(at);
        if (starts_with(line, mark)) {
            *out = (struct span){ from, (size_t)(at - from) };
            return next_line(line);
        }
        at = next_line(line);
    }
    return NULL;
}

/* Applies every block; 0 and *n of them, or -1. */
static int apply_edits(const char *text, char **source, int *n, struct error *err)
{
    *n = 0;
    for (const char *at = text; *at;) {
        struct span line = line_at(at), search, with;
        at = next_line(line);
        if (!starts_with(line, "<<<<<<< SEARCH"))
            continue;
        at = up_to(at, "=======", &search);
        at = at ? up_to(at, ">>>>>>> REPLACE", &with) : NULL;
        if (!at)
            return error_set(err,
                             "a SEARCH block has no ======= or no >>>>>>> REPLACE line");
        if (replace(source, search, with, err) != 0)
            return -1;
        (*n)++;
    }
    return 0;
}

char *reply_source(const char *text, const char *parent, struct error *err)
{
    char *source = xstrdup(parent);
    struct span fenced;
    int n;

    if (apply_edits(text, &source, &n, err) != 0) {
        free(source);
        return NULL;
    }
    if (n > 0)
        return source;
    free(source);
    if (find_fenced(text, &fenced))
        return xasprintf("%.*s", (int)fenced.len, fenced.at);
    error_set(err,
              "the reply holds no policy: neither one ```lua block nor SEARCH/REPLACE "
              "blocks");
    return NULL;
}

bool reply_is_prose(const char *text)
{
    for (const char *at = text; *at; at = next_line(line_at(at)))
        if (starts_with(line_at(at), "```") || starts_with(line_at(at), "<<<<<<<"))
            return false;
    return true;
}

char *reply_change(const char *text, size_t max)
{
    while (*text) {
        struct span line = line_at(text);
        size_t skip = strspn(line.at, " \t#*->");
        if (starts_with(line, "```") || starts_with(line, "<<<<<<<"))
            break;
        if (skip < line.len)
            return text_clean(line.at + skip, line.len - skip, max, false);
        text = next_line(line);
    }
    return xstrdup("(it says nothing of its change)");
}

char *reply_write(const char *change, const char *source)
{
    const char *fence = strstr(source, "```") ? "````" : "```";

    return xasprintf("%s\n\n%slua\n%s\n%s\n", change, fence, source, fence);
}
