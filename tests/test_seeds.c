/* test_seeds.c - the four splits of seeds and the salt behind three of them: how a seed
 * is derived, that splits do not meet, what a salt's file may be. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "runner/cmd/cmd.h"
#include "base/number.h"
#include "runner/evaluate/seeds.h"
#include "tests/own_home.h"
#include "tests/rows.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Known answers, worked out by Python's hashlib: the first 64 bits of SHA-256 over
 * "ratchet SPLIT\nTASK\nSCOPE\nINDEX\nSALT", without the lowest two. Another derivation
 * would make every recorded run another one. */
static const struct known {
    const char *name;
    enum split split;
    const char *task, *scope;
    int64_t index;
    const char *salt;
    uint64_t seed;
} knowns[] = {
    { "dev, the first", SPLIT_DEV, "cartpole", "", 0, A64, 661649281337463071u },
    { "dev, whatever the salt", SPLIT_DEV, "cartpole", "", 0, B64, 661649281337463071u },
    { "dev, a far index", SPLIT_DEV, "ale/pong", "", INT64_MAX, A64,
      511156564681853129u },
    { "gate", SPLIT_GATE, "cartpole", "", 0, A64, 3894014891002569655u },
    { "gate, another salt", SPLIT_GATE, "cartpole", "", 0, B64, 3058152064804575419u },
    { "gate, of an iteration", SPLIT_GATE, "cartpole", "iteration 3", 17, A64,
      764392571509837990u },
    { "holdout", SPLIT_HOLDOUT, "cartpole", "", 0, A64, 1373366253148340491u },
    { "audit", SPLIT_AUDIT, "cartpole", "", 0, A64, 429859685404921812u },
    { "a negative index", SPLIT_GATE, "cartpole", "", -1, A64, 4164417560627163889u },
};

static void test_known(void **state)
{
    const struct known *k = *state;
    struct salt salt;

    assert_int_equal(salt_set(&salt, k->salt), 0);
    assert_true(split_seed(&salt, k->split, k->task, k->scope, k->index) == k->seed);
}

static struct salt salt_of(const char *hex)
{
    struct salt s;

