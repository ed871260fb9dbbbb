/* test_vm.c - a policy in its Lua world: exact budgets, snapshots, what crosses the
 * border. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "envs/table.h"
#include "sandbox/worker/vm.h"

struct fixture {
    struct vm_fault fault;
    struct vm_world world;
    struct vm *vm;
    double values[256];
    uint8_t ram[256];
};

static void open_vm(struct fixture *f, const char *env, int slot,
                    const struct limits *limits)
{
    struct env_registry envs;

    memset(f, 0, sizeof(*f));
    env_registry_init(&envs);
    f->world = (struct vm_world){ .env = env_find(&envs, env, NULL),
                                  .fault = &f->fault,
                                  .rules = { 1, 0, 0, 1000 },
                                  .limits = limits ? *limits : limits_default };
    env_registry_clear(&envs);
    assert_non_null(f->world.env);
    f->vm = vm_create(slot, &f->world);
    assert_non_null(f->vm);
}

static int load(struct fixture *f, const char *source)
{
    return vm_load(f->vm, "test.lua", source, strlen(source));
}

static double act(struct fixture *f)
{
    struct vm_view view = { .values = f->values, .ram = f->ram };
    double action[ENV_MAX_ACTION];

    return vm_act(f->vm, &view, action) == 0 ? action[0] : NAN;
}

/* A policy that ends within N instructions ends within a budget of N, and not of N -
 * 1. */
static void test_exact_budget(void **state)
{
    static const char *const sources[] = {
        "return { act = function() for i = 1, 100 do end return 0 end }",
        "return { act = function() local t = {} for i = 1, 100 do t[i] = i * 2 end "
        "return 0 end }",
        "return { act = function() local co = coroutine.wrap(function() for i = 1, 77 do "
        "coroutine.yield() end end) for i = 1, 50 do co() end return 0 end }",
        "return { act = function() local s = ('x'):rep(5000) local n = 0 "
        "for w in s:gmatch('x') do n = n + 1 end return 0 end }",
        "local function f(...) return select('#', ...) end "
        "return { act = function() for i = 1, 9 do f(i, i, i) end return 0 end }",
        "return { act = function() local t = { 3, 1, 2 } table.sort(t) "
        "pcall(error, t) return 0 end }",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        struct limits limits = limits_default;
        struct fixture f;
        int64_t used;
        open_vm(&f, "cartpole", 0, NULL);
        assert_int_equal(load(&f, sources[i]), 0);
        assert_true(act(&f) == 0);
        used = vm_most_instructions(f.vm);
        assert_true(used > 10);
        vm_destroy(f.vm);
        for (int less = 0; less < 2; less++) {
            limits.act_instructions = used - less;
            open_vm(&f, "cartpole", 0, &limits);
            assert_int_equal(load(&f, sources[i]), 0);
            act(&f);
            assert_int_equal(f.fault.kind, less ? FAULT_instructions : FAULT_none);
            vm_destroy(f.vm);
        }
    }
}

/* A loop of n rounds takes n times what a round takes, in a coroutine or out of it. */
static void test_every_thread_counts(void **state)
{
    static const char *const sources[] = {
        "return { act = function() for i = 1, 10000 do end return 0 end }",
        "return { act = function() coroutine.wrap(function() for i = 1, 10000 do end "
        "end)() "
        "return 0 end }",
        "return { act = function() for k = 1, 100 do coroutine.wrap(function() "
        "for i = 1, 100 do end end)() end return 0 end }",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        struct fixture f;
        int64_t used;
        open_vm(&f, "cartpole", 0, NULL);
        assert_int_equal(load(&f, sources[i]), 0);
        assert_true(act(&f) == 0);
        used = vm_most_instructions(f.vm);
        assert_true(used > 10000 && used < (i < 2 ? 10300 : 40000));
        vm_destroy(f.vm);
    }
}

