/* cmd_calibrate.c - `ratchet calibrate`: what the gate can see in a task. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/seeds.h"
#include "runner/evaluate/stats.h"
#include "runner/home/progress.h"
#include "runner/judge/calibrate.h"
#include "runner/judge/confseq.h"
#include "runner/judge/gate.h"

#define MOST_REPEATS 10 /* episodes that are played again on the same seed */
#define MOST_EPISODES 100000
#define MOST_PAIRS 100000
#define MOST_CANDIDATE 1000000
#define MOST_COMPARISONS 100000
#define DRAWS 1 /* seed of the bootstrap: the same returns give the same table */

struct calibrator {
    struct setup *setup;
    int episodes, pairs, candidate, comparisons;
    struct task *task;
    char *path;
    struct policy policy;
    struct salt salt;
    int n_repeats, n_repeated; /* episodes played twice; those that did the same */
    int n_faults, n_starts;    /* 0: too many to be counted */
    int64_t steps;             /* of `episodes` episodes */
    double seconds;
    double *returns;
    struct summary s;
    struct calibration c;
    double noise; /* standard deviation of a pair's difference */
    int n_done, n_total;
    struct progress progress;
};

/* What is compared when no policy is named: what was learned, else what a run starts
 * from. */
static int calibrate_find_policy(struct calibrator *k, const char *path,
                                 struct error *err)
{
    static const char *const names[] = { "learned.lua", "start_plan.lua", "start.lua",
                                         "follow.lua" };

    k->path = path ? xstrdup(path) : NULL;
    for (size_t i = 0; !k->path && i < sizeof(names) / sizeof(names[0]); i++)
        if (k->task->plan || !strstr(names[i], "plan"))
            k->path = find_shipped("%s/%s", k->task->name, names[i]);
    if (!k->path)
        return error_set(err, "%s: no policy to compare with itself: name one",
                         k->task->name);
    k->policy.name = file_name(k->path);
    k->policy.source = file_load_text(k->path, VM_MAX_SOURCE, err);
    return k->policy.source ? 0 : -1;
}

static void calibrate_on_result(void *user, int index,
                                const struct episode_result *result)
{
    struct calibrator *k = user;

    (void)index;
    (void)result;
    progress_show(&k->progress, "%d of %d episodes", ++k->n_done, k->n_total);
}

static int play_some(struct calibrator *k, int n, struct episode_result *results,
                     struct error *err)
{
    struct episode_request *requests = xcalloc((size_t)n, sizeof(*requests));
    struct policy_facts facts;
    struct evaluation e = { .task = k->task,
                            .policy = k->policy,
                            .setup = *k->setup };
    int status;

    for (int i = 0; i < n; i++)
        requests[i].seed = split_seed(&k->salt, SPLIT_GATE, k->task->name, "calibrate",
                                      i);
    e.on_result = calibrate_on_result;
    e.user = k;
    status = evaluate(&e, requests, n, results, &facts, err);
    free(requests);
    progress_erase();
    if (status == 0 && facts.fault)
        return error_set(err, "%s: %s", k->path, facts.fault_text);
    if (status == 0 && *k->setup->interrupted)
        return error_set(err, "calibrate: interrupted");
    return status;
}

static void calibrate_take_results(struct calibrator *k,
                                   const struct episode_result *first,
                                   const struct episode_result *again)
{
    k->returns = xcalloc((size_t)k->episodes, sizeof(*k->returns));
    for (int i = 0; i < k->episodes; i++) {
        k->returns[i] = first[i].score;
        k->steps += first[i].n_steps;
        k->n_faults += first[i].fault != FAULT_none;
    }
    for (int i = 0; i < k->n_repeats; i++)
        k->n_repeated += first[i].trajectory == again[i].trajectory &&
                         first[i].score == again[i].score;
    k->s = summarize(k->returns, k->episodes);
}

static int calibrate_play(struct calibrator *k, struct error *err)
{
    scoped struct episode_result *first = xcalloc((size_t)k->episodes, sizeof(*first));
    scoped struct episode_result *again = xcalloc(MOST_REPEATS, sizeof(*again));
    double start = clock_now();
    int status;

    k->n_repeats = k->episodes < MOST_REPEATS ? k->episodes : MOST_REPEATS;
    k->n_total = k->episodes + k->n_repeats;
    status = play_some(k, k->episodes, first, err);
    k->seconds = clock_now() - start;
    if (status == 0)
        status = play_some(k, k->n_repeats, again, err);
    if (status == 0)
        calibrate_take_results(k, first, again);
    results_clear(first, k->episodes);
    results_clear(again, k->n_repeats);
    return status;
}

