/* gate.c - candidate against incumbent on the same hidden seeds. */
#include "runner/judge/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/evaluate/stats.h"

#define FIRST_LOOK 8 /* pairs; each look adds a half, at least as many, up to the cap */
#define MOST_LEFT_OUT 4 /* one pair in so many; then the machine cannot be trusted */

double gate_error(const struct task *task, int64_t k)
{
    return (1 - task->confidence) / ((double)k * ((double)k + 1));
}

void comparison_init(struct comparison *c)
{
    *c = (struct comparison){ .highest = { -INFINITY, -INFINITY } };
    confseq_init(&c->evidence);
}

void comparison_clear(struct comparison *c)
{
    free(c->pairs);
    confseq_clear(&c->evidence);
    comparison_init(c);
}

/* The value that a share p of the sorted ones lies below, as far as n values tell. */
static double quantile(const double *sorted, int n, double p)
{
    return sorted[(int)floor(p * (n - 1) + 1e-9)];
}

static void look_at_sides(const struct comparison *c, struct gate_result *out)
{
    double *sorted[2], far;

    for (int side = 0; side < 2; side++) {
        struct gate_side *s = side ? &out->incumbent : &out->candidate;
        sorted[side] = xcalloc((size_t)c->n, sizeof(**sorted));
        for (int i = 0; i < c->n; i++)
            sorted[side][i] = c->pairs[i].score[side];
        qsort(sorted[side], (size_t)c->n, sizeof(**sorted), stats_compare);
        *s = (struct gate_side){ .worst = sorted[side][0],
                                 .decile = quantile(sorted[side], c->n, 0.1) };
    }
    far = quantile(sorted[1], c->n, 0.05);
    for (int i = 0; i < c->n; i++)
        for (int side = 0; side < 2; side++) {
            const struct gate_pair *p = &c->pairs[i];
            struct gate_side *s = side ? &out->incumbent : &out->candidate;
            s->n_faults += p->is_fault[side];
            s->n_far += p->is_fault[side] || p->score[side] < far;
        }
    free(sorted[0]);
    free(sorted[1]);
}

static bool is_seen_before(const struct comparison *c, int i)
{
    for (int k = 0; k < i; k++)
        if (!memcmp(c->pairs[k].trajectory, c->pairs[i].trajectory,
                    sizeof(c->pairs[k].trajectory)))
            return true;
    return false;
}

/* What the pairs so far tell. */
static void gate_look(struct comparison *c, const struct gate *g)
{
    struct gate_result *out = &c->now;
    double *differences = xcalloc((size_t)c->n, sizeof(*differences));
    struct summary s;

    *out = (struct gate_result){ .verdict = VERDICT_unclear,
                                 .pairs = c->n,
                                 .n_void = c->n_void,
                                 .n_left_out = c->n_left_out,
                                 .is_exact = c->is_exact,
                                 .confidence = 1 - g->error };
    for (int i = 0; i < c->n; i++) {
        const struct gate_pair *p = &c->pairs[i];
        differences[i] = p->score[0] - p->score[1];
        out->distinct += !is_seen_before(c, i);
        out->n_faults += p->is_broken[0] && !p->is_broken[1];
    }
    s = summarize(differences, c->n);
    out->difference = c->is_exact ? c->exact : c->n ? s.mean : 0;
    out->std = c->n ? s.std : 0;
    if (c->is_exact) {
        out->low = c->exact_low;
        out->high = c->exact_high;
    } else {
        confseq_bounds(&c->evidence, g->error, &out->low, &out->high);
    }
    if (c->n > 0)
        look_at_sides(c, out);
    free(differences);
}

static bool is_same_behaviour(const struct comparison *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->pairs[i].trajectory[0] != c->pairs[i].trajectory[1])
            return false;
    return c->n > 0;
}

/* is_last: all pairs are played that the task grants. That nothing has changed is said
 * only then: a loss on one seed in twenty is not seen in the first few. */
static enum verdict gate_judge(const struct comparison *c, double margin,
                                    bool is_last)
{
    const struct gate_result *r = &c->now;

    if (r->low > 0)
        return VERDICT_better;
    if (r->high < 0)
        return VERDICT_worse;
    if (is_last && (is_same_behaviour(c) || (r->low >= -margin && r->high <= margin)))
        return VERDICT_unchanged;
    return VERDICT_unclear;
}

