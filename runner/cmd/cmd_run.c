/* cmd_run.c - `ratchet run`: plays a policy and prints its score. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/stats.h"
#include "runner/home/progress.h"
#include "runner/record/published.h"
#include "runner/record/replay.h"
#include "runner/view/run_view.h"

struct run {
    int episodes, outside, view, allow_faults; /* episodes 0: not said */
    struct option_seed seed;
    char *record;
    const char *path;
    struct task *task;
    const struct env_registry *envs;
    struct evaluation e;
    struct episode_result *results;
    int n_done, n_total;
    struct progress progress;
    double seconds;
};

static void run_on_result(void *user, int index, const struct episode_result *result)
{
    struct run *r = user;

    (void)index;
    (void)result;
    r->n_done++;
    if (r->n_done == r->n_total)
        progress_erase();
    else
        progress_show(&r->progress, "%d of %d episodes", r->n_done, r->n_total);
}

static int compare_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static int run_count_distinct(const struct run *r)
{
    scoped uint64_t *hashes = xcalloc((size_t)r->episodes, sizeof(*hashes));
    int n = 0, distinct = 0;

    for (int i = 0; i < r->episodes; i++)
        if (r->results[i].is_done)
            hashes[n++] = r->results[i].trajectory;
    qsort(hashes, (size_t)n, sizeof(*hashes), compare_hash);
    for (int i = 0; i < n; i++)
        distinct += i == 0 || hashes[i] != hashes[i - 1];
    return distinct;
}

static json_t *episode_json(const struct episode_result *e)
{
    char hash[17];
    json_t *score = json_finite(result_is_void(e) ? NAN : e->score);

    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)e->trajectory);
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:I, s:b, s:b, s:s?, s:s?, s:s, s:b, s:I, s:I, s:i}",
        "seed", json_unsigned(e->seed), "return", score, "earned", json_finite(e->total),
        "steps", (json_int_t)e->n_steps, "frames", (json_int_t)e->n_frames, "terminated",
        e->terminated, "truncated", e->truncated, "error",
        e->fault ? e->fault_text : NULL, "fault", e->fault ? fault_name(e->fault) : NULL,
        "trajectory", hash, "verified", e->verified, "instructions",
        (json_int_t)e->most_instructions, "planner_steps", (json_int_t)e->planner_steps,
        "tries", e->n_tries);
}

struct totals {
    struct summary scores;
    int64_t steps, planner_steps;
    int n, n_faults, n_verified, distinct; /* n: with those that have no score */
};

static struct totals add_up(const struct run *r)
{
    scoped double *scores = xcalloc((size_t)r->episodes, sizeof(*scores));
    struct totals t = { 0 };
    int n = 0;

    for (int i = 0; i < r->episodes; i++) {
        if (!r->results[i].is_done)
            continue;
        if (!result_is_void(&r->results[i]))
            scores[n++] = r->results[i].score;
        t.n++;
        t.steps += r->results[i].n_steps;
        t.planner_steps += r->results[i].planner_steps;
        t.n_faults += r->results[i].fault != FAULT_none;
        t.n_verified += r->results[i].verified;
    }
    t.scores = summarize(scores, n);
    t.distinct = run_count_distinct(r);
    return t;
}

static void run_print_json(const struct run *r, const struct totals *t)
{
    double human = published_human(r->task->env->name, t->scores.mean);
    json_t *list = json_array(), *out;
    char sha[65];

    sha256_hex(r->e.policy.source, strlen(r->e.policy.source), sha);
    for (int i = 0; i < r->episodes; i++)
        if (r->results[i].is_done)
            json_array_append_new(list, episode_json(&r->results[i]));
    out = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:o, s:i, s:i, s:o}", "env",
        r->task->env->name, "policy_sha256", sha, "episodes", list, "mean",
        json_finite(t->scores.mean), "std", json_finite(t->scores.std), "min",
        json_finite(t->scores.min), "max", json_finite(t->scores.max), "distinct",
        t->distinct, "steps", (json_int_t)t->steps, "planner_steps",
        (json_int_t)t->planner_steps, "seconds", json_finite(r->seconds), "faults",
        t->n_faults, "verified", t->n_verified, "task", task_to_json(r->task));
    if (!isnan(human))
        json_object_set_new(out, "human_normalised", json_finite(human));
    say_result(out);
}

