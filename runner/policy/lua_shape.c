/* lua_shape.c - is a text a whole Lua program, and one that returns a policy?
 *
 * A parser by recursive descent over the grammar of Lua 5.4, which builds nothing: it
 * tells where the grammar ends, and what the chunk returns. Of names it knows which were
 * given a field `act`, wherever that stands. */
#include "runner/policy/lua_shape.h"

#include <string.h>

#include "runner/policy/lua_token.h"

#define MOST_DEPTH 180 /* Lua's own is 200 C levels */
#define MOST_NAMES 64

/* What an expression is, as far as it matters to a return. */
enum value { VALUE_OTHER, VALUE_PLAIN, VALUE_NAME, VALUE_TABLE, VALUE_POLICY };

struct parse {
    const char *end;
    const char *last; /* the end of the token before this one */
    struct lua_token t;
    const char *fault;
    int depth;
    struct lua_token with_act[MOST_NAMES]; /* names that were given `act` */
    int n_with_act;
    enum lua_returns returns;
    const char *return_end;
};

static enum value expression(struct parse *p);
static void block(struct parse *p, bool is_main);

static void lua_shape_next(struct parse *p)
{
    p->last = p->t.at + p->t.len;
    if (!p->fault)
        p->t = lua_token_next(p->last, p->end);
}

static void lua_shape_fail(struct parse *p)
{
    if (!p->fault)
        p->fault = p->t.at;
    p->t.kind = TOKEN_END; /* every loop ends there */
    p->t.len = 0;
}

static bool is(const struct parse *p, const char *word)
{
    return p->t.kind != TOKEN_STRING && p->t.kind != TOKEN_END &&
           lua_token_is(&p->t, word);
}

static bool lua_shape_take(struct parse *p, const char *word)
{
    if (!is(p, word))
        return false;
    lua_shape_next(p);
    return true;
}

static void lua_shape_need(struct parse *p, const char *word)
{
    if (!lua_shape_take(p, word))
        lua_shape_fail(p);
}

static bool is_any(const struct parse *p, const char *const *words)
{
    for (; *words; words++)
        if (is(p, *words))
            return true;
    return false;
}

static struct lua_token name(struct parse *p)
{
    struct lua_token t = p->t;

    if (!lua_token_is_name(&t))
        lua_shape_fail(p);
    else
        lua_shape_next(p);
    return t;
}

static void give_act(struct parse *p, struct lua_token to)
{
    if (to.kind == TOKEN_NAME && p->n_with_act < MOST_NAMES)
        p->with_act[p->n_with_act++] = to;
}

static bool has_act(const struct parse *p, const struct lua_token *t)
{
    for (int i = 0; i < p->n_with_act; i++)
        if (lua_token_is_same(&p->with_act[i], t))
            return true;
    return false;
}

static bool enter(struct parse *p)
{
    if (++p->depth > MOST_DEPTH)
        lua_shape_fail(p);
    return !p->fault;
}

static enum value table(struct parse *p)
{
    enum value v = VALUE_TABLE;

    lua_shape_need(p, "{");
    while (!p->fault && !is(p, "}")) {
        struct lua_token after = lua_token_next(p->t.at + p->t.len, p->end);
        if (lua_shape_take(p, "[")) {
            bool is_text = p->t.kind == TOKEN_STRING;
            bool is_act = is_text && (lua_token_is(&p->t, "\"act\"") ||
                                      lua_token_is(&p->t, "'act'"));
            expression(p);
            lua_shape_need(p, "]");
            lua_shape_need(p, "=");
            if (is_act)
                v = VALUE_POLICY;
            else if (!is_text && v == VALUE_TABLE)
                v = VALUE_OTHER; /* its names are made as it runs */
        } else if (p->t.kind == TOKEN_NAME && lua_token_is(&after, "=")) {
            if (is(p, "act"))
                v = VALUE_POLICY;
            name(p);
            lua_shape_need(p, "=");
        }
        expression(p);
        if (!lua_shape_take(p, ",") && !lua_shape_take(p, ";"))
            break;
    }
    lua_shape_need(p, "}");
    return v;
}

static void expressions(struct parse *p)
{
    do
        expression(p);
    while (lua_shape_take(p, ","));
}

