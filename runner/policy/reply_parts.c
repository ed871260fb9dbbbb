/* reply_parts.c - a model's text cut into what it consists of: prose, fenced blocks,
 * SEARCH/REPLACE edits, diffs.
 *
 * One pass over the lines. Where a block ends, CommonMark says, but for a whole policy
 * whose long string or comment holds a fence: there the Lua lexer knows better. */
#include "runner/policy/reply_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "runner/policy/fence.h"
#include "runner/policy/lua_mend.h"
#include "runner/policy/lua_token.h"

#define LEAST_SIGNS 3 /* of a marker with its word */
#define LEAST_BARE 5  /* of one without */
#define MOST_TRIED 8  /* places where a program without a fence may begin */
#define MOST_BYTES ((size_t)4 << 20)
#define MOST_PARTS 400 /* each may be looked at to the text's end */
#define FINAL "<|channel|>final<|message|>"

struct cutter {
    struct reply_parts *out;
    const char *at;
    FILE *prose; /* NULL: none is open */
    char *prose_text;
    size_t prose_len;
    struct fence wrap; /* a fence around edits that is open... */
    bool is_wrapped;   /* ...if so */
    int n_returns;     /* blocks that were cut at their return statement */
};

/* Only blanks up to the line's end? */
static bool is_line_over(const char *at)
{
    at += strspn(at, " \t\r");
    return *at == '\n' || *at == '\0';
}

static bool has_word(const char *at, const char *word)
{
    size_t n = strlen(word);

    return !strncasecmp(at, word, n) && !isalnum((unsigned char)at[n]) && at[n] != '_';
}

enum marker reply_marker(const char *line, int *n)
{
    const char *at = line + fence_blanks(line), *word;
    size_t signs = *at && strchr("<=>", *at) ? 1 : 0;

    while (signs && at[signs] == at[0])
        signs++;
    word = at + signs;
    word += strspn(word, " \t");
    if (n)
        *n = (int)signs;
    if (signs < LEAST_SIGNS)
        return MARKER_NONE;
    if (*at == '=')
        return is_line_over(word) ? MARKER_DIVIDER : MARKER_NONE;
    if (!(is_line_over(word) && signs >= LEAST_BARE) &&
        !(*at == '<' ? has_word(word, "search") || has_word(word, "original")
                     : has_word(word, "replace") || has_word(word, "updated")))
        return MARKER_NONE;
    return *at == '<' ? MARKER_SEARCH : MARKER_REPLACE;
}

bool reply_is_diff(const char *line)
{
    if (text_begins(line, "--- "))
        return text_begins(text_next_line(line), "+++ ");
    return text_begins(line, "*** Begin Patch") ||
           (text_begins(line, "@@ -") && isdigit((unsigned char)line[4]));
}

struct reply_part *reply_parts_add(struct reply_parts *p, enum part_kind kind, char *text)
{
    struct reply_part *part = xgrow(p->list, p->n);

    *part = (struct reply_part){ .kind = kind, .text = text };
    return part;
}

/* Prose. */

static void end_prose(struct cutter *c)
{
    if (!c->prose)
        return;
    fclose(c->prose);
    c->prose = NULL;
    reply_parts_add(c->out, PART_PROSE, c->prose_text);
    c->prose_text = NULL;
}

static void add_prose(struct cutter *c, const char *at, size_t len)
{
    if (!c->prose)
        c->prose = open_memstream(&c->prose_text, &c->prose_len);
    while (text_begins(at, "\xef\xbb\xbf") && len >= 3) {
        at += 3;
        len -= 3;
    }
    if (len > 0 && at[len - 1] == '\r')
        len--;
    fprintf(c->prose, "%.*s\n", (int)len, at);
}

static struct reply_part *add_part(struct cutter *c, enum part_kind kind, char *text)
{
    end_prose(c);
    return reply_parts_add(c->out, kind, text);
}

static void drop_parts(struct cutter *c)
{
    end_prose(c);
    reply_parts_clear(c->out);
    c->is_wrapped = false;
}

/* Reasoning. */

