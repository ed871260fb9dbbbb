/* dream.c - the offline pass: reads, plans, tries, and keeps the whole of it or
 * nothing. */
#include "runner/dream/dream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scoped.h"
#include "runner/brief/quote.h"
#include "runner/dream/dream_plan.h"
#include "runner/dream/dream_values.h"
#include "runner/dream/skill_lib.h"

#define LEAST_SERVED 2

/* Without a model: what served in the same words in more than one run. */
static int add_served(const struct dream_config *c, const struct dream_pieces *pieces,
                      const json_t *plans, json_t *plan, struct error *err)
{
    int status = 0;

    for (int i = 0; i < pieces->n && status == 0; i++) {
        const struct dream_piece *p = &pieces->list[i];
        scoped char *about = NULL;
        if (!p->piece.tokens_sha256[0] ||
            strcmp(p->task, dream_text(plan, "task")) != 0 ||
            json_array_size(p->evidence) < LEAST_SERVED)
            continue;
        about = xasprintf("the function %s, which served in %zu runs", p->piece.function,
                          json_array_size(p->evidence));
        status = dream_skill_add(c, p, p->piece.function, about, p->evidence, plans, plan,
                                 err);
    }
    return status;
}

/* The words of what a plan replaces, for whoever reads it. */
static void tell_replaced(const struct dream_read *read, json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *ids = json_object_get(json_array_get(list, i), "replaces");
        json_t *was = json_array();
        for (size_t k = 0; k < json_array_size(ids); k++)
            for (int n = 0; n < read->n_notes; n++)
                if (read->notes[n].id == json_integer_value(json_array_get(ids, k)))
                    json_array_append_new(was, json_string(read->notes[n].text));
        json_object_set_new(json_array_get(list, i), "was", was);
    }
}

static int plan_task(const struct dream_config *c, const char *task,
                     const struct dream_pieces *pieces, struct dream_outcome *out,
                     int64_t *last, struct error *err)
{
    struct dream_read read;
    json_t *plan;
    int status = ledger_dream_read(c->ledger, task, &read, err);

    if (status != 0)
        return -1;
    *last = read.last;
    if (dream_has_new(&read)) {
        if (!c->provider) {
            plan = dream_by_statistics(&read);
            json_array_append_new(out->tasks, plan);
            status = add_served(c, pieces, out->tasks, plan, err);
        } else {
            status = dream_by_model(c, &read, pieces, out, err);
            plan = json_array_get(out->tasks, json_array_size(out->tasks) - 1);
        }
        tell_replaced(&read, json_object_get(plan, "notes"));
        tell_replaced(&read, json_object_get(plan, "failed"));
        dream_values_add(c->ledger, &read, plan);
        tell_replaced(&read, json_object_get(plan, "values"));
    }
    ledger_dream_clear(&read);
    return status;
}

static int keep_sentence(const struct dream_config *c, int64_t dream, const json_t *plan,
                         const json_t *one, enum dream_kind kind, struct error *err)
{
    const json_t *evidence = json_object_get(one, "evidence");
    const json_t *replaces = json_object_get(one, "replaces");
    int64_t note = ledger_dream_keep(c->ledger, dream, dream_text(plan, "task"), kind,
                                     dream_text(one, "text"), evidence, err);

    if (note < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(replaces); i++)
        if (ledger_dream_supersede(c->ledger, dream,
                                   json_integer_value(json_array_get(replaces, i)), note,
                                   "merged", evidence, err) != 0)
            return -1;
    if (kind == DREAM_skill)
        return ledger_skill_add(c->ledger, note, dream_text(one, "name"),
                                dream_text(one, "tokens_sha256"),
                                dream_text(one, "source"), err);
    return 0;
}

static int keep_plan(const struct dream_config *c, int64_t dream, const json_t *plan,
                     struct error *err)
{
    static const struct {
        const char *list;
        enum dream_kind kind;
    } kinds[] = { { "notes", DREAM_note },
                  { "failed", DREAM_failed },
                  { "values", DREAM_values },
                  { "skills", DREAM_skill } };
    const json_t *retired = json_object_get(plan, "retired");

    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        const json_t *list = json_object_get(plan, kinds[k].list);
        for (size_t i = 0; i < json_array_size(list); i++)
            if (keep_sentence(c, dream, plan, json_array_get(list, i), kinds[k].kind,
                              err))
                return -1;
    }
    for (size_t i = 0; i < json_array_size(retired); i++) {
        const json_t *one = json_array_get(retired, i);
        if (ledger_dream_supersede(c->ledger, dream, dream_number(one, "note"), 0,
                                   dream_text(one, "why"),
                                   json_object_get(one, "evidence"), err) != 0)
            return -1;
    }
    return ledger_dream_add_read(c->ledger, dream, dream_text(plan, "task"),
                                 dream_number(plan, "note_to"),
                                 dream_number(plan, "candidate_to"), err);
}

