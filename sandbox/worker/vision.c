/* vision.c - images in a policy's world: the observation's frame, and what is made of it.
 *
 * Images that methods make lie in the VM's memory like any other value, and a snapshot
 * holds them. Those that take `into` write into that image when it has the right size and
 * return it: a policy that keeps one makes no garbage. All work is charged by the pixels
 * that it may have to look at. */
#include "sandbox/worker/vision.h"

#include <lauxlib.h>

#include "sandbox/worker/vm.h"

static struct image *vision_push_region(lua_State *L, int width, int height, int channels)
{
    size_t size = (size_t)width * (size_t)height * (size_t)channels;
    struct image *im;

    if (width > IMAGE_MOST || height > IMAGE_MOST)
        luaL_error(L, "an image of %d x %d pixels; %d is the most, either way", width,
                   height, IMAGE_MOST);
    vision_charge(L, (double)size / 3);
    im = lua_newuserdatauv(L, sizeof(*im) + size, 0);
    *im = (struct image){ width, height, channels, true, (uint8_t *)(im + 1) };
    luaL_setmetatable(L, VISION_IMAGE);
    return im;
}

/* The image at index, when it has this size, else a new one; pushed. */
static struct image *push_into(lua_State *L, int index, int width, int height,
                               int channels)
{
    struct image *into;

    if (lua_isnoneornil(L, index))
        return vision_push_region(L, width, height, channels);
    into = vision_check(L, index);
    luaL_argcheck(L, into->is_owned, index,
                  "the observation's own image cannot be written to");
    if (into->width != width || into->height != height || into->channels != channels)
        return vision_push_region(L, width, height, channels);
    lua_pushvalue(L, index);
    return into;
}

static double size_of(const struct image *im)
{
    return (double)im->width * im->height;
}

/* image:size() -> width, height, 1 or 3 bytes a pixel */
static int get_size(lua_State *L)
{
    const struct image *im = vision_check(L, 1);

    lua_pushinteger(L, im->width);
    lua_pushinteger(L, im->height);
    lua_pushinteger(L, im->channels);
    return 3;
}

/* image:pixel(x, y) -> its color, or nothing outside */
static int get_pixel(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    lua_Integer x = luaL_checkinteger(L, 2), y = luaL_checkinteger(L, 3);

    if (x < 0 || y < 0 || x >= im->width || y >= im->height)
        return 0;
    lua_pushinteger(L, image_color(im, (int)x, (int)y));
    return 1;
}

/* image:crop(x, y, width, height [, into]) -> a copy of that part */
static int crop(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    struct box b = vision_box(L, im, 2);

    vision_charge(L, (double)b.width * b.height);
    image_crop(im, &b, push_into(L, 6, b.width, b.height, im->channels));
    return 1;
}

/* image:copy([into]) */
static int vision_copy(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    struct box all = { 0, 0, im->width, im->height };

    vision_charge(L, size_of(im));
    image_crop(im, &all, push_into(L, 2, im->width, im->height, im->channels));
    return 1;
}

/* image:gray([into]) */
static int gray(lua_State *L)
{
    const struct image *im = vision_check(L, 1);

    vision_charge(L, size_of(im));
    image_gray(im, push_into(L, 2, im->width, im->height, 1));
    return 1;
}

/* image:mask(low, high [, into]) -> gray: 255 where each channel lies from low's to
 * high's, else 0 */
static int mask(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    struct range r = vision_range(L, im, 2, 3);

    vision_charge(L, size_of(im));
    image_mask(im, &r, push_into(L, 4, im->width, im->height, 1));
    return 1;
}

/* image:downsample(by [, into]) -> the means of squares of by * by pixels, rounded
 * down */
static int downsample(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    lua_Integer by = luaL_checkinteger(L, 2);
    int n = (int)by;

    luaL_argcheck(L, by >= 1 && by <= IMAGE_MOST, 2, "it goes from 1 to 4096");
    vision_charge(L, 2 * size_of(im));
    image_shrink(
        im, n,
        push_into(L, 3, (im->width + n - 1) / n, (im->height + n - 1) / n, im->channels));
    return 1;
}