/* The tag of reasoning that stands at `at`: its length, or 0. */
static size_t thought_tag(const char *at, bool *is_close)
{
    static const char *const names[] = { "think",      "thinking",    "thought",
                                         "thoughts",   "reasoning",   "reflection",
                                         "scratchpad", "antthinking", "seed:think" };
    const char *from;
    size_t name, end;

    *is_close = (*at == '<' || *at == '[') && at[1] == '/';
    from = at + 1 + *is_close;
    if (text_begins(at, "[THINK]") || text_begins(at, "[/THINK]"))
        return *is_close ? 8 : 7;
    if (*at != '<')
        return 0;
    name = strcspn(from, " \t\r\n<>/");
    end = strcspn(from, "\n<>");
    if (from[end] != '>')
        return 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == name && !strncasecmp(from, names[i], name))
            return (size_t)(from - at) + end + 1;
    return 0;
}

static bool is_same_tag(const char *a, const char *b)
{
    size_t n;

    a += 1 + (a[1] == '/');
    b += 1 + (b[1] == '/');
    n = strcspn(a, " \t\r\n>]");
    return n == strcspn(b, " \t\r\n>]") && !strncasecmp(a, b, n);
}

/* Behind the tag that closes the thought that `open` begins: the one that balances it,
 * else, where it speaks of the tag itself, the last. NULL: none does. */
static const char *thought_end(const char *open, size_t open_len)
{
    const char *last = NULL;
    int depth = 1;

    for (const char *at = open + open_len; *at; at++) {
        bool is_close;
        size_t len = *at == '<' || *at == '[' ? thought_tag(at, &is_close) : 0;
        if (!len || !is_same_tag(open, at))
            continue;
        depth += is_close ? -1 : 1;
        if (is_close)
            last = at + len;
        if (depth == 0)
            break;
    }
    return last;
}

/* A tag that closes what a template opened: at the line's beginning or its end, or the
 * mark of a final answer anywhere. Behind it, or NULL. */
static const char *unopened_end(const char *line)
{
    size_t len = strcspn(line, "\n");
    const char *found = NULL;

    for (const char *at = line; at < line + len; at++) {
        bool is_close;
        size_t n = thought_tag(at, &is_close);
        if (text_begins(at, FINAL))
            found = at + strlen(FINAL);
        else if (n && is_close &&
                 (at == line + fence_blanks(line) || is_line_over(at + n)))
            found = at + n;
    }
    return found;
}

/* True when the line begins or ends reasoning, and the cutter stands behind it. */
static bool skip_thought(struct cutter *c)
{
    const char *at = c->at + fence_blanks(c->at), *end;
    bool is_close = false;
    size_t len = thought_tag(at, &is_close);

    if (len && !is_close) {
        end = thought_end(at, len);
        if (!end)
            snprintf(c->out->thought, sizeof(c->out->thought), "%.*s",
                     (int)(len < 20 ? len : 20), at);
        end_prose(c);
        c->at = end ? end : at + strlen(at);
        return true;
    }
    end = unopened_end(c->at);
    if (!end)
        return false;
    drop_parts(c);
    c->at = end;
    return true;
}

/* Blocks. */

/* The lines from `from` up to `to`, each without the indentation of what surrounds it. */
static char *inside(const char *from, const char *to, int indent, bool is_quoted,
                    bool has_cr)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    while (from < to) {
        size_t len = strcspn(from, "\n"), skip = 0;
        const char *next = text_next_line(from);
        if (len > (size_t)(to - from))
            len = (size_t)(to - from);
        if (is_quoted && from[fence_blanks(from)] == '>') {
            skip = fence_blanks(from) + 1;
            skip += from[skip] == ' ';
        }
        for (int i = 0; !is_quoted && i < indent && skip < len; i++)
            skip += from[skip] == ' ' || from[skip] == '\t';
        if (has_cr && len > skip && from[len - 1] == '\r')
            len--;
        fwrite(from + skip, 1, len - skip, f);
        if (next <= to && next[-1] == '\n')
            fputc('\n', f);
        from = next;
    }
    fclose(f);
    return text;
}

enum lua_returns reply_returns(const char *text, size_t *end)
{
    char *mended = lua_mend(text, NULL);
    struct lua_shape shape = { 0 };

    *end = 0;
    if (mended) {
        shape = lua_shape_of(mended, mended + strlen(mended));
        if (!shape.is_chunk && shape.returns == RETURNS_POLICY && !strcmp(mended, text) &&
            is_line_over(shape.return_end))
            *end = (size_t)(shape.return_end - mended);
    }
    free(mended);
    return shape.is_chunk ? shape.returns : RETURNS_NONE;
}

/* Where the block ends by CommonMark: at a line that closes it; NULL when none does. */
static const char *plain_end(const char *body, const struct fence *f)
{
    for (const char *line = body; *line; line = text_next_line(line))
        if (fence_closes(line, f))
            return line;
    return NULL;
}

