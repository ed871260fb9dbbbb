/* env_checks.h - what every environment must do, as cmocka tests over a row that names
 * one. */
#ifndef RATCHET_TESTS_ENV_CHECKS_H
#define RATCHET_TESTS_ENV_CHECKS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rng.h"
#include "envs/canvas.h"
#include "envs/env.h"

struct player {
    const struct env *env;
    void *instance;
    struct rng rng; /* of the actions */
    int n_actions, n_obs;
    double *obs;
    size_t size;
    unsigned char *block;
};

static inline void player_init(struct player *p, const struct env *env, uint64_t seed)
{
    char why[256] = "";

    *p = (struct player){ .env = env };
    p->instance = env->create(NULL, why, sizeof(why));
    if (!p->instance)
        fail_msg("%s: %s", env->name, why);
    while (env->actions[p->n_actions].name)
        p->n_actions++;
    for (const struct env_field *f = env->fields; f->name; f++)
        p->n_obs += f->n;
    p->obs = xcalloc((size_t)p->n_obs, sizeof(double));
    p->size = env->state_size(p->instance);
    p->block = xcalloc(1, p->size);
    rng_seed(&p->rng, seed, 1000);
    env->reset(p->instance, seed);
}

static inline void player_clear(struct player *p)
{
    p->env->destroy(p->instance);
    free(p->obs);
    free(p->block);
}

/* One random step; afterwards obs and block hold what came of it. An ended episode goes
 * on from a reset. */
static inline struct env_step player_step(struct player *p)
{
    double action[ENV_MAX_ACTION];
    struct env_step s;

    for (int i = 0; i < p->n_actions; i++) {
        const struct env_action *a = &p->env->actions[i];
        action[i] = a->is_discrete
                        ? a->min + rng_below(&p->rng, (uint32_t)(a->max - a->min) + 1)
                        : a->min + (a->max - a->min) * rng_uniform(&p->rng);
    }
    s = p->env->step(p->instance, action);
    if (s.terminated)
        p->env->reset(p->instance, rng_next(&p->rng));
    p->env->observe(p->instance, p->obs);
    p->env->save(p->instance, p->block);
    return s;
}

static inline void assert_same_step(struct player *a, struct player *b)
{
    struct env_step x = player_step(a), y = player_step(b);

    assert_memory_equal(&x.reward, &y.reward, sizeof(x.reward));
    assert_int_equal(x.events, y.events);
    assert_int_equal(x.terminated, y.terminated);
    assert_memory_equal(a->obs, b->obs, sizeof(double) * (size_t)a->n_obs);
    assert_memory_equal(a->block, b->block, a->size);
}

/* The description is whole, observations are finite, a picture has something in it. */
static inline void check_description(void **state)
{
    const struct env *env = *state;
    struct player p;
    struct canvas c = canvas_alloc(env->frame_width, env->frame_height);
    int n_changes = 0;

    player_init(&p, env, 1);
    assert_int_equal(env->abi, ENV_ABI);
    assert_true(env->about[0] && env->max_frames > 0 && env->frames_per_second > 0);
    for (int i = 0; i < p.n_actions; i++)
        assert_true(env->noop[i] >= env->actions[i].min &&
                    env->noop[i] <= env->actions[i].max);
    for (int i = 0; i < 300; i++) {
        player_step(&p);
        for (int k = 0; k < p.n_obs; k++)
            assert_true(isfinite(p.obs[k]));
    }
    env->draw(p.instance, &c);
    for (int i = 3; i < 3 * c.width * c.height; i++)
        n_changes += c.rgb[i] != c.rgb[i - 3];
    assert_true(n_changes > 500);
    canvas_free(&c);
    player_clear(&p);
}

/* Two instances agree to the bit, though one is drawn, came later and was used before. */
static inline void check_determinism(void **state)
{
    const struct env *env = *state;
    struct player a, b, other;
    struct canvas c = canvas_alloc(env->frame_width, env->frame_height);

    player_init(&other, env, 9);
    for (int i = 0; i < 40; i++)
        player_step(&other);
    player_init(&a, env, 5);
    player_init(&b, env, 5);
    for (int i = 0; i < 20; i++)
        player_step(&b);
    rng_seed(&b.rng, 5, 1000);
    env->reset(b.instance, 5);
    for (int i = 0; i < 200; i++) {
        assert_same_step(&a, &b);
        env->draw(b.instance, &c);
    }
    canvas_free(&c);
    player_clear(&a);
    player_clear(&b);
    player_clear(&other);
}

