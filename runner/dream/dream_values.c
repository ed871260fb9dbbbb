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
static const json_t *find_best(struct ledger *l, const json_t *read, char **values,
                               struct error *err)
{
    const json_t *all = json_object_get(read, "candidates"), *best = NULL;
    size_t n = json_array_size(all);
    double most = -INFINITY;

    *values = NULL;
    for (size_t i = n > DREAM_MOST_ROWS ? n - DREAM_MOST_ROWS : 0; i < n; i++) {
        const json_t *one = json_array_get(all, i);
        double mean = json_number_value(json_object_get(one, "dev_after"));
        char *source, *found;
        if (!dream_is_promoted(one) || mean < most)
            continue;
        source = ledger_source_get(l, dream_text(one, "sha256"), err);
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

void dream_values_add(struct ledger *l, const json_t *read, json_t *plan)
{
    struct error err;
    scoped char *values = NULL, *text = NULL;
    const json_t *best = find_best(l, read, &values, &err);
    const json_t *notes = json_object_get(read, "notes");
    json_t *replaces;
    bool is_known = false;

    if (!best)
        return;
    replaces = json_array();
    text = xasprintf("%s; dev mean %.6g", values,
                     json_number_value(json_object_get(best, "dev_after")));
    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t *one = json_array_get(notes, i);
        if (strcmp(dream_text(one, "kind"), "values") != 0)
            continue;
        is_known |= !strcmp(dream_text(one, "text"), text);
        json_array_append_new(replaces, json_integer(dream_number(one, "id")));
    }
    if (!is_known)
        json_array_append_new(json_object_get(plan, "values"),
                              json_pack("{s:s, s:o, s:O}", "text", text, "evidence",
                                        dream_iteration(best), "replaces", replaces));
    json_decref(replaces);
}
