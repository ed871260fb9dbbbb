/* reply.c - a model's reply in text: a whole policy, or edits of the one it was given. */
#include "runner/policy/reply.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/policy/fence.h"
#include "runner/policy/lua_mend.h"
#include "runner/policy/lua_token.h"
#include "runner/policy/measure.h"
#include "runner/policy/reply_edits.h"
#include "runner/policy/reply_parts.h"

#define NEITHER \
    "the reply holds no policy: neither one ```lua block nor SEARCH/REPLACE blocks"

/* What speaks for which source. Borrowed from the parts. */
struct choice {
    const struct reply_part *policy; /* the whole policy, where there is one */
    const struct reply_part *value;  /* a chunk of which only running it would tell */
    const struct reply_part *quoted; /* the parent itself */
    const struct reply_part *last_lua, *only;
    int n_policies, n_values, n_blocks; /* different ones */
    int n_edits, n_edits_behind;        /* behind the policy */
};

static bool is_same_program(const char *a, const char *b)
{
    char x[65], y[65];

    measure_hash(a, x);
    measure_hash(b, y);
    return !strcmp(x, y);
}

/* Why the reply is not read any further; 0 when it is whole. */
static int check_whole(const struct reply_parts *p, struct error *err)
{
    if (p->is_too_long)
        return error_set(err, "the reply holds no policy: it is longer than 4 MB, or of "
                              "more than 400 blocks and edits");
    if (*p->thought)
        return error_set(err,
                         "the reply ends inside its %s: it holds no policy, for what is "
                         "thought is not read",
                         p->thought);
    for (int i = 0; i < p->n; i++) {
        const struct reply_part *part = &p->list[i];
        if (!part->is_cut)
            continue;
        if (part->kind == PART_EDIT)
            return error_set(err,
                             "a SEARCH block has no ======= or no >>>>>>> REPLACE line: "
                             "the reply is cut off");
        return error_set(err,
                         part->kind == PART_DIFF
                             ? "the diff is cut off (it has no *** End Patch)"
                             : "the reply holds no policy: its last block is cut off (it "
                               "has no closing fence)");
    }
    return p->has_stray ? error_set(err, "a >>>>>>> REPLACE line stands outside of a "
                                         "SEARCH block: which lines it ends is not clear")
                        : 0;
}

static void look_at_block(struct choice *c, const struct reply_part *part,
                          const char *parent)
{
    if (part->returns == RETURNS_POLICY) {
        if (is_same_program(part->text, parent)) {
            c->quoted = part;
            return;
        }
        if (c->policy && is_same_program(part->text, c->policy->text))
            return;
        c->policy = part;
        c->n_policies++;
        c->n_edits_behind = 0;
        return;
    }
    if (part->returns == RETURNS_VALUE &&
        !(c->value && is_same_program(part->text, c->value->text))) {
        c->value = part;
        c->n_values++;
    }
    c->only = part;
    c->n_blocks++;
    if (part->is_lua)
        c->last_lua = part;
}

static struct choice reply_look(const struct reply_parts *p, const char *parent)
{
    struct choice c = { 0 };

    for (int i = 0; i < p->n; i++) {
        if (reply_edits_are(&p->list[i])) {
            c.n_edits++;
            c.n_edits_behind++;
        } else if (p->list[i].kind == PART_BLOCK) {
            look_at_block(&c, &p->list[i], parent);
        }
    }
    return c;
}

static char *edited(const struct reply_parts *p, const char *parent, struct error *err)
{
    char *source = xstrdup(parent);
    int status = 0;

    for (int i = 0; i < p->n && status == 0; i++)
        if (reply_edits_are(&p->list[i]))
            status = reply_edits_apply(&source, &p->list[i], err);
    if (status == 0)
        return source;
    free(source);
    return NULL;
}

/* A whole policy and edits behind it: fine when both say the same. */
static char *policy_or_edits(const struct reply_parts *p, const struct choice *c,
                             const char *parent, struct error *err)
{
    char *source = c->n_edits_behind ? edited(p, parent, NULL) : NULL;
    bool is_same = source && is_same_program(source, c->policy->text);

    free(source);
    if (c->n_edits_behind == 0 || is_same)
        return xstrdup(c->policy->text);
    error_set(err, "ambiguous: the reply holds a whole policy and, behind it, edits that "
                   "make another program: answer with one of the two");
    return NULL;
}

/* It ends within a long string or comment. */
static bool is_open(const char *source)
{
    struct lua_token t = lua_token_next(source, NULL);

    while (t.kind != TOKEN_END && (t.kind != TOKEN_OPEN || t.at[t.len]))
        t = lua_token_next(t.at + t.len, NULL);
    return t.kind == TOKEN_OPEN;
}

