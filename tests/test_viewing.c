/* test_viewing.c - the viewer without its window: playing, stepping, jumping,
 * comparing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "runner/view/viewing.h"
#include "tests/recording.h"

static struct env_registry envs;

static struct replay *record(uint64_t seed, int64_t max_steps)
{
    return recording_make(task_create(env_find(&envs, "breakout", NULL)), seed, max_steps,
                          recording_follow);
}

static void test_transport(void **state)
{
    (void)state;
    struct viewing s;

    viewing_init(&s, &envs);
    viewing_play(&s, true); /* nothing there */
    assert_false(s.is_playing);
    viewing_step(&s, 5);
    assert_int_equal(s.at, 0);
    viewing_add(&s, record(4, 600), "a", false);
    assert_int_equal(s.n_steps, 600);
    viewing_step(&s, 5);
    viewing_step(&s, -2);
    assert_int_equal(s.at, 3);
    assert_int_equal(s.tracks[0].player->at, 3);
    viewing_seek(&s, 9999);
    assert_int_equal(s.at, 600);
    viewing_play(&s, true); /* at the end: from the start */
    assert_int_equal(s.at, 0);
    viewing_tick(&s, 0.2, 5);
    assert_int_equal(s.at, 12); /* of 60 a second */
    viewing_set_speed(&s, -3);
    viewing_tick(&s, 0.2, 5);
    viewing_tick(&s, 0.2, 5);
    assert_int_equal(s.at, 15); /* an eighth: 1.5 steps each, none lost */
    viewing_set_speed(&s, 99);
    assert_int_equal(s.speed, VIEWING_FASTEST);
    viewing_tick(&s, 0.1, 5);
    assert_int_equal(s.at, 399);
    viewing_tick(&s, 10, 5); /* a stall is not made up for, but this is the end anyway */
    assert_int_equal(s.at, 600);
    assert_false(s.is_playing);
    viewing_clear(&s);
}

static void test_jumps(void **state)
{
    (void)state;
    struct viewing s;

    viewing_init(&s, &envs);
    viewing_add(&s, record(4, 3000), "a", false);
    const struct player *p = s.tracks[0].player;
    int n = 0, n_expected = 0;
    while (viewing_jump(&s, 1, false)) {
        assert_true(p->last.events != 0);
        assert_int_equal(p->at, s.at);
        n++;
    }
    for (int64_t i = 0; i < 3000; i++)
        n_expected += p->events[i] != 0;
    assert_true(n_expected > 10);
    assert_int_equal(n, n_expected);
    viewing_seek(&s, 3000);
    n = p->events[2999] != 0; /* already standing there */
    while (viewing_jump(&s, -1, false))
        n++;
    assert_int_equal(n, n_expected);
    viewing_seek(&s, 0);
    while (viewing_jump(&s, 1, true))
        assert_true(p->last.events & 1); /* life_lost is the first event */
    viewing_clear(&s);
}

static void test_two(void **state)
{
    (void)state;
    struct viewing s;
    struct replay *b = record(4, 900);

    viewing_init(&s, &envs);
    viewing_add(&s, record(4, 600), "a", false);
    b->tape.data[333] ^= 1;
    viewing_add(&s, b, "b", false);
    assert_int_equal(s.n_steps, 900);
    assert_int_equal(s.differs_at, DIFFERENCE_UNKNOWN);
    viewing_seek(&s, 700);
    assert_int_equal(s.tracks[0].player->at, 600); /* the shorter waits at its end */
    assert_int_equal(s.tracks[1].player->at, 700);
    while (viewing_tick(&s, 0, 5))
        continue;
    assert_int_equal(s.differs_at, 333);
    assert_int_equal(s.tracks[1].player->at, 700); /* comparing moved nothing */
    viewing_add(&s, record(4, 600), "c", false);   /* replaces the second */
    assert_int_equal(s.n_tracks, 2);
    assert_int_equal(s.at, 600);
    while (viewing_tick(&s, 0, 5))
        continue;
    assert_int_equal(s.differs_at, DIFFERENCE_NONE);
    viewing_close(&s, 0);
    assert_int_equal(s.n_tracks, 1);
    assert_string_equal(s.tracks[0].name, "c");
    viewing_close(&s, 7);
    viewing_clear(&s);
}