/* What the gate takes for the range, the policy being both sides. */
static int find_range(struct calibrator *k, struct error *err)
{
    struct returns known = { k->s.min, k->s.max };
    struct memo memo = { .base.task = k->task, .returns = &known };
    double fault_return = task_fault_return(k->task);

    if (!gate_range(&memo, k->s.max, k->s.max, &k->c.most_loss, &k->c.most_gain))
        return error_set(err,
                         "%s: every return is %g, so nothing is known of what a pair may "
                         "lose: name the worst return with --set fault_return=...",
                         k->task->name, k->s.max);
    k->c.returns = k->returns;
    k->c.n = k->episodes;
    k->c.lowest = fmin(k->s.min, isfinite(fault_return) ? fault_return : 0);
    k->c.error = gate_error(k->task, k->candidate);
    k->c.pairs = k->pairs;
    k->noise = k->s.std * sqrt(2);
    return 0;
}

/* What so many pairs can see, and cost here: both sides are played. */
static json_t *least_row(const struct calibrator *k, int pairs)
{
    double share = 2.0 * pairs / k->episodes;

    return json_pack(
        "{s:i, s:o, s:o, s:o}", "pairs", pairs, "least_gain",
        json_finite(confseq_least_gain(pairs, k->c.error, k->c.most_loss, k->noise)),
        "steps", json_finite(round(share * (double)k->steps)), "seconds",
        json_finite(share * k->seconds));
}

static json_t *least_rows(const struct calibrator *k)
{
    static const int more[] = { 4, 16 };
    json_t *rows = json_array();

    if (k->pairs >= 16)
        json_array_append_new(rows, least_row(k, k->pairs / 4));
    json_array_append_new(rows, least_row(k, k->pairs));
    for (int i = 0; i < 2; i++)
        json_array_append_new(rows, least_row(k, k->pairs * more[i]));
    return rows;
}

static void add_candidate(const struct calibrator *k, json_t *rows, const char *name,
                          double gain, double falls)
{
    struct calibration_row r = calibrate(&k->c, gain, falls, k->comparisons, DRAWS);

    json_array_append_new(
        rows,
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "candidate", name, "gain",
                  json_finite(gain), "falls", json_finite(falls), "better",
                  json_finite(r.better), "worse", json_finite(r.worse), "unclear",
                  json_finite(1 - r.better - r.worse), "pairs", json_finite(r.pairs)));
}

/* The first and the last are no better than the incumbent: their "better" is false. */
static json_t *candidate_rows(const struct calibrator *k)
{
    double gain = confseq_least_gain(k->pairs, k->c.error, k->c.most_loss, k->noise);
    json_t *rows = json_array();

    add_candidate(k, rows, "itself", 0, 0);
    add_candidate(k, rows, "better", gain, 0);
    add_candidate(k, rows, "half as much better", gain / 2, 0);
    add_candidate(k, rows, "worse", -gain, 0);
    add_candidate(k, rows, "better, but falls", gain, calibrate_even_falls(&k->c, gain));
    return rows;
}

static json_t *calibrate_to_json(const struct calibrator *k)
{
    char sha[65];

    sha256_hex(k->policy.source, strlen(k->policy.source), sha);
    return json_pack(
        "{s:s, s:o, s:s, s:i, s:o, s:i, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:o, s:o, s:o,"
        " s:I, s:o, s:i, s:i, s:o, s:o}",
        "task", k->task->name, "policy", json_path(k->path), "policy_sha256", sha, "candidate",
        k->candidate, "error", json_finite(k->c.error), "episodes", k->episodes, "mean",
        json_finite(k->s.mean), "std", json_finite(k->s.std), "min",
        json_finite(k->s.min), "max", json_finite(k->s.max), "faults", k->n_faults,
        "repeats", k->n_repeats, "repeated", k->n_repeated, "starts", k->n_starts,
        "noise", json_finite(k->noise), "most_loss", json_finite(k->c.most_loss),
        "most_gain", json_finite(k->c.most_gain), "steps", (json_int_t)k->steps,
        "seconds", json_finite(k->seconds), "pairs", k->pairs, "comparisons",
        k->comparisons, "least", least_rows(k), "rows", candidate_rows(k));
}

static void print_least(const json_t *rows)
{
    size_t i;
    json_t *row;

    say("\n%9s  %12s  %12s  %10s\n", "pairs", "least gain", "steps", "seconds");
    json_array_foreach(rows, i, row)
        say("%9d  %12.4g  %12.0f  %10.3g\n", (int)json_get_number(row, "pairs"),
            json_get_number(row, "least_gain"), json_get_number(row, "steps"),
            json_get_number(row, "seconds"));
}

static void print_candidates(const json_t *rows)
{
    size_t i;
    json_t *row;

    say("%-32s %8s  %8s  %8s  %6s\n", "candidate", "better", "worse", "unclear", "pairs");
    json_array_foreach(rows, i, row) {
        double gain = json_get_number(row, "gain"), falls = json_get_number(row, "falls");
        char text[80];
        if (falls > 0)
            snprintf(text, sizeof(text), "%+.4g, but falls in %.2g %%", gain,
                     100 * falls);
        else if (gain != 0)
            snprintf(text, sizeof(text), "%+.4g", gain);
        else
            snprintf(text, sizeof(text), "itself");
        say("%-32s %6.2f %%  %6.2f %%  %6.2f %%  %6.0f\n", text,
            100 * json_get_number(row, "better"), 100 * json_get_number(row, "worse"),
            100 * json_get_number(row, "unclear"), json_get_number(row, "pairs"));
    }
}

