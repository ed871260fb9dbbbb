/* vision_find.c - what is found in an image: places of colors, components, profiles,
 * templates. */
#include <lauxlib.h>
#include <string.h>

#include "sandbox/worker/vision.h"
#include "sandbox/worker/vm.h"

#define BLOB_UNITS 40  /* of a component's table */
#define VALUE_UNITS 1  /* of a profile's number */
#define MATCH_BYTES 32 /* of a template's row, one unit */

/* Pixels that belong together. */
struct blob {
    int64_t n, sum_x, sum_y;
    int left, top, right, bottom; /* included */
    uint32_t color;
};

/* Pixels [start, end) of a row. parent: a run of the same component, nearer to its
 * first. */
struct run {
    int start, end, y, parent;
    uint32_t color;
};

/* In a userdata at stack index `at`, which is replaced when it grows. */
struct runs {
    struct run *list;
    int n, size, at;
};

static void blob_add(struct blob *b, int start, int end, int y)
{
    int64_t n = end - start;

    if (!b->n) {
        b->left = start;
        b->right = end - 1;
        b->top = y;
    }
    b->n += n;
    b->sum_x += (start + end - 1) * n / 2;
    b->sum_y += y * n;
    b->left = start < b->left ? start : b->left;
    b->right = end - 1 > b->right ? end - 1 : b->right;
    b->bottom = y;
}

static int find_in(lua_State *L, const struct image *im, const struct range *range,
                   const struct box *box)
{
    struct blob b = { 0 };
    uint64_t bits[IMAGE_WORDS];

    vision_charge(L, (double)box->width * box->height);
    for (int y = box->y; y < box->y + box->height; y++) {
        int start, end = 0;
        image_row(im, range, box, y, bits);
        while (image_run(bits, box->width, &start, &end))
            blob_add(&b, box->x + start, box->x + end, y);
    }
    lua_pushinteger(L, b.n);
    if (!b.n)
        return 1;
    lua_pushinteger(L, b.left);
    lua_pushinteger(L, b.top);
    lua_pushinteger(L, b.right);
    lua_pushinteger(L, b.bottom);
    lua_pushnumber(L, (double)b.sum_x / (double)b.n);
    lua_pushnumber(L, (double)b.sum_y / (double)b.n);
    return 7;
}

/* image:find(color [, x, y, width, height]) -> n, left, top, right, bottom, center x, y
 * of the pixels of that color; only n = 0 when there are none */
int vision_find(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    struct range range = vision_range(L, im, 2, 2);
    struct box box = vision_box(L, im, 3);

    return find_in(L, im, &range, &box);
}

/* image:find_range(low, high [, x, y, width, height]), likewise: of the pixels whose
 * every channel lies from low's to high's */
int vision_find_range(lua_State *L)
{
    const struct image *im = vision_check(L, 1);
    struct range range = vision_range(L, im, 2, 3);
    struct box box = vision_box(L, im, 4);

    return find_in(L, im, &range, &box);
}

static void vision_find_add_run(lua_State *L, struct runs *runs, int start, int end,
                                int y, uint32_t color)
{
    if (runs->n == runs->size) {
        int size = runs->size ? 2 * runs->size : 256;
        struct run *list = lua_newuserdatauv(L, sizeof(*list) * (size_t)size, 0);
        memcpy(list, runs->list ? runs->list : list, sizeof(*list) * (size_t)runs->n);
        runs->list = list;
        runs->size = size;
        lua_replace(L, runs->at);
    }
    runs->list[runs->n] = (struct run){ start, end, y, runs->n, color };
    runs->n++;
}

static int root_of(struct run *list, int i)
{
    while (list[i].parent != i) {
        list[i].parent = list[list[i].parent].parent;
        i = list[i].parent;
    }
    return i;
}

/* If they touch. */
static void vision_find_join(struct run *list, int i, int j)
{
    if (list[j].start <= list[i].end && list[i].start <= list[j].end &&
        list[j].color == list[i].color) {
        int a = root_of(list, i), b = root_of(list, j);
        list[a > b ? a : b].parent = a < b ? a : b;
    }
}

/* Joins the runs [from, runs->n) of a row with those [above, from) of the row above that
 * touch them, at corners, too. */
static void join_rows(struct runs *runs, int above, int from)
{
    struct run *list = runs->list;

    for (int i = from, j = above; i < runs->n && j < from;) {
        int past = list[i].end - list[j].end;
        vision_find_join(list, i, j);
        if (past == 0 && j + 1 < from)
            vision_find_join(list, i, j + 1);
        if (past == 0 && i + 1 < runs->n)
            vision_find_join(list, i + 1, j);
        i += past <= 0;
        j += past >= 0;
    }
}

/* The runs of one row: of ones, or, by color, of what is not one. */
static void vision_find_add_row(lua_State *L, struct runs *runs, const struct image *im,
                                const struct box *box, int y, uint64_t *bits,
                                bool by_color)
{
    int start, end = 0;

    for (int i = 0; by_color && i < (box->width + 63) / 64; i++)
        bits[i] = ~bits[i];
    while (image_run(bits, box->width, &start, &end)) {
        int from = box->x + start, to = box->x + end;
        while (by_color && from < to) {
            uint32_t color = image_color(im, from, y);
            int at = from + 1;
            while (at < to && image_color(im, at, y) == color)
                at++;
            vision_find_add_run(L, runs, from, at, y, color);
            from = at;
        }
        if (!by_color)
            vision_find_add_run(L, runs, from, to, y, 0);
    }
}