/* Work that no instruction counts is charged: at least so much. */
static void test_charges(void **state)
{
    static const struct {
        const char *name, *prepare, *work;
        int64_t least;
    } rows[] = {
        { "equal strings", "local a, b = ('x'):rep(1000000), ('x'):rep(1000000)",
          "x = a == b", 31000 },
        { "strings in order", "local a, b = ('x'):rep(1000000), ('x'):rep(1000000)",
          "x = a < b", 31000 },
        { "long keys",
          "local a, b = ('x'):rep(1000000), ('x'):rep(1000000) local t = { [a] = 1 }",
          "x = t[b]", 31000 },
        { "numbers in text", "local s = ('1'):rep(100000)", "x = s + 0", 25000 },
        { "values of ...",
          "local t = {} for i = 1, 20000 do t[i] = i end "
          "local function f(...) return select('#', ...) end",
          "f(table.unpack(t))", 9900 },
        { "empty slots",
          "local t = {} for i = 1, 10000 do t['k' .. i] = i end "
          "for k in pairs(t) do t[k] = nil end",
          "x = next(t)", 2000 },
        { "bytes to the end", "local s = ('x'):rep(40000)", "s:byte(1, -1)", 10000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        char source[1024];
        int64_t used;
        snprintf(source, sizeof(source), "%s return { act = function() %s return 0 end }",
                 rows[i].prepare, rows[i].work);
        open_vm(&f, "cartpole", 0, NULL);
        assert_int_equal(load(&f, source), 0);
        assert_true(act(&f) == 0);
        used = vm_most_instructions(f.vm);
        if (used < rows[i].least)
            fail_msg("%s: %lld", rows[i].name, (long long)used);
        vm_destroy(f.vm);
    }
}

/* A VM that is restored goes the same way again. */
static void test_snapshot(void **state)
{
    static const char source[] = "local kept, co = {}, coroutine.wrap(function() local n "
                                 "= 0 while true do n = n + 1 "
                                 "coroutine.yield(n) end end)\n"
                                 "return { act = function() kept[{}] = co() local x = 0 "
                                 "for k, v in pairs(kept) do "
                                 "x = (x * 7 + v) % 1000 end return { (x + "
                                 "math.random(100)) % 40 / 10 - 2 } end }";
    struct vm_snapshot *s;
    struct fixture f;
    double first[50];

    (void)state;
    open_vm(&f, "pendulum", 0, NULL);
    assert_int_equal(load(&f, source), 0);
    assert_int_equal(vm_reset(f.vm, 7), 0);
    for (int i = 0; i < 20; i++)
        act(&f);
    s = vm_snapshot(f.vm);
    assert_true(vm_snapshot_size(s) < 1 << 20);
    for (int i = 0; i < 50; i++)
        first[i] = act(&f);
    for (int round = 0; round < 3; round++) {
        vm_restore(f.vm, s);
        for (int i = 0; i < 50; i++)
            assert_true(act(&f) == first[i]);
    }
    vm_snapshot_destroy(s);
    vm_destroy(f.vm);
}

/* After a fault of any kind, a restored VM is as good as new. */
static void test_restore_after_fault(void **state)
{
    static const struct {
        const char *work;
        enum fault_kind kind;
    } rows[] = {
        { "while true do end", FAULT_instructions },
        { "error({})", FAULT_error },
        { "local t = {} while true do t[#t + 1] = { {}, {}, {}, {} } end", FAULT_memory },
        { "coroutine.wrap(function() table.sort({ 2, 1 }, function() while true do end "
          "end) "
          "end)()",
          FAULT_instructions },
        { "return 7", FAULT_action },
        { "return ('x'):gsub('.', function() error('in C') end)", FAULT_error },
    };
    struct limits limits = limits_default;

    (void)state;
    limits.memory_kib = 1024;
    limits.act_instructions = 1000000;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vm_snapshot *s;
        struct fixture f;
        char source[512];
        snprintf(source, sizeof(source),
                 "local n = 0 return { act = function() n = n + 1 "
                 "if n == 3 then %s end return n %% 2 end }",
                 rows[i].work);
        open_vm(&f, "cartpole", 0, &limits);
        assert_int_equal(load(&f, source), 0);
        s = vm_snapshot(f.vm);
        for (int round = 0; round < 5; round++) {
            vm_restore(f.vm, s);
            f.fault.kind = FAULT_none;
            assert_true(act(&f) == 1 && act(&f) == 0);
            assert_true(isnan(act(&f)));
            assert_int_equal(f.fault.kind, rows[i].kind);
        }
        vm_snapshot_destroy(s);
        vm_destroy(f.vm);
    }
}

