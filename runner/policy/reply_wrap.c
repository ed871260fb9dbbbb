/* reply_wrap.c - programs and edits that a model wrapped in JSON or XML, as calls of
 * tools are written where a server has none. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/text.h"
#include "runner/policy/fence.h"
#include "runner/policy/reply_parts.h"

#define MOST_TRIED 32 /* places where an object or a program may begin */
#define MOST_DEPTH 8

static bool is_policy(const char *text)
{
    size_t end;

    return reply_returns(text, &end) == RETURNS_POLICY;
}

static void add_program(struct reply_parts *p, const char *text)
{
    struct reply_part *part = reply_parts_add(p, PART_BLOCK, xstrdup(text));

    part->info = xstrdup("");
    part->returns = RETURNS_POLICY;
}

/* JSON. */

static const char *reply_wrap_text_of(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++) {
        const char *text = json_string_value(json_object_get(object, *keys));
        if (text)
            return text;
    }
    return NULL;
}

/* A text of the object: a program by itself, or in a fence. */
static void reply_wrap_take_text(struct reply_parts *p, const char *text)
{
    struct reply_parts inner;

    if (is_policy(text)) {
        add_program(p, text);
        return;
    }
    if (!strstr(text, "```") && !strstr(text, "~~~"))
        return;
    reply_parts_read(text, &inner);
    for (int i = 0; i < inner.n; i++)
        if (inner.list[i].kind == PART_BLOCK && !inner.list[i].is_cut &&
            inner.list[i].returns == RETURNS_POLICY)
            add_program(p, inner.list[i].text);
    reply_parts_clear(&inner);
}

static void reply_wrap_take_value(struct reply_parts *p, const json_t *value, int depth);

static void take_object(struct reply_parts *p, const json_t *object, int depth)
{
    static const char *const names[] = { "name", "tool", "tool_name", "function", NULL };
    static const char *const arguments[] = { "arguments", "parameters", "input", "args",
                                             NULL };
    static const char *const search[] = { "search", "old_str", "old_string", NULL };
    static const char *const with[] = { "replace", "new_str", "new_string", NULL };
    const char *name = reply_wrap_text_of(object, names),
               *from = reply_wrap_text_of(object, search),
               *to = reply_wrap_text_of(object, with), *key;
    json_t *value;

    for (const char *const *a = arguments; name && *a && !*p->tool; a++)
        if (json_object_get(object, *a))
            snprintf(p->tool, sizeof(p->tool), "%.39s", name);
    if (from && to) {
        reply_parts_add(p, PART_SWAP, xstrdup(from))->with = xstrdup(to);
        return;
    }
    json_object_foreach((json_t *)object, key, value)
        reply_wrap_take_value(p, value, depth + 1);
}

static void reply_wrap_take_value(struct reply_parts *p, const json_t *value, int depth)
{
    const char *text = json_string_value(value);
    const json_t *one;
    json_t *inner;
    size_t i;

    if (depth > MOST_DEPTH)
        return;
    if (text && (*text == '{' || *text == '[') && (inner = json_loads(text, 0, NULL))) {
        reply_wrap_take_value(p, inner, depth + 1); /* arguments as text */
        json_decref(inner);
    } else if (text) {
        reply_wrap_take_text(p, text);
    } else if (json_is_object(value)) {
        take_object(p, value, depth);
    } else {
        json_array_foreach(value, i, one)
            reply_wrap_take_value(p, one, depth + 1);
    }
}

/* The end of the JSON value that begins there, which is taken; NULL when it is none. */
static const char *reply_wrap_take_json(struct reply_parts *p, const char *at)
{
    json_error_t why;
    json_t *json = json_loads(at, JSON_DISABLE_EOF_CHECK, &why);

    if (!json)
        return NULL;
    reply_wrap_take_value(p, json, 0);
    json_decref(json);
    return at + why.position;
}

/* XML. */

/* The tags at the line's beginning are stepped over. */
static const char *skip_tags(const char *line, const char *end)
{
    for (;;) {
        const char *at = line + fence_blanks(line), *close;
        if (at >= end || *at != '<' ||
            !(isalpha((unsigned char)at[1]) || strchr("/!?|", at[1])))
            return line;
        if (!strncmp(at, "<![CDATA[", 9))
            close = at + 8;
        else
            close = memchr(at, '>', (size_t)(end - at));
        if (!close)
            return line;
        line = close + 1;
    }
}

