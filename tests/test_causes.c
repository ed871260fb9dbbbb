/* test_causes.c - where a failure was decided: found on copies of the episode, in an
 * environment whose truth is known, and in our breakout; and a counter that turns over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/judge/failures_cause.h"
#include "tests/recording.h"
#include "tests/rows.h"

/* A street of ten places. In step HIT what falls reaches place `at`; who stands there then
 * is gone, which is counted DELAY steps later. A step goes one place at most. */
#define HIT 300
#define LENGTH 3000

struct street {
    int64_t step, hit, place, at, delay, wide, score;
};

static void *street_create(const char *const *values, char *why, size_t size)
{
    (void)values;
    (void)why;
    (void)size;
    return calloc(1, sizeof(struct street));
}

static struct street next; /* what the next reset gives */

static void street_reset(void *instance, uint64_t seed)
{
    (void)seed;
    *(struct street *)instance = next;
}

static struct env_step street_step(void *instance, const double *action)
{
    struct street *s = instance;
    struct env_step step = { 0 };

    s->place += action[0] > 0.5 ? 1 : action[0] < -0.5 ? -1 : 0;
    s->place = s->place < 0 ? 0 : s->place > 9 ? 9 : s->place;
    if (s->step == HIT && llabs(s->place - s->at) <= s->wide)
        s->hit = s->step + s->delay;
    if (s->hit && s->step == s->hit) {
        step.events = 1;
        s->hit = 0;
    }
    if (s->score && s->step % 100 == 50) {
        step.reward = (double)((s->score + 400) % 10000 - s->score);
        s->score = (s->score + 400) % 10000;
        step.events |= step.reward < 0 ? 1 : 0;
    }
    step.truncated = ++s->step >= LENGTH;
    return step;
}

static void street_observe(const void *instance, double *out)
{
    out[0] = (double)((const struct street *)instance)->place;
}

static size_t street_size(const void *instance)
{
    (void)instance;
    return sizeof(struct street);
}

static void street_save(const void *instance, void *out)
{
    memcpy(out, instance, sizeof(struct street));
}

static int street_load(void *instance, const void *block)
{
    memcpy(instance, block, sizeof(struct street));
    return 0;
}

static int street_load_never(void *instance, const void *block)
{
    (void)instance;
    (void)block;
    return -1;
}

static struct env street = {
    .abi = ENV_ABI,
    .name = "street",
    .version = 1,
    .about = "what falls",
    .fields = (const struct env_field[]){ { "place", "", 1, 0, 9, 0 }, { 0 } },
    .noop = (const double[]){ 0 },
    .events = (const struct env_event[]){ { "life_lost", true }, { 0 } },
    .options = (const struct env_option[]){ { 0 } },
    .frames_per_second = 60,
    .max_frames = LENGTH,
    .fault_return = -1,
    .create = street_create,
    .destroy = free,
    .reset = street_reset,
    .step = street_step,
    .observe = street_observe,
    .state_size = street_size,
    .save = street_save,
    .load = street_load,
};
static const struct env_action whole[] = { { "move", true, -1, 1, NULL }, { 0 } },
                               real[] = { { "move", false, -1, 1, NULL }, { 0 } };

static const struct row {
    const char *name;
    const struct env_action *actions;
    int64_t delay, wide, cause;
    bool never; /* it cannot be put back */
} rows[] = {
    { "at once", whole, 0, 0, HIT, false },
    { "two seconds later", whole, 126, 0, HIT, false },
    { "two places wide: a step earlier", whole, 126, 1, HIT - 1, false },
    { "five seconds later, four wide", whole, 300, 3, HIT - 3, false },
    { "a real action", real, 126, 1, HIT - 1, false },
    { "no way out", whole, 126, 10, -1, false },
    { "beyond what is looked at", whole, 60 * 16 + 60, 0, -1, false },
    { "no copies", whole, 126, 0, -1, true },
};

static struct task *street_task(const struct env_action *actions)
{
    street.actions = actions;
    return task_create(&street);
}

/* Stands still. */
static struct episode_result street_episode(const struct env *env)
{
    struct episode_result r = { .n_steps = LENGTH, .truncated = true };
    double still[1] = { 0 };

    r.tape = (struct tape){ .n_steps = LENGTH, .width = tape_width(env) };
    r.tape.data = calloc(LENGTH, (size_t)r.tape.width);
    for (int64_t i = 0; i < LENGTH; i++)
        tape_put(r.tape.data + i * r.tape.width, env, still);
    return r;
}

