/* sim.c - a policy's private copy of the environment, for planning: metered, and set from
 * what the policy may know.
 *
 * Every act finds the copy in the state of its observation: brought there on first use,
 * from the observation itself or, where the task says so, from the true state. It plays
 * by the task's rules, but its chance is a stream of its own. Steps are paid for before
 * they are made. */
#include "sandbox/worker/sim.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <string.h>

#include "sandbox/worker/flush.h"
#include "sandbox/worker/vec.h"
#include "sandbox/worker/vm.h"
#include "sandbox/worker/vm_world.h"

#define SIM "sim"
#define STATE "sim state"
#define SET_UNITS 200      /* of bringing the copy into a state */
#define STEP_UNITS 10      /* of a planner step, beside its own budget */
#define NUMBERS_PER_UNIT 4 /* of an observation that is read or written */

/* The environment's own work, which knows denormals here as in the harness (flush.h). It
 * must end: nothing may leave it by longjmp. */
#define IN_ENV(work)                           \
    do {                                       \
        const uint32_t before_ = flush_set(0); \
        work;                                  \
        flush_set(before_);                    \
    } while (0)

void sim_reset(struct sim *s, const struct vm_world *world, uint64_t chance)
{
    *s = (struct sim){ 0 };
    chance_seed(&s->chance, chance, "sim");
    memcpy(s->held, world->env->noop,
           sizeof(double) * (size_t)env_count_actions(world->env));
}

void sim_begin(struct sim *s, const struct vm_world *world, const struct vm_view *view)
{
    s->view = view;
    s->is_set = false;
    s->left = world->limits.planner_steps;
}

void sim_end(struct sim *s, const struct vm_world *world, const double *action)
{
    memcpy(s->held, action, sizeof(double) * (size_t)world->sim->n_actions);
}

/* The copy starts an episode of its own in the state that it is in. */
static void sim_start_over(struct sim *s, struct episode *e)
{
    e->now = (struct episode_state){ 0 };
    memcpy(e->held, s->held, sizeof(double) * (size_t)e->n_actions);
}

static void set_from_values(lua_State *L, const struct vm_world *world,
                            const double *values)
{
    const struct env *env = world->env;
    int failed = -1;

    vm_charge(L, SET_UNITS);
    if (env->set_observed)
        IN_ENV(failed = env->set_observed(world->sim->instance, values));
    if (failed)
        luaL_error(L, "sim: %s is in no state that this observation shows", env->name);
    sim_start_over(vm_sim(vm_of(L)), world->sim);
}

static void set_from_view(lua_State *L, const struct vm_world *world, struct sim *s)
{
    const struct env *env = world->env;
    int failed;

    if (!world->sim_is_true) {
        set_from_values(L, world, s->view->values);
        return;
    }
    vm_charge(L, SET_UNITS);
    IN_ENV(failed = env->load(world->sim->instance, s->view->state));
    if (failed)
        luaL_error(L, "sim: %s refuses its own state", env->name);
    if (env->reseed)
        IN_ENV(env->reseed(world->sim->instance, chance_next(&s->chance)));
    sim_start_over(s, world->sim);
}

/* What is planned with, in whatever state. */
static struct episode *check_sim(lua_State *L, struct sim **s)
{
    luaL_checkudata(L, 1, SIM);
    *s = vm_sim(vm_of(L));
    if (!(*s)->view)
        luaL_error(L, "sim: it can be used within act only");
    return vm_world(vm_of(L))->sim;
}

/* The same in the state where the policy left it in this act. */
static struct episode *get_sim(lua_State *L, struct sim **s)
{
    struct episode *e = check_sim(L, s);

    if (!(*s)->is_set)
        set_from_view(L, vm_world(vm_of(L)), *s);
    (*s)->is_set = true;
    return e;
}

static void pay(lua_State *L, struct sim *s, int64_t n)
{
    if (n > s->left)
        luaL_error(L, "sim: %I planner steps, and %I are left of the %I of one act",
                   (LUAI_UACINT)n, (LUAI_UACINT)s->left,
                   (LUAI_UACINT)vm_world(vm_of(L))->limits.planner_steps);
    vm_charge(L, n * STEP_UNITS);
}

static void sim_count(struct sim *s, int64_t n)
{
    s->left -= n;
    s->n_steps += n;
}

/* sim:step(action) -> reward, is_over */
static int sim_step(lua_State *L)
{
    struct sim *s;
    struct episode *e = get_sim(L, &s);
    double action[ENV_MAX_ACTION];
    struct env_step result;
    char why[200];

    luaL_checkany(L, 2);
    lua_settop(L, 2);
    if (vm_action_read(L, e->env, 1, action, why, sizeof(why)) != 0)
        return luaL_error(L, "sim:step got %s", why);
    pay(L, s, 1);
    e->now.chance = s->chance;
    IN_ENV(result = episode_step(e, action));
    s->chance = e->now.chance;
    sim_count(s, 1);
    lua_pushnumber(L, flush_number(result.reward));
    lua_pushboolean(L, episode_is_over(e));
    return 2;
}

