/* skill.c - pieces of policy that can be lifted out.
 *
 * A scan over tokens, not a parser of Lua: statements at the top level are told apart by
 * counting blocks and brackets. A piece takes with it the top-level `local` statements
 * that name what it uses, as far as these go; what it uses beyond that are the policy's
 * globals. */
#include "runner/policy/skill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "runner/policy/lua_token.h"
#include "runner/policy/measure.h"

#define MARK "-- skill"
#define MOST_STATEMENTS 200
#define MOST_NAMES 24

/* A statement at the top level. */
struct statement {
    struct lua_token text;
    struct lua_token names[MOST_NAMES]; /* of a local one: what it declares */
    int n_names;
    bool is_local, is_function;
    struct lua_token body; /* of a function: from its parameters to its end */
    bool is_taken;
};

struct program {
    struct statement list[MOST_STATEMENTS];
    int n;
    size_t taken; /* bytes */
};

/* May a statement end with this token? */
static bool ends_value(struct lua_token s)
{
    static const char *const ends[] = { "end",   ")",   "}",   "]",     "true",
                                        "false", "nil", "...", "until", NULL };

    return lua_token_is_name(&s) || lua_token_is_any(&s, ends) ||
           s.kind == TOKEN_NUMBER || s.kind == TOKEN_STRING;
}

static bool begins(struct lua_token s, struct lua_token before)
{
    static const char *const words[] = { "local", "return", "if",   "for", "while",
                                         "do",    "repeat", "goto", NULL };

    if (before.len == 0)
        return true;
    if (lua_token_is(&before, "local"))
        return false;
    return lua_token_is_any(&s, words) ||
           ((lua_token_is(&s, "function") || lua_token_is_name(&s)) &&
            ends_value(before)) ||
           lua_token_is(&s, ";");
}

static struct lua_token skill_next(const char **at)
{
    struct lua_token t = lua_token_next(*at, NULL);

    *at = t.at + t.len;
    return t;
}

/* What a statement declares, and where its function's body begins. */
static void read_statement(struct statement *s)
{
    const char *at = s->text.at, *end = s->text.at + s->text.len;
    struct lua_token t = skill_next(&at);

    s->is_local = lua_token_is(&t, "local");
    if (s->is_local)
        t = skill_next(&at);
    s->is_function = lua_token_is(&t, "function");
    if (s->is_function) {
        s->names[s->n_names++] = skill_next(&at);
        s->body = (struct lua_token){ .at = at, .len = (size_t)(end - at) };
        return;
    }
    for (; s->is_local && t.at < end && lua_token_is_name(&t) && s->n_names < MOST_NAMES;
         t = skill_next(&at)) {
        s->names[s->n_names++] = t;
        t = skill_next(&at);
        if (!lua_token_is(&t, ","))
            break;
    }
    if (s->is_local && s->n_names == 1 && lua_token_is(&t, "=")) {
        t = skill_next(&at);
        s->is_function = lua_token_is(&t, "function");
        s->body = (struct lua_token){ .at = at, .len = (size_t)(end - at) };
    }
}

/* last: its last token. */
static void end_statement(struct program *p, const char *from, struct lua_token last)
{
    if (!from || p->n == MOST_STATEMENTS)
        return;
    p->list[p->n].text = (struct lua_token){ .at = from, .len = (size_t)(last.at + last.len - from) };
    read_statement(&p->list[p->n++]);
}

/* `for` and `while` have a `do` of their own, which is the one that counts. A string that does
 * not end would take what a piece is put back with: such a source has no statements. */
static void read_program(struct program *p, const char *source)
{
    static const char *const opens[] = { "function", "if", "do", "repeat", NULL };
    static const char *const closes[] = { "end", "until", NULL };
    const char *at = source, *from = NULL;
    struct lua_token before = { 0 };
    int depth = 0, brackets = 0;
    bool is_loop = false; /* between `for` or `while` and its `do` */

    for (struct lua_token t = skill_next(&at); t.len > 0;
         before = t, t = skill_next(&at)) {
        if (t.kind == TOKEN_OPEN) {
            p->n = 0;
            return;
        }
        if (depth == 0 && brackets == 0 && !is_loop && begins(t, before)) {
            end_statement(p, from, before);
            from = t.at;
        }
        if (lua_token_is(&t, "for") || lua_token_is(&t, "while"))
            is_loop = true;
        if (lua_token_is(&t, "do"))
            is_loop = false;
        depth += lua_token_is_any(&t, opens);
        depth -= depth > 0 && lua_token_is_any(&t, closes);
        brackets += t.len == 1 && strchr("({[", *t.at) != NULL;
        brackets -= brackets > 0 && t.len == 1 && strchr(")}]", *t.at) != NULL;
    }
    end_statement(p, from, before);
}

