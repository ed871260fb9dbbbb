/* env.c - the table of environments, plug-ins, and instances made from text options. */
#include "envs/table.h"

#include "envs/describe.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifdef HAVE_MUJOCO
#include "envs/mujoco/mujoco.h"
#define MISSING ""
#else
#define MISSING "; the MuJoCo tasks are missing: built without libmujoco-dev"
#endif

#define ENV_BUILT_IN(X)        \
    X(breakout)                \
    X(cartpole)                \
    X(mountain_car)            \
    X(mountain_car_continuous) \
    X(acrobot)                 \
    X(pendulum)

#define DECLARE(name) extern const struct env name##_env;
#define ADDRESS(name) &name##_env,
ENV_BUILT_IN(DECLARE)

const struct env *const env_table[] = { ENV_BUILT_IN(ADDRESS) NULL };

static void env_add(struct env_registry *r, const struct env *env)
{
    *xgrow(r->list, r->n) = env;
}

void env_registry_init(struct env_registry *r)
{
    *r = (struct env_registry){ 0 };
    for (const struct env *const *e = env_table; *e; e++)
        env_add(r, *e);
#ifdef HAVE_MUJOCO
    for (const struct env *const *e = mujoco_envs; *e; e++)
        env_add(r, *e);
#endif
}

bool env_is_mujoco(const char *name)
{
#ifdef HAVE_MUJOCO
    for (const struct env *const *e = mujoco_envs; *e; e++)
        if (!strcmp((*e)->name, name))
            return true;
#endif
    (void)name;
    return false;
}

void env_registry_clear(struct env_registry *r)
{
    if (r->finder)
        r->finder->clear();
    free(r->list);
    *r = (struct env_registry){ 0 };
}

static const struct env *find_quietly(const struct env_registry *r, const char *name)
{
    for (int i = 0; i < r->n; i++)
        if (!strcmp(r->list[i]->name, name))
            return r->list[i];
    return NULL;
}

static bool is_whole(double v)
{
    return fabs(v) < 0x1p53 && v == floor(v);
}

/* Bounds are what actions are brought into and observations are shown in: an action's are
 * finite, whole numbers where it is discrete, and doing nothing lies between them. */
static int env_check_bounds(const char *path, const struct env *env, struct error *err)
{
    for (const struct env_field *f = env->fields; f->name; f++)
        if (f->n < 1 || !(f->min <= f->max))
            return error_set(err,
                             "%s: environment \"%s\": field \"%s\": %g to %g, %d "
                             "numbers: no bounds of an observation",
                             path, env->name, f->name, f->min, f->max, f->n);
    for (const struct env_action *a = env->actions; a->name; a++) {
        double noop = env->noop[a - env->actions];
        if (!isfinite(a->min) || !isfinite(a->max) || !(a->min <= a->max) ||
            (a->is_discrete && (!is_whole(a->min) || !is_whole(a->max))))
            return error_set(err,
                             "%s: environment \"%s\": action \"%s\": %g to %g: bounds "
                             "of an action are finite, and whole where it is discrete",
                             path, env->name, a->name, a->min, a->max);
        if (!(noop >= a->min && noop <= a->max))
            return error_set(err,
                             "%s: environment \"%s\": action \"%s\": doing nothing, "
                             "%g, is not within %g to %g",
                             path, env->name, a->name, noop, a->min, a->max);
    }
    return 0;
}

/* The lists' names and lengths, which end in masks, tapes and texts elsewhere. A list without
 * an end is followed no further than it may go. */
static int check_lists(const char *path, const struct env *env, struct error *err)
{
    int64_t n_obs = 0;
    int n = 0;

    if (!env_name_is_plain(env->name))
        return error_set(err, "%s: an environment's name is empty or no plain text", path);
#define NAMES(list, what, most)                                                           \
    for (n = 0; (list) && (list)[n].name; n++)                                            \
        if (n == (most) || !env_name_is_plain((list)[n].name))                            \
            return error_set(err, "%s: environment \"%s\": %s %d: %s", path, env->name,   \
                             what, n + 1,                                                 \
                             n == (most) ? "there may not be so many"                     \
                                         : "its name is empty or no plain text");
    NAMES(env->events, "event", ENV_MAX_EVENTS)
    NAMES(env->options, "option", ENV_MOST_ENTRIES)
    NAMES(env->fields, "field", ENV_MOST_ENTRIES)
    NAMES(env->actions, "action", ENV_MAX_ACTION)
#undef NAMES
    if (n == 0)
        return error_set(err, "%s: environment \"%s\" takes no action", path, env->name);
    for (const struct env_field *f = env->fields; f->name; f++)
        n_obs += f->n;
    if (n_obs > ENV_MOST_OBS || env->frame_width < 0 || env->frame_width > ENV_MOST_PIXELS ||
        env->frame_height < 0 || env->frame_height > ENV_MOST_PIXELS || env->ram_size < 0 ||
        env->ram_size > ENV_MOST_RAM || env->max_frames < 1)
        return error_set(err,
                         "%s: environment \"%s\": %lld numbers, a frame of %d x %d, %d "
                         "bytes of memory, %lld frames: out of range",
                         path, env->name, (long long)n_obs, env->frame_width,
                         env->frame_height, env->ram_size, (long long)env->max_frames);
    return 0;
}

