/* memo.c - evaluations through the ledger: what a run has played before is not played
 * again.
 *
 * Where a budget of steps is near its end, episodes are played in waves: as many at once,
 * in the order of the requests, as fit into what is left however long they last, and the
 * last one alone, with what is left as its limit. So a budget is met to the step, and what
 * was played for it depends neither on the number of workers nor on where a run was
 * killed. */
#include "runner/evaluate/memo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/hash.h"

#define MOST_TAPE (1u << 28) /* bytes, unpacked */

/* One call of memo_evaluate, for the callback. */
struct call {
    struct memo *memo;
    enum purpose purpose;
    const char *scope;
    char (*sha256)[65];   /* of each request's policy, with the overrides */
    const int64_t *index; /* of each request */
    const int *missing;   /* the requests that are played in this wave */
    bool is_capped;       /* by the budget: what does not end before it is no episode */
    int64_t own_max;      /* of a capped request: the limit that was asked for, or 0 */
    int done, n;
    bool is_failed;
    struct error why;
};

static void pack_tape(const struct tape *t, struct ledger_episode *out)
{
    size_t len = (size_t)t->n_steps * (size_t)t->width;

    out->tape = xcalloc(1, ZSTD_compressBound(len));
    out->tape_len = ZSTD_compress(out->tape, ZSTD_compressBound(len), t->data, len, 3);
    if (ZSTD_isError(out->tape_len))
        out->tape_len = 0;
}

static int unpack_tape(const struct ledger_episode *e, int width, struct tape *out)
{
    unsigned long long len = ZSTD_getFrameContentSize(e->tape, e->tape_len);

    *out = (struct tape){ .width = width };
    if (!e->tape_len)
        return 0;
    if (len > MOST_TAPE || len % (unsigned long long)width)
        return -1;
    out->data = xcalloc(1, len + 1);
    out->n_steps = (int64_t)len / width;
    return ZSTD_decompress(out->data, len, e->tape, e->tape_len) == len ? 0 : -1;
}

static bool keeps_tape(const struct call *c)
{
    return c->memo->keeps_tapes || c->purpose == PURPOSE_dev ||
           c->purpose == PURPOSE_regression || c->purpose == PURPOSE_probe;
}

static void to_row(const struct call *c, const struct episode_result *r, int request,
                   struct ledger_episode *row)
{
    *row = (struct ledger_episode){
        .purpose = c->purpose,
        .scope = c->scope,
        .sha256 = c->sha256[request],
        .seed_index = c->index[request],
        .seed = (int64_t)r->seed,
        .score = r->score,
        .total = r->total,
        .steps = r->n_steps,
        .frames = r->n_frames,
        .planner_steps = r->planner_steps,
        .most_instructions = r->most_instructions,
        .terminated = r->terminated,
        .truncated = r->truncated,
        .verified = r->verified,
        .fault = r->fault,
        .fault_text = r->fault_text,
        .trajectory = r->trajectory,
        .start_hash = r->start_hash,
        .events = r->events,
        .tries = r->n_tries,
    };
    /* Hidden seeds do not go into a file that others may read. */
    if (c->purpose == PURPOSE_gate || c->purpose == PURPOSE_holdout ||
        c->purpose == PURPOSE_audit)
        row->seed = -1;
    if (keeps_tape(c))
        pack_tape(&r->tape, row);
}

/* Can a row be of an episode, whoever wrote it? */
static bool is_sound(const struct ledger_episode *e)
{
    return isfinite(e->score) && isfinite(e->total) && e->steps >= 0 && e->frames >= 0 &&
           e->planner_steps >= 0 && e->fault >= 0 && e->fault < N_FAULTS;
}

static int from_row(struct ledger_episode *row, const struct env *env,
                    struct episode_result *out)
{
    *out = (struct episode_result){
        .is_done = true,
        .score = row->score,
        .total = row->total,
        .n_steps = row->steps,
        .n_frames = row->frames,
        .planner_steps = row->planner_steps,
        .most_instructions = row->most_instructions,
        .terminated = row->terminated,
        .truncated = row->truncated,
        .verified = row->verified,
        .fault = row->fault,
        .trajectory = row->trajectory,
        .start_hash = row->start_hash,
        .events = row->events,
        .n_tries = row->tries,
    };
    out->fault_text = row->fault_text;
    row->fault_text = NULL;
    return is_sound(row) && unpack_tape(row, tape_width(env), &out->tape) == 0
               ? tape_check(&out->tape, env, NULL)
               : -1;
}

/* Did the budget end it, before it had come to its end? */
static bool is_cut(const struct call *c, const struct episode_result *r)
{
    return c->is_capped && !r->fault && !r->terminated && !r->truncated &&
           (!c->own_max || r->n_steps < c->own_max);
}

/* An episode that the budget cut off counts for its steps alone: its scope is one that no
 * evaluation looks for, and its own for each time, since it is played anew when the run
 * gets more. */
