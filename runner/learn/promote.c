/* promote.c - a candidate becomes the incumbent, and what it mastered becomes regression
 * cases. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "runner/learn/trial.h"

#define MOST_CASES_CUT 2 /* new cases of one promotion */

/* Gives a proven case its name, its file, and its place in the ledger, with the file's
 * hash. */
static int admit_case(struct loop *l, struct regression_case *c, const char *folder,
                      struct error *err)
{
    char *text, *reason, sha[65];
    int status = 0;

    free(c->name);
    c->name = xasprintf("case-%03d", l->cases.n + 1);
    c->iteration = l->iteration;
    text = case_to_text(c);
    sha256_hex(text, strlen(text), sha);
    reason = xasprintf("failed on the old policy, passes on the new; file %s", sha);
    if (!case_is_out(l, c->name))
        status = case_save(c, folder, err);
    if (status == 0)
        status = ledger_case_add(l->c->ledger, l->c->run->id, l->iteration, c->name,
                                 c->signature, CASE_admitted, reason, err);
    free(reason);
    free(text);
    return status;
}

/* One failure of the old incumbent, if the new one masters it. True when it became a
 * case. */
static bool cut_one(struct trial *t, const struct failure *f, const char *folder,
                    struct error *err)
{
    struct loop *l = t->l;
    struct policy old = champion_policy(&l->incumbent),
                  fixed = champion_policy(&t->candidate);
    struct regression_case c = { 0 };
    enum memo_status status;

    for (int k = 0; k < l->cases.n; k++)
        if (!strcmp(l->cases.list[k].signature, f->signature))
            return false;
    if (case_cut(&l->memo, &old, &fixed, f, &l->incumbent.results[f->episode], &c,
                 &status, err) != 1) {
        t->status = loop_status_of(l, status);
        return false;
    }
    if (admit_case(l, &c, folder, err) != 0)
        t->status = LOOP_FAILED;
    case_list_add(&l->cases, &c);
    return true;
}

/* Failures of the old incumbent that the new one masters become cases: those that the
 * model proposed, then the costliest, one a signature. */
static void cut_cases(struct trial *t, struct error *err)
{
    struct loop *l = t->l;
    char *folder = xasprintf("%s/cases", l->c->folder);
    struct failures failures = { 0 };
    int n_cut = 0;

    if (failures_find(&failures, l->task, l->incumbent.results, l->incumbent.n,
                      (int)l->c->run->brief_format, err) != 0)
        t->status = LOOP_FAILED;
    for (int i = 0;
         i < l->bench.n_proposals && l->parent_iteration < 0 && t->status == LOOP_ON; i++)
        cut_one(t, &l->bench.proposals[i], folder, err);
    for (int i = 0;
         i < failures.n_groups && n_cut < MOST_CASES_CUT && t->status == LOOP_ON; i++)
        n_cut += cut_one(t, &failures.list[failures.groups[i].first], folder, err);
    failures_clear(&failures);
    free(folder);
}

static void keep_ancestor(struct loop *l)
{
    struct brief_ancestor *a;

    a = xgrow(l->ancestors, l->n_ancestors);
    *a = (struct brief_ancestor){ .iteration = l->incumbent_iteration,
                                  .n = l->incumbent.n };
    a->scores = xcalloc((size_t)a->n, sizeof(*a->scores));
    for (int i = 0; i < a->n; i++)
        a->scores[i] = l->incumbent.results[i].score;
}

void trial_promote(struct trial *t, struct error *err)
{
    struct loop *l = t->l;

    cut_cases(t, err);
    if (t->status == LOOP_ON)
        t->status = loop_measure_gain(l, &t->candidate, err);
    if (t->status != LOOP_ON)
        return;
    keep_ancestor(l);
    champion_clear(&l->incumbent);
    champion_copy(&l->incumbent, &t->candidate);
    l->incumbent_iteration = l->iteration;
    parent_reset(l);
    challengers_clear(l); /* they were held against the one before */
    if (t->is_best) {
        champion_clear(&l->best);
        champion_copy(&l->best, &t->candidate);
    }
    l->outcome->promotions++;
}