static void push_blob(lua_State *L, const struct blob *b, bool by_color)
{
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {
        { "n", b->n },         { "left", b->left },     { "top", b->top },
        { "right", b->right }, { "bottom", b->bottom }, { "color", b->color },
    };

    vm_charge(L, BLOB_UNITS);
    lua_createtable(L, 0, 8);
    for (int i = 0; i < 5 + by_color; i++) {
        lua_pushinteger(L, fields[i].value);
        lua_setfield(L, -2, fields[i].name);
    }
    lua_pushnumber(L, (double)b->sum_x / (double)b->n);
    lua_setfield(L, -2, "x");
    lua_pushnumber(L, (double)b->sum_y / (double)b->n);
    lua_setfield(L, -2, "y");
}

/* The list of the components of at least so many pixels, in the order of their first
 * ones. */
static void push_blobs(lua_State *L, struct runs *runs, int64_t least, bool by_color)
{
    struct run *list = runs->list;
    struct blob *blobs;
    int n = 0, n_shown = 0;

    vm_charge(L, 2 * (int64_t)runs->n);
    for (int i = 0; i < runs->n; i++) /* a root comes before its others */
        if (root_of(list, i) == i)
            n++;
    blobs = lua_newuserdatauv(L, sizeof(*blobs) * (size_t)n + 1, 0);
    memset(blobs, 0, sizeof(*blobs) * (size_t)n);
    for (int i = 0, next = 0; i < runs->n; i++) {
        struct run *r = &list[i];
        r->parent = r->parent == i ? -1 - next++ : list[r->parent].parent;
        blobs[-1 - r->parent].color = r->color;
        blob_add(&blobs[-1 - r->parent], r->start, r->end, r->y);
    }
    lua_newtable(L);
    for (int i = 0; i < n; i++) {
        if (blobs[i].n < least)
            continue;
        push_blob(L, &blobs[i], by_color);
        lua_rawseti(L, -2, ++n_shown);
    }
}

static int components(lua_State *L, bool by_color)
{
    const struct image *im = vision_check(L, 1);
    struct range range = vision_range(L, im, 2, by_color ? 2 : 3);
    int at = by_color ? 3 : 4;
    struct box box = vision_box(L, im, at);
    int64_t least = luaL_optinteger(L, at + 4, 1);
    struct runs runs = { .at = at + 5 };
    uint64_t bits[IMAGE_WORDS];

    lua_settop(L, at + 5);
    vision_charge(L, (by_color ? 2.0 : 1.0) * box.width * box.height);
    for (int y = box.y, above = 0; y < box.y + box.height; y++) {
        int from = runs.n;
        image_row(im, &range, &box, y, bits);
        vision_find_add_row(L, &runs, im, &box, y, bits, by_color);
        vm_charge(L, runs.n - from);
        join_rows(&runs, above, from);
        above = from;
    }
    push_blobs(L, &runs, least, by_color);
    return 1;
}

/* image:components(low, high [, x, y, width, height [, least]]) -> a list of what hangs
 * together of such pixels: { n, left, top, right, bottom, x, y } */
int vision_components(lua_State *L)
{
    return components(L, false);
}

/* image:objects(background [, x, y, width, height [, least]]) -> a list of what hangs
 * together of one color that is not the background's, with its color */
int vision_objects(lua_State *L)
{
    return components(L, true);
}

/* The numbers of pixels in range of each column, or of each row. */
static int profile(lua_State *L, bool is_rows)
{
    const struct image *im = vision_check(L, 1);
    struct range range = vision_range(L, im, 2, 3);
    struct box box = vision_box(L, im, 4);
    int counts[IMAGE_MOST] = { 0 }, n = is_rows ? box.height : box.width;
    uint64_t bits[IMAGE_WORDS];

    vision_charge(L, (is_rows ? 1.0 : 2.0) * box.width * box.height);
    vm_charge(L, VALUE_UNITS * (int64_t)n);
    for (int y = 0; y < box.height; y++) {
        int start, end = 0;
        image_row(im, &range, &box, box.y + y, bits);
        while (image_run(bits, box.width, &start, &end))
            if (is_rows)
                counts[y] += end - start;
            else
                for (int x = start; x < end; x++)
                    counts[x]++;
    }
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushinteger(L, counts[i]);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* image:columns(low, high [, x, y, width, height]) -> list[1] is the box's first
 * column */
int vision_columns(lua_State *L)
{
    return profile(L, false);
}

/* image:rows(low, high [, x, y, width, height]), likewise */
int vision_rows(lua_State *L)
{
    return profile(L, true);
}

/* image:match(small [, x, y, width, height]) -> x, y, difference of the place that
 * differs least from small (a sum over all channels; 0: the same), or nothing when small
 * does not fit */
int vision_match(lua_State *L)
{
    const struct image *im = vision_check(L, 1), *small = vision_check(L, 2);
    struct box box = vision_box(L, im, 3);
    double across = box.width - small->width + 1, down = box.height - small->height + 1;
    int64_t least;
    int x = 0, y = 0;

    luaL_argcheck(L, small->channels == im->channels, 2, "an image of another kind");
    luaL_argcheck(L, small->width > 0 && small->height > 0, 2, "an empty image");
    if (across < 1 || down < 1)
        return 0;
    vision_charge(
        L, VISION_UNIT_PIXELS * across * down *
               (1 + small->height * (1 + small->width * small->channels / MATCH_BYTES)));
    least = image_match(im, &box, small, &x, &y);
    lua_pushinteger(L, x);
    lua_pushinteger(L, y);
    lua_pushinteger(L, least);
    return 3;
}