/* Takes the local statements that this one uses, and those that they use. */
static void skill_take(struct program *p, int which)
{
    struct statement *s = &p->list[which];
    const char *at = s->text.at, *end = s->text.at + s->text.len;
    struct lua_token before = { 0 };

    s->is_taken = true;
    p->taken += s->text.len;
    if (p->taken > SKILL_MOST_BYTES)
        return;
    for (struct lua_token t = skill_next(&at); t.len > 0 && t.at < end;
         before = t, t = skill_next(&at)) {
        if (!lua_token_is_name(&t) || lua_token_is(&before, ".") ||
            lua_token_is(&before, ":"))
            continue;
        for (int i = 0; i < which; i++)
            for (int k = 0; k < p->list[i].n_names; k++)
                if (!p->list[i].is_taken && p->list[i].is_local &&
                    lua_token_is_same(&p->list[i].names[k], &t))
                    skill_take(p, i);
    }
}

static void write_piece(const struct program *p, int which, const char *source,
                        struct skill_piece *out)
{
    const struct statement *s = &p->list[which];
    char *piece = NULL, *rest = NULL, *hollow = NULL;
    size_t size;
    FILE *to_piece = open_memstream(&piece, &size),
         *to_rest = open_memstream(&rest, &size),
         *to_hollow = open_memstream(&hollow, &size);
    const char *at = source;
    bool is_marked = false;

    for (int i = 0; i < p->n; i++) {
        const struct statement *one = &p->list[i];
        const char *end = one->text.at + one->text.len;
        if (!one->is_taken)
            continue;
        fwrite(at, 1, (size_t)(one->text.at - at), to_rest);
        if (!is_marked)
            fputs(MARK, to_rest);
        is_marked = true;
        at = end;
        fprintf(to_piece, "%.*s\n", (int)one->text.len, one->text.at);
        if (i == which)
            fprintf(to_hollow, "local function %.*s() end\n", (int)s->names[0].len,
                    s->names[0].at);
        else
            fprintf(to_hollow, "%.*s\n", (int)one->text.len, one->text.at);
    }
    fputs(at, to_rest);
    fclose(to_piece);
    fclose(to_rest);
    fclose(to_hollow);
    out->source = piece;
    out->rest = rest;
    out->hollow = hollow;
}

static void add_piece(struct program *p, int which, const char *source,
                      struct skill_pieces *out)
{
    const struct statement *s = &p->list[which];
    struct skill_piece piece = { 0 };
    char *body;

    for (int i = 0; i < p->n; i++)
        p->list[i].is_taken = false;
    p->taken = 0;
    skill_take(p, which);
    if (p->taken > SKILL_MOST_BYTES)
        return;
    body = xasprintf("%.*s", (int)s->body.len, s->body.at);
    piece.tokens = measure_source(body).tokens;
    measure_hash(body, piece.tokens_sha256);
    free(body);
    if (piece.tokens < SKILL_LEAST_TOKENS)
        return;
    write_piece(p, which, source, &piece);
    piece.function = xasprintf("%.*s", (int)s->names[0].len, s->names[0].at);
    *xgrow(out->list, out->n) = piece;
}

void skill_find(const char *policy, struct skill_pieces *out)
{
    struct program *p = xcalloc(1, sizeof(*p));

    *out = (struct skill_pieces){ 0 };
    /* A mark of its own would be one too many; a fence would end that of a brief. */
    if (!strstr(policy, MARK) && !strstr(policy, "```"))
        read_program(p, policy);
    for (int i = 0; i < p->n; i++) {
        const struct statement *s = &p->list[i];
        if (s->is_local && s->is_function && !lua_token_is(&s->names[0], "act") &&
            !lua_token_is(&s->names[0], "reset"))
            add_piece(p, i, policy, out);
    }
    free(p);
}

void skill_pieces_clear(struct skill_pieces *p)
{
    for (int i = 0; i < p->n; i++) {
        free(p->list[i].function);
        free(p->list[i].source);
        free(p->list[i].rest);
        free(p->list[i].hollow);
    }
    free(p->list);
    *p = (struct skill_pieces){ 0 };
}

char *skill_compose(const char *rest, const char *piece)
{
    const char *at = strstr(rest, MARK);

    if (!at || strstr(at + 1, MARK))
        return NULL;
    return xasprintf("%.*s%s%s", (int)(at - rest), rest, piece, at + strlen(MARK));
}

bool skill_is_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= 40 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}
