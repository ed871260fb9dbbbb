/* describe.c - an environment's description as bytes, for a process that cannot create
 * it.
 *
 * A worker in outside mode needs to know what an observation and an action look like, and
 * nothing else. Numbers are in the machine's order: both sides are the same machine. */
#include "envs/describe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envs/episode.h"

#define FORMAT 1u
#define NO_TEXT UINT32_MAX /* the length of a text that is NULL */

static void describe_put(FILE *out, const void *bytes, size_t len)
{
    fwrite(bytes, 1, len, out);
}

static void put_u32(FILE *out, uint32_t v)
{
    describe_put(out, &v, sizeof(v));
}

static void put_f64(FILE *out, double v)
{
    describe_put(out, &v, sizeof(v));
}

static void describe_put_text(FILE *out, const char *text)
{
    put_u32(out, text ? (uint32_t)strlen(text) : NO_TEXT);
    if (text)
        describe_put(out, text, strlen(text));
}

static void put_fields(FILE *out, const struct env *env)
{
    uint32_t n = 0;

    while (env->fields[n].name)
        n++;
    put_u32(out, n);
    for (const struct env_field *f = env->fields; f->name; f++) {
        describe_put_text(out, f->name);
        describe_put_text(out, f->unit);
        put_u32(out, (uint32_t)f->n);
        put_f64(out, f->min);
        put_f64(out, f->max);
        put_u32(out, (uint32_t)f->bins);
    }
}

static void put_actions(FILE *out, const struct env *env)
{
    put_u32(out, (uint32_t)env_count_actions(env));
    for (const struct env_action *a = env->actions; a->name; a++) {
        uint32_t n = a->choices ? (uint32_t)(a->max - a->min) + 1 : 0;
        describe_put_text(out, a->name);
        put_u32(out, a->is_discrete);
        put_f64(out, a->min);
        put_f64(out, a->max);
        put_f64(out, env->noop[a - env->actions]);
        put_u32(out, n);
        for (uint32_t i = 0; i < n; i++)
            describe_put_text(out, a->choices[i]);
    }
}

static void put_rest(FILE *out, const struct env *env)
{
    uint32_t n_events = 0, n_options = 0;

    while (env->events && env->events[n_events].name)
        n_events++;
    put_u32(out, n_events);
    for (uint32_t i = 0; i < n_events; i++) {
        describe_put_text(out, env->events[i].name);
        put_u32(out, env->events[i].is_failure);
    }
    while (env->options && env->options[n_options].name)
        n_options++;
    put_u32(out, n_options);
    for (uint32_t i = 0; i < n_options; i++) {
        describe_put_text(out, env->options[i].name);
        describe_put_text(out, env->options[i].value);
        describe_put_text(out, env->options[i].help);
    }
    put_f64(out, env->frames_per_second);
    put_f64(out, (double)env->max_frames);
    put_f64(out, env->fault_return);
    put_f64(out, env->target);
    put_u32(out, (uint32_t)env->frame_width);
    put_u32(out, (uint32_t)env->frame_height);
    put_u32(out, (uint32_t)env->ram_size);
}

uint8_t *env_describe_put(const struct env *env, size_t *len)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, len);

    put_u32(out, FORMAT);
    describe_put_text(out, env->name);
    put_u32(out, env->version);
    describe_put_text(out, env->about);
    put_u32(out, env->bits);
    put_fields(out, env);
    put_actions(out, env);
    put_rest(out, env);
    fclose(out);
    return (uint8_t *)bytes;
}

/* Reading: after a read past the end `is_bad` stays set and reads give zeros. */
struct reader {
    const uint8_t *at, *end;
    bool is_bad;
};

static void describe_get(struct reader *r, void *out, size_t len)
{
    memset(out, 0, len);
    if (r->is_bad || (size_t)(r->end - r->at) < len) {
        r->is_bad = true;
        return;
    }
    memcpy(out, r->at, len);
    r->at += len;
}

static uint32_t get_u32(struct reader *r, uint32_t most)
{
    uint32_t v;

    describe_get(r, &v, sizeof(v));
    if (v > most)
        r->is_bad = true;
    return r->is_bad ? 0 : v;
}

