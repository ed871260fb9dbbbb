/* tools_policy.c - tools for the program itself: read, write, edit, check. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "runner/policy/edit.h"
#include "runner/policy/measure.h"
#include "runner/record/ledger/ledger_rows.h"
#include "runner/tools/tool_work.h"

#define MOST_SOURCE 32000 /* bytes of an answer */
#define MOST_NEAREST 1500
#define MOST_FAULT 1500
#define CANDIDATES_SHOWN 20

const char *tool_draft(const struct tool_work *w)
{
    return w->c->bench->draft ? w->c->bench->draft : w->c->incumbent->source;
}

struct policy tool_draft_policy(const struct tool_work *w)
{
    struct policy policy = *w->c->incumbent;

    if (w->c->bench->draft) {
        policy.name = "draft.lua";
        policy.source = w->c->bench->draft;
    }
    return policy;
}

static void set_draft(struct tool_work *w, char *source)
{
    free(w->c->bench->draft);
    w->c->bench->draft = source;
    if (!strcmp(source, w->c->incumbent->source)) {
        free(source);
        w->c->bench->draft = NULL;
    }
}

static json_t *params_json(const struct policy_facts *facts)
{
    json_t *list = json_array();

    for (int i = 0; i < facts->n_params; i++) {
        const struct vm_param *p = &facts->params[i];
        json_t *one = json_pack("{s:s, s:o}", "name", p->name, "default",
                                json_finite(p->value));
        if (isfinite(p->min))
            json_object_set_new(one, "min", json_finite(p->min));
        if (isfinite(p->max))
            json_object_set_new(one, "max", json_finite(p->max));
        json_array_append_new(list, one);
    }
    return list;
}

enum memo_status tool_check_source(struct tool_work *w, const char *name,
                                   const char *source)
{
    struct evaluation e = w->c->memo->base;
    struct measure size = measure_source(source);
    struct policy_facts facts;

    e.policy = (struct policy){ .name = name, .source = source };
    e.on_result = NULL;
    if (evaluate_check(&e, &facts, w->err) != 0)
        return MEMO_FAILED;
    json_object_set_new(w->data, "ok", json_boolean(!facts.fault));
    if (facts.fault) {
        char *text = text_clean(facts.fault_text, strlen(facts.fault_text), MOST_FAULT,
                                true);
        json_object_set_new(w->data, "fault", json_string(text));
        free(text);
    }
    if (facts.unknown_globals[0])
        json_object_set_new(w->data, "unknown_globals",
                            json_string(facts.unknown_globals));
    json_object_set_new(w->data, "bytes", json_integer((json_int_t)strlen(source)));
    json_object_set_new(w->data, "tokens", json_integer(size.tokens));
    json_object_set_new(w->data, "branches", json_integer(size.branches));
    json_object_set_new(w->data, "params", params_json(&facts));
    return MEMO_DONE;
}

enum memo_status tool_check(struct tool_work *w)
{
    const char *source = tool_text(w, "source");

    return tool_check_source(w, "draft.lua", source ? source : tool_draft(w));
}

enum memo_status tool_policy_write(struct tool_work *w)
{
    set_draft(w, xstrdup(tool_text(w, "source")));
    return tool_check_source(w, "draft.lua", tool_draft(w));
}

static enum memo_status not_found(struct tool_work *w, const char *search)
{
    int line = 0;
    char *nearest = edit_nearest(tool_draft(w), search, &line);

    if (nearest)
        tool_wrong(
            w,
            "\"search\" stands nowhere in the draft. The nearest, from line %d on:\n%.*s",
            line, MOST_NEAREST, nearest);
    else
        tool_wrong(w, "\"search\" stands nowhere in the draft, and nothing like it; see "
                      "policy_read");
    free(nearest);
    return MEMO_DONE;
}

enum memo_status tool_policy_edit(struct tool_work *w)
{
    const char *search = tool_text(w, "search"), *with = tool_text(w, "replace"),
               *at = NULL;
    const char *draft = tool_draft(w);
    int n = edit_count(draft, search, strlen(search), false, &at);

    if (n == 0)
        return not_found(w, search);
    if (n > 1)
        return tool_wrong(
            w,
            "\"search\" stands %d times in the draft: give more lines around "
            "it, so that it is the only one",
            n);
    if (strlen(draft) - strlen(search) + strlen(with) > VM_MAX_SOURCE)
        return tool_wrong(w, "the draft would be longer than %d bytes", VM_MAX_SOURCE);
    set_draft(w,
              xasprintf("%.*s%s%s", (int)(at - draft), draft, with, at + strlen(search)));
    return tool_check_source(w, "draft.lua", tool_draft(w));
}

