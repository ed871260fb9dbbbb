/* gate.c - candidate against incumbent on the same hidden seeds. */
#include "runner/learn/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/evaluate/stats.h"
#include "runner/learn/faults.h"

#define LEAST_DISTINCT 4 /* different pairs, for a verdict by statistics */
#define FIRST_LOOK 8     /* pairs; each look doubles them, up to the task's cap */

static const char *const names[] = {
#define X(name) #name,
    GATE_VERDICTS(X)
#undef X
};

const char *gate_verdict_name(enum gate_verdict v)
{
    return names[v];
}

/* Two sides of one comparison, as far as it has come. */
struct pairs {
    struct episode_result *candidate, *incumbent;
    int n;
};

static enum memo_status play_side(const struct gate *g, const struct policy *policy,
                                  int from, int to, struct episode_result *results,
                                  struct error *err)
{
    int n = to - from;
    struct episode_request *requests = xcalloc((size_t)n, sizeof(*requests));
    int64_t *index = xcalloc((size_t)n, sizeof(*index));
    enum memo_status status;

    for (int i = 0; i < n; i++) {
        index[i] = from + i;
        requests[i].seed = split_seed(g->salt, SPLIT_GATE, g->memo->base.task->name,
                                      g->scope, from + i);
    }
    status = memo_evaluate(g->memo, PURPOSE_gate, g->scope, policy, requests, index, n,
                           results + from, err);
    free(requests);
    free(index);
    return status;
}

static bool seen_before(const struct pairs *p, int i)
{
    for (int k = 0; k < i; k++)
        if (p->candidate[k].trajectory == p->candidate[i].trajectory &&
            p->incumbent[k].trajectory == p->incumbent[i].trajectory)
            return true;
    return false;
}

/* The interval of the mean difference over the pairs that differ from each other. */
static void look(const struct pairs *p, double confidence, struct gate_result *out)
{
    double *differences = xcalloc((size_t)p->n, sizeof(*differences)), half;
    struct summary s;

    out->pairs = p->n;
    out->distinct = out->n_void = 0;
    out->n_faults = faults_count_new(p->candidate, p->incumbent, p->n, NULL);
    for (int i = 0; i < p->n; i++) {
        out->n_void += p->candidate[i].fault == FAULT_void ||
                       p->candidate[i].fault == FAULT_environment;
        if (!seen_before(p, i))
            differences[out->distinct++] = p->candidate[i].score - p->incumbent[i].score;
    }
    s = summarize(differences, out->distinct);
    half = s.n < 2 ? INFINITY
                   : student_quantile(confidence, s.n - 1) * s.std / sqrt((double)s.n);
    out->difference = s.mean;
    out->low = s.mean - half;
    out->high = s.mean + half;
    out->confidence = confidence;
    free(differences);
}

/* is_last: there are no more pairs to play. Where seeds make few different episodes,
 * those few are all there is, and their difference is exact. That nothing has changed is
 * said when all pairs are played: a loss on one seed in twenty is not seen in the first
 * few. */
static enum gate_verdict judge(const struct gate_result *r, double margin, bool is_same,
                               bool is_last)
{
    if (is_same && is_last)
        return GATE_unchanged;
    if (r->distinct < LEAST_DISTINCT) {
        if (!is_last)
            return GATE_unclear;
        return r->difference > margin ? GATE_better
               : r->difference < 0    ? GATE_worse
                                      : GATE_unchanged;
    }
    if (r->low > 0)
        return GATE_better;
    if (r->high < 0)
        return GATE_worse;
    if (is_last && r->low >= -margin && r->high <= margin)
        return GATE_unchanged;
    return GATE_unclear;
}

static bool is_same_behaviour(const struct pairs *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->candidate[i].trajectory != p->incumbent[i].trajectory)
            return false;
    return true;
}

static int count_looks(int cap)
{
    int n = 1;

    for (int size = FIRST_LOOK; size < cap; size *= 2)
        n++;
    return n;
}

enum memo_status gate_compare(const struct gate *g, const struct policy *candidate,
                              const struct policy *incumbent, struct gate_result *out,
                              struct error *err)
{
    const struct task *task = g->memo->base.task;
    int cap = task->splits.gate, looks = count_looks(cap);
    double k = (double)g->number;
    double confidence = 1 - (1 - task->confidence) / (k * (k + 1)) / looks;
    struct pairs p = { .candidate = xcalloc((size_t)cap, sizeof(*p.candidate)),
                       .incumbent = xcalloc((size_t)cap, sizeof(*p.incumbent)) };
    enum memo_status status = MEMO_DONE;

    *out = (struct gate_result){ .verdict = GATE_unclear };
    for (int size = FIRST_LOOK; out->verdict == GATE_unclear; size *= 2) {
        int to = size < cap ? size : cap;
        status = play_side(g, candidate, p.n, to, p.candidate, err);
        if (status == MEMO_DONE)
            status = play_side(g, incumbent, p.n, to, p.incumbent, err);
        if (status != MEMO_DONE)
            break;
        p.n = to;
        look(&p, confidence, out);
        out->verdict = judge(out, task->margin, is_same_behaviour(&p), to == cap);
        if (to == cap)
            break;
    }
    results_clear(p.candidate, cap);
    results_clear(p.incumbent, cap);
    free(p.candidate);
    free(p.incumbent);
    return status;
}
