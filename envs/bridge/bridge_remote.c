/* bridge_remote.c - an environment of the other side, as this side describes it.
 *
 * The description comes from a program that is not trusted: each number has its bounds,
 * each list its end. It is built as describe.c builds its own, and freed by it. */
#include "envs/bridge/bridge_remote.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/bridge/bridge_process.h"
#include "envs/describe.h"
#include "envs/episode.h"

#define MOST_FIELDS 1024
#define MOST_CHOICES 65536
#define MOST_OBS (1 << 20)    /* doubles */
#define MOST_PIXELS 4096      /* of a frame, either way */
#define MOST_RAM 65536        /* bytes */
#define MOST_STATE (16 << 20) /* bytes */
#define MOST_NAME 100
#define ALIGN 64

/* Reads of one object; what is missing or out of bounds is noted once. */
struct source {
    const json_t *from;
    bool is_bad;
    char why[160];
};

static void bad(struct source *s, const char *key, const char *what)
{
    if (!s->is_bad)
        snprintf(s->why, sizeof(s->why), "\"%s\" %s", key, what);
    s->is_bad = true;
}

static double bridge_remote_get_number(struct source *s, const json_t *from,
                                       const char *key, double least, double most)
{
    const json_t *v = json_object_get(from, key);
    double d = json_is_number(v) ? json_number_value(v) : NAN;

    if (!(d >= least && d <= most)) {
        bad(s, key, "is missing or out of range");
        return least;
    }
    return d;
}

static int get_int(struct source *s, const char *key, int most)
{
    double d = bridge_remote_get_number(s, s->from, key, 0, most);

    if (d != floor(d))
        bad(s, key, "is not a whole number");
    return (int)d;
}

/* null: the bound that is missing. */
static double get_bound(struct source *s, const json_t *from, const char *key,
                        double missing)
{
    const json_t *v = json_object_get(from, key);

    if (json_is_null(v))
        return missing;
    return bridge_remote_get_number(s, from, key, -1e300, 1e300);
}

/* Printable, and not too long; the caller frees. */
static char *bridge_remote_get_text(struct source *s, const json_t *from, const char *key)
{
    const char *text = json_string_value(json_object_get(from, key));

    if (!text || !text[0] || strlen(text) > 1000) {
        bad(s, key, "is missing or too long");
        return xstrdup("?");
    }
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 32 || *c == 127) {
            bad(s, key, "has characters that cannot be printed");
            return xstrdup("?");
        }
    return xstrdup(text);
}

static char *get_name(struct source *s, const json_t *from)
{
    char *name = bridge_remote_get_text(s, from, "name");

    if (strlen(name) > MOST_NAME)
        bad(s, "name", "is too long");
    else if (!env_name_is_plain(name))
        bad(s, "name", "is empty or no plain text");
    return name;
}

static const json_t *bridge_remote_get_list(struct source *s, const char *key,
                                            size_t least, size_t most)
{
    const json_t *list = json_object_get(s->from, key);
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n < least || n > most) {
        bad(s, key, "is missing or too long");
        return NULL;
    }
    return list;
}

static bool map_has(const struct bridge_ram_map *map, const char *name)
{
    for (int i = 0; i < map->n; i++)
        if (!strcmp(map->list[i].field.name, name))
            return true;
    return false;
}

/* Those of the memory's map, then what the other side writes. A console's field that the
 * map has, too, is the map's. */
static void bridge_remote_read_fields(struct source *s, struct bridge_remote *r)
{
    const json_t *list = bridge_remote_get_list(s, "fields", 1, MOST_FIELDS);
    size_t n = json_array_size(list);
    struct env_field *fields = xcalloc((size_t)r->map.n + n + 1, sizeof(*fields)),
                     *f = fields;

    r->env.fields = fields;
    for (int i = 0; i < r->map.n; i++, f++) {
        *f = r->map.list[i].field;
        f->name = xstrdup(f->name);
        f->unit = xstrdup(f->unit);
    }
    r->obs_at = bridge_ram_doubles(&r->map);
    for (size_t i = 0; i < n && !s->is_bad; i++) {
        const json_t *one = json_array_get(list, i);
        char *name = get_name(s, one);
        if (n == 1 && map_has(&r->map, name)) {
            free(name);
            r->obs_at = -1;
            r->n_obs = 1;
            break;
        }
        f->name = name;
        f->unit = xstrdup("");
        f->n = (int)bridge_remote_get_number(s, one, "n", 1, MOST_OBS);
        f->min = get_bound(s, one, "min", -INFINITY);
        f->max = get_bound(s, one, "max", INFINITY);
        r->n_obs += f->n;
        if (r->n_obs > MOST_OBS)
            bad(s, "fields", "is too long");
        f++;
    }
}