char *tool_ancestor(struct tool_work *w, int64_t iteration, enum memo_status *status)
{
    const struct memo *m = w->c->memo;
    char sha[65], *source = NULL;
    int found = iteration < w->c->iteration
                    ? ledger_candidate_find(m->ledger, m->run, iteration, sha, w->err)
                    : 0;

    if (found == 1)
        source = ledger_source_get(m->ledger, sha, w->err);
    else if (found == 0)
        tool_wrong(w,
                   "there is no candidate of iteration %lld; see the list of policy_read",
                   (long long)iteration);
    *status = source || found == 0 ? MEMO_DONE : MEMO_FAILED;
    return source;
}

/* The last candidates before this iteration, the newest first; NULL: the ledger fails. */
static json_t *list_candidates(struct tool_work *w)
{
    struct ledger_candidates all;
    json_t *rows = json_array();
    int n = ledger_candidates(w->c->memo->ledger, w->c->memo->run, &all, w->err);

    for (int i = n - 1; i >= 0 && json_array_size(rows) < CANDIDATES_SHOWN; i--) {
        const struct ledger_candidate *c = &all.list[i];
        if (c->iteration < w->c->iteration && c->sha256[0])
            json_array_append_new(rows, json_pack("{s:I, s:s, s:s, s:s, s:o}", "iteration",
                                                  (json_int_t)c->iteration, "sha256",
                                                  c->sha256, "verdict",
                                                  verdict_name(c->verdict), "change",
                                                  c->change, "dev_after",
                                                  tool_json(c->dev_after)));
    }
    ledger_candidates_clear(&all);
    if (n >= 0)
        return rows;
    json_decref(rows);
    return NULL;
}

/* Lines from..to of a source, as many as an answer holds. */
static void tools_policy_put_lines(struct tool_work *w, const char *source)
{
    int64_t from = tool_number(w, "from", 1), to = tool_number(w, "to", INT64_MAX),
            line = 1;
    int64_t last = 0;
    char *text = NULL, *clean;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    for (const char *at = source; *at; line++) {
        size_t n = strcspn(at, "\n");
        if (line >= from && line <= to && ftell(f) + (long)n < MOST_SOURCE) {
            fprintf(f, "%.*s\n", (int)n, at);
            last = line;
        } else if (line > from && line <= to) {
            to = line - 1; /* it is full */
        }
        at += n + (at[n] == '\n');
    }
    fclose(f);
    clean = provider_clean_text(text, len);
    json_object_set_new(w->data, "source", json_string(clean));
    json_object_set_new(w->data, "lines", json_integer(line - 1));
    if (from > 1 || last < line - 1) {
        char *left = xasprintf(
            "lines %lld to %lld are shown; ask for others with from and to",
            (long long)from, (long long)last);
        json_object_set_new(w->data, "left_out", json_string(left));
        free(left);
    }
    free(clean);
    free(text);
}

enum memo_status tool_policy_read(struct tool_work *w)
{
    int64_t iteration = tool_number(w, "iteration", -1);
    enum memo_status status = MEMO_DONE;
    char *owned = iteration >= 0 ? tool_ancestor(w, iteration, &status) : NULL;
    const char *source = owned ? owned : tool_draft(w);
    json_t *rows;
    char sha[65];

    if (iteration >= 0 && !owned)
        return status;
    if (tool_flag(w, "load", false))
        set_draft(w, xstrdup(source));
    rows = list_candidates(w);
    if (rows) {
        if (json_array_size(rows) == CANDIDATES_SHOWN)
            json_object_set_new(w->data, "candidates_left_out",
                                json_string("older ones than these, if there are any"));
        json_object_set_new(w->data, "draft",
                            json_string(w->c->bench->draft ? "changed"
                                                           : "the current policy"));
        sha256_hex(source, strlen(source), sha);
        json_object_set_new(w->data, "name",
                            json_string(owned                ? "candidate"
                                        : w->c->bench->draft ? "draft"
                                                             : "current"));
        json_object_set_new(w->data, "sha256", json_string(sha));
        json_object_set_new(w->data, "tokens",
                            json_integer(measure_source(source).tokens));
        json_object_set_new(w->data, "candidates", rows);
        tools_policy_put_lines(w, source);
    }
    free(owned);
    return rows ? MEMO_DONE : MEMO_FAILED;
}
