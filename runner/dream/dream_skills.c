/* dream_skills.c - pieces of promoted policies that served more than once become skills.
 *
 * A piece is lifted with what proves it: the cases of the run that it comes from which
 * its policy passes, and fails when the piece does nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scoped.h"
#include "runner/brief/quote.h"
#include "runner/dream/dream_plan.h"
#include "runner/dream/skill_lib.h"
#include "runner/judge/cases.h"
#include "runner/record/ledger/ledger_rows.h"

#define MOST_PIECES 200

static struct dream_piece *dream_skills_find_piece(struct dream_pieces *all,
                                                   const char *sha)
{
    for (int i = 0; i < all->n; i++)
        if (!strcmp(all->list[i].piece.tokens_sha256, sha))
            return &all->list[i];
    return NULL;
}

static bool has_run(const json_t *evidence, int64_t run)
{
    for (size_t i = 0; i < json_array_size(evidence); i++)
        if (atoll(json_string_value(json_array_get(evidence, i))) == run)
            return true;
    return false;
}

/* Rows come newest first: of a run the latest promotion counts. */
static void add_promotion(struct dream_pieces *all, const struct ledger_promotion *row)
{
    json_auto_t *mine = dream_evidence(row->run, row->iteration);
    struct skill_pieces found;

    skill_find(row->source, &found);
    for (int i = 0; i < found.n && all->n < MOST_PIECES; i++) {
        struct dream_piece *p = dream_skills_find_piece(all, found.list[i].tokens_sha256);
        if (!p) {
            p = xgrow(all->list, all->n);
            *p = (struct dream_piece){ .piece = found.list[i],
                                       .task = xstrdup(row->task),
                                       .folder = xstrdup(row->folder),
                                       .evidence = json_array(),
                                       .like = json_array() };
            memcpy(p->id, p->piece.tokens_sha256, 8);
            found.list[i] = (struct skill_piece){ 0 };
        }
        if (!has_run(p->evidence, row->run))
            dream_add_evidence(p->evidence, mine);
    }
    skill_pieces_clear(&found);
}

static void find_like(struct dream_pieces *all)
{
    for (int i = 0; i < all->n; i++)
        for (int k = 0; k < all->n; k++)
            if (k != i &&
                !strcmp(all->list[i].piece.function, all->list[k].piece.function))
                dream_add_evidence(all->list[i].like, all->list[k].evidence);
}

/* What is a skill already is none once more. */
static int drop_known(struct ledger *l, struct dream_pieces *all, struct error *err)
{
    int has = 0;

    for (int i = 0; i < all->n && has >= 0; i++) {
        has = ledger_skill_has(l, NULL, all->list[i].piece.tokens_sha256, err);
        if (has == 1)
            all->list[i].piece.tokens_sha256[0] = '\0';
    }
    return has < 0 ? -1 : 0;
}

int dream_pieces_find(struct ledger *l, struct dream_pieces *out, struct error *err)
{
    struct ledger_promotions all;
    int n = ledger_promotions(l, &all, err);

    *out = (struct dream_pieces){ 0 };
    for (int i = 0; i < n; i++)
        add_promotion(out, &all.list[i]);
    ledger_promotions_clear(&all);
    find_like(out);
    return n < 0 ? -1 : drop_known(l, out, err);
}

void dream_pieces_clear(struct dream_pieces *p)
{
    for (int i = 0; i < p->n; i++) {
        struct skill_pieces one = { xcalloc(1, sizeof(*one.list)), 1 };
        one.list[0] = p->list[i].piece;
        skill_pieces_clear(&one);
        free(p->list[i].task);
        free(p->list[i].folder);
        json_decref(p->list[i].evidence);
        json_decref(p->list[i].like);
    }
    free(p->list);
    *p = (struct dream_pieces){ 0 };
}

/* Cases of the run that the policy passes with the piece, and not without it. */
static json_t *dream_skills_prove(const struct dream_config *c,
                                  const struct dream_piece *p, char **broken,
                                  struct error *err)
{
    char *folder = xasprintf("%s/cases", p->folder);
    char *whole = skill_compose(p->piece.rest, p->piece.source);
    char *hollow = skill_compose(p->piece.rest, p->piece.hollow);
    json_t *needed = json_array();
    int n = 0, status = whole && hollow
                            ? dream_cases_run(c, folder, "the policy", whole, &n, broken,
                                              NULL, err)
                            : error_set(err, "%s: cannot be put in", p->piece.function);

    if (status == 0 && !*broken)
        status = dream_cases_run(c, folder, "hollow", hollow, &n, NULL, needed, err);
    free(hollow);
    free(whole);
    free(folder);
    if (status == 0)
        return needed;
    json_decref(needed);
    return NULL;
}

static bool has_name(const json_t *rows, const char *name)
{
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (!strcmp(dream_text(json_array_get(rows, i), "name"), name))
            return true;
    return false;
}

