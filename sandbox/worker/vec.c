/* vec.c - vectors of doubles in a policy's world: one block of memory each, worked on in
 * C.
 *
 * What a planner does between its rollouts (noise, squashing, weights, means) costs Lua
 * tens of nanoseconds an element and C about one. Functions work in place on their first
 * argument and return it. An operand is a number or a vector; a shorter one is repeated,
 * so that one row is added to every row of a batch. Work is charged by size. */
#include "sandbox/worker/vec.h"

#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <string.h>

#include "sandbox/worker/vm.h"

#define VEC "vec"
#define MOST (1 << 24)   /* elements */
#define PER_UNIT 4       /* elements of plain arithmetic */
#define FILTER_UNITS 1   /* an element that waits for the one before it */
#define FUNCTION_UNITS 2 /* an element through tanh, exp or the normal distribution */
#define SORT_UNITS 8     /* an element in a sort */
#define TURN 6.283185307179586476925

static struct vec *vec_check(lua_State *L, int index)
{
    return luaL_checkudata(L, index, VEC);
}

static struct vec *self(lua_State *L, int64_t units_per_element)
{
    struct vec *v = vec_check(L, 1);

    vm_charge(L, units_per_element ? v->n * units_per_element : v->n / PER_UNIT);
    return v;
}

static int chain(lua_State *L)
{
    lua_settop(L, 1);
    return 1;
}

struct vec *vec_push(lua_State *L, int64_t n)
{
    size_t size = sizeof(double) * (size_t)n;
    struct vec *v;

    if (n < 0 || n > MOST)
        luaL_error(L, "a vec has 0 to %d elements", MOST);
    vm_charge(L, n / PER_UNIT);
    v = lua_newuserdatauv(L, sizeof(*v) + size, 0);
    v->n = n;
    memset(v->at, 0, size);
    luaL_setmetatable(L, VEC);
    return v;
}

struct vec *vec_get(lua_State *L, int index)
{
    struct vec *v;
    int64_t n;

    if (!lua_istable(L, index))
        return vec_check(L, index);
    n = (int64_t)lua_rawlen(L, index);
    v = vec_push(L, n);
    vm_charge(L, n);
    for (int64_t i = 0; i < n; i++) {
        if (lua_rawgeti(L, index, i + 1) != LUA_TNUMBER)
            luaL_error(L, "a list of numbers has a %s at %d", luaL_typename(L, -1),
                       (int)i + 1);
        v->at[i] = lua_tonumber(L, -1);
        lua_pop(L, 1);
    }
    lua_replace(L, index);
    return v;
}

/* An operand for v: a number, or a vector of which v holds a whole number. */
struct operand {
    const double *at;
    int64_t n;
    double number;
};

static void get_operand(lua_State *L, int index, const struct vec *v, struct operand *o)
{
    const struct vec *w;

    if (lua_type(L, index) == LUA_TNUMBER) {
        *o = (struct operand){ .at = &o->number,
                               .n = 1,
                               .number = lua_tonumber(L, index) };
        return;
    }
    w = vec_check(L, index);
    if (w->n < 1 || v->n % w->n)
        luaL_error(L, "%d elements do not fit into %d a whole number of times", (int)w->n,
                   (int)v->n);
    *o = (struct operand){ .at = w->at, .n = w->n };
}

/* Rows of v with the operand; a vector with itself is fine, for rows do not overlap. */
#define EACH(v, o, statement)                              \
    for (int64_t row_ = 0; row_ < (v)->n; row_ += (o).n) { \
        double *x = (v)->at + row_;                        \
        const double *w = (o).at;                          \
        for (int64_t i = 0; i < (o).n; i++)                \
            statement;                                     \
    }

static int make(lua_State *L)
{
    double x = luaL_optnumber(L, 2, 0);
    struct vec *v = vec_push(L, luaL_checkinteger(L, 1));

    for (int64_t i = 0; x != 0 && i < v->n; i++)
        v->at[i] = x;
    return 1;
}

static int of(lua_State *L)
{
    lua_settop(L, 1);
    luaL_checktype(L, 1, LUA_TTABLE);
    vec_get(L, 1);
    return 1;
}

static int vec_copy(lua_State *L)
{
    const struct vec *v = self(L, 0);

    memcpy(vec_push(L, v->n)->at, v->at, sizeof(double) * (size_t)v->n);
    return 1;
}