static const struct image *check_like(lua_State *L, int index, const struct image *im)
{
    const struct image *other = vision_check(L, index);

    luaL_argcheck(L,
                  other->width == im->width && other->height == im->height &&
                      other->channels == im->channels,
                  index, "an image of another size or kind");
    return other;
}

/* image:difference(other [, least [, into]]) -> gray: the largest difference of a
 * channel, 0 where it is less than `least` */
static int vision_difference(lua_State *L)
{
    const struct image *im = vision_check(L, 1), *other = check_like(L, 2, im);
    lua_Integer least = vision_clamp(luaL_optinteger(L, 3, 1), 0, 256);

    vision_charge(L, 2 * size_of(im));
    image_difference(im, other, (int)least, push_into(L, 4, im->width, im->height, 1));
    return 1;
}

/* image:background(kept [, step]) -> kept, each channel moved by `step` at most (1)
 * towards image's: where it settles, half of the frames are above and half below, which
 * is the median. kept = nil: a copy, to begin with. */
static int background(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    lua_Integer step = vision_clamp(luaL_optinteger(L, 3, 1), 1, 255);

    lua_settop(L, 2);
    if (lua_isnil(L, 2))
        return vision_copy(L);
    check_like(L, 2, im);
    vision_charge(L, 2 * size_of(im));
    image_follow(im, (int)step, push_into(L, 2, im->width, im->height, im->channels));
    return 1;
}

/* image(width, height, colors): of the observation's kind; colors is a list by rows, or
 * one color */
static int vision_create(lua_State *L)
{
    int channels = (int)lua_tointeger(L, lua_upvalueindex(1));
    lua_Integer width = luaL_checkinteger(L, 1), height = luaL_checkinteger(L, 2);
    bool is_list = lua_istable(L, 3);
    struct image *im;
    uint32_t color;

    luaL_argcheck(L, width >= 0 && width <= IMAGE_MOST, 1, "it goes from 0 to 4096");
    luaL_argcheck(L, height >= 0 && height <= IMAGE_MOST, 2, "it goes from 0 to 4096");
    lua_settop(L, 3);
    vm_charge(L, 1 + width * height); /* which take turns with the list */
    im = vision_push_region(L, (int)width, (int)height, channels);
    if (is_list && lua_rawlen(L, 3) != (lua_Unsigned)(width * height))
        return luaL_argerror(L, 3, "it needs one color for each pixel");
    color = is_list ? 0 : vision_color(L, im, 3);
    for (lua_Integer i = 0; i < width * height; i++) {
        uint8_t *p = im->data + i * channels;
        if (is_list) {
            lua_rawgeti(L, 3, i + 1);
            color = vision_color(L, im, 5);
            lua_settop(L, 4);
        }
        for (int c = 0; c < channels; c++)
            p[c] = (uint8_t)(color >> 8 * (channels - 1 - c));
    }
    return 1;
}

static void open_methods(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "size", get_size },
        { "pixel", get_pixel },
        { "copy", vision_copy },
        { "crop", crop },
        { "gray", gray },
        { "mask", mask },
        { "downsample", downsample },
        { "difference", vision_difference },
        { "background", background },
        { "find", vision_find },
        { "find_range", vision_find_range },
        { "components", vision_components },
        { "objects", vision_objects },
        { "columns", vision_columns },
        { "rows", vision_rows },
        { "match", vision_match },
        { NULL, NULL },
    };

    luaL_newmetatable(L, VISION_IMAGE);
    luaL_newlibtable(L, methods);
    lua_pushnil(L); /* closures lie in the arena, see lualib.c */
    luaL_setfuncs(L, methods, 1);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

struct image *vision_push(lua_State *L, int channels)
{
    struct image *im;

    open_methods(L);
    lua_pushinteger(L, channels);
    lua_pushcclosure(L, vision_create, 1);
    lua_setglobal(L, "image");
    im = lua_newuserdatauv(L, sizeof(*im), 0);
    *im = (struct image){ .channels = channels };
    luaL_setmetatable(L, VISION_IMAGE);
    return im;
}