    assert_int_equal(salt_set(&s, hex), 0);
    return s;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Two families of seeds, of which none may be in both, nor twice in one. */
static const struct meet {
    const char *name;
    struct family {
        enum split split;
        const char *task, *scope, *salt;
        int64_t from;
    } families[2];
} meets[] = {
    { "dev and gate",
      { { SPLIT_DEV, "t", "", A64, 0 }, { SPLIT_GATE, "t", "", A64, 0 } } },
    { "dev and holdout",
      { { SPLIT_DEV, "t", "", A64, 0 }, { SPLIT_HOLDOUT, "t", "", A64, 0 } } },
    { "gate and holdout",
      { { SPLIT_GATE, "t", "", A64, 0 }, { SPLIT_HOLDOUT, "t", "", A64, 0 } } },
    { "holdout and audit",
      { { SPLIT_HOLDOUT, "t", "", A64, 0 }, { SPLIT_AUDIT, "t", "", A64, 0 } } },
    { "two iterations' gates",
      { { SPLIT_GATE, "t", "iteration 1", A64, 0 },
        { SPLIT_GATE, "t", "iteration 11", A64, 0 } } },
    { "iteration 1's eleventh, iteration 11's first",
      { { SPLIT_GATE, "t", "iteration 1", A64, 10 },
        { SPLIT_GATE, "t", "iteration 11", A64, 0 } } },
    { "the gain's and the gate's",
      { { SPLIT_GATE, "t", "gain", A64, 0 }, { SPLIT_GATE, "t", "", A64, 0 } } },
    { "two tasks of one environment",
      { { SPLIT_DEV, "t", "", A64, 0 }, { SPLIT_DEV, "t2", "", A64, 0 } } },
    { "two salts' gates",
      { { SPLIT_GATE, "t", "", A64, 0 }, { SPLIT_GATE, "t", "", B64, 0 } } },
    { "two salts' audits",
      { { SPLIT_AUDIT, "t", "", A64, 0 }, { SPLIT_AUDIT, "t", "", B64, 0 } } },
    { "the first and later ones",
      { { SPLIT_GATE, "t", "", A64, 0 }, { SPLIT_GATE, "t", "", A64, 4000 } } },
};

static void test_meet(void **state)
{
    enum { N = 4000 };
    const struct meet *row = *state;
    uint64_t *all = xcalloc(2 * N, sizeof(*all));

    for (int k = 0; k < 2; k++) {
        const struct family *f = &row->families[k];
        struct salt salt = salt_of(f->salt);
        for (int i = 0; i < N; i++) {
            all[k * N + i] = split_seed(&salt, f->split, f->task, f->scope, f->from + i);
            assert_true(all[k * N + i] < (uint64_t)1 << 62); /* a ledger's and JSON's */
        }
    }
    qsort(all, 2 * N, sizeof(*all), by_value);
    for (int i = 1; i < 2 * N; i++)
        assert_true(all[i] != all[i - 1]);
    free(all);
}

/* Who has the dev seeds, and a salt that is right but for one digit, has no hidden
 * seed: about half of its bits are others. */
static void test_underivable(void **state)
{
    enum { N = 200 };
    struct salt salt = salt_of(A64), near;
    long flipped = 0;

    (void)state;
    for (int at = 0; at < 64; at++) {
        char hex[] = A64;
        hex[at] = 'b';
        near = salt_of(hex);
        for (int i = 0; i < N; i++) {
            uint64_t mine = split_seed(&salt, SPLIT_GATE, "t", "", i);
            assert_true(split_seed(&near, SPLIT_DEV, "t", "", i) ==
                        split_seed(&salt, SPLIT_DEV, "t", "", i));
            assert_true(split_seed(&near, SPLIT_GATE, "t", "", i) != mine);
            flipped += __builtin_popcountll(mine ^
                                            split_seed(&near, SPLIT_GATE, "t", "", i));
        }
    }
    /* 31 of 62 bits; the mean of 12,800 has a standard deviation of 0.035. */
    assert_true(fabs((double)flipped / (64 * N) - 31) < 0.2);
}

/* A hidden seed says nothing of its neighbours': no bit goes with the index, or with the
 * dev seed of the same index. */
static void test_bits(void **state)
{
    enum { N = 8192 };
    struct salt salt = salt_of(A64);
    int ones[62] = { 0 }, like_dev[62] = { 0 }, like_last[62] = { 0 };
    uint64_t last = split_seed(&salt, SPLIT_GATE, "t", "", -1);

    (void)state;
    for (int i = 0; i < N; i++) {
        uint64_t gate = split_seed(&salt, SPLIT_GATE, "t", "", i),
                 dev = split_seed(&salt, SPLIT_DEV, "t", "", i);
        for (int b = 0; b < 62; b++) {
            ones[b] += gate >> b & 1;
            like_dev[b] += ~(gate ^ dev) >> b & 1;
            like_last[b] += ~(gate ^ last) >> b & 1;
        }
        last = gate;
    }
    for (int b = 0; b < 62; b++) /* within 5 standard deviations of a half */
        assert_true(abs(ones[b] - N / 2) < 227 && abs(like_dev[b] - N / 2) < 227 &&
                    abs(like_last[b] - N / 2) < 227);
}

/* What lies where a salt should. */
enum place { FILE_600, FILE_640, FILE_604, FOREIGN, FOLDER, PIPE, LINK, SOCKET, NOTHING };
static const struct salt_file {
    const char *name;
    enum place place;
    const char *text;
    int found; /* by salt_find: 1, 0, -1 */
    const char *why;
} salt_files[] = {
    { "a salt", FILE_600, A64, 1, "" },
    { "one that an editor ended with a newline", FILE_600, A64 "\n", 1, "" },
    { "nothing", NOTHING, "", 0, "" },
    { "an empty file", FILE_600, "", -1, "not a salt" },
    { "a digit short", FILE_600, A64 + 1, -1, "not a salt" },
    { "a digit more", FILE_600, A64 "a", -1, "not a salt" },
    { "two salts", FILE_600, A64 B64, -1, "not a salt" },
    { "two lines", FILE_600, A64 "\n" B64 "\n", -1, "not a salt" },
    { "capital digits", FILE_600, "A" A64, -1, "not a salt" },
    { "a newline among them", FILE_600, "aaaa\n" A64, -1, "not a salt" },
    { "the group can read it", FILE_640, A64, -1, "chmod 600" },
    { "anybody can", FILE_604, A64, -1, "chmod 600" },
    { "somebody else's", FOREIGN, A64, -1, "another user" },
    { "a folder", FOLDER, "", -1, "regular file" },
    { "a pipe that nobody writes", PIPE, "", -1, "regular file" },
    { "a link to a salt", LINK, A64, -1, "symbolic link" },
    { "a socket", SOCKET, "", -1, "" },
};

static void write_file(const char *path, const char *text, mode_t mode)
{
    struct error err = { "" };

    if (file_save(path, text, strlen(text), &err) != 0 || chmod(path, mode) != 0)
        fail_msg("%s: %s", path, err.text);
}

/* False where this user cannot. */
static bool lay(enum place place, const char *path, const char *text)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd;

