/* test_mujoco.c - the MuJoCo tasks against the real Gymnasium, step by step from its
 * states, and what every environment must do. The fixtures: tests/data/gym/README.md. */
#include "tests/env_checks.h"

#ifdef HAVE_MUJOCO

#include "envs/mujoco/mujoco.h"

/* The largest error allowed in one step, relative to max(1, |number|). Debian's
 * MuJoCo 2.2.2 and the fixtures' 2.3.7 agree to the last bits (0 to 3e-14 were seen, the
 * most for walker2d, whose lengths we write rounded); libraries of mathematics may differ
 * elsewhere. */
struct row {
    const struct env *env;
    double tolerance;
};

static const struct row rows[] = {
    { &ant_env, 1e-10 },
    { &half_cheetah_env, 1e-10 },
    { &hopper_env, 1e-10 },
    { &walker2d_env, 1e-10 },
    { &swimmer_env, 1e-10 },
    { &humanoid_env, 1e-9 },
    { &inverted_pendulum_env, 1e-12 },
    { &inverted_double_pendulum_env, 1e-12 },
    { &reacher_env, 1e-12 },
    { &pusher_env, 1e-10 },
};

static double error_of(double ours, double theirs)
{
    double e = fabs(ours - theirs) / fmax(1, fabs(theirs));

    return isnan(e) ? INFINITY : e;
}

/* Sets the state before a recorded step, through the block; see mujoco_shape. */
static const double *set_state(struct player *p, const double *record)
{
    struct mujoco_shape n = mujoco_shape(p->instance);
    double *block = xcalloc(1, p->size), *to = block + 1;
    int len = n.nq + 2 * n.nv;

    memcpy(to, record, sizeof(double) * (size_t)len);
    if (n.n_derived > 0)
        to[len + n.na + n.nu] = record[len];
    assert_int_equal(p->env->load(p->instance, block), 0);
    free(block);
    return record + len + 1;
}

/* Plays one recorded step; returns its largest error. */
static double replay(struct player *p, const double *record)
{
    const double *action = set_state(p, record + 2), *after = action + p->n_actions;
    struct env_step s = p->env->step(p->instance, action);
    double worst = error_of(s.reward, after[0]);

    assert_int_equal(s.terminated, after[1] != 0);
    p->env->observe(p->instance, p->obs);
    for (int i = 0; i < p->n_obs; i++)
        worst = fmax(worst, error_of(p->obs[i], after[2 + i]));
    return worst;
}

static void golden(void **state)
{
    const struct row *row = *state;
    char *path = xasprintf("tests/data/gym/%s.bin", row->env->name);
    size_t len, width;
    unsigned char *data = read_fixture(path, &len);
    const double *records = (const double *)(data + 6 * sizeof(int32_t));
    struct mujoco_shape n;
    struct player p;
    int32_t head[6];
    double worst = 0;

    player_init(&p, row->env, 0);
    n = mujoco_shape(p.instance);
    memcpy(head, data, sizeof(head));
    assert_int_equal(head[0], 0x314a554d);
    assert_true(head[1] == n.nq && head[2] == n.nv && head[3] == n.nu &&
                head[4] == p.n_obs);
    width = (size_t)(2 + n.nq + 2 * n.nv + 1 + n.nu + 2 + p.n_obs);
    assert_int_equal(len, sizeof(head) + (size_t)head[5] * width * sizeof(double));
    for (int i = 0; i < head[5]; i++)
        worst = fmax(worst, replay(&p, records + (size_t)i * width));
    print_message("# %s: largest error %.2g in %d steps\n", row->env->name, worst,
                  head[5]);
    assert_true(worst <= row->tolerance);
    player_clear(&p);
    free(data);
    free(path);
}

/* A state that blows up ends the episode with an event, prints nothing, and a reset mends
 * it. */
static void blow_up(void **state)
{
    const struct row *row = *state;
    struct player p, fresh;
    struct mujoco_shape n;
    struct env_step s = { 0 };
    double action[ENV_MAX_ACTION] = { 0 };

    player_init(&p, row->env, 2);
    n = mujoco_shape(p.instance);
    row->env->save(p.instance, p.block);
    for (int i = 0; i < n.nv; i++)
        ((double *)(void *)p.block)[1 + n.nq + i] = i % 2 ? 9e9 : -9e9;
    assert_int_equal(row->env->load(p.instance, p.block), 0);
    for (int i = 0; i < 50 && !s.terminated; i++)
        s = row->env->step(p.instance, action);
    assert_true(s.terminated && isfinite(s.reward));
    assert_string_equal(row->env->events[0].name, "unstable");
    row->env->observe(p.instance, p.obs);
    for (int i = 0; i < p.n_obs; i++)
        assert_true(isfinite(p.obs[i]));
    assert_int_not_equal(access("MUJOCO_LOG.TXT", F_OK), 0);
    player_init(&fresh, row->env, 2);
    row->env->reset(p.instance, 2);
    for (int i = 0; i < 20; i++)
        assert_same_step(&p, &fresh);
    player_clear(&p);
    player_clear(&fresh);
}

/* A speed that no body could have is no reward: the step earns 0 and ends the episode. */
static void too_fast(void **state)
{
    const struct env *env = *state;

    for (int fast = 0; fast < 2; fast++) {
        struct player p;
        struct env_step s;
        double action[ENV_MAX_ACTION] = { 0 };

        player_init(&p, env, 2);
        env->save(p.instance, p.block);
        ((double *)(void *)p.block)[1 + mujoco_shape(p.instance).nq] = fast ? 120 : 80;
        assert_int_equal(env->load(p.instance, p.block), 0);
        s = env->step(p.instance, action);
        assert_int_equal(s.terminated, fast);
        if (fast)
            assert_true(s.reward == 0);
        else
            assert_true(s.reward > 50);
        player_clear(&p);
    }
}

int main(void)
{
    static const struct env *const runners[] = { &half_cheetah_env, &hopper_env,
                                                 &walker2d_env };
    struct CMUnitTest tests[128];
    size_t n = 0;
    int failed;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];
        tests[n++] = (struct CMUnitTest){ xasprintf("%s: as Gymnasium", row->env->name),
                                          golden, NULL, NULL, (void *)row };
        tests[n++] = (struct CMUnitTest){ xasprintf("%s: blows up", row->env->name),
                                          blow_up, NULL, NULL, (void *)row };
        n = add_checks(tests, n, row->env);
    }
    for (size_t i = 0; i < sizeof(runners) / sizeof(*runners); i++)
        tests[n++] = (struct CMUnitTest){ xasprintf("%s: too fast", runners[i]->name),
                                          too_fast, NULL, NULL, (void *)runners[i] };
    failed = _cmocka_run_group_tests("mujoco", tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free((char *)tests[i].name);
    return failed;
}

#else

int main(void)
{
    printf("1..0 # SKIP built without MuJoCo (libmujoco-dev)\n");
    return 0;
}

#endif
