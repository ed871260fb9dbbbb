/* test_vision.c - images in a policy's world: each method against plain Lua or by
 * hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "envs/canvas.h"
#include "envs/table.h"
#include "sandbox/worker/vm.h"

enum { WIDTH = 75, HEIGHT = 21, PIXELS = WIDTH * HEIGHT };

/* What each row's Lua may use: f, the frame of random pixels of four colors (RED of a few
 * rectangles); the methods again in plain Lua; same(a, b) of lists and tables. */
static const char prelude[] =
    "local f, W, H, RED, BLUE = nil, 75, 21, ...\n"
    "local function same(a, b)\n"
    "  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end\n"
    "  for k, v in pairs(a) do if not same(v, b[k]) then return false end end\n"
    "  for k in pairs(b) do if a[k] == nil then return false end end\n"
    "  return true\n"
    "end\n"
    "local function equal(a, b)\n"
    "  local w, h = a:size()\n"
    "  if not same({ a:size() }, { b:size() }) then return false end\n"
    "  for y = 0, h - 1 do for x = 0, w - 1 do\n"
    "    if a:pixel(x, y) ~= b:pixel(x, y) then return false end end end\n"
    "  return true\n"
    "end\n"
    "local function find(test, x0, y0, w, h)\n"
    "  local n, l, t, r, b, sx, sy = 0, W, H, 0, 0, 0, 0\n"
    "  for y = y0, y0 + h - 1 do for x = x0, x0 + w - 1 do\n"
    "    if test(f:pixel(x, y)) then\n"
    "      n, sx, sy = n + 1, sx + x, sy + y\n"
    "      l, t, r, b = math.min(l, x), math.min(t, y), math.max(r, x), math.max(b, y)\n"
    "    end end end\n"
    "  if n == 0 then return { 0 } end\n"
    "  return { n, l, t, r, b, sx / n, sy / n }\n"
    "end\n"
    "local function flood(kind, x0, y0, w, h, by_color)\n"
    "  local seen, list = {}, {}\n"
    "  for y = y0, y0 + h - 1 do for x = x0, x0 + w - 1 do\n"
    "    local k = kind(f:pixel(x, y))\n"
    "    if k and not seen[y * W + x] then\n"
    "      local todo, n, l, t, r, b, sx, sy = { { x, y } }, 0, W, H, 0, 0, 0, 0\n"
    "      seen[y * W + x] = true\n"
    "      while #todo > 0 do\n"
    "        local px, py = table.unpack(table.remove(todo))\n"
    "        n, sx, sy = n + 1, sx + px, sy + py\n"
    "        l, t, r, b = math.min(l, px), math.min(t, py), math.max(r, px), "
    "math.max(b, py)\n"
    "        for dy = -1, 1 do for dx = -1, 1 do\n"
    "          local qx, qy = px + dx, py + dy\n"
    "          if qx >= x0 and qy >= y0 and qx < x0 + w and qy < y0 + h and\n"
    "             not seen[qy * W + qx] and kind(f:pixel(qx, qy)) == k then\n"
    "            seen[qy * W + qx] = true\n"
    "            todo[#todo + 1] = { qx, qy }\n"
    "          end\n"
    "        end end\n"
    "      end\n"
    "      list[#list + 1] = { n = n, left = l, top = t, right = r, bottom = b,\n"
    "        x = sx / n, y = sy / n, color = by_color and k or nil }\n"
    "    end end end\n"
    "  return list\n"
    "end\n"
    "local function range(low, high)\n"
    "  return function(c)\n"
    "    for shift = 0, 16, 8 do\n"
    "      local v = c >> shift & 255\n"
    "      if v < low >> shift & 255 or v > high >> shift & 255 then return false end\n"
    "    end\n"
    "    return true\n"
    "  end\n"
    "end\n"
    "local LOW, HIGH = 0, RED\n"
    "local function test()\n";

