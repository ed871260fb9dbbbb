/* test_play_keys.c - which action held keys ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "envs/table.h"
#include "runner/view/play_keys.h"

static struct env_registry envs;

static const char *const atari[] = { "NOOP",  "FIRE",    "UP",
                                     "RIGHT", "UPRIGHT", "UPRIGHTFIRE" };
static const char *const odd[] = { "stay", "jump" };
static const struct env_action atari_actions[] = { { "joystick", true, 0, 5, atari },
                                                   { NULL } };
static const struct env_action odd_actions[] = { { "legs", true, 0, 1, odd },
                                                 { "force", false, -3, 0.4, NULL },
                                                 { NULL } };
static const double zeros[2];
static const struct env atari_env = { .name = "atari",
                                      .actions = atari_actions,
                                      .noop = zeros };
static const struct env odd_env = { .name = "odd",
                                    .actions = odd_actions,
                                    .noop = zeros };

/* Keys go down in this order ("-Left": up again); then the action of the first and second
 * component is asked for. */
static const struct row {
    const char *env;
    const char *keys;
    double first, second;
} rows[] = {
    { "breakout", "", 0, 0 },
    { "breakout", "Space", 1, 0 },
    { "breakout", "Right", 2, 0 },
    { "breakout", "Left", 3, 0 },
    { "breakout", "Left Right", 2, 0 }, /* the last pressed */
    { "breakout", "Right Left", 3, 0 },
    { "breakout", "Left Right Left", 2, 0 }, /* a key that repeats is not pressed again */
    { "breakout", "Left Right -Right", 2, 0 }, /* a tap counts for one step, */
    { "breakout", "Left -Left ask", 0, 0 },    /* not for two */
    { "breakout", "Left Right ask -Right", 3, 0 },
    { "breakout", "Up Return A -Q", 0, 0 },
    { "cartpole", "Right", 1, 0 },
    { "cartpole", "Left", 0, 0 },
    { "mountain_car", "", 1, 0 },
    { "mountain_car", "Left", 0, 0 },
    { "acrobot", "Right", 2, 0 },
    { "pendulum", "Left", -1, 0 },
    { "pendulum", "Right", 1, 0 },
    { "atari", "Up Right", 4, 0 },
    { "atari", "Space Right Up", 5, 0 },
    { "atari", "Space Right", 3, 0 },
    { "odd", "Right", 1, 0 },
    { "odd", "Right Down", 1, -1 },
    { "odd", "Up", 0, 0.4 }, /* within the bounds */
};

static const struct env *find(const char *name)
{
    return !strcmp(name, "atari") ? &atari_env
           : !strcmp(name, "odd") ? &odd_env
                                  : env_find(&envs, name, NULL);
}

static void press(struct play_keys *k, const char *keys)
{
    double ignored[ENV_MAX_ACTION];
    char text[64], *rest = text;

    strcpy(text, keys);
    for (char *key; (key = strtok_r(rest, " ", &rest));)
        if (!strcmp(key, "ask"))
            play_keys_action(k, ignored);
        else
            play_keys_take(k, key + (*key == '-'), *key != '-');
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        double action[ENV_MAX_ACTION] = { 0 };
        struct play_keys k;
        play_keys_init(&k, find(rows[i].env));
        press(&k, rows[i].keys);
        play_keys_action(&k, action);
        if (action[0] != rows[i].first || action[1] != rows[i].second)
            fail_msg("%s, \"%s\": %g %g", rows[i].env, rows[i].keys, action[0],
                     action[1]);
    }
}

/* Whatever is pressed, the action is within its bounds. */
static void test_every_env(void **state)
{
    (void)state;
    for (int i = 0; i < envs.n; i++) {
        double action[ENV_MAX_ACTION];
        struct play_keys k;
        play_keys_init(&k, envs.list[i]);
        assert_true(k.n_rows > 0);
        for (int r = 0; r < k.n_rows; r++) {
            k.held = k.rows[r].keys;
            play_keys_action(&k, action);
            for (int c = 0; envs.list[i]->actions[c].name; c++)
                assert_true(action[c] >= envs.list[i]->actions[c].min &&
                            action[c] <= envs.list[i]->actions[c].max);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_env),
    };

    env_registry_init(&envs);
    int status = cmocka_run_group_tests_name("play_keys", tests, NULL, NULL);
    env_registry_clear(&envs);
    return status;
}
