/* test_player.c - seeking gives what playing gives, whatever the keyframes say, and
 * quickly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "runner/record/player.h"
#include "runner/view/compare.h"
#include "tests/recording.h"

static struct env_registry envs;

static struct replay *record(const char *env, const char *setting, uint64_t seed,
                             int64_t max_steps, recording_policy policy)
{
    struct error err = { "" };
    struct task *task = task_create(env_find(&envs, env, NULL));

    if (setting)
        task_set(task, setting, &err);
    assert_string_equal(err.text, "");
    return recording_make(task, seed, max_steps, policy);
}

static void *block_of(const struct player *p)
{
    void *block = xcalloc(1, episode_block_size(&p->episode));

    episode_save(&p->episode, block);
    return block;
}

static void assert_same_place(struct player *a, struct player *b)
{
    void *x = block_of(a), *y = block_of(b);

    assert_int_equal(a->at, b->at);
    assert_memory_equal(x, y, episode_block_size(&a->episode));
    if (a->at > 0) {
        assert_true(a->last.reward == b->last.reward && a->last.events == b->last.events);
        for (int i = 0; i < a->episode.n_actions; i++)
            assert_true(a->action[i] == b->action[i]);
    }
    free(x);
    free(y);
}

/* Walks one player from the start and lets the other jump there from anywhere. */
static void check_seeks(const struct replay *r, bool has_scanned)
{
    struct player *walker = player_create(r, NULL), *jumper = player_create(r, NULL);
    int64_t n = r->tape.n_steps;
    struct rng chance;

    rng_seed(&chance, 5, 1);
    if (has_scanned)
        assert_true(player_scan(jumper, -1));
    for (int64_t i = 0; i <= 60; i++) {
        int64_t step = n * i / 60;
        while (walker->at < step)
            assert_true(player_step(walker));
        player_seek(jumper, (int64_t)rng_below(&chance, (uint32_t)n + 1));
        player_seek(jumper, step);
        assert_same_place(jumper, walker);
    }
    assert_false(player_step(walker));
    player_seek(jumper, n + 1000);
    assert_int_equal(jumper->at, n);
    player_seek(jumper, -5);
    assert_int_equal(jumper->at, 0);
    player_destroy(walker);
    player_destroy(jumper);
}

static void test_seek(void **state)
{
    static const struct {
        const char *env, *setting;
        int64_t max_steps;
        recording_policy policy;
    } rows[] = {
        { "breakout", NULL, 9000, recording_follow },
        { "breakout", "preset=v5", 2000, recording_random },
        { "cartpole", NULL, 500, recording_balance },
        { "pendulum", NULL, 200, recording_random },
        { "cartpole", NULL, 1, recording_random },
        { "cartpole", NULL, 0, recording_random },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct replay *r = record(rows[i].env, rows[i].setting, 11 + i, rows[i].max_steps,
                                  rows[i].policy);
        check_seeks(r, false);
        check_seeks(r, true);
        replay_destroy(r);
    }
}

static void test_scan(void **state)
{
    (void)state;
    struct replay *r = record("breakout", NULL, 4, 5000, recording_follow);
    struct player *scanned = player_create(r, NULL), *played = player_create(r, NULL);

    while (!player_scan(scanned, 0.05))
        continue;
    assert_int_equal(scanned->scanned, r->tape.n_steps);
    assert_true(scanned->returns[0] == 0);
    while (player_step(played)) {
        assert_true(scanned->returns[played->at] == played->episode.now.total);
        assert_int_equal(scanned->events[played->at - 1], played->last.events);
    }
    assert_int_equal(scanned->at, 0); /* scanning moves nothing */
    assert_true(episode_hash(&scanned->scan_episode) == r->trajectory);
    player_destroy(scanned);
    player_destroy(played);
    replay_destroy(r);
}

/* Keyframes of the file that lie: nothing crashes, and after scanning all is right. */
static void test_wrong_keyframes(void **state)
{
    (void)state;
    struct rng chance;

    rng_seed(&chance, 3, 3);
    for (int round = 0; round < 20; round++) {
        struct replay *r = record("breakout", NULL, 4, 9000, recording_follow);
        assert_true(r->n_keyframes >= 3);
        for (int i = 0; i < r->n_keyframes; i++)
            for (size_t k = 0; k < r->block_size; k++)
                if (rng_below(&chance, 20) < (uint32_t)round)
                    r->keyframes[i].block[k] = (uint8_t)rng_next(&chance);
        struct player *p = player_create(r, NULL), *truth = player_create(r, NULL);
        for (int64_t step = 8500; step > 0; step -= 1300)
            player_seek(p, step);
        player_seek(p, 5000);
        player_scan(p, -1);
        player_seek(p, 4999);
        player_seek(p, 5000);
        while (truth->at < 5000)
            player_step(truth);
        assert_same_place(p, truth);
        player_destroy(p);
        player_destroy(truth);
        replay_destroy(r);
    }
}