    switch (place) {
    case FILE_600:
        write_file(path, text, 0600);
        return true;
    case FILE_640:
        write_file(path, text, 0640);
        return true;
    case FILE_604:
        write_file(path, text, 0604);
        return true;
    case FOREIGN:
        write_file(path, text, 0600);
        return geteuid() == 0 && chown(path, 65534, 65534) == 0;
    case FOLDER:
        return mkdir(path, 0700) == 0;
    case PIPE:
        return mkfifo(path, 0600) == 0;
    case LINK:
        write_file("linked", text, 0600);
        return symlink("linked", path) == 0;
    case SOCKET:
        snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        return fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
               close(fd) == 0;
    default:
        return true;
    }
}

static void test_salt_file(void **state)
{
    const struct salt_file *row = *state;
    struct salt s, opened;
    struct error err = { "" };
    int found, status;

    remove("salt");
    if (!lay(row->place, "salt", row->text))
        skip();
    found = salt_find(&s, "salt", &err);
    if (found != row->found || !strstr(err.text, row->why))
        fail_msg("%d: %s", found, err.text);
    status = salt_open(&opened, "salt", &err);
    assert_int_equal(status, row->found < 0 ? -1 : 0);
    if (row->found == 1)
        assert_true(!strncmp(opened.hex, row->text, 64) && strlen(opened.hex) == 64);
    if (row->found >= 0) { /* what is there now is found, and no other takes its place */
        struct salt other = salt_of(B64);
        assert_int_equal(salt_find(&s, "salt", &err), 1);
        assert_string_equal(s.hex, opened.hex);
        assert_int_equal(salt_save(&s, "salt", &err), 0);
        assert_int_equal(salt_save(&other, "salt", &err), -1);
    }
    remove("salt");
}

/* Digits of a salt that is known, and of --seed. */
static const struct digits {
    const char *name, *text;
    bool is_salt, is_seed;
    uint64_t seed;
} digits[] = {
    { "64 digits", A64, true, false, 0 },
    { "65", A64 "a", false, false, 0 },
    { "none", "", false, false, 0 },
    { "zero", "0", false, true, 0 },
    { "the most that 64 bits hold", "18446744073709551615", false, true, UINT64_MAX },
    { "one more", "18446744073709551616", false, false, 0 },
    { "more than a signed one", "9223372036854775808", false, true,
      (uint64_t)INT64_MAX + 1 },
    { "negative", "-1", false, false, 0 },
    { "with a plus", "+1", false, false, 0 },
    { "with a blank", " 1", false, false, 0 },
    { "with a tail", "1x", false, false, 0 },
    { "hexadecimal", "0x10", false, false, 0 },
    { "a fraction", "1.5", false, false, 0 },
    { "a power", "1e3", false, false, 0 },
};

static void test_digits(void **state)
{
    const struct digits *row = *state;
    uint64_t seed = 0;
    struct salt s;

    assert_int_equal(salt_set(&s, row->text), row->is_salt ? 0 : -1);
    assert_int_equal(number_read_unsigned(row->text, &seed), row->is_seed);
    if (row->is_seed)
        assert_true(seed == row->seed);
}

/* Every draw is another salt, and its hash is of it. */
static void test_draw(void **state)
{
    enum { N = 64 };
    struct salt drawn[N], again;

    (void)state;
    for (int i = 0; i < N; i++) {
        assert_int_equal(salt_draw(&drawn[i], NULL), 0);
        again = salt_of(drawn[i].hex);
        assert_string_equal(again.sha256, drawn[i].sha256);
        assert_null(strstr(drawn[i].sha256, drawn[i].hex));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(drawn[i].hex, drawn[k].hex);
    }
}

int main(void)
{
    struct CMUnitTest tests[128] = {
        cmocka_unit_test(test_underivable),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_draw),
    };
    char home[sizeof(OWN_HOME)];
    size_t n = 3;
    int failed;

    own_home_enter(home);
    ROWS_ADD(tests, n, knowns, test_known);
    ROWS_ADD(tests, n, meets, test_meet);
    ROWS_ADD(tests, n, salt_files, test_salt_file);
    ROWS_ADD(tests, n, digits, test_digits);
    failed = _cmocka_run_group_tests("seeds", tests, n, NULL, NULL);
    return own_home_leave(home) || failed ? 1 : 0;
}
