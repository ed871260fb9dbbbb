/* memo.c - evaluations through the ledger: what a run has played before is not played
 * again. */
#include "runner/evaluate/memo.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "runner/record/hash.h"

#define MOST_TAPE (1u << 28) /* bytes, unpacked */

/* One call of memo_evaluate, for the callback. */
struct call {
    struct memo *memo;
    enum purpose purpose;
    const char *scope;
    char (*sha256)[65];   /* of each request's policy, with the overrides */
    const int64_t *index; /* of each request */
    const int *missing;   /* the requests that are played */
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
    if (c->memo->keeps_tapes || c->purpose == PURPOSE_dev ||
        c->purpose == PURPOSE_regression || c->purpose == PURPOSE_probe)
        pack_tape(&r->tape, row);
}

static int from_row(struct ledger_episode *row, int width, struct episode_result *out)
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
    return unpack_tape(row, width, &out->tape);
}

static void on_result(void *user, int i, const struct episode_result *result)
{
    struct call *c = user;
    struct ledger_episode row;

    if (!result->is_done || c->is_failed)
        return;
    to_row(c, result, c->missing[i], &row);
    if (ledger_episode_add(c->memo->ledger, c->memo->run, &row, &c->why) != 0)
        c->is_failed = true;
    free(row.tape);
    if (c->memo->steps_left != INT64_MAX)
        c->memo->steps_left -= result->n_steps;
    if (c->memo->planner_left)
        *c->memo->planner_left -= result->planner_steps;
    c->done++;
    if (c->memo->progress)
        c->memo->progress(c->memo->user, c->purpose, c->done, c->n);
}

/* What the ledger has of the requests goes into results; the others' places into missing.
 * -1 when the ledger fails. */
static int recall(struct call *c, const struct episode_request *requests,
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
            missing[n_missing++] = i;
            continue;
        }
        found = from_row(&row, tape_width(c->memo->base.task->env), &results[i]);
        results[i].seed = requests[i].seed;
        ledger_episode_clear(&row);
        if (found != 0)
            return error_set(err, "the ledger's tape of an episode is damaged");
    }
    return n_missing;
}

static enum memo_status play(struct call *c, const struct policy *policy,
                             const struct episode_request *requests, int n,
                             struct episode_result *results, struct error *err)
{
    struct episode_request *mine = xcalloc((size_t)n, sizeof(*mine));
    struct episode_result *played = xcalloc((size_t)n, sizeof(*played));
    struct evaluation e = c->memo->base;
    enum memo_status status = MEMO_DONE;

    for (int i = 0; i < n; i++)
        mine[i] = requests[c->missing[i]];
    e.policy = *policy;
    e.on_result = on_result;
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
        results[c->missing[i]] = played[i];
    }
    free(mine);
    free(played);
    return status;
}

static void put_params(FILE *f, const struct vm_param *params, int n)
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
    put_params(f, p->params, p->n_params);
    put_params(f, r->params, r->n_params);
    fclose(f);
    sha256_hex(text, len, out);
    free(text);
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
        if (i && requests[i].params == requests[i - 1].params)
            memcpy(c.sha256[i], c.sha256[i - 1], sizeof(*c.sha256));
        else
            policy_hash(policy, &requests[i], c.sha256[i]);
    n_missing = recall(&c, requests, results, missing, err);
    c.done = n - n_missing;
    if (n_missing < 0)
        status = MEMO_FAILED;
    else if (n_missing > 0 &&
             (m->steps_left <= 0 || (m->planner_left && *m->planner_left <= 0)))
        status = MEMO_NO_STEPS;
    else if (n_missing > 0)
        status = play(&c, policy, requests, n_missing, results, err);
    free(c.sha256);
    free(missing);
    return status;
}