/* Actions are checked as those of act are: whole where discrete, finite otherwise. */
static void check_actions(lua_State *L, const struct env *env, const struct vec *v, int n)
{
    vm_charge(L, v->n / NUMBERS_PER_UNIT);
    for (int64_t i = 0; i < v->n; i++) {
        const struct env_action *a = &env->actions[i % n];
        double x = v->at[i];
        if (a->is_discrete ? !(x >= a->min && x <= a->max && x == floor(x))
                           : !isfinite(x))
            luaL_error(L, "sim: %f at %I is no %s", x, (LUAI_UACINT)(i + 1), a->name);
    }
}

/* Room for what the rows' last states show, pushed. */
static struct vec *push_last(lua_State *L, const struct episode *e, int64_t n_rows)
{
    const struct vm_world *world = vm_world(vm_of(L));

    if (world->observation != OBSERVATION_features || world->fields)
        luaL_error(L, "sim:rollouts: observations are given where obs has all features");
    return vec_push(L, n_rows * e->n_obs);
}

static void flush_vec(struct vec *v)
{
    for (int64_t i = 0; i < v->n; i++)
        v->at[i] = flush_number(v->at[i]);
}

/* The rows one after another, into vecs of what they return, how many steps they play
 * and, unless it is NULL, what their last states show. */
static void play_each(struct sim *s, struct episode *e, const struct vec *batch,
                      double discount, void *start, struct vec *returns,
                      struct vec *played, struct vec *last)
{
    int64_t row_len = batch->n / returns->n, length = row_len / e->n_actions;

    episode_save(e, start);
    e->now.chance = s->chance;
    for (int64_t row = 0; row < returns->n; row++) {
        const double *actions = batch->at + row * row_len;
        double weight = 1, total = 0;
        for (int64_t i = 0; i < length && !episode_is_over(e); i++, weight *= discount) {
            total += weight * episode_step(e, actions + i * e->n_actions).reward;
            played->at[row]++;
        }
        returns->at[row] = total;
        sim_count(s, (int64_t)played->at[row]);
        if (last)
            e->env->observe(e->instance, last->at + row * e->n_obs);
        s->chance = e->now.chance;
        episode_load(e, start);
        e->now.chance = s->chance;
    }
}

/* n_rows sequences of actions, each from the state that the copy is in, which it returns
 * to. Leaves the returns, the numbers of steps played and, if wanted, the last
 * observations on the stack. */
static void play_rows(lua_State *L, const struct vec *batch, lua_Integer n_rows,
                      double discount, bool wants_last)
{
    struct sim *s;
    struct episode *e = get_sim(L, &s);
    int64_t row_len = n_rows > 0 ? batch->n / n_rows : 0, length = row_len / e->n_actions;
    uint64_t *clock = vm_world(vm_of(L))->sim_clock;
    void *start = lua_touserdata(L, 1); /* room for one state */
    struct vec *returns, *played, *last;

    if (n_rows < 1 || batch->n % n_rows || row_len % e->n_actions)
        luaL_error(L, "sim: %I numbers are not %I sequences of actions of %d",
                   (LUAI_UACINT)batch->n, (LUAI_UACINT)n_rows, e->n_actions);
    check_actions(L, e->env, batch, e->n_actions);
    pay(L, s, n_rows * length);
    returns = vec_push(L, n_rows);
    played = vec_push(L, n_rows);
    last = wants_last ? push_last(L, e, n_rows) : NULL;
    if (clock)
        *clock -= __builtin_ia32_rdtsc();
    IN_ENV(play_each(s, e, batch, discount, start, returns, played, last));
    if (clock)
        *clock += __builtin_ia32_rdtsc();
    flush_vec(returns);
    if (last)
        flush_vec(last);
}

/* sim:rollout(actions [, discount]) -> return, steps played */
static int rollout(lua_State *L)
{
    const struct vec *actions;

    lua_settop(L, 3);
    actions = vec_get(L, 2);
    play_rows(L, actions, 1, luaL_optnumber(L, 3, 1), false);
    lua_pushnumber(L, ((struct vec *)lua_touserdata(L, -2))->at[0]);
    lua_pushinteger(L, (lua_Integer)((struct vec *)lua_touserdata(L, -2))->at[0]);
    return 2;
}

/* sim:rollouts(batch, n [, discount [, wants_last]]) -> vec of n returns, vec of steps
 * played, vec of n observations */
