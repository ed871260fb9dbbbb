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

json_t *dream_evidence(int64_t run, int64_t iteration)
{
    return json_pack("[o]", json_sprintf("%lld:%lld", (long long)run, (long long)iteration));
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

json_t *dream_evidence_of(const struct dream_note *note)
{
    json_t *list = json_array();

    for (const char *at = note->evidence; *at;) {
        size_t len = strcspn(at, " ");
        json_array_append_new(list, json_stringn(at, len));
        at += len + (at[len] == ' ');
    }
    return list;
}

static int count_new_notes(const struct dream_read *read)
{
    int n = 0;

    for (int i = 0; i < read->n_notes; i++)
        n += read->notes[i].is_new;
    return n;
}

static int count_new_candidates(const struct dream_read *read)
{
    int n = 0;

    for (int i = 0; i < read->n_candidates; i++)
        n += read->candidates[i].is_new;
    return n;
}

bool dream_has_new(const struct dream_read *read)
{
    return count_new_notes(read) > 0 || count_new_candidates(read) > 0;
}

/* Folders of the runs that something new is from. */
static json_t *new_folders(const struct dream_read *read)
{
    json_t *folders = json_object(), *list = json_array(), *value;
    const char *key;

    for (int i = 0; i < read->n_candidates; i++)
        if (read->candidates[i].is_new)
            json_object_set_new(folders, read->candidates[i].folder, json_true());
    json_object_foreach(folders, key, value)
        json_array_append_new(list, json_string(key));
    json_decref(folders);
    return list;
}

json_t *dream_plan_create(const struct dream_read *read)
{
    int notes = read->n_notes, candidates = read->n_candidates;

    return json_pack(
        "{s:s, s:{s:i, s:i, s:i}, s:[], s:[], s:[], s:[], s:[], s:[], s:I, s:I, s:o}",
        "task", read->task, "read", "notes", count_new_notes(read), "candidates",
        count_new_candidates(read), "left", 0, "notes", "retired", "failed", "values",
        "skills", "refused", "note_to",
        (json_int_t)(notes ? read->notes[notes - 1].id : 0), "candidate_to",
        (json_int_t)(candidates ? read->candidates[candidates - 1].id : 0), "folders",
        new_folders(read));
}

void dream_plan_refuse(json_t *plan, const char *what, const char *text, const char *why)
{
    scoped char *line = quote_line(text, DREAM_MOST_TEXT);

    json_array_append_new(
        json_object_get(plan, "refused"),
        json_pack("{s:s, s:s, s:s}", "what", what, "text", line, "why", why));
}
