/* vision.c - the frame in a policy's world: pixels, and what is worth finding in them in
 * C. */
#include <lauxlib.h>
#include <lua.h>

#include "sandbox/vm.h"
#include "sandbox/vm_world.h"

#define FRAME "frame"
#define PIXELS_PER_UNIT 16

static const struct canvas *check_frame(lua_State *L)
{
    return luaL_checkudata(L, 1, FRAME);
}

static uint32_t color_at(const struct canvas *c, int64_t x, int64_t y)
{
    const uint8_t *p = c->rgb + 3 * (y * c->width + x);

    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* frame:pixel(x, y) -> 0xRRGGBB, or nil outside. */
static int pixel(lua_State *L)
{
    const struct canvas *c = check_frame(L);
    lua_Integer x = luaL_checkinteger(L, 2), y = luaL_checkinteger(L, 3);

    if (x < 0 || y < 0 || x >= c->width || y >= c->height)
        return 0;
    lua_pushinteger(L, color_at(c, x, y));
    return 1;
}

static lua_Integer clamp(lua_Integer v, lua_Integer low, lua_Integer high)
{
    return v < low ? low : v > high ? high : v;
}

/* frame:find(color [, x, y, width, height]) -> n, left, top, right, bottom, center x, y
 * of the pixels of that color, right and bottom included; only n = 0 when there are none.
 */
static int find(lua_State *L)
{
    const struct canvas *c = check_frame(L);
    lua_Integer color = luaL_checkinteger(L, 2);
    lua_Integer x0 = clamp(luaL_optinteger(L, 3, 0), 0, c->width);
    lua_Integer y0 = clamp(luaL_optinteger(L, 4, 0), 0, c->height);
    lua_Integer x1 = x0 + clamp(luaL_optinteger(L, 5, c->width), 0, c->width - x0);
    lua_Integer y1 = y0 + clamp(luaL_optinteger(L, 6, c->height), 0, c->height - y0);
    lua_Integer n = 0, left = x1, right = 0, top = y1, bottom = 0, sum_x = 0, sum_y = 0;

    vm_charge(L, (x1 - x0) * (y1 - y0) / PIXELS_PER_UNIT);
    for (lua_Integer y = y0; y < y1; y++)
        for (lua_Integer x = x0; x < x1; x++) {
            if (color_at(c, x, y) != (uint32_t)color)
                continue;
            n++;
            sum_x += x;
            sum_y += y;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y;
        }
    lua_pushinteger(L, n);
    if (!n)
        return 1;
    lua_pushinteger(L, left);
    lua_pushinteger(L, top);
    lua_pushinteger(L, right);
    lua_pushinteger(L, bottom);
    lua_pushnumber(L, (double)sum_x / (double)n);
    lua_pushnumber(L, (double)sum_y / (double)n);
    return 7;
}

struct canvas *vision_push(lua_State *L)
{
    static const luaL_Reg methods[] = { { "pixel", pixel },
                                        { "find", find },
                                        { NULL, NULL } };
    struct canvas *c = lua_newuserdatauv(L, sizeof(*c), 0);

    *c = (struct canvas){ 0 };
    if (luaL_newmetatable(L, FRAME)) {
        luaL_newlibtable(L, methods);
        lua_pushnil(L); /* closures lie in the arena, see lualib.c */
        luaL_setfuncs(L, methods, 1);
        lua_setfield(L, -2, "__index");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
    return c;
}