/* The body of a function that returns true when all is well. */
static const struct row {
    const char *name, *lua;
} rows[] = {
    { "size", "return same({ f:size() }, { W, H, RED > 255 and 3 or 1 })" },
    { "pixels outside", "return f:pixel(-1, 0) == nil and f:pixel(W, 0) == nil and "
                        "f:pixel(0, H) == nil and f:pixel(W - 1, H - 1) ~= nil" },
    { "find a color", "return same({ f:find(RED) }, find(range(RED, RED), 0, 0, W, H))" },
    { "find in every box",
      "for x = 0, W - 1, 3 do for w = 1, W - x, 5 do\n"
      "if not same({ f:find(RED, x, 2, w, 9) }, find(range(RED, RED), x, 2, w, 9)) then "
      "return false end end end return true" },
    { "find clips its box",
      "return same({ f:find(RED, -5, -7, 25, 12) }, find(range(RED, RED), 0, 0, 20, 5)) "
      "and same({ f:find(RED, 70, 3, math.maxinteger, math.maxinteger) }, "
      "find(range(RED, RED), 70, 3, 5, 18))" },
    { "find in no box",
      "return f:find(RED, W, 0) == 0 and f:find(RED, math.mininteger, 0, 5, 5) == 0 and "
      "f:find(RED, math.maxinteger, 0, math.maxinteger, 5) == 0 and "
      "f:find(RED, 1, 1, -3, math.mininteger) == 0" },
    { "find a range",
      "return same({ f:find_range(LOW, HIGH) }, find(range(LOW, HIGH), 0, 0, W, H)) and "
      "f:find_range(RED, RED) == f:find(RED) and f:find_range(RED, BLUE) == 0" },
    { "components",
      "return same(f:components(RED, RED), flood(range(RED, RED), 0, 0, W, H)) or "
      "'differ'" },
    { "components in a box", "local function kind(c) return c ~= 0 end\n"
                             "return same(f:components(1, 255, 3, 2, 66, 17), "
                             "flood(range(1, 255), 3, 2, 66, 17))" },
    { "large components",
      "local list, n = f:components(RED, RED, 0, 0, W, H, 5), 0\n"
      "for _, c in ipairs(flood(range(RED, RED), 0, 0, W, H)) do if c.n >= 5 then n = n "
      "+ 1\n"
      "if not same(c, list[n]) then return false end end end\n"
      "return n == #list and n > 0" },
    { "objects", "return same(f:objects(0), flood(function(c) return c ~= 0 and c end, "
                 "0, 0, W, H, true))" },
    { "objects in a box",
      "return same(f:objects(BLUE, 5, 1, 69, 20), flood(function(c) return c ~= BLUE and "
      "c end, 5, 1, 69, 20, true))" },
    { "columns",
      "local c = f:columns(RED, RED, 2, 3, 70, 10)\n"
      "for x = 1, 70 do if c[x] ~= f:find(RED, x + 1, 3, 1, 10) then return false end end\n"
      "return #c == 70" },
    { "rows",
      "local c = f:rows(RED, RED, 2, 3, 70, 10)\n"
      "for y = 1, 10 do if c[y] ~= f:find(RED, 2, y + 2, 70, 1) then return false end end\n"
      "return #c == 10" },
    { "crop",
      "local c = f:crop(7, 3, 30, 100)\n"
      "for y = 0, 17 do for x = 0, 29 do if c:pixel(x, y) ~= f:pixel(x + 7, y + 3) then\n"
      "return false end end end\n"
      "return same({ c:size() }, { 30, 18, select(3, f:size()) })" },
    { "an empty crop",
      "local c = f:crop(W, H)\n"
      "return c:size() == 0 and c:find(0) == 0 and #c:components(0, 0) == 0 and\n"
      "#c:columns(0, 0) == 0 and c:gray():size() == 0 and c:downsample(3):size() == 0" },
    { "a copy stays",
      "local c = f:copy() return equal(c, f) and c ~= f and equal(c:copy(c), f)" },
    { "into an image",
      "local c, d = f:copy(), f:crop(0, 0, 5, 5)\n"
      "return f:copy(c) == c and f:copy(d) ~= d and equal(f:copy(d), f)" },
    { "mask",
      "local m = f:mask(RED, RED)\n"
      "return m:find(255) == f:find(RED) and m:find(0) == W * H - f:find(RED) and\n"
      "same({ m:size() }, { W, H, 1 })" },
    { "gray",
      "local g = f:gray()\n"
      "for y = 0, H - 1 do for x = 0, W - 1 do local c = f:pixel(x, y)\n"
      "local want = RED < 256 and c or ((c >> 16) * 2989 + (c >> 8 & 255) * 5870 + "
      "(c & 255) * 1140 + 5000) // 10000\n"
      "if g:pixel(x, y) ~= want then return false end end end return true" },
    { "downsample",
      "local d = f:gray():downsample(4)\n"
      "local g = f:gray()\n"
      "for y = 0, 5 do for x = 0, 18 do local s, n = 0, 0\n"
      "for j = 4 * y, math.min(4 * y + 3, H - 1) do for i = 4 * x, math.min(4 * x + 3, "
      "W - 1) do\n"
      "s, n = s + g:pixel(i, j), n + 1 end end\n"
      "if d:pixel(x, y) ~= s // n then return false end end end\n"
      "return same({ d:size() }, { 19, 6, 1 }) and equal(f:downsample(1), f)" },
    { "difference",
      "local d = f:difference(f:background(image(W, H, 0), 1))\n"
      "local e = f:difference(f:copy())\n"
      "return e:find(0) == W * H and select(3, d:size()) == 1 and d:find(0) > 0 and\n"
      "d:find(0) < W * H and f:difference(image(W, H, 0), 256):find(0) == W * H" },
    { "background",
      "local b = f:background() local c = f:copy()\n"
      "b = image(W, H, 0)\n"
      "for i = 1, 255 do if f:background(b) ~= b then return false end end\n"
      "return equal(b, f) and equal(f:background(nil), f) and\n"
      "equal(f:background(image(W, H, BLUE), 255), f)" },
    { "the median", "local kept = image(1, 1, 0)\n"
                    "for i = 1, 600 do kept = image(1, 1, i % 3 == 0 and 200 or 100)"
                    ":background(kept) end\n"
                    "return math.abs(kept:pixel(0, 0) % 256 - 100) <= 1" },
    { "an image of a list",
      "local i = image(2, 2, { RED, BLUE, 0, RED })\n"
      "return i:pixel(0, 0) == RED and i:pixel(1, 0) == BLUE and i:pixel(0, 1) == 0 and "
      "i:pixel(1, 1) == RED" },
    { "match",
      "for x = 0, 60, 7 do for y = 0, 12, 3 do\n"
      "local a, b, d = f:match(f:crop(x, y, 15, 8))\n"
      "if a ~= x or b ~= y or d ~= 0 then return false end end end return true" },
    { "match the nearest",
      "local i = image(5, 1, { 0, 3, 0, 0, 9 })\n"
      "return same({ i:match(image(2, 1, { 0, 8 })) }, { 3, 0, 1 }) and\n"
      "same({ i:match(image(1, 1, 4)) }, { 1, 0, 1 }) and\n"
      "same({ i:match(image(1, 1, 0), 2, 0) }, { 2, 0, 0 })" },
    { "match what does not fit", "return f:match(image(W + 1, 1, 0)) == nil and "
                                 "f:match(image(9, 9, 0), 0, 0, 20, 8) == nil" },
    { "what is refused",
      "local bad = {\n"
      "function() f:find(-1) end, function() f:find(RED < 256 and 256 or 1 << 24) end,\n"
      "function() f:find('x') end, function() f.find({}, 1) end,\n"
      "function() f:find(RED, 0.5) end, function() f:copy(f) end,\n"
      "function() f:crop(0, 0, 9, 9, f) end, function() f:background(f) end,\n"
      "function() f:difference(f:crop(0, 0, 1, 1)) end,\n"
      "function() f:match(f:crop(W, H)) end, function() f:downsample(0) end,\n"
      "function() f:downsample(1 << 40) end, function() image(1 << 40, 1, 0) end,\n"
      "function() image(-1, 1, 0) end, function() image(2, 2, { 0, 0, 0 }) end,\n"
      "function() image(2, 1, { 0, 'x' }) end, function() image(1, 1) end,\n"
      "function() image(1, 1, { 1 << 24 }) end,\n"
      "function() f.x = 1 end, function() f:find() end,\n"
      "function() getmetatable(f).__index = 1 end }\n"
      "for i, b in ipairs(bad) do if pcall(b) then return 'not refused: ' .. i end end\n"
      "return true" },
};