static int rollouts(lua_State *L)
{
    const struct vec *batch;

    bool wants_last = lua_toboolean(L, 5);

    lua_settop(L, 4);
    batch = vec_get(L, 2);
    play_rows(L, batch, luaL_checkinteger(L, 3), luaL_optnumber(L, 4, 1), wants_last);
    return wants_last ? 3 : 2;
}

/* The field of the table at index 2 into out. */
static void read_field(lua_State *L, const struct env_field *f, double *out)
{
    lua_getfield(L, 2, f->name);
    for (int i = 0; i < f->n; i++) {
        if (f->n > 1 && lua_istable(L, -1))
            lua_rawgeti(L, -1, i + 1);
        else
            lua_pushvalue(L, -1);
        if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1)))
            luaL_error(L, "sim:set: %s is not %s", f->name,
                       f->n > 1 ? "a list of finite numbers" : "a finite number");
        out[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void set_from_table(lua_State *L, const struct vm_world *world)
{
    int n = env_count_obs(world->env), at = 0;
    double *values = vec_push(L, n)->at;

    if (!world->env->set_observed)
        luaL_error(L,
                   "sim:set: an observation of %s does not tell its state; "
                   "use sim:save()",
                   world->env->name);
    vm_charge(L, n);
    for (const struct env_field *f = world->env->fields; f->name; at += f->n, f++)
        read_field(L, f, values + at);
    set_from_values(L, world, values);
}

/* sim:set() goes back to this act's observation, sim:set(obs) to one that is made up (a
 * table with every field), sim:set(saved) to what sim:save() gave. */
static int sim_set(lua_State *L)
{
    const struct vm_world *world = vm_world(vm_of(L));
    struct sim *s;
    struct episode *e = check_sim(L, &s);

    lua_settop(L, 2);
    s->is_set = false;
    if (lua_isnil(L, 2)) {
        set_from_view(L, world, s);
    } else if (lua_istable(L, 2)) {
        set_from_table(L, world);
    } else {
        vm_charge(L, SET_UNITS);
        const void *saved = luaL_checkudata(L, 2, STATE);
        int failed;
        IN_ENV(failed = episode_load(e, saved));
        if (failed)
            return luaL_error(L, "sim:set: this state is refused");
    }
    s->is_set = true;
    lua_settop(L, 1);
    return 1;
}

/* sim:save() -> the state as an object for sim:set */
static int sim_save(lua_State *L)
{
    struct sim *s;
    struct episode *e = get_sim(L, &s);
    void *block;

    vm_charge(L, SET_UNITS);
    block = lua_newuserdatauv(L, episode_block_size(e), 0);
    IN_ENV(episode_save(e, block));
    luaL_setmetatable(L, STATE);
    return 1;
}

/* sim:observe() -> a new table as obs is */
static int sim_observe(lua_State *L)
{
    struct sim *s;
    struct episode *e = get_sim(L, &s);
    const struct vm_world *world = vm_world(vm_of(L));
    const double *values;
    struct vec *all;

    if (world->observation != OBSERVATION_features)
        return luaL_error(L, "sim:observe: there are no features in this task");
    all = vec_push(L, e->n_obs);
    vm_charge(L, e->n_obs);
    IN_ENV(e->env->observe(e->instance, all->at));
    flush_vec(all);
    values = all->at;
    lua_newtable(L);
    for (const struct env_field *f = e->env->fields; f->name; values += f->n, f++) {
        if (!vm_field_is_wanted(world, f->name))
            continue;
        if (f->n == 1) {
            lua_pushnumber(L, values[0]);
        } else {
            lua_createtable(L, f->n, 0);
            for (int i = 0; i < f->n; i++) {
                lua_pushnumber(L, values[i]);
                lua_rawseti(L, -2, i + 1);
            }
        }
        lua_setfield(L, -2, f->name);
    }
    return 1;
}

/* sim:left() -> planner steps that this act may still make */
static int left(lua_State *L)
{
    luaL_checkudata(L, 1, SIM);
    lua_pushinteger(L, vm_sim(vm_of(L))->left);
    return 1;
}

static void protect(lua_State *L)
{
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

void sim_open(lua_State *L, const struct vm_world *world)
{
    static const luaL_Reg methods[] = {
        { "set", sim_set },       { "step", sim_step }, { "rollout", rollout },
        { "rollouts", rollouts }, { "save", sim_save }, { "observe", sim_observe },
        { "left", left },         { NULL, NULL },
    };

    luaL_newmetatable(L, STATE);
    protect(L);
    lua_pop(L, 1);
    lua_newuserdatauv(L, episode_block_size(world->sim), 0);
    luaL_newmetatable(L, SIM);
    luaL_newlibtable(L, methods);
    lua_pushnil(L); /* closures lie in the arena, see lualib.c */
    luaL_setfuncs(L, methods, 1);
    lua_setfield(L, -2, "__index");
    protect(L);
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, SIM);
}
