/* test_session.c - the viewer without its window: playing, stepping, jumping,
 * comparing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "runner/view/session.h"
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
    struct session s;

    session_init(&s, &envs);
    session_play(&s, true); /* nothing there */
    assert_false(s.is_playing);
    session_step(&s, 5);
    assert_int_equal(s.at, 0);
    session_add(&s, record(4, 600), "a", false);
    assert_int_equal(s.n_steps, 600);
    session_step(&s, 5);
    session_step(&s, -2);
    assert_int_equal(s.at, 3);
    assert_int_equal(s.tracks[0].player->at, 3);
    session_seek(&s, 9999);
    assert_int_equal(s.at, 600);
    session_play(&s, true); /* at the end: from the start */
    assert_int_equal(s.at, 0);
    session_tick(&s, 0.2, 5);
    assert_int_equal(s.at, 12); /* of 60 a second */
    session_set_speed(&s, -3);
    session_tick(&s, 0.2, 5);
    session_tick(&s, 0.2, 5);
    assert_int_equal(s.at, 15); /* an eighth: 1.5 steps each, none lost */
    session_set_speed(&s, 99);
    assert_int_equal(s.speed, SESSION_FASTEST);
    session_tick(&s, 0.1, 5);
    assert_int_equal(s.at, 399);
    session_tick(&s, 10, 5); /* a stall is not made up for, but this is the end anyway */
    assert_int_equal(s.at, 600);
    assert_false(s.is_playing);
    session_clear(&s);
}

static void test_jumps(void **state)
{
    (void)state;
    struct session s;

    session_init(&s, &envs);
    session_add(&s, record(4, 3000), "a", false);
    const struct player *p = s.tracks[0].player;
    int n = 0, n_expected = 0;
    while (session_jump(&s, 1, false)) {
        assert_true(p->last.events != 0);
        assert_int_equal(p->at, s.at);
        n++;
    }
    for (int64_t i = 0; i < 3000; i++)
        n_expected += p->events[i] != 0;
    assert_true(n_expected > 10);
    assert_int_equal(n, n_expected);
    session_seek(&s, 3000);
    n = p->events[2999] != 0; /* already standing there */
    while (session_jump(&s, -1, false))
        n++;
    assert_int_equal(n, n_expected);
    session_seek(&s, 0);
    while (session_jump(&s, 1, true))
        assert_true(p->last.events & 1); /* life_lost is the first event */
    session_clear(&s);
}

static void test_two(void **state)
{
    (void)state;
    struct session s;
    struct replay *b = record(4, 900);

    session_init(&s, &envs);
    session_add(&s, record(4, 600), "a", false);
    b->tape.data[333] ^= 1;
    session_add(&s, b, "b", false);
    assert_int_equal(s.n_steps, 900);
    assert_int_equal(s.differs_at, DIFFERENCE_UNKNOWN);
    session_seek(&s, 700);
    assert_int_equal(s.tracks[0].player->at, 600); /* the shorter waits at its end */
    assert_int_equal(s.tracks[1].player->at, 700);
    while (session_tick(&s, 0, 5))
        continue;
    assert_int_equal(s.differs_at, 333);
    assert_int_equal(s.tracks[1].player->at, 700); /* comparing moved nothing */
    session_add(&s, record(4, 600), "c", false);   /* replaces the second */
    assert_int_equal(s.n_tracks, 2);
    assert_int_equal(s.at, 600);
    while (session_tick(&s, 0, 5))
        continue;
    assert_int_equal(s.differs_at, DIFFERENCE_NONE);
    session_close(&s, 0);
    assert_int_equal(s.n_tracks, 1);
    assert_string_equal(s.tracks[0].name, "c");
    session_close(&s, 7);
    session_clear(&s);
}

