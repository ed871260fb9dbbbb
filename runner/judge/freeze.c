/* freeze.c - opens a hidden split for a run's incumbent, once, and reports what came
 * out. */
#include "runner/judge/freeze.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/evaluate/stats.h"
#include "runner/evaluate/verify.h"
#include "runner/evaluate/worst_settle.h"
#include "runner/record/ledger/ledger_rows.h"
#include "runner/record/published.h"

#define CONFIDENCE 0.95

/* The run's incumbent, and its episodes. Owns everything. */
struct frozen {
    const struct freeze *f;
    enum purpose purpose; /* of its episodes */
    const char *split;    /* the same, as text */
    char sha256[65];
    char *source;
    int64_t iteration, number;
    enum secrecy seeds; /* who may have known those of the opening */
    json_t *details; /* of the candidate, or NULL */
    struct memo memo;
    struct episode_result *dev, *hidden;
    int n_dev, n_hidden;
    double claimed; /* the dev mean as the ledger has it; NAN: the start policy */
};

static void frozen_clear(struct frozen *z)
{
    free(z->source);
    json_decref(z->details);
    results_clear(z->dev, z->n_dev);
    results_clear(z->hidden, z->n_hidden);
    free(z->dev);
    free(z->hidden);
}

static int find_incumbent(struct frozen *z, struct error *err)
{
    const struct ledger_run *run = z->f->run;
    struct ledger_candidate c;
    int found = ledger_incumbent(z->f->ledger, run->id, &c, err);

    if (found < 0)
        return -1;
    snprintf(z->sha256, sizeof(z->sha256), "%s", found ? c.sha256 : run->start_sha256);
    z->iteration = c.iteration;
    z->claimed = !found ? NAN : isfinite(c.dev_after) ? c.dev_after : 0;
    z->details = found ? json_loads(c.details, 0, NULL) : NULL;
    ledger_candidate_clear(&c);
    z->source = ledger_source_get(z->f->ledger, z->sha256, err);
    return z->source ? 0 : -1;
}

/* May it be opened? An opening that was cut short goes on under its number. */
static int check_opening(struct frozen *z, struct error *err)
{
    const struct freeze *f = z->f;
    const char *task = f->base.task->name;
    struct ledger_opening o;
    int found;

    if (ledger_run_seeds(f->ledger, f->run->id, &z->seeds, err) != 0)
        return -1;
    if (f->split == SPLIT_AUDIT && z->seeds == SECRECY_public)
        return error_set(err,
                         "%s: its salt was public before this run began, so that its audit "
                         "seeds are not hidden and cannot carry the final claim; start a run "
                         "from its policy with a salt of its own (--policy %s/best.lua; with "
                         "--model recorded: --fresh-salt) and audit that one",
                         f->run->name, f->run->folder);
    if (f->split == SPLIT_AUDIT) {
        found = ledger_opening_find(f->ledger, 0, task, z->split, NULL, &o, err);
        if (found < 0)
            return -1;
        if (found &&
            (o.run != f->run->id || strcmp(o.sha256, z->sha256) || o.is_reported))
            return error_set(
                err,
                "%s: its audit was opened already, for %.8s of %s; a task has "
                "one audit, for the final claim",
                task, o.sha256, o.run_name);
    } else {
        found = ledger_opening_find(f->ledger, f->run->id, NULL, z->split, z->sha256, &o,
                                    err);
        if (found < 0)
            return -1;
        if (found && o.is_reported)
            return error_set(
                err,
                "%s: its holdout was opened already for this candidate (%.8s), "
                "as number %lld of %s; a candidate sees it once (`ratchet ledger %s --list "
                "openings` shows what came out)",
                f->run->name, z->sha256, (long long)o.number, o.run_name, o.run_name);
        found = found && o.run == f->run->id; /* a fork's, cut short, goes on there */
    }
    if (found)
        z->seeds = o.seeds;
    z->number = found ? o.number
                      : ledger_opening_add(f->ledger, f->run->id, task, z->split,
                                           z->sha256, err);
    return z->number < 0 ? -1 : 0;
}

static int freeze_play(struct frozen *z, enum purpose purpose, enum split split,
                       const char *scope, int n, struct episode_result **results,
                       int *n_results, struct error *err)
{
    struct policy policy = { .name = "incumbent.lua", .source = z->source };
    struct episode_request *requests = xcalloc((size_t)n, sizeof(*requests));
    int64_t *index = xcalloc((size_t)n, sizeof(*index));
    enum memo_status status;

    for (int i = 0; i < n; i++) {
        index[i] = i;
        requests[i].seed = split_seed(z->f->salt, split, z->f->base.task->name, "", i);
    }
    *results = xcalloc((size_t)n, sizeof(**results));
    *n_results = n;
    status = memo_evaluate(&z->memo, purpose, scope, &policy, requests, index, n,
                           *results, err);
    free(requests);
    free(index);
    if (status == MEMO_INTERRUPTED)
        error_set(err, "interrupted; the same command goes on with the opening");
    return status == MEMO_DONE ? 0 : -1;
}