static const char *const *read_choices(struct source *s, const json_t *one,
                                       const struct env_action *a)
{
    const json_t *list = json_object_get(one, "choices");
    char **choices;

    if (!list || !a->is_discrete)
        return NULL;
    if (!json_is_array(list) || json_array_size(list) > MOST_CHOICES ||
        (double)json_array_size(list) != a->max - a->min + 1) {
        bad(s, "choices", "is not one name for each value");
        return NULL;
    }
    choices = xcalloc(json_array_size(list) + 1, sizeof(*choices));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        choices[i] = xstrdup(text && text[0] && strlen(text) < MOST_NAME ? text : "?");
    }
    return (const char *const *)choices;
}

static void read_actions(struct source *s, struct bridge_remote *r)
{
    const json_t *list = bridge_remote_get_list(s, "actions", 1, ENV_MAX_ACTION);
    size_t n = json_array_size(list);
    struct env_action *actions = xcalloc(n + 1, sizeof(*actions));
    double *noop = xcalloc(n + 1, sizeof(*noop));

    r->env.actions = actions;
    r->env.noop = noop;
    r->n_actions = (int)n;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        struct env_action *a = &actions[i];
        a->name = get_name(s, one);
        a->is_discrete = json_is_true(json_object_get(one, "discrete"));
        a->min = get_bound(s, one, "min", -INFINITY);
        a->max = get_bound(s, one, "max", INFINITY);
        noop[i] = bridge_remote_get_number(s, one, "noop", -1e300, 1e300);
        if (!(a->min <= a->max) || !(noop[i] >= a->min && noop[i] <= a->max))
            bad(s, "actions", "has bounds that are the wrong way round");
        if (a->is_discrete && (!(fabs(a->min) < 0x1p53 && fabs(a->max) < 0x1p53) ||
                               a->min != floor(a->min) || a->max != floor(a->max)))
            bad(s, "actions", "has bounds that are not whole numbers");
        a->choices = read_choices(s, one, a);
    }
}

static void read_events(struct source *s, struct bridge_remote *r)
{
    const json_t *list = bridge_remote_get_list(s, "events", 0, ENV_MAX_EVENTS);
    size_t n = json_array_size(list);
    struct env_event *events = xcalloc(n + 1, sizeof(*events));

    r->env.events = events;
    r->n_events = (int)n;
    for (size_t i = 0; i < n; i++) {
        events[i].name = get_name(s, json_array_get(list, i));
        events[i].is_failure = json_is_true(
            json_object_get(json_array_get(list, i), "failure"));
    }
}

static void bridge_remote_read_options(struct source *s, struct bridge_remote *r)
{
    const json_t *list = bridge_remote_get_list(s, "options", 0, 64);
    size_t n = json_array_size(list);
    struct env_option *options = xcalloc(n + 2, sizeof(*options));

    r->env.options = options;
    options[0] =
        (struct env_option){ xstrdup("id"), xstrdup(r->env.name),
                             xstrdup("its name on the other side; cannot be changed") };
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        options[i + 1].name = get_name(s, one);
        options[i + 1].value = bridge_remote_get_text(s, one, "value");
        options[i + 1].help = bridge_remote_get_text(s, one, "help");
    }
}