static void test_bad_files(void **state)
{
    (void)state;
    struct session s;

    session_init(&s, &envs);
    assert_int_equal(session_open(&s, "/nowhere/x.replay"), 0);
    assert_non_null(strstr(s.tracks[0].problem, "No such file"));
    assert_string_equal(s.tracks[0].name, "x.replay");
    assert_false(session_has_replay(&s));
    assert_false(session_jump(&s, 1, false));
    session_step(&s, 1);
    session_tick(&s, 1, 1);
    session_add(&s, record(4, 100), "a", false); /* takes the place of the message */
    assert_int_equal(s.n_tracks, 1);
    assert_true(session_has_replay(&s));
    assert_int_equal(session_open(&s, "/dev/null"), 1);
    assert_non_null(strstr(s.tracks[1].problem, "not a regular file"));
    session_seek(&s, 50);
    session_tick(&s, 1, 1);
    session_clear(&s);
}

/* What is there stays when a file that is dropped cannot be opened. */
static void test_try(void **state)
{
    (void)state;
    struct session s;
    struct error err = { "" };

    session_init(&s, &envs);
    assert_int_equal(session_try(&s, "/dev/null", &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(s.n_tracks, 0);
    session_add(&s, record(4, 100), "a", false);
    session_add(&s, record(4, 200), "b", false);
    assert_int_equal(session_try(&s, "/dev/null", &err), -1);
    assert_int_equal(s.n_tracks, 2);
    assert_string_equal(s.tracks[1].name, "b");
    assert_int_equal(s.n_steps, 200);
    session_clear(&s);
}

static void test_places(void **state)
{
    (void)state;
    struct session s;
    int64_t place = 100;

    session_init(&s, &envs);
    session_add(&s, record(4, 600), "a", false);
    session_tick(&s, 0, 1e6); /* to know all events */
    while (s.tracks[0].player->events[place - 1])
        place++;
    s.places = &place;
    s.n_places = 1;
    session_seek(&s, place - 1);
    assert_true(session_jump(&s, 1, false));
    assert_int_equal(s.at, place);
    assert_true(session_jump(&s, 1, false));
    assert_true(s.at > place);
    assert_true(session_jump(&s, -1, false));
    assert_int_equal(s.at, place);
    session_seek(&s, place - 1);
    assert_true(!session_jump(&s, 1, true) || s.at != place); /* it is not a failure */
    session_clear(&s);
}

static void test_range(void **state)
{
    (void)state;
    struct session s;

    session_init(&s, &envs);
    session_add(&s, record(4, 600), "a", false);
    session_mark_range(&s, 100, -1);
    assert_true(s.from == 100 && s.to == 600);
    session_mark_range(&s, -1, 200);
    assert_true(s.from == 100 && s.to == 200);
    session_mark_range(&s, 300, -1);
    assert_true(s.from == 300 && s.to == 600);
    session_mark_range(&s, -1, 50);
    assert_true(s.from == 0 && s.to == 50);
    session_clear(&s);
}

static void test_live(void **state)
{
    (void)state;
    struct session s;
    struct replay *r = record(4, 600);

    r->tape.n_steps = 0;
    session_init(&s, &envs);
    session_add(&s, r, "live", true);
    for (int64_t n = 0; n <= 600; n += 3) {
        r->tape.n_steps = n;
        session_grow(&s);
        session_tick(&s, 0.016, 2);
        assert_int_equal(s.at, n); /* follows */
    }
    session_seek(&s, 100);
    r->tape.n_steps = 600;
    session_grow(&s);
    assert_int_equal(s.at, 100); /* unless the person went elsewhere */
    assert_int_equal(session_due(&s, 0.2), 0);
    session_play(&s, true); /* goes on at its end */
    assert_int_equal(s.at, 600);
    assert_int_equal(session_due(&s, 0.2), 12);
    session_set_speed(&s, -2);
    assert_int_equal(session_due(&s, 0.2), 3);
    session_step(&s, -1); /* looking back is a pause */
    assert_int_equal(session_due(&s, 0.2), 0);
    s.is_live = false;
    session_play(&s, true);
    assert_int_equal(session_due(&s, 0.2), 0);
    session_clear(&s);
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
    int status = cmocka_run_group_tests_name("session", tests, NULL, NULL);
    env_registry_clear(&envs);
    return status;
}
