/* falls.c - a plug-in with one environment, in which what earns more nearly always may be
 * worse: ten steps along a road, each by a way. The plain way earns 100 a step. The ledge
 * earns 110, but in one episode of ten it gives way, and all is lost but `depth`. The
 * bridge earns 100 and `toll` more, and never fails. */
#include "envs/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 10
#define BAD 10 /* the ledge gives way in one episode of so many */

enum { WAY_PLAIN, WAY_LEDGE, WAY_BRIDGE };
enum { EVENT_FALL };

/* Flat, without padding: save and load are copies. */
struct falls {
    int64_t place, gives_way; /* the step at which the ledge does; -1: it holds */
    double earned, light;     /* light: seen, means nothing, tells starts apart */
    double depth, toll;       /* settings */
    int64_t starts;
};

/* Steele, Lea & Flood, "Fast Splittable Pseudorandom Number Generators" (2014). */
static uint64_t draw_chance(uint64_t *s)
{
    uint64_t x = *s += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static void *falls_create(const char *const *values, char *why, size_t why_size)
{
    struct falls *s = calloc(1, sizeof(*s));
    char *end[3];

    if (!s)
        return NULL;
    s->depth = strtod(values[0], &end[0]);
    s->toll = strtod(values[1], &end[1]);
    s->starts = strtol(values[2], &end[2], 10);
    if (*end[0] || *end[1] || *end[2] || s->starts < 0 || s->starts == 1) {
        snprintf(why, why_size, "depth and toll are numbers, starts is 0 or 2 and more");
        free(s);
        return NULL;
    }
    return s;
}

static void falls_reset(void *instance, uint64_t seed)
{
    struct falls *s = instance;
    uint64_t chance = seed;

    s->place = 0;
    s->earned = 0;
    s->light = (double)(draw_chance(&chance) >> 11) * 0x1p-53;
    s->gives_way = draw_chance(&chance) % BAD == 0
                       ? (int64_t)(draw_chance(&chance) % STEPS)
                       : -1;
    if (s->starts) {
        uint64_t start = draw_chance(&chance) % 2
                             ? 0
                             : 1 + draw_chance(&chance) % (uint64_t)(s->starts - 1);
        s->light = (double)start / (double)s->starts;
        s->gives_way = start == 0 ? STEPS / 2 : -1;
    }
}

static struct env_step falls_step(void *instance, const double *action)
{
    struct falls *s = instance;
    int way = (int)action[0];
    struct env_step result = { .reward = 100 };

    if (way == WAY_LEDGE)
        result.reward += 10;
    if (way == WAY_BRIDGE)
        result.reward += s->toll / STEPS;
    if (way == WAY_LEDGE && s->place == s->gives_way) {
        result.reward = s->depth - s->earned;
        result.events |= 1u << EVENT_FALL;
        result.terminated = true;
    }
    s->earned += result.reward;
    s->place++;
    if (s->place >= STEPS)
        result.terminated = true;
    return result;
}

static void falls_observe(const void *instance, double *out)
{
    const struct falls *s = instance;

    out[0] = (double)s->place;
    out[1] = s->light;
}

static size_t falls_state_size(const void *instance)
{
    (void)instance;
    return sizeof(struct falls);
}

static void falls_save(const void *instance, void *out)
{
    memcpy(out, instance, sizeof(struct falls));
}

static int falls_load(void *instance, const void *block)
{
    struct falls loaded;

    memcpy(&loaded, block, sizeof(loaded));
    if (loaded.place < 0 || loaded.place > STEPS)
        return -1;
    memcpy(instance, &loaded, sizeof(loaded));
    return 0;
}

static void falls_draw(void *instance, struct canvas *out)
{
    const struct falls *s = instance;
    int at = out->width * (int)s->place / (STEPS + 1);

    for (int i = 0; i < out->width * out->height; i++)
        memset(out->rgb + 3 * i, i % out->width == at ? 0 : 0xf0, 3);
}

static const struct env_field fields[] = { { "place", "", 1, 0, STEPS, 0 },
                                           { "light", "", 1, 0, 1, 0 },
                                           { 0 } };
static const char *const ways[] = { "plain", "ledge", "bridge" };
static const struct env_action actions[] = { { "way", true, 0, 2, ways }, { 0 } };
static const double noop[] = { WAY_PLAIN };
static const struct env_event events[] = { [EVENT_FALL] = { "fall", true }, { 0 } };
static const struct env_option options[] = {
    { "depth", "-2000", "return of an episode in which the ledge gives way" },
    { "toll", "200", "what the bridge earns more than the plain way" },
    { "starts", "0",
      "so many, the first of them in half of the episodes; there the ledge "
      "always gives way, and nowhere else (0: a start a seed)" },
    { 0 },
};

static const struct env falls_env = {
    .abi = ENV_ABI,
    .name = "falls",
    .version = 1,
    .about = "Ten steps by the plain way, a ledge that seldom gives way, or a bridge.",
    .bits = ENV_BITS_X86_64,
    .fields = fields,
    .actions = actions,
    .noop = noop,
    .events = events,
    .options = options,
    .frames_per_second = 10,
    .max_frames = STEPS,
    .fault_return = -2000,
    .target = 5000,
    .frame_width = 220,
    .frame_height = 60,
    .create = falls_create,
    .destroy = free,
    .reset = falls_reset,
    .step = falls_step,
    .observe = falls_observe,
    .draw = falls_draw,
    .state_size = falls_state_size,
    .save = falls_save,
    .load = falls_load,
};

extern const struct env *const ratchet_envs[];
const struct env *const ratchet_envs[] = { &falls_env, NULL };