/* A state saved in mid-episode goes on to the bit, in the same instance and in another
 * that was elsewhere; observe gives the same at once. */
static inline void check_save_load(void **state)
{
    const struct env *env = *state;
    struct player a, b;
    unsigned char *start;
    double *obs;

    player_init(&a, env, 3);
    player_init(&b, env, 77);
    for (int i = 0; i < 57; i++) {
        player_step(&a);
        player_step(&b);
    }
    start = xcalloc(1, a.size);
    obs = xcalloc((size_t)b.n_obs, sizeof(double));
    memcpy(start, a.block, a.size);
    assert_int_equal(env->load(b.instance, start), 0);
    env->observe(b.instance, obs);
    assert_memory_equal(a.obs, obs, sizeof(double) * (size_t)b.n_obs);
    b.rng = a.rng;
    for (int i = 0; i < 100; i++)
        assert_same_step(&a, &b);
    assert_int_equal(env->load(a.instance, start), 0);
    assert_int_equal(env->load(b.instance, start), 0);
    for (int i = 0; i < 100; i++)
        assert_same_step(&a, &b);
    free(start);
    free(obs);
    player_clear(&a);
    player_clear(&b);
}

/* The same state goes on to the same bits in another process. */
static inline void check_other_process(void **state)
{
    const struct env *env = *state;
    struct player a;
    unsigned char *theirs;
    int ends[2], status = -1;
    pid_t pid;

    player_init(&a, env, 4);
    for (int i = 0; i < 30; i++)
        player_step(&a);
    theirs = xcalloc(1, a.size);
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct player b;
        player_init(&b, env, 0);
        b.rng = a.rng;
        if (env->load(b.instance, a.block) != 0)
            _exit(1);
        for (int i = 0; i < 50; i++)
            player_step(&b);
        _exit(write(ends[1], b.block, b.size) == (ssize_t)b.size ? 0 : 1);
    }
    for (int i = 0; i < 50; i++)
        player_step(&a);
    assert_int_equal(read(ends[0], theirs, a.size), (ssize_t)a.size);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_memory_equal(a.block, theirs, a.size);
    close(ends[0]);
    close(ends[1]);
    free(theirs);
    player_clear(&a);
}

/* Damaged blocks are refused or played on from; nothing crashes, and the next reset is
 * sound. */
static inline void check_damage(void **state)
{
    const struct env *env = *state;
    struct canvas c = canvas_alloc(env->frame_width, env->frame_height);
    struct player p, fresh;
    unsigned char *good, *bad;
    struct rng r;

    player_init(&p, env, 6);
    for (int i = 0; i < 25; i++)
        player_step(&p);
    good = xcalloc(1, p.size);
    bad = xcalloc(1, p.size);
    memcpy(good, p.block, p.size);
    rng_seed(&r, 6, 1001);
    for (int i = 0; i < 200; i++) {
        memcpy(bad, good, p.size);
        if (i == 0)
            memset(bad, 0xff, p.size);
        else if (i == 1)
            memset(bad, 0, p.size);
        for (size_t k = 0; i > 1 && i < 20 && k < p.size; k++)
            bad[k] = (unsigned char)rng_next(&r);
        for (int k = 0; i >= 20 && k < 1 + i % 5; k++)
            bad[rng_below(&r, (uint32_t)p.size)] ^= (unsigned char)(1u
                                                                    << rng_below(&r, 8));
        if (env->load(p.instance, bad) != 0)
            continue;
        for (int k = 0; k < 5; k++)
            player_step(&p);
        if (i % 10 == 0)
            env->draw(p.instance, &c);
    }
    memset(bad, 0xff, p.size);
    assert_int_equal(env->load(p.instance, bad), -1);
    player_init(&fresh, env, 8);
    env->reset(p.instance, 8);
    p.rng = fresh.rng;
    for (int i = 0; i < 20; i++)
        assert_same_step(&p, &fresh);
    free(good);
    free(bad);
    canvas_free(&c);
    player_clear(&p);
    player_clear(&fresh);
}