/* The block that stands for the reply though it is no whole policy: what loads it says
 * why not. */
static const struct reply_part *lesser_block(const struct choice *c)
{
    if (c->n_values == 1)
        return c->value;
    if (c->last_lua)
        return c->last_lua;
    return c->n_blocks == 1 && !*c->only->info ? c->only : NULL;
}

static char *reply_choose(const struct reply_parts *p, const char *parent,
                          struct error *err)
{
    struct choice c = reply_look(p, parent);
    const struct reply_part *block = lesser_block(&c);

    if (c.n_policies > 1)
        error_set(err,
                  "ambiguous: the reply holds %d different whole policies: answer with "
                  "one",
                  c.n_policies);
    else if (c.policy)
        return policy_or_edits(p, &c, parent, err);
    else if (c.n_edits > 0)
        return edited(p, parent, err);
    else if (c.n_values > 1)
        error_set(err,
                  "ambiguous: %d blocks of the reply may be the policy: answer with one "
                  "that returns a table with act",
                  c.n_values);
    else if (block && is_open(block->text))
        error_set(err, "the reply holds no policy: its block ends inside a long string "
                       "or comment, it is cut off or its fence stands in it");
    else if (block || c.quoted)
        return xstrdup(block ? block->text : c.quoted->text);
    else if (*p->tool)
        error_set(err, NEITHER " but a call of `%.40s` written as text, which is not run",
                  p->tool);
    else
        error_set(err, NEITHER);
    return NULL;
}

char *reply_source(const char *text, const char *parent, struct error *err)
{
    struct reply_parts parts;
    char *source = NULL, *mended = NULL;

    reply_parts_read(text, &parts);
    if (check_whole(&parts, err) == 0) {
        reply_parts_unwrap(&parts);
        source = reply_choose(&parts, parent, err);
    }
    if (source)
        mended = lua_mend(source, err);
    free(source);
    reply_parts_clear(&parts);
    return mended;
}

/* A log, a table, a program in another language: marked so. */
static bool is_illustration(const struct reply_part *part)
{
    return part->kind == PART_BLOCK && *part->info && !part->is_lua && !part->is_cut &&
           part->returns == RETURNS_NONE && !reply_edits_are(part);
}

bool reply_is_prose(const char *text)
{
    struct reply_parts p;
    bool is_prose;

    reply_parts_read(text, &p);
    reply_parts_unwrap(&p);
    is_prose = !*p.thought && !*p.tool && !p.has_stray && !p.is_too_long;
    for (int i = 0; i < p.n; i++)
        is_prose &= p.list[i].kind == PART_PROSE || is_illustration(&p.list[i]);
    reply_parts_clear(&p);
    return is_prose;
}

char *reply_prose(const char *text)
{
    struct reply_parts p;
    char *prose = NULL;
    size_t size;
    FILE *f = open_memstream(&prose, &size);

    reply_parts_read(text, &p);
    for (int i = 0; i < p.n; i++)
        if (p.list[i].kind == PART_PROSE)
            fputs(p.list[i].text, f);
    reply_parts_clear(&p);
    fclose(f);
    return prose;
}

char *reply_change(const char *text)
{
    struct reply_parts p;
    char *change = NULL, *bounded;

    reply_parts_read(text, &p);
    if (p.n > 0 && p.list[0].kind == PART_PROSE)
        for (const char *line = p.list[0].text; *line && !change;) {
            size_t len = strcspn(line, "\n"), skip = strspn(line, " \t#*->");
            bool is_tag = line[skip] == '<' && len > skip && line[len - 1] == '>';
            if (skip < len && !is_tag)
                change = text_clean(line + skip, len - skip, len - skip, false);
            line += len + (line[len] == '\n');
        }
    reply_parts_clear(&p);
    bounded = text_bound(change ? change : "(it says nothing of its change)",
                         REPLY_CHANGE_MOST);
    free(change);
    return bounded;
}

char *reply_write(const char *change, const char *source)
{
    char *text = NULL, *line = text_clean(change, strlen(change), strlen(change), false);
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (char *at = line; *at; at++)
        *at = *at == '`' ? '\'' : *at;
    /* The reader takes it for prose, whatever it is. */
    fprintf(f, "%s%s\n\n",
            isalnum((unsigned char)*line) || (unsigned char)*line >= 0x80 ? ""
                                                                          : "Change: ",
            line);
    fence_write(f, "lua", source);
    fclose(f);
    free(line);
    return text;
}