struct fixture {
    struct vm_fault fault;
    struct vm_world world;
    struct env env;
    struct vm *vm;
    uint8_t rgb[3 * PIXELS], gray[PIXELS];
    struct canvas frame;
};

static void paint(struct fixture *f)
{
    static const uint32_t colors[] = { 0, 0xc84848, 0x4248c8, 0x102030 };
    struct rng chance;

    f->frame = (struct canvas){ WIDTH, HEIGHT, f->rgb };
    rng_seed(&chance, 1, 1);
    for (int i = 0; i < PIXELS; i++) {
        uint32_t at = rng_below(&chance, 7), color = colors[at < 4 ? at : 0];
        for (int c = 0; c < 3; c++)
            f->rgb[3 * i + c] = (uint8_t)(color >> (16 - 8 * c));
    }
    for (int i = 0; i < 12; i++)
        canvas_rect(&f->frame, (int)rng_below(&chance, WIDTH),
                    (int)rng_below(&chance, HEIGHT), 1 + (int)rng_below(&chance, 9),
                    1 + (int)rng_below(&chance, 5), colors[1 + i % 3]);
    canvas_gray(f->rgb, PIXELS, f->gray);
}

static void open_vm(struct fixture *f, enum observation mode, int64_t act_instructions)
{
    struct env_registry envs;

    memset(f, 0, sizeof(*f));
    paint(f);
    env_registry_init(&envs);
    f->env = *env_find(&envs, "breakout", NULL);
    env_registry_clear(&envs);
    f->env.frame_width = WIDTH;
    f->env.frame_height = HEIGHT;
    f->world = (struct vm_world){ .env = &f->env,
                                  .observation = mode,
                                  .fault = &f->fault,
                                  .rules = { 1, 0, 0, 1000 },
                                  .limits = limits_default };
    f->world.limits.act_instructions = act_instructions;
    f->vm = vm_create(0, &f->world);
    assert_non_null(f->vm);
}