static double get_f64(struct reader *r)
{
    double v;

    describe_get(r, &v, sizeof(v));
    return v;
}

/* NULL when it was NULL; never NULL for a text that must be there. */
static char *describe_get_text(struct reader *r, bool may_be_null)
{
    uint32_t len = get_u32(r, UINT32_MAX);
    char *text;

    if (len == NO_TEXT && may_be_null && !r->is_bad)
        return NULL;
    if (len > ENV_MOST_TEXT || len > (size_t)(r->end - r->at)) {
        r->is_bad = true;
        len = 0;
    }
    text = xcalloc(len + 1, 1);
    describe_get(r, text, len);
    if (memchr(text, '\0', len))
        r->is_bad = true;
    return text;
}

static void get_fields(struct reader *r, struct env *env)
{
    uint32_t n = get_u32(r, ENV_MOST_ENTRIES);
    struct env_field *fields = xcalloc(n + 1, sizeof(*fields));
    int64_t total = 0;

    env->fields = fields;
    for (uint32_t i = 0; i < n; i++) {
        fields[i].name = describe_get_text(r, false);
        fields[i].unit = describe_get_text(r, false);
        fields[i].n = (int)get_u32(r, ENV_MOST_OBS);
        fields[i].min = get_f64(r);
        fields[i].max = get_f64(r);
        fields[i].bins = (int)get_u32(r, ENV_MOST_ENTRIES);
        total += fields[i].n;
        if (!fields[i].name[0] || fields[i].n < 1 || total > ENV_MOST_OBS)
            r->is_bad = true;
    }
}

static const char *const *get_choices(struct reader *r, const struct env_action *a)
{
    uint32_t n = get_u32(r, ENV_MOST_ENTRIES);
    char **choices;

    if (n == 0)
        return NULL;
    if (!a->is_discrete || a->max - a->min + 1 != n) {
        r->is_bad = true;
        return NULL;
    }
    choices = xcalloc(n + 1, sizeof(*choices));
    for (uint32_t i = 0; i < n; i++)
        choices[i] = describe_get_text(r, false);
    return (const char *const *)choices;
}

static void describe_get_actions(struct reader *r, struct env *env)
{
    uint32_t n = get_u32(r, ENV_MAX_ACTION);
    struct env_action *actions = xcalloc(n + 1, sizeof(*actions));
    double *noop = xcalloc(n + 1, sizeof(*noop));

    env->actions = actions;
    env->noop = noop;
    for (uint32_t i = 0; i < n; i++) {
        struct env_action *a = &actions[i];
        a->name = describe_get_text(r, false);
        a->is_discrete = get_u32(r, 1);
        a->min = get_f64(r);
        a->max = get_f64(r);
        noop[i] = get_f64(r);
        if (!a->name[0] || !(a->min <= a->max) ||
            !(noop[i] >= a->min && noop[i] <= a->max))
            r->is_bad = true;
        if (a->is_discrete && !(fabs(a->min) < 0x1p53 && fabs(a->max) < 0x1p53))
            r->is_bad = true;
        a->choices = get_choices(r, a);
    }
    if (n == 0)
        r->is_bad = true;
}

static void get_rest(struct reader *r, struct env *env)
{
    uint32_t n = get_u32(r, ENV_MAX_EVENTS);
    struct env_event *events = xcalloc(n + 1, sizeof(*events));
    struct env_option *options;

    env->events = events;
    for (uint32_t i = 0; i < n; i++) {
        events[i].name = describe_get_text(r, false);
        events[i].is_failure = get_u32(r, 1);
    }
    n = get_u32(r, ENV_MOST_ENTRIES);
    options = xcalloc(n + 1, sizeof(*options));
    env->options = options;
    for (uint32_t i = 0; i < n; i++) {
        options[i].name = describe_get_text(r, false);
        options[i].value = describe_get_text(r, true);
        options[i].help = describe_get_text(r, true);
    }
    env->frames_per_second = get_f64(r);
    double frames = get_f64(r);
    env->max_frames = frames >= 1 && frames < 1e15 ? (int64_t)frames : 0;
    env->fault_return = get_f64(r);
    env->target = get_f64(r);
    env->frame_width = (int)get_u32(r, ENV_MOST_PIXELS);
    env->frame_height = (int)get_u32(r, ENV_MOST_PIXELS);
    env->ram_size = (int)get_u32(r, ENV_MOST_RAM);
    if (!env->max_frames)
        r->is_bad = true;
}

