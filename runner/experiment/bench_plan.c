/* bench_plan.c - what `ratchet bench` measures of MuJoCo and of policies that plan.
 *
 * Our step of each task beside a bare loop over mj_step that makes the same motions: both
 * play the same actions from the same starts, in turn. A ratio is the median of the turns':
 * what else the machine does meets both sides of a turn alike, while the best of each side
 * may come from different moments. Then planners as they are shipped: planner steps a
 * second of processor time, and what share of it is MuJoCo's. */
#include "runner/experiment/bench_plan.h"

#ifdef HAVE_MUJOCO
#include <math.h>
#include <mujoco/mujoco.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/places.h"
#include "base/scoped.h"
#include "envs/mujoco/mujoco.h"
#include "runner/evaluate/meter.h"
#include "runner/evaluate/setup.h"
#include "runner/evaluate/stats.h"

#define ROUNDS 30
#define PLANNER_ROUNDS 5 /* seconds each */
#define STEPS 400 /* of a round */
#define DECISIONS 10

struct course {
    const struct env *env;
    void *instance;
    int n_actions;
    double *actions; /* STEPS of them */
    bool *ends;      /* a reset follows the step */
};

static int course_init(struct course *c, const struct env *env, struct error *err)
{
    struct rng r;

    *c = (struct course){ .env = env, .instance = env_create(env, NULL, 0, err) };
    if (!c->instance)
        return -1;
    c->n_actions = env_count_actions(env);
    c->actions = xcalloc(STEPS * (size_t)c->n_actions, sizeof(double));
    c->ends = xcalloc(STEPS, sizeof(bool));
    rng_seed(&r, 1, 1);
    for (int i = 0; i < STEPS * c->n_actions; i++) {
        const struct env_action *a = &env->actions[i % c->n_actions];
        c->actions[i] = a->min + rng_uniform(&r) * (a->max - a->min);
    }
    return 0;
}

static void course_clear(struct course *c)
{
    if (c->instance)
        c->env->destroy(c->instance);
    free(c->actions);
    free(c->ends);
}

static double time_ours(struct course *c)
{
    double start;

    c->env->reset(c->instance, 1);
    start = meter_cpu();
    for (int i = 0; i < STEPS; i++) {
        c->ends[i] = c->env->step(c->instance, c->actions + i * c->n_actions).terminated;
        if (c->ends[i])
            c->env->reset(c->instance, (uint64_t)i);
    }
    return meter_cpu() - start;
}

static double time_bare(struct course *c)
{
    const void *model;
    void *data;
    double start;
    mjData *d;
    int skip;

    mujoco_engine(c->instance, &model, &data, &skip);
    d = data;
    c->env->reset(c->instance, 1);
    start = meter_cpu();
    for (int i = 0; i < STEPS; i++) {
        memcpy(d->ctrl, c->actions + i * c->n_actions,
               sizeof(double) * (size_t)c->n_actions);
        for (int k = 0; k < skip; k++)
            mj_step(model, d);
        if (c->ends[i])
            c->env->reset(c->instance, (uint64_t)i);
    }
    return meter_cpu() - start;
}

static double bench_plan_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(*values), stats_compare);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/* Rounds in turn, who begins, too. *bare: the best of the bare loop's, in seconds. */
static double measure_ratio(struct course *c, double *bare)
{
    double ratios[ROUNDS], a, b;

    time_ours(c); /* says where resets are due */
    *bare = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        a = round % 2 ? 0 : time_ours(c);
        b = time_bare(c);
        a = round % 2 ? time_ours(c) : a;
        *bare = fmin(*bare, b);
        ratios[round] = b / a;
    }
    return bench_plan_median(ratios, ROUNDS);
}

struct planner {
    const char *env, *file;
    double candidates, horizon;
};

static const struct planner planners[] = {
    { "half_cheetah", "half_cheetah/start_plan.lua", 80, 30 },
    { "ant", "ant/start_plan.lua", 80, 30 },
};

struct figures {
    double steps_per_second, decision_ms;
    double share; /* of act in rollouts; the median of the rounds */
};