static double act(struct fixture *f)
{
    struct vm_view view = { .frame = &f->frame, .gray = f->gray };
    double action[ENV_MAX_ACTION];

    return vm_act(f->vm, &view, action) == 0 ? action[0] : NAN;
}

static char *policy_of(enum observation mode, const char *body)
{
    bool is_gray = mode == OBSERVATION_gray;
    char *source;
    size_t size;
    FILE *out = open_memstream(&source, &size);

    fprintf(out, "return (function(...)\n%s%s\nend\n", prelude, body);
    fprintf(out,
            "return { act = function(obs) f = obs.frame local ok = test() "
            "if ok ~= true then error(tostring(ok)) end return 1 end } "
            "end)(%d, %d)\n",
            is_gray ? 110 : 0xc84848, is_gray ? 85 : 0x4248c8);
    fclose(out);
    return source;
}

static void test_row(void **state)
{
    const struct row *row = *state;
    static const enum observation modes[] = { OBSERVATION_frame, OBSERVATION_gray };

    for (int i = 0; i < 2; i++) {
        struct fixture f;
        char *source = policy_of(modes[i], row->lua);
        open_vm(&f, modes[i], 100000000);
        if (vm_load(f.vm, "row", source, strlen(source)) != 0 || act(&f) != 1)
            fail_msg("%s, %s: %s", row->name, i ? "gray" : "frame", f.fault.text);
        free(source);
        vm_destroy(f.vm);
    }
}

