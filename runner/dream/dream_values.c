/* dream_values.c - the declared parameters' values that served best in earlier runs. */
#include "runner/dream/dream_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scoped.h"
#include "runner/dream/dream_plan.h"
#include "runner/policy/served.h"

/* The promoted candidate with the highest dev mean of those that declare parameters, and
 * its values; NULL: there is none. */
static const struct dream_candidate *find_best(struct ledger *l, const struct dream_read *read,
                                               char **values, struct error *err)
{
    const struct dream_candidate *best = NULL;
    int n = read->n_candidates;
    double most = -INFINITY;

    *values = NULL;
    for (int i = n > DREAM_MOST_ROWS ? n - DREAM_MOST_ROWS : 0; i < n; i++) {
        const struct dream_candidate *one = &read->candidates[i];
        double mean = isnan(one->dev_after) ? 0 : one->dev_after;
        char *source, *found;
        if (!verdict_promotes(one->verdict) || mean < most)
            continue;
        source = ledger_source_get(l, one->sha256, err);
        found = served_values(source ? source : "");
        free(source);
        if (found[0]) {
            char *old = *values;
            *values = found;
            found = old;
            most = mean;
            best = one;
        }
        free(found);
    }
    return best;
}

void dream_values_add(struct ledger *l, const struct dream_read *read, json_t *plan)
{
    struct error err;
    scoped char *values = NULL, *text = NULL;
    const struct dream_candidate *best = find_best(l, read, &values, &err);
    json_t *replaces;
    bool is_known = false;

    if (!best)
        return;
    replaces = json_array();
    text = xasprintf("%s; dev mean %.6g", values, best->dev_after);
    for (int i = 0; i < read->n_notes; i++) {
        const struct dream_note *one = &read->notes[i];
        if (one->kind != DREAM_values)
            continue;
        is_known |= !strcmp(one->text, text);
        json_array_append_new(replaces, json_integer(one->id));
    }
    if (!is_known)
        json_array_append_new(json_object_get(plan, "values"),
                              json_pack("{s:s, s:o, s:O}", "text", text, "evidence",
                                        dream_evidence(best->run, best->iteration), "replaces", replaces));
    json_decref(replaces);
}