/* The ledger's word on an episode, against its own actions played again. */
static bool is_true(struct episode *e, const struct task *task,
                    const struct episode_result *r)
{
    double action[ENV_MAX_ACTION];

    episode_reset(e, r->seed);
    for (int64_t i = 0; i < r->tape.n_steps && !episode_is_over(e); i++) {
        tape_get(&r->tape, task->env, i, action);
        episode_step(e, action);
    }
    return e->now.n_steps == r->n_steps && e->now.total == r->total &&
           episode_hash(e) == r->trajectory &&
           r->score == fault_score(task, r->fault, r->total);
}

/* A ledger that somebody rewrote does not go into a report: what can be played again
 * is. */
static int check_ledger(struct frozen *z, struct error *err)
{
    const struct freeze *f = z->f;
    const struct task *task = f->base.task;
    void *instance = task_create_instance(task, err);
    double sum = 0;
    struct episode e;
    char text[256] = "";

    if (!instance)
        return -1;
    episode_init(&e, task->env, instance, &task->rules);
    for (int i = 0; i < z->n_dev; i++) {
        const struct episode_result *r = &z->dev[i];
        sum += r->score;
        if (!text[0] && task->env->bits != ENV_BITS_NONE &&
            r->tape.n_steps == r->n_steps &&
            (tape_check(&r->tape, task->env, NULL) != 0 || !is_true(&e, task, r)))
            snprintf(text, sizeof(text),
                     "dev seed %d of %.8s: its actions, played again, do not "
                     "give what the ledger says",
                     i, z->sha256);
    }
    if (!text[0] && isfinite(z->claimed) &&
        fabs(z->claimed - sum / z->n_dev) > 1e-9 * fmax(1, fabs(z->claimed)))
        snprintf(text, sizeof(text),
                 "iteration %lld: its dev mean is %.6g in its row and %.6g in "
                 "its episodes",
                 (long long)z->iteration, z->claimed, sum / z->n_dev);
    episode_clear(&e);
    task->env->destroy(instance);
    if (!text[0])
        return 0;
    if (ledger_incident_add(f->ledger, f->run->id, z->iteration, "ledger rewritten", text,
                            err))
        return -1;
    return error_set(err, "%s: the ledger was rewritten: %s", f->run->name, text);
}

static int freeze_count_distinct(const struct episode_result *r, int n)
{
    int distinct = 0;

    for (int i = 0; i < n; i++) {
        bool is_new = true;
        for (int k = 0; k < i && is_new; k++)
            is_new = r[k].trajectory != r[i].trajectory;
        distinct += is_new;
    }
    return distinct;
}

/* Of a mean; two nulls where half its length is not known. */
static json_t *interval(double mean, double half)
{
    return json_pack("[o, o]", json_finite(mean - half), json_finite(mean + half));
}

static struct summary freeze_sum_up(const struct episode_result *r, int n, json_t *out)
{
    double *scores = xcalloc((size_t)n, sizeof(*scores)), half;
    struct summary s;
    int faults = 0, unverified = 0, n_scored;
    int64_t planner_steps = 0;

    for (int i = 0; i < n; i++) {
        faults += r[i].fault != FAULT_none;
        planner_steps += r[i].planner_steps;
        unverified += !r[i].verified;
    }
    n_scored = results_scores(r, n, scores);
    s = summarize(scores, n_scored);
    free(scores);
    half = n_scored > 1 ? mean_interval(&s, CONFIDENCE) : NAN; /* of one episode, none */
    json_object_set_new(out, "episodes", json_integer(n));
    json_object_set_new(out, "lost", json_integer(n - n_scored));
    json_object_set_new(out, "mean", json_finite(s.mean));
    json_object_set_new(out, "interval", interval(s.mean, half));
    json_object_set_new(out, "std", json_finite(s.std));
    json_object_set_new(out, "min", json_finite(s.min));
    json_object_set_new(out, "max", json_finite(s.max));
    json_object_set_new(out, "distinct", json_integer(freeze_count_distinct(r, n)));
    json_object_set_new(out, "faults", json_integer(faults));
    json_object_set_new(out, "planner_steps", json_integer(planner_steps));
    json_object_set_new(out, "unverified", json_integer(unverified));
    return s;
}

static void freeze_add_human(json_t *split, const struct task *task, double mean)
{
    double human = published_human(task->env->name, mean);

    if (!isnan(human))
        json_object_set_new(split, "human_normalised", json_finite(human));
}

