/* dream_plan.c - a dream's plan as an object, and rows of what it has read. */
#include "runner/dream/dream_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/scoped.h"
#include "runner/brief/quote.h"

const char *dream_text(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text ? text : "";
}

int64_t dream_number(const json_t *row, const char *key)
{
    return json_integer_value(json_object_get(row, key));
}

bool dream_is_promoted(const json_t *candidate)
{
    const char *verdict = dream_text(candidate, "verdict");

    return verdict_promotes(verdict_read(verdict));
}

json_t *dream_evidence(int64_t run, int64_t iteration)
{
    return json_pack("[o]", json_sprintf("%lld:%lld", (long long)run, (long long)iteration));
}

json_t *dream_iteration(const json_t *row)
{
    return dream_evidence(dream_number(row, "run"), dream_number(row, "iteration"));
}

void dream_add_evidence(json_t *evidence, const json_t *more)
{
    for (size_t i = 0; i < json_array_size(more); i++) {
        json_t *one = json_array_get(more, i);
        bool has = false;
        for (size_t k = 0; k < json_array_size(evidence); k++)
            has |= json_equal(json_array_get(evidence, k), one);
        if (!has && json_array_size(evidence) < DREAM_MOST_EVIDENCE)
            json_array_append(evidence, one);
    }
}

json_t *dream_evidence_of(const json_t *note)
{
    json_t *list = json_array();

    for (const char *at = dream_text(note, "evidence"); *at;) {
        size_t len = strcspn(at, " ");
        json_array_append_new(list, json_stringn(at, len));
        at += len + (at[len] == ' ');
    }
    return list;
}

static int64_t last_id(const json_t *rows)
{
    size_t n = json_array_size(rows);

    return n ? dream_number(json_array_get(rows, n - 1), "id") : 0;
}

int dream_count_new(const json_t *rows)
{
    int n = 0;

    for (size_t i = 0; i < json_array_size(rows); i++)
        n += dream_number(json_array_get(rows, i), "is_new") != 0;
    return n;
}

/* Folders of the runs that something new is from. */
static json_t *new_folders(const json_t *candidates)
{
    json_t *folders = json_object(), *list = json_array(), *value;
    const char *key;

    for (size_t i = 0; i < json_array_size(candidates); i++) {
        const json_t *one = json_array_get(candidates, i);
        if (dream_number(one, "is_new"))
            json_object_set_new(folders, dream_text(one, "folder"), json_true());
    }
    json_object_foreach(folders, key, value)
        json_array_append_new(list, json_string(key));
    json_decref(folders);
    return list;
}

json_t *dream_plan_create(const json_t *read)
{
    const json_t *notes = json_object_get(read, "notes");
    const json_t *candidates = json_object_get(read, "candidates");

    return json_pack(
        "{s:s, s:{s:i, s:i, s:i}, s:[], s:[], s:[], s:[], s:[], s:[], s:I, s:I, s:o}",
        "task", dream_text(read, "task"), "read", "notes", dream_count_new(notes), "candidates",
        dream_count_new(candidates), "left", 0, "notes", "retired", "failed", "values",
        "skills", "refused", "note_to", (json_int_t)last_id(notes), "candidate_to",
        (json_int_t)last_id(candidates), "folders", new_folders(candidates));
}

void dream_plan_refuse(json_t *plan, const char *what, const char *text, const char *why)
{
    scoped char *line = quote_line(text, DREAM_MOST_TEXT);

    json_array_append_new(
        json_object_get(plan, "refused"),
        json_pack("{s:s, s:s, s:s}", "what", what, "text", line, "why", why));
}