/* Where the fence is that ends it as a Lua program: outside of strings and comments, at
 * a line's beginning or behind the last token. NULL: there is none. */
static const char *lua_end(const char *body, const struct fence *f)
{
    struct lua_token t = lua_token_next(body, NULL);

    while (t.kind != TOKEN_END) {
        if (*t.at == f->mark) {
            int n = 0;
            while (t.at[n] == f->mark)
                n++;
            if (n >= f->n && is_line_over(t.at + n))
                return t.at;
            if (f->mark == '`')
                return NULL;
        }
        t = lua_token_next(t.at + t.len, NULL);
    }
    return NULL;
}

/* Does an edit begin in the block, outside of a program's strings and comments? */
static bool holds_edit(const char *body, const char *end)
{
    struct lua_token t = lua_token_next(body, NULL);

    for (const char *line = body; line < end; line = text_next_line(line)) {
        if (is_line_over(line))
            continue;
        while (t.kind != TOKEN_END && t.at + t.len <= line)
            t = lua_token_next(t.at + t.len, NULL);
        if (reply_marker(line, NULL) == MARKER_SEARCH &&
            t.at == line + fence_blanks(line))
            return true;
    }
    return false;
}

static struct reply_part *add_block(struct cutter *c, const struct fence *f, char *text)
{
    struct reply_part *part = add_part(c, PART_BLOCK, text);
    size_t policy_end;

    part->info = xasprintf("%.*s", (int)f->info_len, f->info ? f->info : "");
    part->is_lua = f->info && fence_is_lua(f);
    part->returns = reply_returns(text, &policy_end);
    return part;
}

/* Does what stands behind a return statement leave it as it is: another block, or a new
 * paragraph that is no more Lua? */
static bool is_behind_program(const char *rest)
{
    static const char *const words[] = { "end", "else", "local", "function", "return",
                                         "if",  "for",  "while", "--",       NULL };
    const char *line = text_next_line(rest);
    bool has_gap = false;
    struct fence f;

    for (; *line && is_line_over(line); line = text_next_line(line))
        has_gap = true;
    for (const char *const *w = words; *w; w++)
        if (text_begins(line + strspn(line, " \t"), *w))
            return false;
    return has_gap || fence_opens(line, &f);
}

/* A policy ends with its return statement: what stands behind that in an open block, or
 * in one that another fence closed, is not its. Cuts it there; the rest is read on. */
static bool take_up_to_return(struct cutter *c, const struct fence *f, char *text)
{
    const char *body = text_next_line(c->at);
    size_t policy_end;

    reply_returns(text, &policy_end);
    if (policy_end == 0 || c->n_returns++ >= MOST_TRIED ||
        !is_behind_program(text + policy_end))
        return false;
    for (size_t i = 0; i < policy_end; i++)
        body = text[i] == '\n' ? text_next_line(body) : body;
    strcpy(text + policy_end, "\n");
    add_block(c, f, text);
    c->at = text_next_line(body);
    return true;
}

/* The text ends before the block does. */
static void take_open_block(struct cutter *c, const struct fence *f, char *text)
{
    size_t len = strlen(text);
    struct reply_part *part;

    c->at += strlen(c->at);
    if (f->info_len == 0 && strspn(text, " \t\r\n") == len) {
        free(text); /* the end of another block */
        return;
    }
    part = add_block(c, f, text);
    part->is_cut = part->returns != RETURNS_POLICY || !strchr("}\n", text[len - 1]);
}

static void reply_parts_take_block(struct cutter *c, const struct fence *f)
{
    const char *body = text_next_line(c->at), *end = plain_end(body, f),
               *far = lua_end(body, f);
    char *text;
    size_t policy_end;

    if (far && far != end) {
        const char *line = far;
        while (line > body && strchr(" \t", line[-1]))
            line--;
        text = inside(body, line == body || line[-1] == '\n' ? line : far, f->indent,
                      f->is_quoted, f->has_cr);
        if (line != end && reply_returns(text, &policy_end) > RETURNS_NONE) {
            add_block(c, f, text);
            c->at = text_next_line(far);
            return;
        }
        free(text);
    }
    text = inside(body, end ? end : body + strlen(body), f->indent, f->is_quoted,
                  f->has_cr);
    if (reply_returns(text, &policy_end) == RETURNS_NONE &&
        holds_edit(body, end ? end : body + strlen(body))) {
        free(text);
        end_prose(c);
        c->wrap = *f;
        c->is_wrapped = true;
        c->at = body;
    } else if (take_up_to_return(c, f, text)) {
        return;
    } else if (end) {
        add_block(c, f, text);
        c->at = text_next_line(end);
    } else {
        take_open_block(c, f, text);
    }
}