static void body(struct parse *p)
{
    lua_shape_need(p, "(");
    while (!p->fault && !is(p, ")")) {
        if (lua_shape_take(p, "..."))
            break;
        name(p);
        if (!lua_shape_take(p, ","))
            break;
    }
    lua_shape_need(p, ")");
    block(p, false);
    lua_shape_need(p, "end");
}

static bool arguments(struct parse *p)
{
    if (p->t.kind == TOKEN_STRING) {
        lua_shape_next(p);
    } else if (is(p, "{")) {
        table(p);
    } else if (lua_shape_take(p, "(")) {
        if (!is(p, ")"))
            expressions(p);
        lua_shape_need(p, ")");
    } else {
        return false;
    }
    return true;
}

/* What stands before the signs that may be assigned to or called. */
struct suffixed {
    struct lua_token first; /* kind TOKEN_END: it begins with a bracket */
    bool is_name, is_call;  /* a name alone; the last part is a call */
    bool is_act;            /* NAME.act or NAME["act"] */
};

static struct suffixed suffixed(struct parse *p)
{
    struct suffixed s = { .is_name = true };

    if (lua_shape_take(p, "(")) {
        expression(p);
        lua_shape_need(p, ")");
        s.is_name = false;
    } else {
        s.first = name(p);
    }
    while (!p->fault) {
        bool was_name = s.is_name;
        if (lua_shape_take(p, ".")) {
            s.is_act = was_name && is(p, "act");
            name(p);
            s.is_call = false;
        } else if (lua_shape_take(p, "[")) {
            s.is_act = was_name &&
                       (lua_token_is(&p->t, "\"act\"") || lua_token_is(&p->t, "'act'"));
            expression(p);
            lua_shape_need(p, "]");
            s.is_call = false;
        } else if (lua_shape_take(p, ":")) {
            name(p);
            if (!arguments(p))
                lua_shape_fail(p);
            s.is_call = true;
            s.is_act = false;
        } else if (arguments(p)) {
            s.is_call = true;
            s.is_act = false;
        } else {
            break;
        }
        s.is_name = false;
    }
    return s;
}

static enum value simple(struct parse *p)
{
    static const char *const plain[] = { "nil", "true", "false", "...", NULL };

    if (p->t.kind == TOKEN_NUMBER || p->t.kind == TOKEN_STRING || is_any(p, plain)) {
        bool is_more = is(p, "...");
        lua_shape_next(p);
        return is_more ? VALUE_OTHER : VALUE_PLAIN;
    }
    if (is(p, "{"))
        return table(p);
    if (lua_shape_take(p, "function")) {
        body(p);
        return VALUE_PLAIN;
    }
    return suffixed(p).is_name ? VALUE_NAME : VALUE_OTHER;
}

static enum value expression(struct parse *p)
{
    static const char *const unary[] = { "not", "-", "#", "~", NULL };
    static const char *const binary[] = { "or", "and", "<",  ">",  "<=", ">=", "~=", "==",
                                          "|",  "~",   "&",  "<<", ">>", "..", "+",  "-",
                                          "*",  "/",   "//", "%",  "^",  NULL };
    enum value v = VALUE_OTHER;
    bool is_first = true;

    if (!enter(p))
        return v;
    do {
        bool is_unary = false;
        enum value one;
        while (is_any(p, unary)) {
            is_unary = true;
            lua_shape_next(p);
        }
        one = simple(p);
        v = is_first && !is_unary ? one : VALUE_OTHER;
        is_first = false;
        if (p->fault || !is_any(p, binary))
            break;
        lua_shape_next(p);
    } while (!p->fault);
    p->depth--;
    return v;
}

static void returns(struct parse *p, bool is_main)
{
    struct lua_token first = p->t;
    static const char *const ends[] = { "end", "else", "elseif", "until", ";", NULL };
    enum value v = VALUE_PLAIN;

    if (p->t.kind != TOKEN_END && !is_any(p, ends)) {
        v = expression(p);
        while (lua_shape_take(p, ","))
            expression(p);
    }
    if (is_main && !p->fault) {
        p->return_end = p->last;
        p->returns = v == VALUE_POLICY || (v == VALUE_NAME && has_act(p, &first))
                         ? RETURNS_POLICY
                     : v == VALUE_PLAIN || v == VALUE_TABLE ? RETURNS_NONE
                                                            : RETURNS_VALUE;
    }
    if (lua_shape_take(p, ";") && is_main && !p->fault)
        p->return_end = p->last;
}

