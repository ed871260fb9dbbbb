/* foreign.c - walk under names that would move a terminal's cursor, forge a line and turn
 * the text round: what no command may print as it is (tests/foreign.t). */
#define ratchet_envs walk_envs
#include "tests/plugin/walk.c"
#undef ratchet_envs

#define EVIL                                                                      \
    "\x1b[31m\r\x07\x7f\xc2\x9b" "2J\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8b\xe2\x80" \
    "\x8f\xef\xbb\xbf\xe2\x80\xa8\xf3\xa0\x81\x81\nFORGED"

static const struct env_field foreign_fields[] = { { "place" EVIL, EVIL, 1, 0, 10, 0 },
                                                   { 0 } };
static const char *const foreign_ways[] = { "left" EVIL, "stay", "right" EVIL };
static const struct env_action foreign_actions[] = { { "way" EVIL, true, 0, 2, foreign_ways },
                                                     { 0 } };
static const struct env_event foreign_events[] = {
    [EVENT_DOOR] = { "door" EVIL, false },
    [EVENT_PIT] = { "pit" EVIL, true },
    { 0 },
};
static const struct env_option foreign_options[] = { { "slip" EVIL, EVIL, "1" EVIL }, { 0 } };

static const struct env foreign_env = {
    .abi = ENV_ABI,
    .name = "foreign" EVIL,
    .version = 1,
    .about = "A foreign one." EVIL,
    .bits = ENV_BITS_X86_64,
    .fields = foreign_fields,
    .actions = foreign_actions,
    .noop = noop,
    .events = foreign_events,
    .options = foreign_options,
    .frames_per_second = 10,
    .max_frames = 100,
    .fault_return = -100,
    .target = 8,
    .frame_width = 220,
    .frame_height = 60,
    .create = walk_create,
    .destroy = free,
    .reset = walk_reset,
    .step = walk_step,
    .observe = walk_observe,
    .draw = walk_draw,
    .state_size = walk_state_size,
    .save = walk_save,
    .load = walk_load,
};

extern const struct env *const ratchet_envs[];
const struct env *const ratchet_envs[] = { &foreign_env, NULL };