/* Where the tags at the line's end begin: "</parameter>", "]]></source>". */
static const char *cut_tags(const char *line, const char *end)
{
    for (;;) {
        const char *at = end;
        while (at > line && strchr(" \t\r", at[-1]))
            at--;
        if (at - line >= 3 && !strncmp(at - 3, "]]>", 3)) {
            end = at - 3;
            continue;
        }
        if (at == line || at[-1] != '>')
            return end;
        for (at -= 2; at > line && *at != '<' && *at != '>'; at--)
            ;
        if (at < line || *at != '<' || at[1] != '/')
            return end;
        end = at;
    }
}

static char *without_entities(const char *text)
{
    static const char *const names[][2] = { { "&lt;", "<" },   { "&gt;", ">" },
                                            { "&amp;", "&" },  { "&quot;", "\"" },
                                            { "&apos;", "'" }, { "&#39;", "'" } };
    char *out = xcalloc(strlen(text) + 1, 1);
    size_t n = 0;

    while (*text) {
        size_t i = 0, len = 1;
        char c = *text;
        for (; *text == '&' && i < sizeof(names) / sizeof(names[0]); i++)
            if (!strncmp(text, names[i][0], strlen(names[i][0]))) {
                c = names[i][1][0];
                len = strlen(names[i][0]);
                break;
            }
        out[n++] = c;
        text += len;
    }
    return out;
}

/* What stood between two tags. */
static void reply_wrap_take_run(struct reply_parts *p, char *run)
{
    size_t len = strlen(run);
    char *plain;

    while (len > 1 && run[len - 1] == '\n' && run[len - 2] == '\n')
        run[--len] = '\0'; /* of lines that were tags alone */
    run += strspn(run, "\n");
    if (is_policy(run)) {
        add_program(p, run);
    } else if (strchr(run, '&')) {
        plain = without_entities(run);
        if (is_policy(plain))
            add_program(p, plain);
        free(plain);
    }
}

static void take_xml(struct reply_parts *p, const char *text)
{
    char *run = NULL;
    size_t len;
    FILE *f = NULL; /* of the run; NULL before the first tag */

    for (const char *line = text; *line; line = text_next_line(line)) {
        const char *end = line + strcspn(line, "\n"), *from = skip_tags(line, end);
        const char *to = cut_tags(from, end);
        if (from == line && to == end && !f)
            continue;
        if (f && from != line) {
            fclose(f);
            reply_wrap_take_run(p, run);
            free(run);
            f = NULL;
        }
        f = f ? f : open_memstream(&run, &len);
        fprintf(f, "%.*s\n", (int)(to - from), from);
        if (to != end) {
            fclose(f);
            reply_wrap_take_run(p, run);
            free(run);
            f = open_memstream(&run, &len);
        }
    }
    if (f) {
        fclose(f);
        reply_wrap_take_run(p, run);
        free(run);
    }
}

/* Programs without a fence. */

static bool may_begin_program(const char *line)
{
    static const char *const words[] = { "local ", "function ", "return ", "--", NULL };

    for (const char *const *w = words; *w; w++)
        if (!strncmp(line, *w, strlen(*w)))
            return true;
    return false;
}

/* Behind prose, and before some: it ends with its return statement. */
static void take_bare(struct reply_parts *p, const char *text)
{
    int n_tried = 0;

    for (const char *line = text; *line && n_tried < MOST_TRIED;) {
        size_t end = 0;
        char *program;
        if (!may_begin_program(line)) {
            line = text_next_line(line);
            continue;
        }
        n_tried++;
        if (is_policy(line))
            end = strlen(line);
        else
            reply_returns(line, &end);
        if (!end) {
            line = text_next_line(line);
            continue;
        }
        program = xasprintf("%.*s\n", (int)end, line);
        add_program(p, program);
        free(program);
        line = text_next_line(line + end);
    }
}

void reply_parts_unwrap(struct reply_parts *p)
{
    int n = p->n, n_tried = 0;
    bool is_prose = true;

    for (int i = 0; i < n; i++)
        is_prose &= p->list[i].kind == PART_PROSE;
    for (int i = 0; i < n; i++) {
        char *text = p->list[i].text; /* stays where it is when the list grows */
        int before = p->n;
        if (p->list[i].kind != PART_PROSE &&
            (p->list[i].kind != PART_BLOCK || p->list[i].is_lua || p->list[i].is_cut ||
             p->list[i].returns != RETURNS_NONE))
            continue;
        for (const char *line = text; *line && n_tried < MOST_TRIED;) {
            const char *end = line + strcspn(line, "\n"), *at = skip_tags(line, end);
            at += strspn(at, " \t");
            line = text_next_line(line);
            if (*at != '{' && *at != '[')
                continue;
            n_tried++;
            at = reply_wrap_take_json(p, at);
            line = at && at > line ? at : line;
        }
        if (p->n == before)
            take_xml(p, text);
        if (p->n == before && is_prose)
            take_bare(p, text);
    }
}