static void local(struct parse *p)
{
    struct lua_token first;

    if (lua_shape_take(p, "function")) {
        name(p);
        body(p);
        return;
    }
    first = name(p);
    for (;;) {
        if (lua_shape_take(p, "<")) {
            name(p);
            lua_shape_need(p, ">");
        }
        if (!lua_shape_take(p, ","))
            break;
        name(p);
    }
    if (!lua_shape_take(p, "="))
        return;
    if (expression(p) == VALUE_POLICY)
        give_act(p, first);
    while (lua_shape_take(p, ","))
        expression(p);
}

static void function(struct parse *p)
{
    struct lua_token first = name(p);

    for (bool is_first = true; is(p, ".") || is(p, ":"); is_first = false) {
        bool is_last = is(p, ":");
        lua_shape_next(p);
        if (is_first && is(p, "act"))
            give_act(p, first);
        name(p);
        if (is_last)
            break;
    }
    body(p);
}

static void loop_for(struct parse *p)
{
    name(p);
    if (lua_shape_take(p, "=")) {
        expression(p);
        lua_shape_need(p, ",");
        expression(p);
        if (lua_shape_take(p, ","))
            expression(p);
    } else {
        while (lua_shape_take(p, ","))
            name(p);
        lua_shape_need(p, "in");
        expressions(p);
    }
    lua_shape_need(p, "do");
    block(p, false);
    lua_shape_need(p, "end");
}

static void condition(struct parse *p)
{
    do {
        expression(p);
        lua_shape_need(p, "then");
        block(p, false);
    } while (lua_shape_take(p, "elseif"));
    if (lua_shape_take(p, "else"))
        block(p, false);
    lua_shape_need(p, "end");
}

static void assignment_or_call(struct parse *p)
{
    struct suffixed s = suffixed(p), more;

    if (s.is_call && !is(p, ",") && !is(p, "="))
        return;
    more = s;
    while (lua_shape_take(p, ",")) {
        if (more.is_call)
            lua_shape_fail(p);
        more = suffixed(p);
    }
    if (more.is_call)
        lua_shape_fail(p);
    lua_shape_need(p, "=");
    if (s.is_act)
        give_act(p, s.first);
    if (expression(p) == VALUE_POLICY && s.is_name)
        give_act(p, s.first);
    while (lua_shape_take(p, ","))
        expression(p);
}

static void statement(struct parse *p)
{
    if (lua_shape_take(p, ";"))
        return;
    if (lua_shape_take(p, "::")) {
        name(p);
        lua_shape_need(p, "::");
    } else if (lua_shape_take(p, "break")) {
        return;
    } else if (lua_shape_take(p, "goto")) {
        name(p);
    } else if (lua_shape_take(p, "do")) {
        block(p, false);
        lua_shape_need(p, "end");
    } else if (lua_shape_take(p, "while")) {
        expression(p);
        lua_shape_need(p, "do");
        block(p, false);
        lua_shape_need(p, "end");
    } else if (lua_shape_take(p, "repeat")) {
        block(p, false);
        lua_shape_need(p, "until");
        expression(p);
    } else if (lua_shape_take(p, "if")) {
        condition(p);
    } else if (lua_shape_take(p, "for")) {
        loop_for(p);
    } else if (lua_shape_take(p, "function")) {
        function(p);
    } else if (lua_shape_take(p, "local")) {
        local(p);
    } else {
        assignment_or_call(p);
    }
}

static void block(struct parse *p, bool is_main)
{
    static const char *const ends[] = { "end", "else", "elseif", "until", NULL };

    if (!enter(p))
        return;
    while (!p->fault && p->t.kind != TOKEN_END && !is_any(p, ends)) {
        if (lua_shape_take(p, "return")) {
            returns(p, is_main);
            break;
        }
        statement(p);
    }
    p->depth--;
}

struct lua_shape lua_shape_of(const char *at, const char *end)
{
    struct parse p = { .end = end, .last = at };

    p.t = lua_token_next(at, end);
    block(&p, true);
    if (!p.fault && p.t.kind != TOKEN_END)
        p.fault = p.t.at;
    return (struct lua_shape){ .is_chunk = !p.fault,
                               .returns = p.returns,
                               .fault = p.fault,
                               .return_end = p.return_end };
}