static bool is_taken(const struct dream_config *c, const json_t *plans, const char *name)
{
    scoped char *cases = skill_lib_cases(c->lib, name),
                *path = xasprintf("%s/%s.lua", c->lib, name);
    bool is = access(cases, F_OK) == 0 || access(path, F_OK) == 0;

    is |= ledger_skill_has(c->ledger, name, NULL, NULL) == 1;
    for (size_t i = 0; i < json_array_size(plans); i++)
        is |= has_name(json_object_get(json_array_get(plans, i), "skills"), name);
    return is;
}

/* Nothing is overwritten: a name that is taken gets a number. */
static char *free_name(const struct dream_config *c, const json_t *plans,
                       const char *name)
{
    char *one = xasprintf("%.32s", name);

    for (char *at = one; *at; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    if (!skill_is_name(one)) {
        free(one);
        one = xstrdup("skill");
    }
    for (int i = 2; is_taken(c, plans, one); i++) {
        free(one);
        one = xasprintf("%.32s_%d", skill_is_name(name) ? name : "skill", i);
    }
    return one;
}

int dream_skill_add(const struct dream_config *c, const struct dream_piece *p,
                    const char *name, const char *about, const json_t *evidence,
                    const json_t *plans, json_t *plan, struct error *err)
{
    char *broken = NULL, *chosen;
    json_t *cases = dream_skills_prove(c, p, &broken, err);

    if (!cases && broken)
        error_set(err, "%s", broken);
    if (cases && (broken || !json_array_size(cases)))
        dream_plan_refuse(plan, "skill", p->piece.function,
                          broken ? "a case of its run fails already"
                                 : "no case of its run needs it");
    else if (cases) {
        chosen = free_name(c, plans, name);
        json_array_append_new(
            json_object_get(plan, "skills"),
            json_pack("{s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:s, s:O}", "name", chosen,
                      "text", about, "evidence", evidence, "function", p->piece.function,
                      "source", p->piece.source, "rest", p->piece.rest, "tokens_sha256",
                      p->piece.tokens_sha256, "folder", p->folder, "cases", cases));
        free(chosen);
    }
    free(broken);
    if (!cases)
        return -1;
    json_decref(cases);
    return 0;
}

/* The head of its file: what it is for, and what it rests on. */
static char *head_of(const json_t *plan, const json_t *skill)
{
    char *text = NULL, *task = quote_line(dream_text(plan, "task"), DREAM_MOST_TEXT);
    size_t size, i;
    FILE *f = open_memstream(&text, &size);
    json_t *one;

    fprintf(f, "-- %s.lua - %s\n-- Of %s; iterations (run:iteration):",
            dream_text(skill, "name"), dream_text(skill, "text"), task);
    free(task);
    json_array_foreach(json_object_get(skill, "evidence"), i, one)
        fprintf(f, " %s", json_string_value(one));
    fputs(".\n", f);
    fclose(f);
    return text;
}

static int copy_cases(const json_t *skill, const char *folder, struct error *err)
{
    json_t *names = json_object_get(skill, "cases"), *name;
    int status = file_make_folder(folder, err);
    size_t i;

    json_array_foreach(names, i, name) {
        const char *text = json_string_value(name);
        scoped char *from = xasprintf("%s/cases/%s.json", dream_text(skill, "folder"),
                                      text);
        scoped char *to = xasprintf("%s/%s.json", folder, text);
        if (status == 0)
            status = file_copy(from, to, 64u << 20, err);
    }
    return status;
}

int dream_skills_stage(const json_t *plans, const char *staging, struct error *err)
{
    int status = 0;
    size_t i, k;
    json_t *plan, *skill;

    json_array_foreach(plans, i, plan)
        json_array_foreach(json_object_get(plan, "skills"), k, skill) {
            const char *name = dream_text(skill, "name");
            scoped char *head = head_of(plan, skill),
                        *cases = skill_lib_cases(staging, name);
            if (status == 0)
                status = skill_lib_save(staging, name, head, dream_text(skill, "source"),
                                        dream_text(skill, "rest"), err);
            if (status == 0)
                status = copy_cases(skill, cases, err);
        }
    return status;
}

int dream_skills_move(const json_t *plans, const char *from, const char *to,
                      struct error *err)
{
    size_t i, k;
    json_t *plan, *skill;
    json_auto_t *moved = json_array();
    int status = 0;

    json_array_foreach(plans, i, plan)
        json_array_foreach(json_object_get(plan, "skills"), k, skill) {
            if (status == 0)
                status = skill_lib_move(from, to, dream_text(skill, "name"), err);
            if (status == 0)
                json_array_append(moved, json_object_get(skill, "name"));
        }
    for (i = 0; status != 0 && i < json_array_size(moved); i++)
        skill_lib_move(to, from, json_string_value(json_array_get(moved, i)), NULL);
    return status;
}
