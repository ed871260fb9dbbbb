/* cmd_bench.c - `ratchet bench`: what a step costs here, and what of it is whose. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/clock.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/meter.h"
#include "runner/experiment/bench_plan.h"
#include "runner/record/replay.h"

#define ROUNDS 5 /* of everything; the best counts, for a busy machine only adds */
#define ENV_SECONDS 0.05 /* a round of an environment alone */
#define START_WORKERS 20
#define STEPS_A_ROUND 300000 /* verified steps, about */
#define COST_FRAMES 2000     /* of an episode by which a cost is measured... */
#define COST_EPISODES 10     /* ...and how many of them */
#define MOST_EPISODES 2000

struct bench {
    struct setup *setup;
    struct task *task;  /* Breakout */
    struct task *brief; /* the same, with short episodes */
    cpu_set_t cores;
    json_t *figures; /* name -> number */
};

/* Policies whose difference is the cost of one thing. */
static const char nothing_source[] = "return { act = function() return 0 end }";
static const char work_source[] = "return { act = function() local x = 0 for i = 1, 1000 "
                                  "do x = x + i end return 0 end }";
enum { WORK_INSTRUCTIONS = 2000 };
static const char pairs_source[] =
    "local t, x = {}, 0 for i = 1, 100 do t['k' .. i] = i end "
    "return { act = function() for k, v in pairs(t) do x = v end return 0 end }";
static const char list_source[] =
    "local t, x = {}, 0 for i = 1, 100 do t[i] = i end "
    "return { act = function() for i = 1, #t do x = t[i] end return 0 end }";
enum { PAIRS_ELEMENTS = 100 };

static void bench_report(struct bench *b, const char *name, double value,
                         const char *unit, const char *text)
{
    if (!b->setup->json)
        say("%-58s %14.*f %s\n", text, value < 100 ? 3 : 0, value, unit);
    fflush(stdout);
    json_object_set_new(b->figures, name, json_finite(value));
}

static void report_to(void *user, const char *name, double value, const char *unit,
                      const char *text)
{
    bench_report(user, name, value, unit, text);
}

static void use_cores(const struct bench *b, bool all)
{
    cpu_set_t one;

    if (all) {
        sched_setaffinity(0, sizeof(b->cores), &b->cores);
        return;
    }
    CPU_ZERO(&one);
    for (int i = CPU_SETSIZE - 1; i >= 0; i--)
        if (CPU_ISSET(i, &b->cores)) {
            CPU_SET(i, &one);
            break;
        }
    sched_setaffinity(0, sizeof(one), &one);
}

/* Steps a second of an environment alone, its actions from chance. */
static double env_rate(const struct env *env, struct error *err)
{
    void *instance = env_create(env, NULL, 0, err);
    double action[ENV_MAX_ACTION], best = 0;
    struct rng r;

    if (!instance)
        return -1;
    rng_seed(&r, 1, 1);
    for (int round = 0; round < ROUNDS; round++) {
        double start = meter_cpu(), seconds = 0;
        int64_t n = 0;
        env->reset(instance, (uint64_t)round);
        while (seconds < ENV_SECONDS) {
            for (int i = 0; env->actions[i].name; i++) {
                const struct env_action *a = &env->actions[i];
                action[i] = a->is_discrete
                                ? a->min + rng_below(&r, (uint32_t)(a->max - a->min) + 1)
                                : a->min + rng_uniform(&r) * (a->max - a->min);
            }
            struct env_step s = env->step(instance, action);
            if (s.terminated || s.truncated)
                env->reset(instance, (uint64_t)n);
            if (++n % 256 == 0)
                seconds = meter_cpu() - start;
        }
        best = (double)n / seconds > best ? (double)n / seconds : best;
    }
    env->destroy(instance);
    return best;
}

static int bench_envs(struct bench *b, struct error *err)
{
    for (int i = 0; i < b->setup->envs->n && !*b->setup->interrupted; i++) {
        const struct env *env = b->setup->envs->list[i];
        char name[96], text[96];
        double rate = env_rate(env, err);
        if (rate < 0)
            return -1;
        snprintf(name, sizeof(name), "env_%s", env->name);
        snprintf(text, sizeof(text), "%s alone, one core", env->name);
        bench_report(b, name, rate, "steps/s", text);
    }
    return 0;
}

static struct evaluation evaluation_of(const struct bench *b, const struct policy *policy)
{
    struct evaluation e = { .task = b->task, .policy = *policy, .setup = *b->setup };

    e.setup.jobs = 1;
    return e;
}

/* Verified steps a second: of processor time with one job, of the clock's with more. With
 * *n_episodes 0 it is first found out how many episodes make a round. */