static int add_cut(struct call *c, struct ledger_episode *row)
{
    struct ledger *ledger = c->memo->ledger;
    struct ledger_steps so_far;
    int64_t sum = 0;
    char *scope;
    int status;

    if (ledger_count_steps(ledger, c->memo->run, &so_far, &c->why) != 0)
        return -1;
    for (int p = 0; p < N_PURPOSES; p++)
        sum += so_far.steps[p] + so_far.planner_steps[p];
    scope = xasprintf(LEDGER_CUT "%lld %s", (long long)sum, c->scope);
    row->scope = scope;
    status = ledger_episode_add(ledger, c->memo->run, row, &c->why);
    free(scope);
    return status;
}

static void memo_on_result(void *user, int i, const struct episode_result *result)
{
    struct call *c = user;
    bool was_cut = is_cut(c, result);
    struct ledger_episode row;

    if (!result->is_done || c->is_failed)
        return;
    to_row(c, result, c->missing[i], &row);
    if ((was_cut ? add_cut(c, &row)
                 : ledger_episode_add(c->memo->ledger, c->memo->run, &row, &c->why)) != 0)
        c->is_failed = true;
    free(row.tape);
    if (c->memo->steps_left != INT64_MAX)
        c->memo->steps_left -= result->n_steps;
    if (c->memo->planner_left)
        *c->memo->planner_left -= result->planner_steps;
    c->done += !was_cut;
    if (c->memo->progress && !was_cut)
        c->memo->progress(c->memo->user, c->purpose, c->done, c->n);
}

/* The request before i that asks for the same episode; -1: there is none. */
static int find_twin(const struct call *c, int i)
{
    for (int k = 0; k < i; k++)
        if (c->index[k] == c->index[i] && !strcmp(c->sha256[k], c->sha256[i]))
            return k;
    return -1;
}

/* What the ledger has of the requests goes into results; the places of those that must be
 * played into missing, an episode that is asked for twice once. -1 when the ledger
 * fails. */
static int memo_recall(struct call *c, const struct episode_request *requests,
                       struct episode_result *results, int *missing, struct error *err)
{
    int n_missing = 0;

    for (int i = 0; i < c->n; i++) {
        struct ledger_episode row = { .purpose = c->purpose,
                                      .scope = c->scope,
                                      .sha256 = c->sha256[i],
                                      .seed_index = c->index[i] };
        int found = ledger_episode_find(c->memo->ledger, c->memo->run, &row, err);
        if (found < 0)
            return -1;
        if (!found) {
            if (find_twin(c, i) < 0)
                missing[n_missing++] = i;
            continue;
        }
        found = from_row(&row, c->memo->base.task->env, &results[i]);
        /* Somebody took its actions away: nobody can tell any more whether it is true. */
        if (keeps_tape(c) && results[i].tape.n_steps != results[i].n_steps)
            results[i].verified = false;
        results[i].seed = requests[i].seed;
        ledger_episode_clear(&row);
        if (found != 0)
            return error_set(err, "the ledger's %s episode of seed %lld is damaged",
                             purpose_name(c->purpose), (long long)c->index[i]);
    }
    return n_missing;
}

/* Requests that ask for what another one asked for get a copy of its result. */
static void share_results(const struct call *c, struct episode_result *results)
{
    for (int i = 0; i < c->n; i++) {
        int twin = results[i].is_done ? -1 : find_twin(c, i);
        if (twin >= 0 && results[twin].is_done)
            result_copy(&results[i], &results[twin]);
    }
}

static double steps_at_most(const struct task *task, const struct episode_request *r)
{
    double most = ceil((double)task->rules.max_frames / task->rules.frame_skip);

    return r->max_steps ? fmin(most, (double)r->max_steps) : most;
}

/* How many of the next n requests surely fit into what is left of the budgets. */
static int count_fitting(const struct call *c, const struct episode_request *requests,
                         int n)
{
    const struct memo *m = c->memo;
    const struct task *task = m->base.task;
    double steps = 0, planner = 0, act = task->plan ? (double)task->limits.planner_steps
                                                    : 0;
    int fit = 0;

    for (; fit < n; fit++) {
        double most = steps_at_most(task, &requests[c->missing[fit]]);
        steps += most;
        planner += (most + 1) * act; /* reset may plan, too */
        if ((m->steps_left != INT64_MAX && steps > (double)m->steps_left) ||
            (m->planner_left && planner > (double)*m->planner_left))
            break;
    }
    return fit;
}

/* The request ends with the budget. */
static void cap(struct call *c, struct episode_request *r)
{
    const struct memo *m = c->memo;

    c->is_capped = true;
    c->own_max = r->max_steps;
    if (m->steps_left != INT64_MAX && (!r->max_steps || r->max_steps > m->steps_left))
        r->max_steps = m->steps_left;
    if (m->planner_left)
        r->max_planner = *m->planner_left;
}

