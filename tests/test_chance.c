/* test_chance.c - the streams of chance: test vectors, and that they are apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"

/* SipHash-2-4 of the bytes 0 to 7 under the key 0 to 15: vectors_sip64[8] of the authors'
 * reference implementation. */
static void test_siphash(void **state)
{
    struct chance c = { .key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u },
                        .n_drawn = 0x0706050403020100u };

    (void)state;
    assert_true(chance_next(&c) == 0x93f5f5799a932462u);
    assert_true(c.n_drawn == 0x0706050403020101u);
}

/* From Python: int.from_bytes(hashlib.sha256(b"ratchet chance " + label + b"\0" +
 * seed.to_bytes(8, "little")).digest()[:8], "little"). */
static const struct {
    uint64_t seed;
    const char *label;
    uint64_t derived;
} derived[] = {
    { 0u, "", 0xb40243785f8428fau },
    { 1u, "policy", 0xc232d923d1fe79e5u },
    { 2718281828459045234u, "sticky", 0xac78644c18947463u },
    { 18446744073709551615u, "start", 0xac1c801bdd5f351eu },
    { 72623859790382856u, "random start", 0xe9bcf53a5344504au },
};

static void test_derived(void **state)
{
    const int row = *(const int *)*state;
    uint64_t got = chance_derive(derived[row].seed, derived[row].label);
    struct rng r;

    if (got != derived[row].derived)
        fail_msg("%s of %llu: %llx, not %llx", derived[row].label,
                 (unsigned long long)derived[row].seed, (unsigned long long)got,
                 (unsigned long long)derived[row].derived);
    chance_rng(&r, derived[row].seed, derived[row].label);
    assert_true(r.s[0] == got);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* No stream of a hundred seeds begins or goes on as another does. */
static void test_apart(void **state)
{
    static const char *const labels[] = { "policy", "sim",   "math.random",
                                          "sticky", "start", "random start",
                                          "" };
    static uint64_t seen[100 * 7 * 4];
    size_t n = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++)
        for (size_t k = 0; k < 7; k++) {
            struct chance c;
            struct rng r;
            chance_seed(&c, seed, labels[k]);
            chance_rng(&r, seed, labels[k]);
            seen[n++] = chance_next(&c);
            seen[n++] = chance_next(&c);
            seen[n++] = rng_next(&r);
            seen[n++] = chance_derive(seed, labels[k]);
        }
    qsort(seen, n, sizeof(*seen), compare);
    for (size_t i = 1; i < n; i++)
        assert_true(seen[i] != seen[i - 1]);
}

/* A quarter of the draws lies below a quarter, within five standard deviations. */
static void test_uniform(void **state)
{
    struct chance c;
    int below = 0, n = 100000;

    (void)state;
    chance_seed(&c, 1, "sticky");
    for (int i = 0; i < n; i++) {
        double u = chance_uniform(&c);
        assert_true(u >= 0 && u < 1);
        below += u < 0.25;
    }
    assert_true(abs(below - n / 4) < 685);
}

int main(void)
{
    enum { N = sizeof(derived) / sizeof(*derived) };
    static int numbers[N];
    struct CMUnitTest tests[N + 3] = { cmocka_unit_test(test_siphash),
                                       cmocka_unit_test(test_apart),
                                       cmocka_unit_test(test_uniform) };

    for (int i = 0; i < N; i++) {
        numbers[i] = i;
        tests[3 + i] = (struct CMUnitTest){ derived[i].label, test_derived, NULL, NULL,
                                            &numbers[i] };
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