static void calibrate_print_text(const struct calibrator *k, const json_t *out)
{
    say("%s: %s against itself, as candidate %d of its line (error %.2g %%)\n\n",
        k->task->name, k->policy.name, k->candidate, 100 * k->c.error);
    say("returns          mean %.4g, std %.4g, %.4g to %.4g in %d episodes, %d with "
        "faults\n",
        k->s.mean, k->s.std, k->s.min, k->s.max, k->episodes, k->n_faults);
    say("a pair may lose  %.4g: from the highest return to the lowest that is known, the "
        "fault\n                 return included, or 0 where there is none\n",
        k->c.most_loss);
    say("the same seeds   %d of %d episodes played again did the same\n", k->n_repeated,
        k->n_repeats);
    say("noise of a pair  %.4g, the standard deviation of the difference on different "
        "seeds\n",
        k->noise);
    if (k->n_starts)
        say("few starts       %d, all that seeds give: where both sides do the same twice "
            "from each, the\n                 gate knows a gain but for how often each "
            "start occurs; else it is as below\n",
            k->n_starts);
    print_least(json_object_get(out, "least"));
    say("\nOf %d comparisons of at most %d pairs, drawn from these returns:\n\n",
        k->comparisons, k->pairs);
    print_candidates(json_object_get(out, "rows"));
    say("\nItself, and the one that falls to the lowest return so often that nothing is "
        "gained, are\nno better: their \"better\" is a false promotion.\n");
}

static int calibrate_task(struct calibrator *k, const char **args, struct error *err)
{
    json_t *out;

    if (!k->pairs)
        k->pairs = k->task->splits.gate;
    if (calibrate_find_policy(k, args[1], err) != 0 || salt_draw(&k->salt, err) != 0 ||
        calibrate_play(k, err) != 0 || find_range(k, err) != 0 ||
        calibrate_count_starts(&k->n_starts, k->task, &k->salt, k->policy.source, err) !=
            0)
        return EXIT_FAILED;
    out = calibrate_to_json(k);
    if (k->setup->json) {
        say_result(out);
    } else {
        calibrate_print_text(k, out);
        json_decref(out);
    }
    return cmd_done();
}

/* clang-format off */
static const struct option options[] = {
    { "episodes", 'n', INT_IN(calibrator, episodes), "N",
      "to play on different seeds (default 100)", 2, MOST_EPISODES },
    { "candidate", 'k', INT_IN(calibrator, candidate), "K",
      "the number of the candidate in its line: each has a smaller share of the error "
      "(default 1)", 1, MOST_CANDIDATE },
    { "pairs", '\0', INT_IN(calibrator, pairs), "N",
      "of a comparison (default: the task's gate)", 8, MOST_PAIRS },
    { "comparisons", '\0', INT_IN(calibrator, comparisons), "N",
      "to draw from the returns (default 1000)", 1, MOST_COMPARISONS },
    GROUP_OF(options_jobs),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

static int exec_calibrate(struct call *c)
{
    struct calibrator *k = c->state;
    int status;

    k->setup = &c->setup;
    k->task = c->task;
    status = calibrate_task(k, c->args, &c->err);
    free(k->returns);
    free((char *)k->policy.source);
    free(k->path);
    return status;
}

const struct command cmd_calibrate = {
    .name = "calibrate",
    .args = "ENV|TASK.json [POLICY.lua]",
    .about = "the least gain that the gate can see, its cost, and how often it errs",
    .details =
        "A policy (the task's learned one, else the one that a run starts from) is compared with itself.\n"
        "It is played on fresh seeds, some twice, to see whether the same seed gives the same episode. The\n"
        "spread of its returns, and the most that a pair may lose, give the least gain that so many pairs\n"
        "find nine times in ten. Then comparisons are drawn from the returns (bootstrap): of the policy with\n"
        "itself, with itself made better and worse by that gain, and with one that earns as much more but\n"
        "falls to the lowest return so often that nothing is gained. Nothing is written to the ledger.",
    .example =
        "ratchet calibrate cartpole\n"
        "ratchet calibrate breakout my.lua --candidate 20 --pairs 512 --json",
    .options = options,
    .size = sizeof(struct calibrator),
    .initial = &(const struct calibrator){ .episodes = 100,
                                           .candidate = 1,
                                           .comparisons = 1000 },
    .n_min = 1,
    .n_max = 2,
    .needs = NEEDS_TASK,
    .exec = exec_calibrate,
};