static int vec_fill(lua_State *L)
{
    struct vec *v = self(L, 0);
    struct operand o;

    get_operand(L, 2, v, &o);
    EACH(v, o, x[i] = w[i])
    return chain(L);
}

static int vec_add(lua_State *L)
{
    struct vec *v = self(L, 0);
    struct operand o;

    get_operand(L, 2, v, &o);
    EACH(v, o, x[i] += w[i])
    return chain(L);
}

static int mul(lua_State *L)
{
    struct vec *v = self(L, 0);
    struct operand o;

    get_operand(L, 2, v, &o);
    EACH(v, o, x[i] *= w[i])
    return chain(L);
}

static int axpy(lua_State *L)
{
    struct vec *v = self(L, 0);
    double a = luaL_checknumber(L, 2);
    struct operand o;

    get_operand(L, 3, v, &o);
    EACH(v, o, x[i] += a * w[i])
    return chain(L);
}

static int squash(lua_State *L)
{
    struct vec *v = self(L, FUNCTION_UNITS);

    for (int64_t i = 0; i < v->n; i++)
        v->at[i] = tanh(v->at[i]);
    return chain(L);
}

static int vec_absolute(lua_State *L)
{
    struct vec *v = self(L, 0);

    for (int64_t i = 0; i < v->n; i++)
        v->at[i] = fabs(v->at[i]);
    return chain(L);
}

static int root(lua_State *L)
{
    struct vec *v = self(L, 0);

    for (int64_t i = 0; i < v->n; i++)
        v->at[i] = sqrt(v->at[i]);
    return chain(L);
}

static int vec_clip(lua_State *L)
{
    struct vec *v = self(L, 0);
    double low = luaL_checknumber(L, 2), high = luaL_checknumber(L, 3);

    for (int64_t i = 0; i < v->n; i++)
        v->at[i] = v->at[i] < low ? low : v->at[i] > high ? high : v->at[i];
    return chain(L);
}

/* Box & Muller 1958, both branches: two numbers from two. */
static int normal(lua_State *L)
{
    struct vec *v = self(L, FUNCTION_UNITS);
    struct rng *r = vm_chance(vm_of(L));
    struct operand o = { .at = &o.number, .n = 1, .number = 1 };

    if (!lua_isnoneornil(L, 2))
        get_operand(L, 2, v, &o);
    luaL_argcheck(L, o.at != v->at, 2, "a vec cannot be the scale of its own noise");
    for (int64_t i = 0; i < v->n; i += 2) {
        double radius = sqrt(-2 * log(1 - rng_uniform(r))), turn = TURN * rng_uniform(r);
        v->at[i] = radius * cos(turn);
        if (i + 1 < v->n)
            v->at[i + 1] = radius * sin(turn);
    }
    if (o.n > 1 || o.number != 1)
        EACH(v, o, x[i] *= w[i])
    return chain(L);
}

/* A first-order filter over time that keeps the variance of noise: in every row of
 * `length`, x[t] = beta x[t - width] + sqrt(1 - beta^2) x[t]. */
static int smooth(lua_State *L)
{
    struct vec *v = self(L, FILTER_UNITS);
    double beta = luaL_checknumber(L, 2);
    lua_Integer width = luaL_checkinteger(L, 3), length = luaL_optinteger(L, 4, v->n);
    double rest = sqrt(1 - beta * beta);

    luaL_argcheck(L, beta >= 0 && beta <= 1, 2, "from 0 to 1");
    luaL_argcheck(L, width > 0, 3, "at least 1");
    luaL_argcheck(L, v->n == 0 || (length > 0 && v->n % length == 0), 4,
                  "rows must fill the vec");
    for (int64_t row = 0; row < v->n; row += length)
        for (int64_t i = width; i < length; i++)
            v->at[row + i] = beta * v->at[row + i - width] + rest * v->at[row + i];
    return chain(L);
}

static int sum(lua_State *L)
{
    const struct vec *v = self(L, 0);
    double total = 0;

    for (int64_t i = 0; i < v->n; i++)
        total += v->at[i];
    lua_pushnumber(L, total);
    return 1;
}

static int vec_dot(lua_State *L)
{
    struct vec *v = self(L, 0);
    const struct vec *w = vec_check(L, 2);
    double total = 0;

    luaL_argcheck(L, w->n == v->n, 2, "another length");
    for (int64_t i = 0; i < v->n; i++)
        total += v->at[i] * w->at[i];
    lua_pushnumber(L, total);
    return 1;
}

