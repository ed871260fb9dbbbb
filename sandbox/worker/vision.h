/* vision.h - images in a policy's world: the observation's frame, and what is made of
 * it. */
#ifndef RATCHET_SANDBOX_WORKER_VISION_H
#define RATCHET_SANDBOX_WORKER_VISION_H

#include <lua.h>

#include "sandbox/worker/image.h"

#define VISION_UNIT_PIXELS 16 /* one unit of instructions pays for so many */

/* The frame of the observation, pushed, without pixels yet; opens the global `image`. */
struct image *vision_push(lua_State *L, int channels);

#define VISION_IMAGE "image" /* the name of their metatable */

/* vision_args.c, for its own parts. All raise Lua errors. */
struct image *vision_check(lua_State *L, int index);
uint32_t vision_color(lua_State *L, const struct image *im, int index);
lua_Integer vision_clamp(lua_Integer v, lua_Integer low, lua_Integer high);
struct range vision_range(lua_State *L, const struct image *im, int low, int high);
/* Four arguments x, y, width, height from index on, each with a default: the whole. */
struct box vision_box(lua_State *L, const struct image *im, int index);
void vision_charge(lua_State *L, double pixels);

/* Methods that search, in vision_find.c. */
int vision_find(lua_State *L);
int vision_find_range(lua_State *L);
int vision_components(lua_State *L);
int vision_objects(lua_State *L);
int vision_columns(lua_State *L);
int vision_rows(lua_State *L);
int vision_match(lua_State *L);

#endif
