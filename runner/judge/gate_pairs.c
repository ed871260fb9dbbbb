/* gate_pairs.c - plays the pairs of a comparison.
 *
 * The two sides take turns, eight episodes each, and the first to play changes with every
 * turn: whatever happens to the machine meets both. A pair of which one side was lost (to
 * the clock, or with the environment) is played again, both sides of it. What is lost
 * again on the candidate's side counts against it; where only the incumbent's is, the
 * pair tells nothing and is left out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/judge/faults.h"
#include "runner/judge/gate.h"
#include "runner/policy/measure.h"

#define BOUT 8 /* episodes of one side in a row */

/* Seeds of one scope, and what both sides made of them. */
struct bout {
    const char *scope;
    const int64_t *index;
    int n;
    int first; /* the side that begins */
    struct episode_result *results[2];
};

bool gate_is_lost(const struct episode_result *r)
{
    return r->fault == FAULT_void || r->fault == FAULT_environment;
}

static enum memo_status play_side(const struct gate *g, const struct policy *policy,
                                  const struct bout *t, int side, struct error *err)
{
    struct episode_request *requests = xcalloc((size_t)t->n, sizeof(*requests));
    enum memo_status status;

    for (int i = 0; i < t->n; i++)
        requests[i].seed = split_seed(g->salt, SPLIT_GATE, g->memo->base.task->name,
                                      t->scope, t->index[i]);
    status = memo_evaluate(g->memo, PURPOSE_gate, t->scope, policy, requests, t->index,
                           t->n, t->results[side], err);
    free(requests);
    return status;
}

static enum memo_status play_bout(const struct gate *g,
                                  const struct policy *const sides[2],
                                  const struct bout *t, struct error *err)
{
    enum memo_status status = play_side(g, sides[t->first], t, t->first, err);

    if (status == MEMO_DONE)
        status = play_side(g, sides[!t->first], t, !t->first, err);
    return status;
}

/* Lost pairs once more, under a scope of their own: the ledger keeps both. The seeds are
 * those of the first time. */
static enum memo_status gate_pairs_play_again(const struct gate *g,
                                              const struct policy *const sides[2],
                                              const struct bout *t, struct error *err)
{
    char *scope = xasprintf("%s again", t->scope);
    enum memo_status status = MEMO_DONE;

    for (int i = 0; i < t->n && status == MEMO_DONE; i++) {
        struct episode_request request = {
            .seed = split_seed(g->salt, SPLIT_GATE, g->memo->base.task->name, t->scope,
                               t->index[i]),
        };
        if (!gate_is_lost(&t->results[0][i]) && !gate_is_lost(&t->results[1][i]))
            continue;
        for (int side = 0; side < 2 && status == MEMO_DONE; side++) {
            results_clear(&t->results[side][i], 1);
            status = memo_evaluate(g->memo, PURPOSE_gate, scope, sides[side], &request,
                                   &t->index[i], 1, &t->results[side][i], err);
        }
    }
    free(scope);
    return status;
}

/* results: of both sides, n of them, zeroed; the caller clears them. */
static enum memo_status gate_pairs_play(struct comparison *c, const struct gate *g,
                                        const struct policy *const sides[2],
                                        const char *scope, const int64_t *index, int n,
                                        struct episode_result *const results[2],
                                        struct error *err)
{
    enum memo_status status = MEMO_DONE;

    for (int at = 0; at < n && status == MEMO_DONE; at += BOUT) {
        struct bout t = { .scope = scope,
                          .index = index + at,
                          .n = n - at < BOUT ? n - at : BOUT,
                          .first = c->n_turns++ % 2,
                          .results = { results[0] + at, results[1] + at } };
        status = play_bout(g, sides, &t, err);
        if (status == MEMO_DONE)
            status = gate_pairs_play_again(g, sides, &t, err);
    }
    return status;
}

static void gate_pairs_add_pair(struct comparison *c,
                                const struct episode_result *const sides[2])
{
    struct gate_pair *p;

    if (c->n == c->n_allocated) {
        c->n_allocated = c->n_allocated ? 2 * c->n_allocated : 32;
        c->pairs = xrealloc(c->pairs, sizeof(*c->pairs) * (size_t)c->n_allocated);
    }
    p = &c->pairs[c->n++];
    for (int side = 0; side < 2; side++) {
        p->score[side] = sides[side]->score;
        p->trajectory[side] = sides[side]->trajectory;
        p->is_fault[side] = sides[side]->fault != FAULT_none;
        p->is_broken[side] = fault_is_broken(sides[side]);
        c->highest[side] = fmax(c->highest[side], sides[side]->score);
    }
}