/* The extreme and its place, or nothing of an empty vec; NaN is never extreme. */
static int extreme(lua_State *L, bool is_max)
{
    const struct vec *v = self(L, 0);
    int64_t best = -1;

    for (int64_t i = 0; i < v->n; i++)
        if (v->at[i] == v->at[i] &&
            (best < 0 || (is_max ? v->at[i] > v->at[best] : v->at[i] < v->at[best])))
            best = i;
    if (best < 0)
        return 0;
    lua_pushnumber(L, v->at[best]);
    lua_pushinteger(L, best + 1);
    return 2;
}

static int max(lua_State *L)
{
    return extreme(L, true);
}

static int min(lua_State *L)
{
    return extreme(L, false);
}

/* Scores become weights exp(score / temperature) with the sum 1; NaN and -inf weigh 0. */
static int softmax(lua_State *L)
{
    struct vec *v = self(L, FUNCTION_UNITS);
    double temperature = luaL_checknumber(L, 2), most = -INFINITY, total = 0;

    luaL_argcheck(L, temperature > 0, 2, "more than 0");
    for (int64_t i = 0; i < v->n; i++)
        if (v->at[i] > most)
            most = v->at[i];
    if (!isfinite(most))
        return luaL_error(L, "softmax: the best score is not a finite number");
    for (int64_t i = 0; i < v->n; i++) {
        double x = exp((v->at[i] - most) / temperature);
        v->at[i] = x == x ? x : 0;
        total += v->at[i];
    }
    for (int64_t i = 0; i < v->n; i++)
        v->at[i] /= total;
    return chain(L);
}

/* v = the weighted mean of the rows of a batch; without weights the plain one. */
static int vec_mean(lua_State *L)
{
    struct vec *v = vec_check(L, 1);
    const struct vec *batch = vec_check(L, 2), *weights = NULL;
    int64_t n_rows = v->n ? batch->n / v->n : 0;

    if (!lua_isnoneornil(L, 3))
        weights = vec_check(L, 3);
    vm_charge(L, batch->n / PER_UNIT + n_rows);
    luaL_argcheck(L, n_rows > 0 && batch->n % v->n == 0 && batch != v, 2,
                  "not a whole number of rows");
    luaL_argcheck(L, !weights || (weights->n == n_rows && weights != v), 3,
                  "not one weight a row");
    memset(v->at, 0, sizeof(double) * (size_t)v->n);
    for (int64_t row = 0; row < n_rows; row++) {
        double weight = weights ? weights->at[row] : 1 / (double)n_rows;
        for (int64_t i = 0; weight != 0 && i < v->n; i++)
            v->at[i] += weight * batch->at[row * v->n + i];
    }
    return chain(L);
}

struct scored {
    double score;
    int64_t index;
};

static bool comes_first(const struct scored *a, const struct scored *b)
{
    return a->score >= b->score || b->score != b->score;
}

/* Stable, highest first, NaN last; the C library's qsort makes calls that the jail
 * forbids. `spare` has room for n. */
static void sort_scored(struct scored *all, struct scored *spare, int64_t n)
{
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t from = 0; from < n; from += 2 * width) {
            int64_t middle = from + width < n ? from + width : n;
            int64_t end = from + 2 * width < n ? from + 2 * width : n;
            int64_t a = from, b = middle;
            for (int64_t i = from; i < end; i++)
                spare[i] = a < middle && (b == end || comes_first(&all[a], &all[b]))
                               ? all[a++]
                               : all[b++];
        }
        memcpy(all, spare, sizeof(*all) * (size_t)n);
    }
}

/* A new vec of the places of the elements, highest first; equal ones as they stand. */
static int order(lua_State *L)
{
    const struct vec *v = self(L, SORT_UNITS);
    struct scored *all = lua_newuserdatauv(L, 2 * sizeof(*all) * (size_t)v->n + 1, 0);
    struct vec *out = vec_push(L, v->n);

    for (int64_t i = 0; i < v->n; i++)
        all[i] = (struct scored){ v->at[i], i };
    sort_scored(all, all + v->n, v->n);
    for (int64_t i = 0; i < v->n; i++)
        out->at[i] = (double)(all[i].index + 1);
    return 1;
}