static int check_plugin_env(const struct env_registry *r, const char *path,
                            const struct env *env, struct error *err)
{
    if (env->abi != ENV_ABI)
        return error_set(err,
                         "%s: built for version %u of env.h, this program has %d; "
                         "build it again",
                         path, env->abi, ENV_ABI);
    if (!env->name || !env->fields || !env->actions || !env->noop || !env->create ||
        !env->destroy || !env->reset || !env->step || !env->observe || !env->state_size ||
        !env->save || !env->load)
        return error_set(err,
                         "%s: environment \"%s\" lacks a required entry of struct env",
                         path, env->name ? env->name : "?");
    if (env->copy_from &&
        (!env->keep || !env->put_back || !env->reseed || !env->step_frames))
        return error_set(err,
                         "%s: environment \"%s\": copy_from goes with keep, put_back, "
                         "reseed and step_frames",
                         path, env->name);
    if (find_quietly(r, env->name))
        return error_set(err, "%s: there is an environment \"%s\" already", path,
                         env->name);
    if (check_lists(path, env, err) != 0)
        return -1;
    return env_check_bounds(path, env, err);
}

int env_registry_load(struct env_registry *r, const char *path, struct error *err)
{
    char *file = strchr(path, '/') ? xstrdup(path) : xasprintf("./%s", path);
    struct stat st;
    bool is_file = stat(file, &st) != 0 || S_ISREG(st.st_mode); /* a pipe has no end */
    void *object = is_file ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : NULL;
    const struct env *const *envs;

    free(file);
    if (!is_file)
        return error_set(err, "%s: cannot load this plug-in: not a regular file", path);
    if (!object)
        return error_set(err, "%s: cannot load this plug-in: %s", path, dlerror());
    envs = (const struct env *const *)dlsym(object, "ratchet_envs");
    if (!envs)
        return error_set(err,
                         "%s: not a plug-in: it exports no ratchet_envs "
                         "(see envs/README.md)",
                         path);
    for (; *envs; envs++) {
        if (check_plugin_env(r, path, *envs, err) != 0)
            return -1;
        env_add(r, *envs);
    }
    return 0;
}

const struct env *env_find(const struct env_registry *r, const char *name,
                           struct error *err)
{
    const struct env *env = find_quietly(r, name);
    struct error why = { "" };
    char *names = NULL;
    size_t size;
    FILE *out;

    if (!env && r->finder)
        env = r->finder->find(name, &why);
    if (env)
        return env;
    if (why.text[0]) {
        error_set(err, "%s", why.text);
        return NULL;
    }
    out = open_memstream(&names, &size);
    for (int i = 0; i < r->n; i++)
        fprintf(out, "%s%s", i ? ", " : "", r->list[i]->name);
    fclose(out);
    error_set(err, "%s: no such environment; there are: %s%s", name, names, MISSING);
    free(names);
    return NULL;
}

const char *env_failure(const struct env *env, const void *instance)
{
    return env->failure && instance ? env->failure(instance) : NULL;
}

int env_check(const struct env *env, const void *instance, struct error *err)
{
    const char *why = env_failure(env, instance);

    return why ? error_set(err, "%s: %s", env->name, why) : 0;
}

int env_check_copy(const struct env *env, struct error *err)
{
    if (env->no_copy)
        return error_set(err, "%s: plan: %s", env->name, env->no_copy);
    if (env->is_remote && !env->copy_from)
        return error_set(err, "%s: plan: it makes no copies of itself", env->name);
    return 0;
}

int env_count_options(const struct env *env)
{
    int n = 0;

    while (env->options && env->options[n].name)
        n++;
    return n;
}

int env_option_index(const struct env *env, const char *name, size_t len)
{
    for (int i = 0, n = env_count_options(env); i < n; i++)
        if (strlen(env->options[i].name) == len &&
            !memcmp(env->options[i].name, name, len))
            return i;
    return -1;
}

void *env_create(const struct env *env, const char *const *settings, int n,
                 struct error *err)
{
    int n_options = env_count_options(env);
    const char **values = xcalloc((size_t)n_options + 1, sizeof(*values));
    char why[512] = "it gave no reason";
    void *instance = NULL;

    for (int i = 0; i < n_options; i++)
        values[i] = env->options[i].value;
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(settings[i], '=');
        int at = equals
                     ? env_option_index(env, settings[i], (size_t)(equals - settings[i]))
                     : -1;
        if (at < 0) {
            error_set(err, "%s: no option \"%s\" (see `ratchet envs %s`)", env->name,
                      settings[i], env->name);
            goto out;
        }
        values[at] = equals + 1;
    }
    instance = env->create(values, why, sizeof(why));
    if (!instance)
        error_set(err, "%s: cannot be created: %s", env->name, why);
out:
    free(values);
    return instance;
}