static void read_sizes(struct source *s, struct bridge_remote *r)
{
    struct env *env = &r->env;
    const json_t *frame = bridge_remote_get_list(s, "frame", 2, 2),
                 *target = json_object_get(s->from, "target");
    const char *bits = json_string_value(json_object_get(s->from, "bits"));
    double width = json_number_value(json_array_get(frame, 0));
    double height = json_number_value(json_array_get(frame, 1));

    env->version = (uint32_t)bridge_remote_get_number(s, s->from, "version", 1,
                                                      UINT32_MAX);
    env->about = bridge_remote_get_text(s, s->from, "about");
    env->bits = !bits                      ? ENV_BITS_NONE
                : !strcmp(bits, "x86_64")  ? ENV_BITS_X86_64
                : !strcmp(bits, "machine") ? ENV_BITS_MACHINE
                                           : ENV_BITS_NONE;
    env->frames_per_second = bridge_remote_get_number(s, s->from, "fps", 1e-6, 1e6);
    env->max_frames = (int64_t)bridge_remote_get_number(s, s->from, "max_frames", 1, 1e8);
    env->fault_return = NAN; /* not known over here: the harness measures it */
    env->target = json_is_number(target) ? json_number_value(target) : NAN;
    if (!(width >= 0 && width <= MOST_PIXELS && height >= 0 && height <= MOST_PIXELS))
        bad(s, "frame", "is out of range");
    else {
        env->frame_width = (int)width;
        env->frame_height = (int)height;
    }
    env->ram_size = get_int(s, "ram", MOST_RAM);
    r->state_size = (size_t)get_int(s, "state", MOST_STATE);
    if (!json_is_null(json_object_get(s->from, "no_copy")) &&
        json_object_get(s->from, "no_copy"))
        r->no_copy = bridge_remote_get_text(s, s->from, "no_copy");
}

static size_t reserve(size_t *at, size_t len)
{
    size_t place = *at;

    *at = (place + len + ALIGN - 1) / ALIGN * ALIGN;
    return place;
}

static void bridge_remote_lay_out(struct bridge_remote *r)
{
    struct bridge_layout *l = &r->layout;
    size_t at = 0;

    l->actions = reserve(&at, sizeof(double) * (size_t)r->n_actions * BRIDGE_MOST_FRAMES);
    l->results = reserve(&at, sizeof(struct bridge_result) * BRIDGE_MOST_FRAMES);
    l->obs = reserve(&at, sizeof(double) * (size_t)r->n_obs);
    l->ram = reserve(&at, (size_t)r->env.ram_size);
    l->frame = reserve(&at, 3 * (size_t)r->env.frame_width * (size_t)r->env.frame_height);
    l->state = reserve(&at, r->state_size);
    l->end = at;
}

struct bridge_remote *bridge_remote_create(const char *name, const json_t *reply,
                                           const char *ram_path, struct error *err)
{
    struct source s = { .from = reply };
    struct bridge_remote *r = xcalloc(1, sizeof(*r));

    r->env.abi = ENV_ABI;
    r->env.name = xstrdup(name);
    read_sizes(&s, r);
    if (!s.is_bad && !strncmp(name, "ale/", 4) && ram_path &&
        bridge_ram_load(ram_path, name + 4, r->env.ram_size, &r->map, err) != 0) {
        bridge_remote_destroy(r);
        return NULL;
    }
    bridge_remote_read_fields(&s, r);
    read_actions(&s, r);
    read_events(&s, r);
    bridge_remote_read_options(&s, r);
    bridge_remote_lay_out(r);
    if (s.is_bad) {
        error_set(err, "%s: the bridge describes it badly: %s", name, s.why);
        bridge_remote_destroy(r);
        return NULL;
    }
    return r;
}

void bridge_remote_destroy(struct bridge_remote *r)
{
    if (!r)
        return;
    bridge_ram_clear(&r->map);
    free(r->no_copy);
    env_describe_destroy(&r->env);
}

bool bridge_remote_is_like(const struct bridge_remote *r, const json_t *reply)
{
    struct bridge_remote *other = bridge_remote_create(r->env.name, reply, NULL, NULL);
    bool is_like = other && other->n_actions == r->n_actions &&
                   other->n_obs == r->n_obs && other->env.ram_size == r->env.ram_size &&
                   other->env.frame_width == r->env.frame_width &&
                   other->env.frame_height == r->env.frame_height &&
                   other->state_size == r->state_size;

    for (int i = 0; is_like && i < r->n_actions; i++) {
        const struct env_action *a = &r->env.actions[i], *b = &other->env.actions[i];
        is_like = a->is_discrete == b->is_discrete && a->min == b->min &&
                  a->max == b->max;
    }
    bridge_remote_destroy(other);
    return is_like;
}
