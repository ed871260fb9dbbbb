/* vm_world.c - what crosses the border of a VM: observations and info in, actions out. */
#include "sandbox/worker/vm_world.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/worker/flush.h"
#include "sandbox/worker/lua_tables.h"
#include "sandbox/worker/vision.h"

bool vm_field_is_wanted(const struct vm_world *world, const char *name)
{
    if (!world->fields)
        return true;
    for (int i = 0; i < world->n_fields; i++)
        if (!strcmp(world->fields[i], name))
            return true;
    return false;
}

/* Zeroed memory inside the VM that lives as long as it; its anchor stays on the stack. */
static void *anchored(lua_State *L, size_t size)
{
    void *p = lua_newuserdatauv(L, size ? size : 1, 0);

    memset(p, 0, size);
    return p;
}

static void push_list(lua_State *L, int first, int n)
{
    lua_createtable(L, n, 1);
    for (int i = 0; i < n; i++) {
        lua_pushnumber(L, 0);
        lua_rawseti(L, -2, first + i);
    }
}

static void create_features(lua_State *L, const struct vm_world *world,
                            struct vm_obs *obs)
{
    int at = 0, n = 0;

    while (world->env->fields[n].name)
        n++;
    luaL_checkstack(L, n + 16, "too many fields");
    obs->fields = anchored(L, sizeof(*obs->fields) * (size_t)n);
    obs->last = anchored(L, sizeof(double) * (size_t)env_count_obs(world->env));
    for (const struct env_field *f = world->env->fields; f->name; at += f->n, f++) {
        struct vm_obs_field *mine = &obs->fields[obs->n_fields];
        if (!vm_field_is_wanted(world, f->name))
            continue;
        *mine = (struct vm_obs_field){ .at = at, .n = f->n };
        if (f->n == 1) {
            lua_pushnumber(L, 0);
            lua_setfield(L, obs->table, f->name);
            lua_pushstring(L, f->name);
        } else {
            push_list(L, 1, f->n);
            lua_pushvalue(L, -1);
            lua_setfield(L, obs->table, f->name);
        }
        mine->index = lua_gettop(L);
        obs->n_fields++;
    }
}

void vm_obs_create(lua_State *L, const struct vm_world *world, struct vm_obs *obs)
{
    lua_newtable(L);
    obs->table = lua_gettop(L);
    switch (world->observation) {
    case OBSERVATION_features:
        create_features(L, world, obs);
        break;
    case OBSERVATION_ram:
        obs->fields = anchored(L, sizeof(*obs->fields));
        obs->last_ram = anchored(L, (size_t)world->env->ram_size);
        push_list(L, 0, world->env->ram_size);
        obs->fields[0].index = lua_gettop(L);
        lua_pushvalue(L, -1);
        lua_setfield(L, obs->table, "ram");
        break;
    case OBSERVATION_frame:
    case OBSERVATION_gray:
        obs->frame = vision_push(L, world->observation == OBSERVATION_gray ? 1 : 3);
        lua_setfield(L, obs->table, "frame");
        break;
    }
}

static void push_features(lua_State *L, struct vm_obs *obs, const double *values)
{
    const void *table = lua_tables_object(L, obs->table);

    for (int i = 0; i < obs->n_fields; i++) {
        const struct vm_obs_field *f = &obs->fields[i];
        const double *now = values + f->at;
        double *last = obs->last + f->at;

        if (f->n == 1) {
            if (now[0] == last[0])
                continue;
            last[0] = flush_number(now[0]);
            if (table && lua_tables_put(table, lua_tables_object(L, f->index), last[0]))
                continue;
            lua_pushvalue(L, f->index);
            lua_pushnumber(L, last[0]);
            lua_rawset(L, obs->table);
            continue;
        }
        if (!memcmp(now, last, sizeof(double) * (size_t)f->n))
            continue;
        for (int j = 0; j < f->n; j++)
            if (now[j] != last[j]) {
                last[j] = flush_number(now[j]);
                lua_pushnumber(L, last[j]);
                lua_rawseti(L, f->index, j + 1);
            }
    }
}

static void push_ram(lua_State *L, struct vm_obs *obs, const uint8_t *ram, int n)
{
    for (int i = 0; i < n; i++)
        if (ram[i] != obs->last_ram[i]) {
            obs->last_ram[i] = ram[i];
            lua_pushinteger(L, ram[i]);
            lua_rawseti(L, obs->fields[0].index, i);
        }
}

