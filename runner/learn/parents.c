/* parents.c - which policy the model is given to work on: the incumbent, or, where the
 * loop is stuck and the task keeps an archive, the best candidate of another way of
 * behaving.
 *
 * The archive holds the best candidate of each behaviour cell: what events its dev
 * episodes had, how long they were, and what it mostly does. The gate stays what it is:
 * whatever the parent was, a candidate is compared with the incumbent. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/loop_state.h"

static double mean_steps(const struct champion *c)
{
    double sum = 0;

    for (int i = 0; i < c->n; i++)
        sum += (double)c->results[i].n_steps;
    return c->n ? sum / c->n : 0;
}

/* The most frequent first byte of its actions; 0 where actions are not bytes. */
static int main_action(const struct champion *c)
{
    int64_t count[256] = { 0 };
    int best = 0;

    for (int i = 0; i < c->n; i++)
        for (int64_t k = 0;
             c->results[i].tape.width == 1 && k < c->results[i].tape.n_steps; k++)
            count[c->results[i].tape.data[k]]++;
    for (int i = 1; i < 256; i++)
        best = count[i] > count[best] ? i : best;
    return best;
}

static void write_cell(const struct champion *c, char *out, size_t size)
{
    uint32_t events = 0;

    for (int i = 0; i < c->n; i++)
        events |= c->results[i].events;
    snprintf(out, size, "events %x, steps 2^%d, action %d", events,
             (int)floor(log2(1 + mean_steps(c))), main_action(c));
}

void archive_add(struct loop *l, const struct champion *c)
{
    struct archived one = { .iteration = l->iteration, .mean = c->dev.mean };

    write_cell(c, one.cell, sizeof(one.cell));
    for (int i = 0; i < l->n_archive; i++) {
        struct archived *a = &l->archive[i];
        if (strcmp(a->cell, one.cell))
            continue;
        if (one.mean <= a->mean)
            return;
        free(a->name);
        free(a->source);
        *a = one;
        a->name = xstrdup(c->name);
        a->source = xstrdup(c->source);
        memcpy(a->sha256, c->sha256, sizeof(a->sha256));
        return;
    }
    one.name = xstrdup(c->name);
    one.source = xstrdup(c->source);
    memcpy(one.sha256, c->sha256, sizeof(one.sha256));
    *xgrow(l->archive, l->n_archive) = one;
}

void archive_clear(struct loop *l)
{
    for (int i = 0; i < l->n_archive; i++) {
        free(l->archive[i].name);
        free(l->archive[i].source);
    }
    free(l->archive);
}

/* The best that was no parent since the last promotion; NULL: there is none. */
static struct archived *next_parent(struct loop *l)
{
    struct archived *best = NULL;

    for (int i = 0; i < l->n_archive; i++) {
        struct archived *a = &l->archive[i];
        if (!a->is_tried && strcmp(a->sha256, l->incumbent.sha256) &&
            (!best || a->mean > best->mean))
            best = a;
    }
    return best;
}

void parent_reset(struct loop *l)
{
    champion_clear(&l->parent);
    champion_copy(&l->parent, &l->incumbent);
    l->parent_iteration = -1;
    l->n_fruitless = 0;
    for (int i = 0; i < l->n_archive; i++)
        l->archive[i].is_tried = false;
}

enum loop_status parent_choose(struct loop *l, struct error *err)
{
    int64_t patience = l->task->budget.patience;
    struct policy_facts facts;
    struct champion parent = { 0 };
    struct archived *a;
    enum loop_status status;

    l->remark[0] = '\0';
    if (!patience || !l->n_fruitless || l->n_fruitless % patience ||
        l->c->provider->kind->tunes_only)
        return LOOP_ON;
    a = l->task->uses_archive ? next_parent(l) : NULL;
    if (!a) {
        int fruitless = l->n_fruitless;
        parent_reset(l);
        l->n_fruitless = fruitless;
        snprintf(l->remark, sizeof(l->remark),
                 "%d iterations in a row were fruitless; the parent "
                 "is the incumbent%s",
                 fruitless, l->task->uses_archive ? " again" : " still");
        return LOOP_ON;
    }
    a->is_tried = true;
    parent.name = xstrdup(a->name);
    parent.source = xstrdup(a->source);
    memcpy(parent.sha256, a->sha256, sizeof(parent.sha256));
    status = loop_evaluate(l, &parent, &facts, err); /* the ledger has its episodes */
    champion_clear(&l->parent);
    l->parent = parent;
    l->parent_iteration = a->iteration;
    snprintf(l->remark, sizeof(l->remark),
             "%d iterations in a row were fruitless; the parent is "
             "now the candidate of iteration %lld (%s)",
             l->n_fruitless, (long long)a->iteration, a->cell);
    return status;
}