static double verified_rate(const struct evaluation *e, int *n_episodes,
                            struct error *err)
{
    int n = *n_episodes ? *n_episodes : 4, n_rounds = *n_episodes ? ROUNDS : 1;
    scoped struct episode_request *requests = xcalloc(MOST_EPISODES, sizeof(*requests));
    scoped struct episode_result *results = xcalloc(MOST_EPISODES, sizeof(*results));
    double best = -1;
    int64_t n_steps = 0;

    for (int i = 0; i < MOST_EPISODES; i++)
        requests[i].seed = (uint64_t)i + 1;
    for (int round = 0; round < n_rounds; round++) {
        double start = e->setup.jobs > 1 ? clock_now() : meter_cpu(), seconds;
        int status = evaluate(e, requests, n, results, NULL, err);
        seconds = (e->setup.jobs > 1 ? clock_now() : meter_cpu()) - start;
        n_steps = 0;
        for (int i = 0; i < n; i++) {
            n_steps += results[i].n_steps;
            if (!status && !results[i].verified)
                status = error_set(err, "an episode was not verified: %.900s",
                                   results[i].fault_text ? results[i].fault_text
                                                         : "stopped");
        }
        results_clear(results, n);
        if (status != 0) {
            best = -1;
            break;
        }
        best = (double)n_steps / seconds > best ? (double)n_steps / seconds : best;
    }
    if (best > 0 && !*n_episodes)
        *n_episodes = (int)(STEPS_A_ROUND * (int64_t)n / (n_steps + 1)) + 1;
    if (*n_episodes > MOST_EPISODES)
        *n_episodes = MOST_EPISODES;
    return best;
}

/* Processor seconds a step of an evaluation in a worker, its start included, unverified;
 * the best of the rounds. */
static double step_seconds(const struct evaluation *e, bool is_bare, int n_episodes,
                           struct error *err)
{
    double best = -1;

    for (int round = 0; round < ROUNDS; round++) {
        double start = meter_cpu(), seconds;
        struct meter *m = meter_create(e, is_bare, err);
        int64_t n_steps = m ? meter_play(m, n_episodes) : 0;
        if (m && n_steps <= 0)
            error_set(err, "bench: the worker was lost");
        meter_destroy(m);
        if (n_steps <= 0)
            return -1;
        seconds = (meter_cpu() - start) / (double)n_steps;
        best = best < 0 || seconds < best ? seconds : best;
    }
    return best;
}

/* One policy: verified on one core and on all, without the jail, and the bare VM. */
static int bench_policy(struct bench *b, const char *name, const char *file,
                        struct error *err)
{
    struct policy policy = { .name = file_name(file) };
    struct evaluation e;
    scoped char *path = find_shipped("%s", file);
    char *source = path ? file_load_text(path, VM_MAX_SOURCE, err) : NULL;
    int n_episodes = 0, n_cores = CPU_COUNT(&b->cores), status = -1;
    double one, free_, bare, all;
    char key[64], text[96];

    if (!source) {
        status = path ? -1 : 0; /* installed without its tests */
        goto out;
    }
    policy.source = source;
    e = evaluation_of(b, &policy);
    use_cores(b, false);
    if (verified_rate(&e, &n_episodes, err) < 0 ||
        (one = verified_rate(&e, &n_episodes, err)) < 0)
        goto out;
    e.setup.unjailed = true;
    free_ = verified_rate(&e, &n_episodes, err);
    bare = step_seconds(&e, true, n_episodes, err);
    if (free_ < 0 || bare < 0)
        goto out;
#define REPORT(what, value, unit, words)                        \
    snprintf(key, sizeof(key), "%s_" what, name);               \
    snprintf(text, sizeof(text), "%s, %s", policy.name, words); \
    bench_report(b, key, value, unit, text)
    REPORT("one_core", one, "steps/s", "verified, one core");
    REPORT("one_core_unjailed", free_, "steps/s", "verified, one core, without the jail");
    REPORT("bare", 1 / bare, "steps/s", "bare VM: no jail, no counting, not verified");
    REPORT("bare_ratio", 1 / bare / one, "times", "bare VM against verified");
    use_cores(b, true);
    if (n_cores > 1) {
        e.setup.unjailed = false;
        e.setup.jobs = n_cores;
        n_episodes *= n_episodes * n_cores <= MOST_EPISODES ? n_cores : 1;
        all = verified_rate(&e, &n_episodes, err);
        if (all < 0)
            goto out;
        REPORT("all_cores", all, "steps/s", "verified, all cores");
        REPORT("scaling", all / one, "times", "all cores against one");
    }
    status = 0;
out:
    use_cores(b, true);
    free(source);
    return status;
}