static void show_frame(struct image *im, const struct vm_view *view)
{
    im->width = view->frame->width;
    im->height = view->frame->height;
    im->data = im->channels == 1 ? (uint8_t *)view->gray : view->frame->rgb;
}

void vm_obs_push(lua_State *L, struct vm_obs *obs, const struct vm_world *world,
                 const struct vm_view *view)
{
    if (world->observation == OBSERVATION_features)
        push_features(L, obs, view->values);
    else if (world->observation == OBSERVATION_ram)
        push_ram(L, obs, view->ram, world->env->ram_size);
    else
        show_frame(obs->frame, view);
    lua_pushvalue(L, obs->table);
}

static void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, flush_number(value));
    lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* Discrete choices by name: { NOOP = 0, ... }; other components: a list of their
 * names. */
static void push_actions(lua_State *L, const struct env *env)
{
    const struct env_action *a = env->actions;

    lua_newtable(L);
    if (!a[1].name && a->is_discrete && a->choices) {
        for (int i = 0; i <= (int)(a->max - a->min); i++)
            set_integer(L, a->choices[i], (int64_t)a->min + i);
        return;
    }
    for (int i = 0; a[i].name; i++) {
        lua_pushstring(L, a[i].name);
        lua_rawseti(L, -2, i + 1);
    }
}

void vm_info_push(lua_State *L, const struct vm_world *world,
                  const struct vm_param *params, int n_params)
{
    const struct env *env = world->env;

    lua_newtable(L);
    lua_pushstring(L, env->name);
    lua_setfield(L, -2, "env");
    push_actions(L, env);
    lua_setfield(L, -2, "actions");
    lua_newtable(L);
    for (int i = 0; i < n_params; i++)
        set_number(L, params[i].name, params[i].value);
    lua_setfield(L, -2, "params");
    set_integer(L, "frame_skip", world->rules.frame_skip);
    set_number(L, "sticky", world->rules.sticky);
    set_number(L, "fps", env->frames_per_second);
    set_integer(L, "max_steps",
                (world->rules.max_frames - 1) / world->rules.frame_skip + 1);
    set_integer(L, "width", env->frame_width);
    set_integer(L, "height", env->frame_height);
}

/* One component from the value at index. -1 with a phrase in why. */
static int read_component(lua_State *L, int index, const struct env_action *a,
                          double *out, char *why, size_t size)
{
    double v;

    if (lua_type(L, index) != LUA_TNUMBER) {
        snprintf(why, size, "a %s where a number for %s belongs", luaL_typename(L, index),
                 a->name);
        return -1;
    }
    v = lua_tonumber(L, index);
    if (a->is_discrete && !(v >= a->min && v <= a->max && v == floor(v))) {
        snprintf(why, size, "%.17g for %s, which takes whole numbers from %g to %g", v,
                 a->name, a->min, a->max);
        return -1;
    }
    if (!isfinite(v)) {
        snprintf(why, size, "%s for %s, which takes finite numbers",
                 isnan(v) ? "NaN" : "inf", a->name);
        return -1;
    }
    *out = v;
    return 0;
}

static int vm_world_read_list(lua_State *L, const struct env *env, double *action,
                              char *why, size_t size)
{
    int n = env_count_actions(env), given = (int)lua_rawlen(L, -1);

    if (given != n) {
        snprintf(why, size, "a list of %d numbers; this environment takes %d", given, n);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        int bad;
        lua_rawgeti(L, -1, i + 1);
        bad = read_component(L, -1, &env->actions[i], &action[i], why, size);
        lua_pop(L, 1);
        if (bad)
            return -1;
    }
    return 0;
}

int vm_action_read(lua_State *L, const struct env *env, int below, double *action,
                   char *why, size_t size)
{
    int n = lua_gettop(L) - below;

    if (n != 1) {
        snprintf(why, size, "%d values; one is expected", n);
        return -1;
    }
    if (lua_istable(L, -1) && (env->actions[1].name || !env->actions[0].is_discrete))
        return vm_world_read_list(L, env, action, why, size);
    if (env->actions[1].name) {
        snprintf(why, size, "a %s; this environment takes a list of %d numbers",
                 luaL_typename(L, -1), env_count_actions(env));
        return -1;
    }
    return read_component(L, -1, &env->actions[0], action, why, size);
}