static void test_bad_files(void **state)
{
    (void)state;
    struct viewing s;

    viewing_init(&s, &envs);
    assert_int_equal(viewing_open(&s, "/nowhere/x.replay"), 0);
    assert_non_null(strstr(s.tracks[0].problem, "No such file"));
    assert_string_equal(s.tracks[0].name, "x.replay");
    assert_false(viewing_has_replay(&s));
    assert_false(viewing_jump(&s, 1, false));
    viewing_step(&s, 1);
    viewing_tick(&s, 1, 1);
    viewing_add(&s, record(4, 100), "a", false); /* takes the place of the message */
    assert_int_equal(s.n_tracks, 1);
    assert_true(viewing_has_replay(&s));
    assert_int_equal(viewing_open(&s, "/dev/null"), 1);
    assert_non_null(strstr(s.tracks[1].problem, "not a regular file"));
    viewing_seek(&s, 50);
    viewing_tick(&s, 1, 1);
    viewing_clear(&s);
}

/* What is there stays when a file that is dropped cannot be opened. */
static void test_try(void **state)
{
    (void)state;
    struct viewing s;
    struct error err = { "" };

    viewing_init(&s, &envs);
    assert_int_equal(viewing_try(&s, "/dev/null", &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(s.n_tracks, 0);
    viewing_add(&s, record(4, 100), "a", false);
    viewing_add(&s, record(4, 200), "b", false);
    assert_int_equal(viewing_try(&s, "/dev/null", &err), -1);
    assert_int_equal(s.n_tracks, 2);
    assert_string_equal(s.tracks[1].name, "b");
    assert_int_equal(s.n_steps, 200);
    viewing_clear(&s);
}

static void test_places(void **state)
{
    (void)state;
    struct viewing s;
    int64_t place = 100;

    viewing_init(&s, &envs);
    viewing_add(&s, record(4, 600), "a", false);
    viewing_tick(&s, 0, 1e6); /* to know all events */
    while (s.tracks[0].player->events[place - 1])
        place++;
    s.places = &place;
    s.n_places = 1;
    viewing_seek(&s, place - 1);
    assert_true(viewing_jump(&s, 1, false));
    assert_int_equal(s.at, place);
    assert_true(viewing_jump(&s, 1, false));
    assert_true(s.at > place);
    assert_true(viewing_jump(&s, -1, false));
    assert_int_equal(s.at, place);
    viewing_seek(&s, place - 1);
    assert_true(!viewing_jump(&s, 1, true) || s.at != place); /* it is not a failure */
    viewing_clear(&s);
}

static void test_range(void **state)
{
    (void)state;
    struct viewing s;

    viewing_init(&s, &envs);
    viewing_add(&s, record(4, 600), "a", false);
    viewing_mark_range(&s, 100, -1);
    assert_true(s.from == 100 && s.to == 600);
    viewing_mark_range(&s, -1, 200);
    assert_true(s.from == 100 && s.to == 200);
    viewing_mark_range(&s, 300, -1);
    assert_true(s.from == 300 && s.to == 600);
    viewing_mark_range(&s, -1, 50);
    assert_true(s.from == 0 && s.to == 50);
    viewing_clear(&s);
}

static void test_live(void **state)
{
    (void)state;
    struct viewing s;
    struct replay *r = record(4, 600);

    r->tape.n_steps = 0;
    viewing_init(&s, &envs);
    viewing_add(&s, r, "live", true);
    for (int64_t n = 0; n <= 600; n += 3) {
        r->tape.n_steps = n;
        viewing_grow(&s);
        viewing_tick(&s, 0.016, 2);
        assert_int_equal(s.at, n); /* follows */
    }
    viewing_seek(&s, 100);
    r->tape.n_steps = 600;
    viewing_grow(&s);
    assert_int_equal(s.at, 100); /* unless the person went elsewhere */
    assert_int_equal(viewing_due(&s, 0.2), 0);
    viewing_play(&s, true); /* goes on at its end */
    assert_int_equal(s.at, 600);
    assert_int_equal(viewing_due(&s, 0.2), 12);
    viewing_set_speed(&s, -2);
    assert_int_equal(viewing_due(&s, 0.2), 3);
    viewing_step(&s, -1); /* looking back is a pause */
    assert_int_equal(viewing_due(&s, 0.2), 0);
    s.is_live = false;
    viewing_play(&s, true);
    assert_int_equal(viewing_due(&s, 0.2), 0);
    viewing_clear(&s);
    replay_destroy(r); /* borrowed, so still ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transport), cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_two),       cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_range),     cmocka_unit_test(test_live),
        cmocka_unit_test(test_try),       cmocka_unit_test(test_places),
    };

    env_registry_init(&envs);
    int status = cmocka_run_group_tests_name("viewing", tests, NULL, NULL);
    env_registry_clear(&envs);
    return status;
}