/* NULL: the ledger cannot be read. */
static json_t *freeze_report(struct frozen *z, struct error *err)
{
    const struct freeze *f = z->f;
    const struct limits *limits = &f->base.task->limits;
    json_t *dev = json_object(), *hidden = json_object(), *out;
    struct summary a = freeze_sum_up(z->dev, z->n_dev, dev),
                   b = freeze_sum_up(z->hidden, z->n_hidden, hidden);
    double half = welch_interval(&a, &b, CONFIDENCE), gap = b.mean - a.mean;
    int64_t shared_dev, shared_gate;

    shared_dev = ledger_count_shared(f->ledger, f->run->id, z->purpose, z->number,
                                     PURPOSE_dev, err);
    shared_gate = ledger_count_shared(f->ledger, f->run->id, z->purpose, z->number,
                                      PURPOSE_gate, err);
    if (shared_dev < 0 || shared_gate < 0) {
        json_decref(dev);
        json_decref(hidden);
        return NULL;
    }
    out = json_pack(
        "{s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "run",
        f->run->name, "task", f->base.task->name, "split", z->split, "opening",
        (json_int_t)z->number, "policy", z->sha256, "iteration", (json_int_t)z->iteration,
        "salt_sha256", f->run->salt_sha256, "mode", "outside", "dev", dev, "hidden",
        hidden, "gap", json_finite(gap), "gap_interval", interval(gap, half),
        "confidence", json_finite(CONFIDENCE));
    json_object_set_new(out, "starts_shared_with_dev",
                        json_integer(shared_dev));
    json_object_set_new(out, "starts_shared_with_gate",
                        json_integer(shared_gate));
    json_object_set_new(out, "seeds", json_string(secrecy_name(z->seeds)));
    json_object_set_new(out, "is_sealed", json_boolean(f->run->is_sealed));
    json_object_set_new(out, "plans", json_boolean(f->base.task->plan));
    json_object_set_new(out, "sim_is_true",
                        json_boolean(f->base.task->plan && f->base.task->sim_is_true));
    json_object_set_new(
        out, "limits",
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "act_instructions",
                  (json_int_t)limits->act_instructions, "reset_instructions",
                  (json_int_t)limits->reset_instructions, "load_instructions",
                  (json_int_t)limits->load_instructions, "memory_kib",
                  (json_int_t)limits->memory_kib, "planner_steps",
                  (json_int_t)limits->planner_steps));
    freeze_add_human(dev, f->base.task, a.mean);
    freeze_add_human(hidden, f->base.task, b.mean);
    if (json_object_get(z->details, "robust"))
        json_object_set(out, "robust", json_object_get(z->details, "robust"));
    return out;
}

static json_t *freeze_open_seeds(const struct freeze *f, struct task *task,
                                 struct error *err)
{
    struct frozen z = { .f = f, .purpose = f->split == SPLIT_AUDIT ? PURPOSE_audit
                                                                : PURPOSE_holdout };
    const struct task_splits *splits = &f->base.task->splits;
    bool is_audit = f->split == SPLIT_AUDIT;
    char scope[32], *text;
    json_t *out = NULL;

    z.split = purpose_name(z.purpose);
    z.memo = (struct memo){ .ledger = f->ledger,
                            .run = f->run->id,
                            .base = f->base,
                            .steps_left = INT64_MAX,
                            .progress = f->progress,
                            .user = f->user };
    if (worst_settle(&z.memo, task, err) != MEMO_DONE || find_incumbent(&z, err) != 0 ||
        freeze_play(&z, PURPOSE_dev, SPLIT_DEV, "", splits->dev, &z.dev, &z.n_dev, err) !=
            0 ||
        check_ledger(&z, err) != 0 || check_opening(&z, err) != 0)
        goto out;
    snprintf(scope, sizeof(scope), "opening %lld", (long long)z.number);
    z.memo.base.is_outside = true;
    if (freeze_play(&z, z.purpose, f->split, scope,
                    is_audit ? splits->audit : splits->holdout, &z.hidden, &z.n_hidden,
                    err) != 0)
        goto out;
    out = freeze_report(&z, err);
    text = out ? json_dumps(out, JSON_COMPACT) : NULL;
    if (out && !text)
        error_set(err, "%s: the report cannot be written as JSON", f->run->name);
    if (!text ||
        ledger_report_add(f->ledger, f->run->id, z.split, z.number, text, err) != 0) {
        json_decref(out);
        out = NULL;
    }
    free(text);
out:
    frozen_clear(&z);
    return out;
}

json_t *freeze_open(const struct freeze *f, struct error *err)
{
    struct task *task = task_copy(f->base.task); /* whose worst return is settled */
    struct freeze mine = *f;
    json_t *out;

    mine.base.task = task;
    out = freeze_open_seeds(&mine, task, err);
    task_destroy(task);
    return out;
}