/* The VM of every slot walks its tables in the same order. */
static void test_slots(void **state)
{
    static const char source[] =
        "return { act = function() local t, x = {}, 0 for i = 1, 300 do t[{}] = i end "
        "for k, v in pairs(t) do x = (x * 31 + v) % 4001 end return { x / 1000 - 2 } end "
        "}";
    struct fixture f[4];
    double first = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        open_vm(&f[i], "pendulum", i, NULL);
        assert_int_equal(load(&f[i], source), 0);
    }
    for (int i = 3; i >= 0; i--) {
        double a = act(&f[i]);
        assert_true(i == 3 || a == first);
        first = a;
        vm_destroy(f[i].vm);
    }
}

static void test_observation(void **state)
{
    static const char source[] =
        "local last return { act = function(obs) assert(#obs.bricks == 108) "
        "assert(last == nil or last == obs) last = obs "
        "if obs.ball_x ~= obs.ball_x then return 3 end "
        "return obs.ball_x + obs.bricks[108] end }";
    struct fixture f;

    (void)state;
    open_vm(&f, "breakout", 0, NULL);
    assert_int_equal(load(&f, source), 0);
    assert_true(act(&f) == 0);
    f.values[0] = 1;
    assert_true(act(&f) == 1);
    f.values[13 + 107] = 1;
    assert_true(act(&f) == 2);
    f.values[0] = NAN;
    assert_true(act(&f) == 3);
    f.values[0] = 0;
    assert_true(act(&f) == 1);
    vm_destroy(f.vm);
}

static void test_refused(void **state)
{
    static const struct {
        const char *name, *source;
        size_t len; /* 0: the text's */
        const char *text;
    } rows[] = {
        { "bytecode", "\033Lua\x54\0\x19\x93", 8, "attempt to load a binary chunk" },
        { "nothing", "", 0, "this one returns a nil" },
        { "too long", NULL, VM_MAX_SOURCE + 1, "bytes of source; 262144 is the most" },
        { "act missing", "return {}", 0, "act is a nil, not a function" },
        { "a NUL in the text", "return\0 1", 9, "test.lua:1:" },
        { "a default out of bounds",
          "return { params = { a = { default = 2, max = 1 } } }", 0,
          "params.a: default must be a number from min to max" },
    };
    char *huge = calloc(1, VM_MAX_SOURCE + 2);

    (void)state;
    memset(huge, ' ', VM_MAX_SOURCE + 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *source = rows[i].source ? rows[i].source : huge;
        struct fixture f;
        open_vm(&f, "cartpole", 0, NULL);
        assert_int_equal(
            vm_load(f.vm, "test.lua", source, rows[i].len ? rows[i].len : strlen(source)),
            -1);
        assert_int_equal(f.fault.kind, FAULT_load);
        if (!strstr(f.fault.text, rows[i].text))
            fail_msg("%s: %s", rows[i].name, f.fault.text);
        vm_destroy(f.vm);
    }
    free(huge);
}

static void test_params(void **state)
{
    static const char source[] = "local p return { params = { b = { default = 1, min = "
                                 "0, max = 2 }, a = { default = 0.5 } },"
                                 " reset = function(info) p = info.params end, act = "
                                 "function() return { p.a + p.b } end }";
    struct fixture f;
    int n;

    (void)state;
    open_vm(&f, "pendulum", 0, NULL);
    assert_int_equal(load(&f, source), 0);
    assert_string_equal(vm_params(f.vm, &n)[0].name, "a");
    assert_int_equal(n, 2);
    assert_int_equal(vm_set_param(f.vm, "b", 3), -1);
    assert_int_equal(vm_set_param(f.vm, "c", 1), -1);
    assert_int_equal(vm_set_param(f.vm, "b", NAN), -1);
    assert_int_equal(vm_set_param(f.vm, "b", 0.25), 0);
    assert_int_equal(vm_reset(f.vm, 1), 0);
    assert_true(act(&f) == 0.75);
    vm_destroy(f.vm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_budget), cmocka_unit_test(test_every_thread_counts),
        cmocka_unit_test(test_charges),      cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_slots),        cmocka_unit_test(test_restore_after_fault),
        cmocka_unit_test(test_observation),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_params),
    };

    return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
