/* result.c - results of episodes: copied, read, freed. */
#include <stdlib.h>
#include <string.h>

#include "runner/evaluate/evaluate.h"

void result_copy(struct episode_result *to, const struct episode_result *from)
{
    *to = *from;
    to->fault_text = from->fault_text ? xstrdup(from->fault_text) : NULL;
    to->tape.data = xcalloc((size_t)from->tape.n_steps + 1, (size_t)from->tape.width);
    if (from->tape.n_steps)
        memcpy(to->tape.data, from->tape.data,
               (size_t)from->tape.n_steps * (size_t)from->tape.width);
    to->notes = NULL;
    to->marks = NULL;
    to->n_notes = to->n_marks = 0;
}

int results_scores(const struct episode_result *r, int n, double *out)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        if (!result_is_void(&r[i]))
            out[count++] = r[i].score;
    return count;
}

void results_clear(struct episode_result *results, int n)
{
    for (int i = 0; results && i < n; i++) {
        struct episode_result *r = &results[i];
        for (int k = 0; k < r->n_notes; k++)
            free(r->notes[k].text);
        for (int k = 0; k < r->n_marks; k++)
            free(r->marks[k].label);
        free(r->notes);
        free(r->marks);
        free(r->fault_text);
        tape_clear(&r->tape);
        *r = (struct episode_result){ 0 };
    }
}