static bool is_over(const struct comparison *c)
{
    return c->is_exact || c->n_void > 0 || c->now.n_faults > 0 ||
           (c->next >= FIRST_LOOK && c->n_left_out * MOST_LEFT_OUT > c->next);
}

static int next_size(int n, int most)
{
    int size = n < FIRST_LOOK ? FIRST_LOOK
                              : n + (n / 2 > FIRST_LOOK ? n / 2 : FIRST_LOOK);

    return size < most ? size : most;
}

/* The first of all: where seeds give few starts, each of them. */
static enum memo_status gate_begin(struct comparison *c, const struct gate *g,
                                   const struct policy *const sides[2], struct error *err)
{
    enum memo_status status = MEMO_DONE;

    if (c->is_begun)
        return status;
    c->highest[0] = g->candidate_highest;
    c->highest[1] = g->incumbent_highest;
    status = pairs_play_starts(c, g, sides, err);
    if (status != MEMO_DONE)
        return status;
    c->is_begun = true;
    gate_look(c, g);
    if (c->is_exact)
        c->now.verdict = gate_judge(c, g->memo->base.task->margin, true);
    return status;
}

/* The next pairs, and what they tell. is_last: as judge's; true also once they are all. */
static enum memo_status gate_play_on(struct comparison *c, const struct gate *g,
                                     const struct policy *const sides[2], int most,
                                     bool is_last, struct error *err)
{
    enum memo_status status = pairs_play(c, g, sides, next_size(c->next, most) - c->next,
                                         err);

    if (status != MEMO_DONE)
        return status;
    gate_look(c, g);
    c->now.verdict = gate_judge(c, g->memo->base.task->margin,
                                is_last || c->next >= most);
    return status;
}

enum memo_status comparison_play(struct comparison *c, const struct gate *g,
                                 const struct policy *candidate,
                                 const struct policy *incumbent, int most,
                                 struct error *err)
{
    const struct policy *const sides[2] = { candidate, incumbent };
    enum memo_status status = gate_begin(c, g, sides, err);

    while (status == MEMO_DONE && c->now.verdict == VERDICT_unclear && !is_over(c) &&
           c->next < most)
        status = gate_play_on(c, g, sides, most, false, err);
    return status;
}

enum memo_status comparison_settle(struct comparison *c, const struct gate *g,
                                   const struct policy *candidate,
                                   const struct policy *incumbent, int most,
                                   struct error *err)
{
    const struct policy *const sides[2] = { candidate, incumbent };
    double margin = g->memo->base.task->margin;
    enum memo_status status = gate_begin(c, g, sides, err);

    while (status == MEMO_DONE && !is_over(c) && c->next < most &&
           !(c->now.low > -margin) && c->now.difference > -margin && c->now.high >= 0)
        status = gate_play_on(c, g, sides, most, true, err);
    return status;
}

enum memo_status gate_compare(const struct gate *g, const struct policy *candidate,
                              const struct policy *incumbent, struct gate_result *out,
                              struct error *err)
{
    struct comparison c;
    enum memo_status status;

    comparison_init(&c);
    status = comparison_play(&c, g, candidate, incumbent, g->memo->base.task->splits.gate,
                             err);
    *out = c.now;
    comparison_clear(&c);
    return status;
}

static json_t *side_to_json(const struct gate_side *s)
{
    return json_pack("{s:i, s:i, s:o, s:o}", "far_below", s->n_far, "faults", s->n_faults,
                     "worst", json_finite(s->worst), "decile", json_finite(s->decile));
}

json_t *gate_to_json(const struct gate_result *r)
{
    return json_pack("{s:o, s:i, s:i, s:b, s:o, s:{s:o, s:o}}", "confidence",
                     json_finite(r->confidence), "distinct", r->distinct, "left_out",
                     r->n_left_out, "is_exact", r->is_exact, "std", json_finite(r->std),
                     "sides", "candidate", side_to_json(&r->candidate), "incumbent",
                     side_to_json(&r->incumbent));
}