/* Checks places from..from+n-1 of v, counted from 1. */
static void check_range(lua_State *L, const struct vec *v, int64_t from, int64_t n)
{
    if (n < 0 || from < 1 || n > v->n || from - 1 > v->n - n)
        luaL_error(L, "elements %I to %I of a vec of %I", (LUAI_UACINT)from,
                   (LUAI_UACINT)((uint64_t)from + (uint64_t)n - 1), (LUAI_UACINT)v->n);
}

/* v[at...] = source[from...], n elements; v itself as the source is fine. */
static int paste(lua_State *L)
{
    struct vec *v = vec_check(L, 1);
    lua_Integer at = luaL_checkinteger(L, 2);
    const struct vec *source = vec_check(L, 3);
    lua_Integer from = luaL_optinteger(L, 4, 1), n = luaL_optinteger(L, 5, source->n);

    check_range(L, v, at, n);
    check_range(L, source, from, n);
    vm_charge(L, n / PER_UNIT);
    memmove(v->at + at - 1, source->at + from - 1, sizeof(double) * (size_t)n);
    return chain(L);
}

/* A new vec of the i-th element of every row of `width`. */
static int column(lua_State *L)
{
    const struct vec *v = self(L, 0);
    lua_Integer i = luaL_checkinteger(L, 2), width = luaL_checkinteger(L, 3);
    struct vec *out;

    luaL_argcheck(L, width > 0 && v->n % width == 0, 3, "not a whole number of rows");
    luaL_argcheck(L, i >= 1 && i <= width, 2, "there is no such column");
    out = vec_push(L, v->n / width);
    for (int64_t row = 0; row < out->n; row++)
        out->at[row] = v->at[row * width + i - 1];
    return 1;
}

/* n elements from a place on as a list. */
static int vec_list(lua_State *L)
{
    const struct vec *v = vec_check(L, 1);
    lua_Integer from = luaL_optinteger(L, 2, 1), n = luaL_optinteger(L, 3, v->n);

    check_range(L, v, from, n);
    vm_charge(L, n);
    lua_createtable(L, (int)n, 0);
    for (int64_t i = 0; i < n; i++) {
        lua_pushnumber(L, v->at[from - 1 + i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int length(lua_State *L)
{
    lua_pushinteger(L, vec_check(L, 1)->n);
    return 1;
}

static int vec_get_arg(lua_State *L)
{
    const struct vec *v = vec_check(L, 1);
    lua_Integer i = lua_tointeger(L, 2);

    if (lua_type(L, 2) != LUA_TNUMBER) {
        lua_rawget(L, lua_upvalueindex(1));
        return 1;
    }
    if (i < 1 || i > v->n)
        return 0;
    lua_pushnumber(L, v->at[i - 1]);
    return 1;
}

static int vec_set(lua_State *L)
{
    struct vec *v = vec_check(L, 1);
    lua_Integer i = luaL_checkinteger(L, 2);

    check_range(L, v, i, 1);
    v->at[i - 1] = luaL_checknumber(L, 3);
    return 0;
}

/* Closures lie in the arena, see lualib.c. */
static void vec_set_function(lua_State *L, const char *name, lua_CFunction f)
{
    lua_pushnil(L);
    lua_pushcclosure(L, f, 1);
    lua_setfield(L, -2, name);
}

void vec_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "new", make },         { "of", of },           { "copy", vec_copy },
        { "fill", vec_fill },    { "add", vec_add },     { "mul", mul },
        { "axpy", axpy },        { "tanh", squash },     { "sqrt", root },
        { "clip", vec_clip },    { "normal", normal },   { "smooth", smooth },
        { "sum", sum },          { "dot", vec_dot },     { "max", max },
        { "min", min },          { "softmax", softmax }, { "mean", vec_mean },
        { "order", order },      { "paste", paste },     { "list", vec_list },
        { "abs", vec_absolute }, { "column", column },   { NULL, NULL },
    };

    lua_newtable(L);
    for (const luaL_Reg *f = functions; f->name; f++)
        vec_set_function(L, f->name, f->func);
    luaL_newmetatable(L, VEC);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, vec_get_arg, 1);
    lua_setfield(L, -2, "__index");
    vec_set_function(L, "__newindex", vec_set);
    vec_set_function(L, "__len", length);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    lua_setglobal(L, "vec");
}