static int bench_start(struct bench *b, struct error *err)
{
    struct policy policy = { .name = "nothing.lua", .source = nothing_source };
    struct evaluation e = evaluation_of(b, &policy);

    for (int unjailed = 0; unjailed < 2; unjailed++) {
        double best = 1e9;
        e.setup.unjailed = unjailed;
        for (int i = 0; i < START_WORKERS; i++) {
            double start = clock_now(), seconds;
            struct meter *m = meter_create(&e, false, err);
            if (!m)
                return -1;
            seconds = clock_now() - start;
            best = seconds < best ? seconds : best;
            meter_destroy(m);
        }
        bench_report(
            b, unjailed ? "worker_start_unjailed_ms" : "worker_start_ms", best * 1e3,
            "ms", unjailed ? "start of a worker, without the jail" : "start of a worker");
    }
    return 0;
}

static int bench_snapshot(struct bench *b, struct error *err)
{
    static const char *const names[] = { "snapshot_us", "restore_us" };
    static const char *const texts[] = { "snapshot of a policy", "restore of a policy" };
    struct policy policy = { .name = "nothing.lua", .source = nothing_source };
    struct evaluation e = evaluation_of(b, &policy);
    struct meter *m = meter_create(&e, false, err);
    int64_t size = 0;

    if (!m)
        return -1;
    for (int what = MEASURE_SNAPSHOT; what <= MEASURE_RESTORE && size >= 0; what++) {
        double best = 1e9;
        for (int round = 0; round < ROUNDS && size >= 0; round++) {
            double start = clock_now(), seconds;
            size = meter_repeat(m, (enum measure)what, 2000);
            seconds = (clock_now() - start) / 2000;
            best = seconds < best ? seconds : best;
        }
        bench_report(b, names[what], best * 1e6, "us", texts[what]);
    }
    meter_destroy(m);
    bench_report(b, "snapshot_kib", (double)size / 1024, "KiB", "its size");
    return size < 0 ? error_set(err, "bench: the worker was lost") : 0;
}

/* Costs that are differences between policies. */
static int bench_costs(struct bench *b, struct error *err)
{
    static const char *const sources[] = { nothing_source, work_source, pairs_source,
                                           list_source };
    double counted[4], bare[4], alone = env_rate(b->task->env, err);

    for (int i = 0; i < 4; i++) {
        struct policy policy = { .name = "cost.lua", .source = sources[i] };
        struct evaluation e = evaluation_of(b, &policy);
        e.task = b->brief;
        counted[i] = step_seconds(&e, false, COST_EPISODES, err);
        bare[i] = step_seconds(&e, true, COST_EPISODES, err);
        if (counted[i] < 0 || bare[i] < 0)
            return -1;
    }
    bench_report(b, "passing_ns", (counted[0] - 1 / alone) * 1e9, "ns",
                 "a step's observation, call and action");
    bench_report(b, "instruction_ns", (counted[1] - counted[0]) / WORK_INSTRUCTIONS * 1e9,
                 "ns", "a VM instruction, counted");
    bench_report(b, "instruction_bare_ns", (bare[1] - bare[0]) / WORK_INSTRUCTIONS * 1e9,
                 "ns", "a VM instruction, not counted");
    bench_report(b, "pairs_ns", (counted[2] - counted[0]) / PAIRS_ELEMENTS * 1e9, "ns",
                 "an element in pairs");
    bench_report(b, "list_ns", (counted[3] - counted[0]) / PAIRS_ELEMENTS * 1e9, "ns",
                 "an element in a plain loop");
    return 0;
}

static int bench_replay(struct bench *b, struct error *err)
{
    scoped char *path = find_shipped("breakout/follow.lua"), *file = NULL;
    struct policy policy = { .name = "follow.lua" };
    struct episode_request request = { .seed = 1 };
    struct episode_result result = { 0 };
    struct replay *replay = NULL;
    struct stat st;
    struct evaluation e;
    int status = -1;

    policy.source = path ? file_load_text(path, VM_MAX_SOURCE, err) : NULL;
    if (!policy.source)
        goto out;
    e = evaluation_of(b, &policy);
    file = xasprintf("/tmp/ratchet-bench.%d.replay", (int)getpid());
    if (evaluate(&e, &request, 1, &result, NULL, err) != 0 ||
        !(replay = replay_of_result(&e, &result, err)) ||
        replay_save(replay, file, err) != 0 || stat(file, &st) != 0 ||
        result.n_steps == 0)
        goto out;
    bench_report(b, "replay_bytes_per_step", (double)st.st_size / (double)result.n_steps,
                 "bytes", "a step in a replay");
    status = 0;
out:
    if (file)
        unlink(file);
    replay_destroy(replay);
    results_clear(&result, 1);
    free((char *)policy.source);
    return status;
}