static void test_extend(void **state)
{
    (void)state;
    struct replay *r = record("breakout", NULL, 4, 5000, recording_follow);
    int64_t n = r->tape.n_steps;
    struct player *whole = player_create(r, NULL);

    r->tape.n_steps = 0;
    struct player *p = player_create(r, NULL);
    for (int64_t grown = 0; grown <= n; grown += 37) {
        r->tape.n_steps = grown;
        player_extend(p);
        player_seek(p, grown);
        player_scan(p, 1);
        assert_int_equal(p->at, grown);
    }
    r->tape.n_steps = n;
    player_extend(p);
    player_seek(p, n);
    player_seek(whole, n);
    assert_same_place(p, whole);
    player_destroy(p);
    player_destroy(whole);
    replay_destroy(r);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* The worst and the mean of seeks to random steps. */
static double time_seeks(struct player *p, const char *when)
{
    double worst = 0, sum = 0;
    struct rng chance;

    rng_seed(&chance, 8, 8);
    for (int i = 0; i < 200; i++) {
        int64_t step = rng_below(&chance, (uint32_t)p->replay->tape.n_steps + 1);
        double start = now_ms();
        player_seek(p, step);
        double took = now_ms() - start;
        sum += took;
        worst = took > worst ? took : worst;
    }
    print_message("# seeking in %lld steps, %s: mean %.3f ms, worst %.3f ms\n",
                  (long long)p->replay->tape.n_steps, when, sum / 200, worst);
    return sum / 200;
}

static void test_million(void **state)
{
    (void)state;
    struct error err = { "" };
    struct task *task = task_create(env_find(&envs, "breakout", NULL));

    task_set(task, "end=rom", &err);
    task_set(task, "max_frames=1000000", &err);
    struct replay *r = recording_make(task, 8, 1000000, recording_follow);
    if (r->tape.n_steps <
        1000000) { /* the game ended; what follows it is played all the same */
        r->tape.data = xrealloc(r->tape.data, 1000000);
        memset(r->tape.data + r->tape.n_steps, 0, (size_t)(1000000 - r->tape.n_steps));
        r->tape.n_steps = 1000000;
    }
    assert_in_range(r->n_keyframes, 1, REPLAY_MAX_KEYFRAMES);
    struct player *p = player_create(r, NULL);
    assert_true(time_seeks(p, "at once") < 50);
    player_scan(p, -1);
    assert_true(time_seeks(p, "scanned") < 50);
    player_destroy(p);
    replay_destroy(r);
}

static void test_compare(void **state)
{
    (void)state;
    struct replay *a = record("breakout", NULL, 4, 3000, recording_follow);
    struct replay *b = record("breakout", NULL, 4, 3000, recording_follow);
    struct replay *c = record("breakout", NULL, 5, 3000, recording_follow);
    struct player *pa = player_create(a, NULL), *pb, *pc = player_create(c, NULL);

    pb = player_create(b, NULL);
    assert_int_equal(compare_find(pa, pb), -1);
    assert_int_equal(compare_find(pa, pc), 0);
    b->tape.n_steps = 1234;
    assert_int_equal(compare_find(pa, pb), 1234);
    player_destroy(pb);
    b->tape.data[777] ^= 1;
    pb = player_create(b, NULL);
    assert_int_equal(compare_find(pa, pb), 777);
    assert_int_equal(compare_find(pb, pa), 777);
    player_destroy(pb);
    b->tape.data[0] ^= 1;
    pb = player_create(b, NULL);
    assert_int_equal(compare_find(pa, pb), 0);
    player_destroy(pa);
    player_destroy(pb);
    player_destroy(pc);
    replay_destroy(a);
    replay_destroy(b);
    replay_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seek),    cmocka_unit_test(test_scan),
        cmocka_unit_test(test_extend),  cmocka_unit_test(test_wrong_keyframes),
        cmocka_unit_test(test_million), cmocka_unit_test(test_compare),
    };

    env_registry_init(&envs);
    int status = cmocka_run_group_tests_name("player", tests, NULL, NULL);
    env_registry_clear(&envs);
    return status;
}