/* One wave: the next n of the missing requests. */
static enum memo_status memo_play(struct call *c, const struct policy *policy,
                                  const struct episode_request *requests, int n,
                                  bool is_capped, struct episode_result *results,
                                  struct error *err)
{
    struct episode_request *mine = xcalloc((size_t)n, sizeof(*mine));
    struct episode_result *played = xcalloc((size_t)n, sizeof(*played));
    struct evaluation e = c->memo->base;
    enum memo_status status = MEMO_DONE;

    for (int i = 0; i < n; i++)
        mine[i] = requests[c->missing[i]];
    if (is_capped)
        cap(c, mine);
    e.policy = *policy;
    e.on_result = memo_on_result;
    e.user = c;
    if (evaluate(&e, mine, n, played, NULL, err) != 0) {
        status = MEMO_FAILED;
    } else if (c->is_failed) {
        *err = c->why;
        status = MEMO_FAILED;
    }
    for (int i = 0; i < n; i++) {
        if (!played[i].is_done && status == MEMO_DONE)
            status = MEMO_INTERRUPTED;
        if (played[i].is_done && is_cut(c, &played[i])) {
            results_clear(&played[i], 1);
            status = status == MEMO_DONE ? MEMO_NO_STEPS : status;
        }
        results[c->missing[i]] = played[i];
    }
    free(mine);
    free(played);
    return status;
}

/* All that is missing, wave after wave. */
static enum memo_status memo_play_all(struct call *c, const struct policy *policy,
                                      const struct episode_request *requests, int n,
                                      struct episode_result *results, struct error *err)
{
    const struct memo *m = c->memo;
    enum memo_status status = MEMO_DONE;

    while (n > 0 && status == MEMO_DONE) {
        int fit = count_fitting(c, requests, n), wave = fit ? fit : 1;
        if (m->steps_left <= 0 || (m->planner_left && *m->planner_left <= 0))
            return MEMO_NO_STEPS;
        status = memo_play(c, policy, requests, wave, !fit, results, err);
        c->missing += wave;
        n -= wave;
    }
    return status;
}

static void memo_put_params(FILE *f, const struct vm_param *params, int n)
{
    for (int i = 0; i < n; i++)
        fprintf(f, "\n%s=%a", params[i].name, params[i].value);
}

/* The policy's hash with its overrides: another value is another policy. */
static void policy_hash(const struct policy *p, const struct episode_request *r,
                        char out[65])
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    fputs(p->source, f);
    memo_put_params(f, p->params, p->n_params);
    memo_put_params(f, r->params, r->n_params);
    fclose(f);
    sha256_hex(text, len, out);
    free(text);
}

static void keep_returns(struct memo *m, enum purpose purpose,
                         const struct episode_request *requests,
                         const struct episode_result *results, int n)
{
    if (!m->returns || (purpose != PURPOSE_dev && purpose != PURPOSE_gate))
        return;
    for (int i = 0; i < n; i++)
        if (!requests[i].max_steps && !requests[i].shadow &&
            results[i].fault != FAULT_void && !result_is_void(&results[i])) {
            m->returns->lowest = fmin(m->returns->lowest, results[i].score);
            m->returns->highest = fmax(m->returns->highest, results[i].score);
        }
}

enum memo_status memo_evaluate(struct memo *m, enum purpose purpose, const char *scope,
                               const struct policy *policy,
                               const struct episode_request *requests,
                               const int64_t *index, int n,
                               struct episode_result *results, struct error *err)
{
    int *missing = xcalloc((size_t)n, sizeof(*missing));
    struct call c = { .memo = m,
                      .purpose = purpose,
                      .scope = scope,
                      .index = index,
                      .missing = missing,
                      .n = n };
    enum memo_status status = MEMO_DONE;
    int n_missing;

    memset(results, 0, sizeof(*results) * (size_t)n);
    c.sha256 = xcalloc((size_t)n, sizeof(*c.sha256));
    for (int i = 0; i < n; i++)
        if (i && requests[i].params == requests[i - 1].params &&
            requests[i].n_params == requests[i - 1].n_params)
            memcpy(c.sha256[i], c.sha256[i - 1], sizeof(*c.sha256));
        else
            policy_hash(policy, &requests[i], c.sha256[i]);
    n_missing = memo_recall(&c, requests, results, missing, err);
    c.done = n - n_missing; /* a twin counts with the one that is played for both */
    if (n_missing < 0)
        status = MEMO_FAILED;
    else if (n_missing > 0)
        status = memo_play_all(&c, policy, requests, n_missing, results, err);
    share_results(&c, results);
    for (int i = 0; m->tally && i < n; i++)
        if (results[i].is_done)
            tally_add(m->tally, purpose, scope, c.sha256[i], index[i], &results[i]);
    if (status == MEMO_DONE)
        keep_returns(m, purpose, requests, results, n);
    free(c.sha256);
    free(missing);
    return status;
}