/* Instances with different pasts that are set from one observation are the same, and what
 * is no state is refused. */
static inline void check_observed(void **state)
{
    const struct env *env = *state;
    struct player a, b;

    player_init(&a, env, 9);
    player_init(&b, env, 10);
    if (!env->set_observed)
        goto out;
    for (int i = 0; i < 40; i++) {
        player_step(&a);
        player_step(&b);
        memcpy(b.obs, a.obs, sizeof(double) * (size_t)a.n_obs);
        player_step(&b);
        assert_int_equal(env->set_observed(a.instance, b.obs), 0);
        assert_int_equal(env->set_observed(b.instance, b.obs), 0);
        env->save(a.instance, a.block);
        env->save(b.instance, b.block);
        assert_memory_equal(a.block, b.block, a.size);
        b.rng = a.rng;
        for (int k = 0; k < 5; k++)
            assert_same_step(&a, &b);
    }
    for (int i = 0; i < a.n_obs; i++)
        a.obs[i] = NAN;
    assert_int_equal(env->set_observed(a.instance, a.obs), -1);
    for (int i = 0; i < a.n_obs; i++)
        a.obs[i] = i % 2 ? 1e300 : -1e9;
    env->set_observed(a.instance, a.obs);
    for (int k = 0; k < 5; k++)
        player_step(&a);
out:
    player_clear(&a);
    player_clear(&b);
}

/* Full force one way or the other, held for long or shortly: what loses most. No episode
 * returns less than fault_return, or breaking early would pay; and none has a reward
 * below 0 where fault_return is infinite. */
static inline void check_worst(void **state)
{
    const struct env *env = *state;
    static const int hold[] = { 1000000, 1, 3, 10, 30, 100 };
    double action[ENV_MAX_ACTION];
    struct player p;

    player_init(&p, env, 1);
    for (uint64_t i = 0; i < sizeof(hold) / sizeof(hold[0]); i++) {
        int64_t most = env->max_frames < 20000 ? env->max_frames : 20000;
        struct env_step s = { 0 };
        double total = 0;
        env->reset(p.instance, i);
        for (int64_t t = 0; t < most && !s.terminated && !s.truncated; t++) {
            for (int k = 0; k < p.n_actions && t % hold[i] == 0; k++)
                action[k] = rng_below(&p.rng, 2) ? env->actions[k].min
                                                 : env->actions[k].max;
            s = env->step(p.instance, action);
            total += s.reward;
            if (s.reward < 0 && env->fault_return == INFINITY)
                fail_msg("a reward of %g, where fault_return says that none is below 0",
                         s.reward);
        }
        if (isfinite(env->fault_return) && total < env->fault_return)
            fail_msg("a return of %g, below the worst known: %g", total,
                     env->fault_return);
    }
    player_clear(&p);
}

/* A whole file; the caller frees it. Fails the test when it cannot be read. */
static inline unsigned char *read_fixture(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    unsigned char *data;

    if (!f)
        fail_msg("%s: cannot be read; run the tests from the tree's root", path);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    data = xcalloc(1, *len + 1);
    if (fread(data, 1, *len, f) != *len)
        fail_msg("%s: cannot be read", path);
    fclose(f);
    return data;
}

/* Adds the checks of one environment to a list; names are "cartpole: save and load". */
static inline size_t add_checks(struct CMUnitTest *tests, size_t n, const struct env *env)
{
    static const struct {
        const char *name;
        CMUnitTestFunction function;
    } checks[] = {
        { "description", check_description },
        { "determinism", check_determinism },
        { "save and load", check_save_load },
        { "other process", check_other_process },
        { "damaged blocks", check_damage },
        { "set from an observation", check_observed },
        { "no less than fault_return", check_worst },
    };

    for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++)
        tests[n++] = (struct CMUnitTest){ xasprintf("%s: %s", env->name, checks[i].name),
                                          checks[i].function, NULL, NULL, (void *)env };
    return n;
}

#endif