/* True when the pair counts. */
static bool take_pair(struct comparison *c, const struct episode_result *candidate,
                      const struct episode_result *incumbent)
{
    c->n_void += gate_is_lost(candidate);
    c->n_left_out += !gate_is_lost(candidate) && gate_is_lost(incumbent);
    if (gate_is_lost(candidate) || gate_is_lost(incumbent))
        return false;
    gate_pairs_add_pair(c,
                        (const struct episode_result *const[2]){ candidate, incumbent });
    return true;
}

enum memo_status pairs_play(struct comparison *c, const struct gate *g,
                            const struct policy *const sides[2], int n, struct error *err)
{
    struct episode_result *results[2] = { xcalloc((size_t)n, sizeof(**results)),
                                          xcalloc((size_t)n, sizeof(**results)) };
    int64_t *index = xcalloc((size_t)n, sizeof(*index));
    double most_loss, most_gain;
    bool is_known = gate_range(g->memo, c->highest[0], c->highest[1], &most_loss,
                               &most_gain); /* before they are played */
    enum memo_status status;

    for (int i = 0; i < n; i++)
        index[i] = c->next + i;
    status = gate_pairs_play(c, g, sides, g->scope, index, n, results, err);
    for (int i = 0; i < n && status == MEMO_DONE; i++)
        if (take_pair(c, &results[0][i], &results[1][i]) && is_known)
            confseq_add(&c->evidence, results[0][i].score - results[1][i].score,
                        most_loss, most_gain);
    if (status == MEMO_DONE)
        c->next += n;
    for (int side = 0; side < 2; side++) {
        results_clear(results[side], n);
        free(results[side]);
    }
    free(index);
    return status;
}

/* Did both sides' episodes from the start do the same both times? */
static bool gate_pairs_is_repeated(const struct start *s,
                                   const struct episode_result *const r[2], int first)
{
    for (int side = 0; side < 2; side++)
        for (int k = first; k < first + 2; k++)
            if (gate_is_lost(&r[side][k]) || r[side][k].start_hash != s->hash ||
                r[side][k].trajectory != r[side][first].trajectory)
                return false;
    return true;
}

/* The mean difference over the starts; what is left of chance is how often each occurs,
 * which was counted. */
static void weigh(struct comparison *c, const struct gate *g,
                  const struct episode_result *const r[2])
{
    const struct starts *s = g->starts;
    double *differences = xcalloc((size_t)s->n, sizeof(*differences));
    int *counts = xcalloc((size_t)s->n, sizeof(*counts));

    c->exact = 0;
    for (int i = 0; i < s->n; i++) {
        differences[i] = r[0][2 * i].score - r[1][2 * i].score;
        counts[i] = s->list[i].n;
        c->exact += differences[i] * counts[i] / s->n_seeds;
        for (int k = 2 * i; k < 2 * i + 2; k++)
            gate_pairs_add_pair(
                c, (const struct episode_result *const[2]){ &r[0][k], &r[1][k] });
    }
    c->is_exact = true;
    confseq_counted(differences, counts, s->n, g->error, &c->exact_low, &c->exact_high);
    free(differences);
    free(counts);
}

enum memo_status pairs_play_starts(struct comparison *c, const struct gate *g,
                                   const struct policy *const sides[2], struct error *err)
{
    const struct starts *s = g->starts;
    int n = s ? 2 * s->n : 0, i = 0;
    struct episode_result *results[2];
    int64_t *index;
    enum memo_status status = MEMO_DONE;

    if (!n || g->memo->base.task->plan || measure_may_draw(sides[0]->source) ||
        measure_may_draw(sides[1]->source))
        return MEMO_DONE;
    results[0] = xcalloc((size_t)n, sizeof(**results));
    results[1] = xcalloc((size_t)n, sizeof(**results));
    index = xcalloc((size_t)n, sizeof(*index));
    for (i = 0; i < n; i++)
        index[i] = s->list[i / 2].index[i % 2];
    /* Turn by turn: the first start that differs from itself ends it. */
    for (i = 0; i < n && status == MEMO_DONE;) {
        struct episode_result *const at[2] = { results[0] + i, results[1] + i };
        int to = n - i < BOUT ? n : i + BOUT;
        status = gate_pairs_play(c, g, sides, STARTS_SCOPE, index + i, to - i, at, err);
        for (; i < to && status == MEMO_DONE; i += 2)
            if (!gate_pairs_is_repeated(
                    &s->list[i / 2],
                    (const struct episode_result *const[2]){ results[0], results[1] }, i))
                break;
        if (i < to)
            break;
    }
    if (status == MEMO_DONE && i == n)
        weigh(c, g, (const struct episode_result *const[2]){ results[0], results[1] });
    for (int side = 0; side < 2; side++) {
        results_clear(results[side], n);
        free(results[side]);
    }
    free(index);
    return status;
}