static const char *ending(const struct episode_result *e)
{
    return e->fault ? fault_name(e->fault) : e->terminated ? "terminated" : "truncated";
}

static void run_print_table(const struct run *r, const struct totals *t)
{
    struct published_scores scores;
    char number[TEXT_NUMBER];

    say("%6s  %10s  %8s  %-12s  %-16s  %s\n", "seed", "return", "steps", "ended",
        "trajectory", "verified");
    for (int i = 0; i < r->episodes; i++) {
        const struct episode_result *e = &r->results[i];
        if (e->is_done)
            say("%6llu  %10s  %8lld  %-12s  %016llx  %s\n", (unsigned long long)e->seed,
                text_number(result_is_void(e) ? NAN : e->score, 4, number),
                (long long)e->n_steps, ending(e), (unsigned long long)e->trajectory,
                e->verified ? "yes" : "no");
    }
    for (int i = 0; i < r->episodes; i++)
        if (r->results[i].fault) {
            say("\nseed %llu: %s: %s\n", (unsigned long long)r->results[i].seed,
                fault_name(r->results[i].fault), r->results[i].fault_text);
            if (result_is_void(&r->results[i]))
                say("(twice: not the policy's fault; it had earned %.6g, and the episode "
                    "is in no mean)\n",
                    r->results[i].total);
            break;
        }
    say("\nmean %s", text_number(t->scores.mean, 4, number));
    if (t->scores.n > 1)
        say(" +- %.3g (95 %%)", mean_interval(&t->scores, 0.95));
    say(", std %s", text_number(t->scores.std, 4, number));
    say(", min %s", text_number(t->scores.min, 4, number));
    say(", max %s", text_number(t->scores.max, 4, number));
    say("; %d episodes, %d distinct, %d verified, %d with faults; %lld steps in %.2f s\n",
        t->n, t->distinct, t->n_verified, t->n_faults, (long long)t->steps, r->seconds);
    if (t->scores.n > 0 && published_find(r->task->env->name, &scores))
        say("human-normalised %.3f (a random player gets %g, a person %g)\n",
            published_human(r->task->env->name, t->scores.mean), scores.random,
            scores.person);
    if (r->task->plan)
        say("it plans, from the %s: %lld planner steps, %.4g a step\n",
            r->task->sim_is_true ? "TRUE STATE" : "observation",
            (long long)t->planner_steps,
            t->steps ? (double)t->planner_steps / (double)t->steps : 0);
}

static int record(const struct run *r, struct error *err)
{
    int status = 0;

    if (file_make_folder(r->record, err) != 0)
        return -1;
    for (int i = 0; i < r->episodes && status == 0; i++) {
        struct replay *replay;
        scoped char *path = NULL;
        if (!r->results[i].is_done)
            continue;
        replay = replay_of_result(&r->e, &r->results[i], err);
        path = xasprintf("%s/%s-%llu.replay", r->record, r->task->env->name,
                         (unsigned long long)r->results[i].seed);
        for (char *slash = path + strlen(r->record) + 1; *slash; slash++)
            if (*slash == '/')
                *slash = '_';
        status = replay ? replay_save(replay, path, err) : -1;
        replay_destroy(replay);
    }
    return status;
}

static int run_play(struct run *r, struct error *err)
{
    struct episode_request *requests = xcalloc((size_t)r->episodes, sizeof(*requests));
    struct policy_facts facts;
    double start = clock_now();
    int status;

    for (int i = 0; i < r->episodes; i++)
        requests[i] = (struct episode_request){ .seed = r->seed.value + (uint64_t)i,
                                                .wants_notes = r->record || r->view };
    r->n_total = r->episodes;
    r->e.on_result = run_on_result;
    r->e.user = r;
    r->e.is_outside = r->outside;
    if (r->view)
        status = run_view(&r->e, requests, r->results, &facts, r->envs, err);
    else
        status = evaluate(&r->e, requests, r->episodes, r->results, &facts, err);
    r->seconds = clock_now() - start;
    free(requests);
    if (status == 0 && facts.fault)
        return error_set(err, "%s: %s", r->path, facts.fault_text);
    return status;
}