/* Unverified and uncounted, as sim's clock wants it; the best of the rounds. */
static int bench_plan_measure(const struct setup *setup, const struct planner *p,
                              const char *source, struct figures *out, struct error *err)
{
    const struct setup plain = { .envs = setup->envs };
    struct vm_param params[] = { { .name = "candidates", .value = p->candidates },
                                 { .name = "horizon", .value = p->horizon } };
    struct policy policy = { "start_plan.lua", source, params, 2 };
    struct task *task = setup_task(&plain, p->env, err);
    struct evaluation e = { .task = task, .setup = *setup };
    double shares[PLANNER_ROUNDS];
    int status = -1;

    *out = (struct figures){ 0 };
    if (!task || task_set(task, "plan=true", err) != 0 ||
        task_set(task, "stall_ms=600000", err) != 0) /* the machine may be busy */
        goto out;
    task->rules.max_frames = DECISIONS;
    e.policy = policy;
    for (int round = 0; round < PLANNER_ROUNDS; round++) {
        double start = meter_cpu(), seconds;
        struct meter *m = meter_create(&e, true, err);
        int64_t planned = 0, n = m ? meter_play(m, 1) : 0;
        if (n > 0) {
            planned = meter_planner_steps(m);
            shares[round] = (double)meter_repeat(m, MEASURE_PLANNING, 1) * 1e-9;
        }
        meter_destroy(m);
        if (n <= 0 || planned <= 0) {
            error_set(err, "bench: the planner's worker was lost");
            goto out;
        }
        seconds = meter_cpu() - start;
        if ((double)planned / seconds > out->steps_per_second)
            *out = (struct figures){ (double)planned / seconds, seconds / (double)n * 1e3,
                                     0 };
    }
    out->share = bench_plan_median(shares, PLANNER_ROUNDS);
    status = 0;
out:
    task_destroy(task);
    return status;
}

static int bench_planner(const struct setup *setup, const struct planner *p, double ratio,
                         void (*report)(void *, const char *, double, const char *,
                                        const char *),
                         void *user, struct error *err)
{
    scoped char *path = find_shipped("%s", p->file);
    char name[64], text[96];
    scoped char *source = path ? file_load_text(path, VM_MAX_SOURCE, err) : NULL;
    struct figures f;
    int status = path ? -1 : 0;

    if (source && bench_plan_measure(setup, p, source, &f, err) == 0) {
        status = 0;
#define REPORT(what, value, unit, words)                                            \
    snprintf(name, sizeof(name), "planner_%s_" what, p->env);                       \
    snprintf(text, sizeof(text), "planner, %s, %g x %g: %s", p->env, p->candidates, \
             p->horizon, words);                                                    \
    report(user, name, value, unit, text)
        REPORT("steps", f.steps_per_second, "steps/s", "planner steps");
        REPORT("rollouts", f.steps_per_second / p->horizon, "/s", "rollouts");
        REPORT("decision_ms", f.decision_ms, "ms", "a decision");
        REPORT("share", f.share * ratio, "", "share in MuJoCo");
    }
    return status;
}

int bench_plan(const struct setup *setup,
               void (*report)(void *user, const char *name, double value,
                              const char *unit, const char *text),
               void *user, struct error *err)
{
    for (const struct env *const *env = mujoco_envs; *env && !*setup->interrupted; env++) {
        double ratio = 0, bare;
        char name[64], text[96];
        struct course c;
        int status = course_init(&c, *env, err);
        if (status == 0)
            ratio = measure_ratio(&c, &bare);
        course_clear(&c);
        if (status != 0)
            return -1;
        snprintf(name, sizeof(name), "bare_%s", (*env)->name);
        snprintf(text, sizeof(text), "%s: a bare mj_step loop", (*env)->name);
        report(user, name, STEPS / bare, "steps/s", text);
        snprintf(name, sizeof(name), "ratio_%s", (*env)->name);
        snprintf(text, sizeof(text), "%s: our step against it", (*env)->name);
        report(user, name, ratio, "times", text);
        for (size_t i = 0; i < sizeof(planners) / sizeof(planners[0]); i++)
            if (!strcmp(planners[i].env, (*env)->name) &&
                bench_planner(setup, &planners[i], fmin(ratio, 1), report, user, err) != 0)
                return -1;
    }
    return 0;
}
#else
int bench_plan(const struct setup *setup,
               void (*report)(void *user, const char *name, double value,
                              const char *unit, const char *text),
               void *user, struct error *err)
{
    (void)setup, (void)report, (void)user, (void)err;
    return 0;
}
#endif