/* The operations of an environment that is somewhere else. */

static void *no_create(const char *const *values, char *why, size_t why_size)
{
    (void)values, (void)why, (void)why_size;
    return xcalloc(1, 1);
}

static void no_destroy(void *instance)
{
    free(instance);
}

static void no_reset(void *instance, uint64_t seed)
{
    (void)instance, (void)seed;
}

static struct env_step no_step(void *instance, const double *action)
{
    (void)instance, (void)action;
    return (struct env_step){ .truncated = true };
}

static void no_observe(const void *instance, double *out)
{
    (void)instance, (void)out;
}

static size_t no_state_size(const void *instance)
{
    (void)instance;
    return 1;
}

static void no_save(const void *instance, void *out)
{
    (void)instance;
    memset(out, 0, 1);
}

static int no_load(void *instance, const void *block)
{
    (void)instance, (void)block;
    return -1;
}

bool env_name_is_plain(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return false;
    return len > 0 && len <= ENV_MOST_TEXT;
}

static bool has_plain_names(const struct env *env)
{
    bool is_plain = env_name_is_plain(env->name);

    for (const struct env_field *f = env->fields; f->name; f++)
        is_plain &= env_name_is_plain(f->name);
    for (const struct env_action *a = env->actions; a->name; a++)
        is_plain &= env_name_is_plain(a->name);
    for (const struct env_event *e = env->events; e->name; e++)
        is_plain &= env_name_is_plain(e->name);
    for (const struct env_option *o = env->options; o->name; o++)
        is_plain &= env_name_is_plain(o->name);
    return is_plain;
}

struct env *env_describe_get(const uint8_t *bytes, size_t len, struct error *err)
{
    struct reader r = { bytes, bytes + len, false };
    struct env *env = xcalloc(1, sizeof(*env));

    if (get_u32(&r, UINT32_MAX) != FORMAT)
        r.is_bad = true;
    env->abi = ENV_ABI;
    env->name = describe_get_text(&r, false);
    env->version = get_u32(&r, UINT32_MAX);
    env->about = describe_get_text(&r, true);
    env->bits = get_u32(&r, ENV_BITS_NONE);
    get_fields(&r, env);
    describe_get_actions(&r, env);
    get_rest(&r, env);
    env->create = no_create;
    env->destroy = no_destroy;
    env->reset = no_reset;
    env->step = no_step;
    env->observe = no_observe;
    env->state_size = no_state_size;
    env->save = no_save;
    env->load = no_load;
    if (r.is_bad || r.at != r.end || !has_plain_names(env)) {
        error_set(err, "the description of an environment is damaged");
        env_describe_destroy(env);
        return NULL;
    }
    return env;
}

static void destroy_actions(const struct env *env)
{
    for (const struct env_action *a = env->actions; a && a->name; a++) {
        for (const char *const *c = a->choices; c && *c; c++)
            free((char *)*c);
        free((void *)a->choices);
        free((char *)a->name);
    }
    free((void *)env->actions);
    free((void *)env->noop);
}

void env_describe_destroy(struct env *env)
{
    if (!env)
        return;
    for (const struct env_field *f = env->fields; f && f->name; f++) {
        free((char *)f->name);
        free((char *)f->unit);
    }
    for (const struct env_event *e = env->events; e && e->name; e++)
        free((char *)e->name);
    for (const struct env_option *o = env->options; o && o->name; o++) {
        free((char *)o->name);
        free((char *)o->value);
        free((char *)o->help);
    }
    destroy_actions(env);
    free((void *)env->fields);
    free((void *)env->events);
    free((void *)env->options);
    free((char *)env->name);
    free((char *)env->about);
    free(env);
}
