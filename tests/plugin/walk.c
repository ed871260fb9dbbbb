/* walk.c - a plug-in with one environment: a corridor with a pit at its left end and a
 * door at its right end, and a floor that now and then slips. See envs/README.md. */
#include "envs/env.h"

#include <stdlib.h>
#include <string.h>

#define LENGTH 11 /* places 0..10 */
#define SLIP 5    /* one step in so many goes the other way */

enum { EVENT_DOOR, EVENT_PIT };

/* The whole state: flat, without padding, so that save and load are copies. */
struct walk {
    int64_t place;
    uint64_t chance;
};

/* Its own small generator, for env.h is all that a plug-in needs: Steele, Lea & Flood,
 * "Fast Splittable Pseudorandom Number Generators" (2014). */
static uint64_t draw_chance(uint64_t *s)
{
    uint64_t x = *s += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static void *walk_create(const char *const *values, char *why, size_t why_size)
{
    (void)values, (void)why, (void)why_size;
    return calloc(1, sizeof(struct walk));
}

static void walk_reset(void *instance, uint64_t seed)
{
    struct walk *s = instance;

    s->chance = seed;
    s->place = 3 + (int64_t)(draw_chance(&s->chance) % 3);
}

static struct env_step walk_step(void *instance, const double *action)
{
    struct walk *s = instance;
    int64_t way = (int64_t)action[0] - 1;
    struct env_step result = { .reward = -1 };

    if (draw_chance(&s->chance) % SLIP == 0)
        way = -way;
    s->place += way;
    if (s->place <= 0)
        result.events |= 1u << EVENT_PIT;
    if (s->place >= LENGTH - 1)
        result.events |= 1u << EVENT_DOOR;
    result.terminated = result.events != 0;
    if (result.events & 1u << EVENT_DOOR)
        result.reward = 20;
    if (result.events & 1u << EVENT_PIT)
        result.reward = -20;
    return result;
}

static void walk_observe(const void *instance, double *out)
{
    out[0] = (double)((const struct walk *)instance)->place;
}

static size_t walk_state_size(const void *instance)
{
    (void)instance;
    return sizeof(struct walk);
}

static void walk_save(const void *instance, void *out)
{
    memcpy(out, instance, sizeof(struct walk));
}

static int walk_load(void *instance, const void *block)
{
    struct walk loaded;

    memcpy(&loaded, block, sizeof(loaded));
    if (loaded.place < 0 || loaded.place >= LENGTH)
        return -1;
    memcpy(instance, &loaded, sizeof(loaded));
    return 0;
}

static void fill(struct canvas *out, int x, int width, uint32_t color)
{
    for (int i = 0; i < out->width * out->height; i++)
        if (i % out->width >= x && i % out->width < x + width)
            for (int k = 0; k < 3; k++)
                out->rgb[3 * i + k] = (uint8_t)(color >> (16 - 8 * k));
}

static void walk_draw(void *instance, struct canvas *out)
{
    const struct walk *s = instance;
    int cell = out->width / LENGTH;

    fill(out, 0, out->width, 0xf4f5f7);
    fill(out, 0, cell, 0xc0392b);
    fill(out, (LENGTH - 1) * cell, cell, 0x2e9e5b);
    fill(out, (int)s->place * cell + 4, cell - 8, 0x2f7fd1);
}

static const struct env_field fields[] = { { "place", "", 1, 0, LENGTH - 1, 0 }, { 0 } };
static const char *const ways[] = { "left", "stay", "right" };
static const struct env_action actions[] = { { "way", true, 0, 2, ways }, { 0 } };
static const double noop[] = { 1 };
static const struct env_event events[] = {
    [EVENT_DOOR] = { "door", false },
    [EVENT_PIT] = { "pit", true },
    { 0 },
};
static const struct env_option options[] = { { 0 } };

static const struct env walk_env = {
    .abi = ENV_ABI,
    .name = "walk",
    .version = 1,
    .about = "Walk to the door at place 10 and not into the pit at 0; the floor slips.",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .options = options,
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
const struct env *const ratchet_envs[] = { &walk_env, NULL };