static int run_run(struct run *r, struct call *c)
{
    struct policy policy = { .name = file_name(r->path) };
    struct totals t;
    int status = EXIT_FAILED;

    r->envs = &c->app->envs;
    r->task = c->task;
    policy.source = file_load_text(r->path, VM_MAX_SOURCE, &c->err);
    if (!policy.source)
        return EXIT_FAILED;
    r->e = (struct evaluation){ .task = c->task, .policy = policy, .setup = c->setup };
    r->results = xcalloc((size_t)r->episodes, sizeof(*r->results));
    if (run_play(r, &c->err) != 0 || (r->record && record(r, &c->err) != 0))
        goto out;
    t = add_up(r);
    if (c->setup.json)
        run_print_json(r, &t);
    else
        run_print_table(r, &t);
    status = cmd_done();
    if (*c->app->interrupted) {
        status = EXIT_FAILED;
    } else if (t.n_faults && !r->allow_faults) {
        status = EXIT_FAILED;
        if (!c->setup.json)
            error_set(&c->err,
                      "%d of %d episodes ended by a fault; --allow-faults takes that for "
                      "success",
                      t.n_faults, t.scores.n);
    }
out:
    results_clear(r->results, r->episodes);
    free(r->results);
    free((char *)policy.source);
    return status;
}

/* clang-format off */
static const struct option options[] = {
    { "episodes", 'n', INT_IN(run, episodes), "N", "number of episodes (default 10)", 1,
      1000000 },
    { "seed", '\0', SEED_IN(run, seed), "S",
      "seed of the first episode, up to 2^64 - 1; the others count up from it (default "
      "0). In JSON, seeds of 2^63 and more are text" },
    { "record", '\0', TEXT_IN(run, record), "DIR", "keep the replays in this folder" },
    { "outside", '\0', FLAG_IN(run, outside), NULL,
      "step in the harness: the worker sees observations only" },
    { "allow-faults", '\0', FLAG_IN(run, allow_faults), NULL,
      "exit with 0 even when episodes ended by a fault" },
    { "view", '\0', FLAG_IN(run, view), NULL, "watch one episode in a window" },
    GROUP_OF(options_setup),
    { 0 },
};
/* clang-format on */

static int exec_run(struct call *c)
{
    struct run *r = c->state;

    if (r->view && r->episodes > 1)
        return call_misused(c, "--view shows one episode");
    if (!r->episodes)
        r->episodes = r->view ? 1 : 10;
    if (r->seed.value > UINT64_MAX - (uint64_t)(r->episodes - 1))
        return call_misused(c, "there are no %d seeds from %llu on: the last is %llu",
                            r->episodes, (unsigned long long)r->seed.value,
                            (unsigned long long)UINT64_MAX);
    r->path = c->args[1];
    return run_run(r, c);
}

const struct command cmd_run = {
    .name = "run",
    .args = "ENV|TASK.json POLICY.lua",
    .about = "play a policy and print its score",
    .details =
        "Episodes are spread over jailed workers, and every return is confirmed by playing the\n"
        "actions again here: `verified` says that both trajectories are the same. An episode that\n"
        "fails by the environment's own fault is played once more; when it fails again it has no\n"
        "return (`earned` tells what it had earned) and is in no mean. Exit status 1 when an\n"
        "episode ended by a fault.",
    .example =
        "ratchet run breakout policies/breakout/follow.lua --episodes 20 --seed 1000\n"
        "ratchet run breakout my.lua --set preset=v5 --record replays --json",
    .options = options,
    .size = sizeof(struct run),
    .n_min = 2,
    .n_max = 2,
    .needs = NEEDS_TASK,
    .exec = exec_run,
};
