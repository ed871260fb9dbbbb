/* test_classic.c - classic control against the real Gymnasium, over whole episodes, and
 * what every environment must do. The fixtures: tests/data/gym/README.md. */
#include "tests/env_checks.h"

extern const struct env cartpole_env, mountain_car_env, mountain_car_continuous_env,
    acrobot_env, pendulum_env;

/* Gymnasium shows these observations as float32, so half a unit in its last place, 6e-8
 * of a number, is the least that can be seen. Errors are relative to max(1, |number|).
 * The last bits of a sine differ from one mathematical library to another, and acrobot is
 * chaotic: over 500 steps they grow by ten orders of magnitude, so that what holds at
 * first has a looser bound from step n_tight on. */
#define TIGHT 6e-8

struct row {
    const struct env *env;
    int n_state; /* doubles of Gymnasium's state; our block may hold more, then 0 */
    int n_tight; /* steps; 0 for all */
    double loose;
};

static const struct row rows[] = {
    { &cartpole_env, 4, 0, TIGHT },
    { &mountain_car_env, 2, 0, TIGHT },
    { &mountain_car_continuous_env, 2, 0, TIGHT },
    { &acrobot_env, 4, 150, 1e-2 },
    { &pendulum_env, 2, 0, TIGHT },
};

struct reader {
    const unsigned char *at;
};

static void take(struct reader *r, void *out, size_t len)
{
    memcpy(out, r->at, len);
    r->at += len;
}

static double error_of(double ours, double theirs)
{
    double e = fabs(ours - theirs) / fmax(1, fabs(theirs));

    return isnan(e) ? INFINITY : e;
}

/* Plays one recorded episode; returns the largest error. */
static double replay(const struct row *row, struct player *p, struct reader *r,
                     const int32_t head[6])
{
    int32_t episode[2];
    float record[16];
    double worst = 0;
    size_t n = (size_t)(head[2] + 2 + head[3]);

    take(r, episode, sizeof(episode));
    memset(p->block, 0, p->size);
    take(r, p->block, sizeof(double) * (size_t)row->n_state);
    assert_int_equal(row->env->load(p->instance, p->block), 0);
    for (int i = 0; i < episode[0]; i++) {
        struct env_step s;
        double action, e;
        take(r, record, n * sizeof(float));
        action = (double)record[0];
        s = row->env->step(p->instance, &action);
        row->env->observe(p->instance, p->obs);
        assert_int_equal(s.terminated, record[2] != 0);
        e = error_of(s.reward, (double)record[1]);
        for (int k = 0; k < p->n_obs; k++)
            e = fmax(e, error_of(p->obs[k], (double)record[3 + k]));
        if (e > (row->n_tight && i >= row->n_tight ? row->loose : TIGHT))
            fail_msg("step %d: error %.2g", i, e);
        worst = fmax(worst, e);
    }
    return worst;
}

static void golden(void **state)
{
    const struct row *row = *state;
    char *path = xasprintf("tests/data/gym/%s.bin", row->env->name);
    size_t len;
    unsigned char *data = read_fixture(path, &len);
    struct reader r = { data };
    struct player p;
    int32_t head[6];
    double worst = 0;

    player_init(&p, row->env, 0);
    take(&r, head, sizeof(head));
    assert_int_equal(head[0], 0x31434c43);
    assert_int_equal(head[1], row->n_state);
    assert_int_equal(head[2], 1);
    assert_int_equal(head[3], p.n_obs);
    for (int i = 0; i < head[4]; i++)
        worst = fmax(worst, replay(row, &p, &r, head));
    assert_ptr_equal(r.at, data + len);
    print_message("# %s: largest error %.2g in %d episodes\n", row->env->name, worst,
                  head[4]);
    player_clear(&p);
    free(data);
    free(path);
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t n = 0;
    int failed;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        tests[n++] = (struct CMUnitTest){ xasprintf("%s: as Gymnasium",
                                                    rows[i].env->name),
                                          golden, NULL, NULL, (void *)&rows[i] };
        n = add_checks(tests, n, rows[i].env);
    }
    failed = _cmocka_run_group_tests("classic", tests, n, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        free((char *)tests[i].name);
    return failed;
}
