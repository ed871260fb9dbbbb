/* vision_args.c - arguments of the images' methods, and what they cost. */
#include <lauxlib.h>

#include "sandbox/worker/vision.h"
#include "sandbox/worker/vm.h"

struct image *vision_check(lua_State *L, int index)
{
    struct image *im = luaL_checkudata(L, index, VISION_IMAGE);

    if (im->width > IMAGE_MOST || im->height > IMAGE_MOST)
        luaL_error(L, "a frame of %d x %d pixels; %d is the most, either way", im->width,
                   im->height, IMAGE_MOST);
    return im;
}

void vision_charge(lua_State *L, double pixels)
{
    double units = 1 + pixels / VISION_UNIT_PIXELS;

    vm_charge(L, units < 1e15 ? (int64_t)units : (int64_t)1e15);
}

uint32_t vision_color(lua_State *L, const struct image *im, int index)
{
    lua_Integer color = luaL_checkinteger(L, index);

    if (color < 0 || color > (im->channels == 1 ? 255 : 0xffffff))
        luaL_argerror(L, index,
                      im->channels == 1 ? "a gray value goes from 0 to 255"
                                        : "a color goes from 0 to 0xffffff");
    return (uint32_t)color;
}

struct range vision_range(lua_State *L, const struct image *im, int low, int high)
{
    return image_range(im, vision_color(L, im, low), vision_color(L, im, high));
}

lua_Integer vision_clamp(lua_Integer v, lua_Integer low, lua_Integer high)
{
    return v < low ? low : v > high ? high : v;
}

/* Of one axis: the part of [at, at + n) that lies in [0, size). */
static void vision_args_clip(lua_Integer at, lua_Integer n, int size, int *from, int *len)
{
    lua_Integer end = at;

    if (at < size && n > 0)
        end += at < 0 ? n : vision_clamp(n, 0, size); /* does not overflow */
    *from = (int)vision_clamp(at, 0, size);
    *len = (int)(vision_clamp(end, *from, size) - *from);
}

struct box vision_box(lua_State *L, const struct image *im, int index)
{
    struct box b;

    vision_args_clip(luaL_optinteger(L, index, 0),
                     luaL_optinteger(L, index + 2, im->width), im->width, &b.x, &b.width);
    vision_args_clip(luaL_optinteger(L, index + 1, 0),
                     luaL_optinteger(L, index + 3, im->height), im->height, &b.y,
                     &b.height);
    return b;
}