/* Edits and diffs. */

/* A SEARCH marker inside is one of the policy's own text, and so is the REPLACE that
 * belongs to it. */
static void take_edit(struct cutter *c)
{
    int indent = fence_indent(c->at, fence_blanks(c->at)), depth = 1, n;
    const char *body, *end;
    size_t len = strcspn(c->at, "\n");
    bool has_cr = len > 0 && c->at[len - 1] == '\r';
    struct reply_part *part;

    reply_marker(c->at, &n);
    body = end = text_next_line(c->at);
    for (; *end; end = text_next_line(end)) {
        enum marker m = reply_marker(end, NULL);
        depth += m == MARKER_SEARCH ? 1 : m == MARKER_REPLACE ? -1 : 0;
        if (depth == 0)
            break;
    }
    part = add_part(c, PART_EDIT, inside(body, end, indent, false, has_cr));
    part->is_cut = depth > 0;
    part->least_equals = n < LEAST_BARE ? n : LEAST_BARE;
    c->at = text_next_line(end);
}

static void take_diff(struct cutter *c)
{
    const char *from = c->at, *end = from;
    bool is_patch = text_begins(from, "***"), is_over = false, has_cr;
    struct reply_part *part;

    while (*end && !is_over) {
        is_over = is_patch && text_begins(end, "*** End Patch");
        if (!strchr(" +-@\\*\r\n", *end))
            break;
        end = text_next_line(end);
    }
    has_cr = text_next_line(from) - from > 1 && text_next_line(from)[-2] == '\r';
    part = add_part(c, PART_DIFF, inside(from, end, 0, false, has_cr));
    part->is_cut = is_patch && !is_over;
    c->at = end;
}

/* A program that stands there without a fence, from here to the end. */
static bool take_bare_program(struct cutter *c)
{
    const char *at = c->at + fence_blanks(c->at);
    size_t len = strcspn(at, "\n"), policy_end;
    char *text = inside(at, at + strlen(at), 0, false, len > 0 && at[len - 1] == '\r');

    if (reply_returns(text, &policy_end) == RETURNS_POLICY) {
        add_block(c, &(struct fence){ 0 }, text);
        c->at += strlen(c->at);
        return true;
    }
    free(text);
    return false;
}

static void reply_parts_take_line(struct cutter *c)
{
    enum marker m = reply_marker(c->at, NULL);
    struct fence f;

    if (m == MARKER_SEARCH) {
        take_edit(c);
    } else if (c->is_wrapped && fence_closes(c->at, &c->wrap)) {
        c->is_wrapped = false;
        c->at = text_next_line(c->at);
    } else if (fence_opens(c->at, &f)) {
        reply_parts_take_block(c, &f);
    } else if (reply_is_diff(c->at)) {
        take_diff(c);
    } else {
        c->out->has_stray |= m == MARKER_REPLACE;
        add_prose(c, c->at, strcspn(c->at, "\n"));
        c->at = text_next_line(c->at);
    }
}

void reply_parts_read(const char *text, struct reply_parts *out)
{
    char *own = xstrdup(text);
    struct cutter c = { .out = out, .at = own };
    bool is_start = true, is_old = !strchr(text, '\n'); /* line ends of long ago */
    int n_tried = 0;

    *out = (struct reply_parts){ 0 };
    for (char *p = own; is_old && *p; p++)
        *p = *p == '\r' ? '\n' : *p;
    out->is_too_long = strlen(text) > MOST_BYTES;
    while (*c.at && !out->is_too_long) {
        if (is_start && n_tried++ < MOST_TRIED && take_bare_program(&c))
            break;
        is_start = skip_thought(&c);
        if (!is_start)
            reply_parts_take_line(&c);
        out->is_too_long = out->n > MOST_PARTS;
    }
    end_prose(&c);
    free(own);
}

void reply_parts_clear(struct reply_parts *p)
{
    for (int i = 0; i < p->n; i++) {
        free(p->list[i].text);
        free(p->list[i].info);
        free(p->list[i].with);
    }
    free(p->list);
    *p = (struct reply_parts){ 0 };
}