static void processor(char *out, size_t size)
{
    char line[256];
    FILE *f = fopen("/proc/cpuinfo", "re");

    snprintf(out, size, "an unknown processor");
    while (f && fgets(line, sizeof(line), f))
        if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, size, "%s", strchr(line, ':') + 2);
            break;
        }
    if (f)
        fclose(f);
}

/* A policy that sees pixels, verified on one core. */
static int bench_frames(struct bench *b, struct error *err)
{
    static const struct {
        const char *name, *file, *setting, *text;
    } rows[] = {
        { "frame", "breakout/frame.lua", "observation=frame", "frame.lua, frames" },
        { "gray", "breakout/frame.lua", "observation=gray", "frame.lua, gray frames" },
        { "vision", "../tests/bench/vision.lua", "observation=frame",
          "vision.lua, whole frames" },
    };
    int status = 0;

    use_cores(b, false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !status; i++) {
        scoped char *path = find_shipped("%s", rows[i].file);
        char key[64], text[96];
        char *source = path ? file_load_text(path, VM_MAX_SOURCE, err) : NULL;
        struct policy policy = { .name = rows[i].name, .source = source };
        struct evaluation e = evaluation_of(b, &policy);
        int n_episodes = 2;
        double rate;
        e.task = b->brief;
        status = path && (!source || task_set(b->brief, rows[i].setting, err) != 0 ||
                          (rate = verified_rate(&e, &n_episodes, err)) < 0)
                     ? -1
                     : 0;
        if (source && !status) {
            snprintf(key, sizeof(key), "%s_one_core", rows[i].name);
            snprintf(text, sizeof(text), "%s, verified, one core", rows[i].text);
            bench_report(b, key, rate, "steps/s", text);
        }
        free(source);
    }
    use_cores(b, true);
    return task_set(b->brief, "observation=features", err) != 0 ? -1 : status;
}

static int bench(struct bench *b, struct error *err)
{
    static int (*const parts[])(struct bench *, struct error *) = {
        bench_start, bench_snapshot, bench_costs, bench_replay, bench_frames,
    };
    char name[128];

    processor(name, sizeof(name));
    sched_getaffinity(0, sizeof(b->cores), &b->cores);
    b->figures = json_object();
    json_object_set_new(b->figures, "processor", json_string(name));
    json_object_set_new(b->figures, "cores", json_integer(CPU_COUNT(&b->cores)));
    if (!b->setup->json)
        say("%s, %d cores; the best of %d rounds\n\n", name, CPU_COUNT(&b->cores),
            ROUNDS);
    b->task = setup_task(b->setup, "breakout", err);
    if (b->task) {
        b->brief = task_copy(b->task);
        b->brief->rules.max_frames = COST_FRAMES;
    }
    if (!b->task || bench_envs(b, err) != 0 ||
        bench_plan(b->setup, report_to, b, err) != 0 ||
        bench_policy(b, "follow", "breakout/follow.lua", err) != 0 ||
        bench_policy(b, "intercept", "../tests/bench/intercept.lua", err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !*b->setup->interrupted;
         i++)
        if (parts[i](b, err) != 0)
            return -1;
    return *b->setup->interrupted ? error_set(err, "bench: interrupted") : 0;
}

static int exec_bench(struct call *c)
{
    struct bench *b = c->state;
    int status = EXIT_FAILED;

    b->setup = &c->setup;
    if (bench(b, &c->err) == 0) {
        if (c->setup.json)
            say_result(json_incref(b->figures));
        status = cmd_done();
    }
    json_decref(b->figures);
    task_destroy(b->task);
    task_destroy(b->brief);
    return status;
}

const struct command cmd_bench = {
    .name = "bench",
    .args = "",
    .about = "measure what a step costs on this machine",
    .details =
        "Environments alone; the MuJoCo tasks beside a bare loop over its step, and planners;\n"
        "verified policy steps on one core and on all, with the jail and without, and the bare\n"
        "Lua VM; what starting, snapshots, observations, counted instructions and pairs cost;\n"
        "bytes of a replay. Figures for one core are by processor time, those for all cores by\n"
        "the clock, and so too low on a busy machine.",
    .example = "ratchet bench\nratchet bench --json",
    .options = options_common,
    .size = sizeof(struct bench),
    .exec = exec_bench,
};