static void cause_of_row(void **state)
{
    const struct row *row = *state;
    struct task *task = street_task(row->actions);
    struct episode_result r = street_episode(task->env);
    const struct failure *one;
    struct failures f;
    struct error err;

    next = (struct street){ .place = 5, .at = 5, .delay = row->delay, .wide = row->wide };
    street.load = row->never ? street_load_never : street_load;
    assert_int_equal(failures_find(&f, task, &r, 1, FAILURE_RULES, &err), 0);
    one = &f.list[f.groups[0].first];
    assert_string_equal(one->kind, "life_lost");
    assert_int_equal(one->cause, -1);
    assert_int_equal(failures_find_causes(&f, task, &r, 0, 1, &err), 0);
    assert_int_equal(one->step, HIT + row->delay);
    assert_int_equal(one->cause, row->cause);
    assert_true(row->cause < 0 || one->cause_action[0] != 0);
    assert_true(failure_moment(one, task) <= one->step &&
                failure_moment(one, task) >= row->cause);
    failures_clear(&f);
    tape_clear(&r.tape);
    task_destroy(task);
}

/* Is a life lost up to and with step `last` when an action is held from step `at` on? */
static bool is_lost(const struct task *task, const struct replay *r, int64_t at,
                    const double *held, int64_t last)
{
    void *instance = task_create_instance(task, NULL);
    double action[ENV_MAX_ACTION];
    struct episode e;
    bool lost = false;

    episode_init(&e, task->env, instance, &task->rules);
    episode_reset(&e, r->seed);
    for (int64_t i = 0; i <= last && !episode_is_over(&e); i++) {
        struct env_step step;
        if (i < r->tape.n_steps)
            tape_get(&r->tape, task->env, i, action);
        step = episode_step(&e, i < at ? action : held);
        lost |= i >= at && (step.events & failure_event_bit(task->env, "life_lost"));
    }
    episode_clear(&e);
    task->env->destroy(instance);
    return lost;
}

/* A ball that is missed: the paddle could still have caught it until a while before the
 * life is counted, and by none of its four actions later. */
static void cause_in_breakout(void **state)
{
    struct env_registry envs;
    struct failures f;
    struct error err;
    struct replay *r;
    struct episode_result result = { 0 };
    const struct failure *one;

    (void)state;
    env_registry_init(&envs);
    r = recording_make(task_create(env_find(&envs, "breakout", &err)), 3, 1500,
                       recording_random);
    result.tape = r->tape;
    result.seed = r->seed;
    result.n_steps = r->tape.n_steps;
    assert_int_equal(failures_find(&f, r->task, &result, 1, FAILURE_RULES, &err), 0);
    assert_int_equal(failures_find_causes(&f, r->task, &result, 0, 1, &err), 0);
    one = &f.list[f.groups[0].first];
    assert_string_equal(one->kind, "life_lost");
    assert_true(one->cause > 0 && one->cause < one->step - 5);
    assert_false(is_lost(r->task, r, one->cause, one->cause_action, one->step));
    for (double a = 0; a < 4; a++)
        assert_true(is_lost(r->task, r, one->cause + 1, &a, one->step + 30));
    failures_clear(&f);
    replay_destroy(r);
    env_registry_clear(&envs);
}

/* What the counter says: 400 more now and then, from `score` on. */
static const struct counter_row {
    const char *name;
    int64_t score;
    int turned, lost; /* failures */
} counter_rows[] = {
    { "a counter that turns over", 1, 1, 0 },
    { "a loss is no counter", 9000, 0, 2 }, /* the episode has won 800 when it comes */
};

static int count_kind(const struct failures *f, const char *kind)
{
    int n = 0;

    for (int i = 0; i < f->n; i++)
        n += !strcmp(f->list[i].kind, kind);
    return n;
}

static void counter_row(void **state)
{
    const struct counter_row *row = *state;
    struct task *task = street_task(whole);
    struct episode_result r = street_episode(task->env);
    struct failures f;
    struct error err;

    next = (struct street){ .place = 0, .at = 5, .score = row->score };
    assert_int_equal(failures_find(&f, task, &r, 1, FAILURE_RULES, &err), 0);
    assert_int_equal(count_kind(&f, "score_turned_over"), row->turned);
    assert_int_equal(count_kind(&f, "life_lost"), row->lost);
    failures_clear(&f);
    tape_clear(&r.tape);
    task_destroy(task);
}

int main(void)
{
    struct CMUnitTest tests[32] = { cmocka_unit_test(cause_in_breakout) };
    int n = 1;

    ROWS_ADD(tests, n, rows, cause_of_row);
    ROWS_ADD(tests, n, counter_rows, counter_row);
    return _cmocka_run_group_tests("causes", tests, (size_t)n, NULL, NULL);
}
