/* brief_past.c - what was tried, what was noted, what must stay mastered. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "runner/brief/brief.h"
#include "runner/brief/quote.h"

#define PAST_SHOWN 10  /* iterations */
#define NOTE_BYTES 240 /* of a note that is quoted */
#define WHY_SHOWN 160  /* of a verdict that is not the last: columns */

/* The last verdict is told in full; of those before, what decided. */
static void past_why(FILE *f, const struct brief_past *p, bool is_last)
{
    char *first, *line;

    if (is_last) {
        fprintf(f, ". %s\n", p->why);
        return;
    }
    first = xasprintf("%.*s", (int)strcspn(p->why, ";"), p->why);
    line = text_shorten(first, WHY_SHOWN);
    fprintf(f, ". %s\n", line);
    free(line);
    free(first);
}

void brief_past_write(FILE *f, const struct brief *b)
{
    int most = brief_share(b, PAST_SHOWN);
    int from = b->n_past > most ? b->n_past - most : 0;

    if (!b->n_past)
        return;
    fputs("\n## What was tried\n", f);
    if (from > 0)
        fprintf(f, "(The %d oldest are left out.)\n", from);
    for (int i = from; i < b->n_past; i++) {
        const struct brief_past *p = &b->past[i];
        char *change = text_shorten(p->change, TEXT_SHOWN);
        fprintf(f, "- Iteration %" PRId64 ", %s: %s", p->iteration,
                verdict_name(p->verdict), change);
        free(change);
        if (isfinite(p->dev_after))
            fprintf(f, " (dev mean %.6g, before %.6g)", p->dev_after, p->dev_before);
        past_why(f, p, i == b->n_past - 1);
    }
}

static int64_t note_number(const json_t *note, const char *key)
{
    return json_integer_value(json_object_get(note, key));
}

/* The same words by the same author, in this run or, both, in earlier ones. */
static bool note_is_like(const struct brief *b, const json_t *one, const json_t *two)
{
    return !strcmp(json_get_text(one, "text"), json_get_text(two, "text")) &&
           !strcmp(json_get_text(one, "author"), json_get_text(two, "author")) &&
           (note_number(one, "run") == b->run) == (note_number(two, "run") == b->run);
}

static void note_write(FILE *f, const struct brief *b, size_t at)
{
    const json_t *note = json_array_get(b->notes, at), *other;
    char *text = quote_line(json_get_text(note, "text"), NOTE_BYTES), *numbers = NULL;
    bool is_of_many = false;
    size_t size;
    FILE *list = open_memstream(&numbers, &size);

    for (size_t i = at + 1; i < json_array_size(b->notes); i++) {
        other = json_array_get(b->notes, i);
        if (!note_is_like(b, note, other))
            continue;
        is_of_many |= note_number(note, "run") != note_number(other, "run");
        fprintf(list, ", %" PRId64, note_number(other, "iteration"));
    }
    fclose(list);
    fprintf(f, "- %s%s, iteration%s %" PRId64 "%s: %s\n", json_get_text(note, "author"),
            is_of_many                           ? " of earlier runs"
            : b->run != note_number(note, "run") ? " of an earlier run"
                                                 : "",
            *numbers ? "s" : "", note_number(note, "iteration"), numbers, text);
    free(numbers);
    free(text);
}

void brief_notes_write(FILE *f, const struct brief *b)
{
    if (!json_array_size(b->notes))
        return;
    fputs("\n## Notes\nOf this task (`notes_search` finds more):\n", f);
    for (size_t i = 0; i < json_array_size(b->notes); i++) {
        bool is_said = false;
        for (size_t k = 0; k < i; k++)
            is_said |= note_is_like(b, json_array_get(b->notes, k),
                                    json_array_get(b->notes, i));
        if (!is_said)
            note_write(f, b, i);
    }
}

void brief_cases_write(FILE *f, const struct brief *b)
{
    int n = 0;

    for (int i = 0; i < b->cases->n; i++) {
        const struct regression_case *c = &b->cases->list[i];
        if (c->is_retired)
            continue;
        if (n++ == 0)
            fputs("\n## Regression cases\nEach was once a failure and must stay mastered:\n",
                  f);
        fprintf(f, "- %s: ", c->name);
        if (!strcmp(c->event, CASE_FAR_BELOW) || !strncmp(c->signature, "bad_end", 7))
            fprintf(f, "no end with a return below %.6g", c->floor);
        else
            fprintf(f, "no %s", c->event);
        fprintf(f, " within %" PRId64 " steps of step %" PRId64 " (%s)\n", c->horizon,
                c->prefix.n_steps, c->signature);
    }
}