/* Ledger and files, all or none; the files move last, when the ledger has taken all. */
static int dream_keep(const struct dream_config *c, const char *staging, int64_t last,
                      struct dream_outcome *out, struct error *err)
{
    char *text = json_dumps(out->tasks, JSON_COMPACT);
    int64_t id = -1;
    int status = ledger_begin(c->ledger, err);

    if (status == 0) {
        status = ledger_dream_last(c->ledger, NULL) == last
                     ? 0
                     : error_set(err, "another dream was dreamt meanwhile; dream again");
        if (status == 0)
            id = ledger_dream_add(c->ledger, c->model, out->tokens, out->usd, text, err);
        status = id < 0 ? -1 : 0;
        for (size_t i = 0; i < json_array_size(out->tasks) && status == 0; i++)
            status = keep_plan(c, id, json_array_get(out->tasks, i), err);
        if (status == 0)
            status = dream_skills_move(out->tasks, staging, c->lib, err);
        if (status != 0) {
            ledger_end(c->ledger, false, NULL);
        } else if (ledger_end(c->ledger, true, err) != 0) {
            dream_skills_move(out->tasks, c->lib, staging, NULL);
            status = -1;
        }
    }
    free(text);
    if (status == 0)
        out->id = id;
    return status;
}

static bool has_skills(const json_t *plans)
{
    for (size_t i = 0; i < json_array_size(plans); i++)
        if (json_array_size(json_object_get(json_array_get(plans, i), "skills")))
            return true;
    return false;
}

/* Beside the library, so that moving is renaming; for a dry run anywhere. */
static char *make_staging(const struct dream_config *c, bool has_any, struct error *err)
{
    char *path;

    if (c->is_dry || !has_any) {
        path = xstrdup("/tmp/ratchet-dream-XXXXXX");
    } else {
        if (file_make_folders(c->lib, err) != 0)
            return NULL;
        path = xasprintf("%s/.dream-XXXXXX", c->lib);
    }
    if (mkdtemp(path))
        return path;
    error_set(err, "%s: cannot be made; name another folder with --lib", path);
    free(path);
    return NULL;
}

static void remove_staging(char *staging, const json_t *plans)
{
    for (size_t i = 0; staging && i < json_array_size(plans); i++) {
        const json_t *skills = json_object_get(json_array_get(plans, i), "skills");
        for (size_t k = 0; k < json_array_size(skills); k++)
            skill_lib_remove(staging, dream_text(json_array_get(skills, k), "name"));
    }
    if (staging)
        rmdir(staging);
    free(staging);
}

int dream_run(const struct dream_config *c, const json_t *tasks,
              struct dream_outcome *out, struct error *err)
{
    struct dream_pieces pieces;
    char *staging = NULL;
    int64_t last = 0;
    int status;

    *out = (struct dream_outcome){ .tasks = json_array(), .usd = 0 };
    status = dream_pieces_find(c->ledger, &pieces, err);
    for (size_t i = 0; i < json_array_size(tasks) && status == 0; i++)
        status = plan_task(c, json_string_value(json_array_get(tasks, i)), &pieces, out,
                           &last, err);
    if (status == 0 && json_array_size(out->tasks)) {
        staging = make_staging(c, has_skills(out->tasks), err);
        status = staging ? dream_skills_stage(out->tasks, staging, err) : -1;
        if (status == 0)
            status = dream_cases_all(c, out->tasks, staging, &out->cases, &out->broken,
                                     err);
        if (status == 0 && !out->broken && !c->is_dry)
            status = dream_keep(c, staging, last, out, err);
    }
    remove_staging(staging, out->tasks);
    dream_pieces_clear(&pieces);
    return status;
}

void dream_outcome_clear(struct dream_outcome *o)
{
    json_decref(o->tasks);
    free(o->broken);
    *o = (struct dream_outcome){ 0 };
}