/* Work in C is charged: at least so much, by the pixels. */
static void test_charged(void **state)
{
    static const struct {
        const char *lua;
        int64_t least;
    } charged[] = {
        { "for i = 1, 100 do f:find(RED) end", 100 * PIXELS / 16 },
        { "for i = 1, 100 do f:find(RED, 0, 0, 32, 16) end", 100 * 32 },
        { "for i = 1, 100 do f:copy() end", 200 * PIXELS / 16 },
        { "f:objects(0)", 100 * 40 },
        { "f:columns(0, 0)", 2 * PIXELS / 16 + WIDTH },
        { "f:match(f:crop(0, 0, 16, 10))", 60 * 12 * 10 },
        { "image(100, 100, 0)", 10000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(charged) / sizeof(charged[0]); i++) {
        struct fixture f;
        char body[256], *source;
        snprintf(body, sizeof(body), "%s return true", charged[i].lua);
        source = policy_of(OBSERVATION_frame, body);
        open_vm(&f, OBSERVATION_frame, 100000000);
        assert_int_equal(vm_load(f.vm, "row", source, strlen(source)), 0);
        assert_true(act(&f) == 1);
        if (vm_most_instructions(f.vm) < charged[i].least)
            fail_msg("%s: %lld", charged[i].lua, (long long)vm_most_instructions(f.vm));
        free(source);
        vm_destroy(f.vm);
    }
}

/* Images that a policy keeps are in its snapshot. */
static void test_snapshot(void **state)
{
    static const char source[] =
        "local kept return { act = function(obs) local f = obs.frame\n"
        "local n = kept and f:difference(kept):find_range(1, 255) or 0\n"
        "kept = f:copy(kept) return n % 4 end }";
    struct vm_snapshot *s;
    struct fixture f;

    (void)state;
    open_vm(&f, OBSERVATION_gray, 100000);
    assert_int_equal(vm_load(f.vm, "row", source, strlen(source)), 0);
    assert_true(act(&f) == 0);
    s = vm_snapshot(f.vm);
    f.gray[7] ^= 1;
    assert_true(act(&f) == 1);
    assert_true(act(&f) == 0);
    vm_restore(f.vm, s);
    assert_true(act(&f) == 1);
    vm_snapshot_destroy(s);
    vm_destroy(f.vm);
}

/* A frame that is wider than the helpers can take is refused, not read past. */
static void test_too_wide(void **state)
{
    static const char source[] = "return { act = function(obs) obs.frame:find(0) end }";
    struct vm_view view;
    struct canvas wide = { 5000, 1, NULL };
    struct fixture f;
    double action[ENV_MAX_ACTION];

    (void)state;
    wide.rgb = calloc(5000, 3);
    open_vm(&f, OBSERVATION_frame, 100000);
    assert_int_equal(vm_load(f.vm, "row", source, strlen(source)), 0);
    view = (struct vm_view){ .frame = &wide };
    assert_int_equal(vm_act(f.vm, &view, action), -1);
    assert_non_null(strstr(f.fault.text, "4096 is the most"));
    free(wide.rgb);
    vm_destroy(f.vm);
}

int main(void)
{
    enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct CMUnitTest tests[N_ROWS + 3] = { cmocka_unit_test(test_charged),
                                            cmocka_unit_test(test_snapshot),
                                            cmocka_unit_test(test_too_wide) };

    for (int i = 0; i < N_ROWS; i++)
        tests[3 + i] = (struct CMUnitTest){ .name = rows[i].name,
                                            .test_func = test_row,
                                            .initial_state = (void *)&rows[i] };
    return cmocka_run_group_tests_name("vision", tests, NULL, NULL);
}
