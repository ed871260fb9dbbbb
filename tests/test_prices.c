/* test_prices.c - what a model's calls need besides the model: its key, its price. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "runner/model/wire/api_keys.h"
#include "runner/model/wire/prices.h"
#include "tests/own_home.h"
#include "tests/rows.h"

static void write_private(const char *path, mode_t mode, const char *text)
{
    struct error err;

    if (file_save(path, text, strlen(text), &err) != 0 || chmod(path, mode) != 0)
        fail_msg("%s", err.text);
}

static void keys(void **state)
{
    struct error err;
    char text[] = "a SECRET-1 and SECRET-1", *key;

    (void)state;
    unsetenv("TEST_KEY");
    assert_null(api_keys_find("TEST_KEY", &err));
    assert_string_equal(err.text, "");
    write_private(".env", 0644, "# mine\nOTHER=x\nexport TEST_KEY=\"from-file\" # why\n");
    assert_null(api_keys_find("TEST_KEY", &err));
    assert_non_null(strstr(err.text, "chmod 600 .env"));
    assert_null(strstr(err.text, "from-file"));
    chmod(".env", 0600);
    key = api_keys_find("TEST_KEY", &err);
    assert_string_equal(key, "from-file");
    api_keys_free(key);
    unlink(".env");
    mkdir("config", 0755);
    mkdir("config/ratchet", 0755);
    setenv("XDG_CONFIG_HOME", "config", 1);
    write_private("config/ratchet/keys", 0600, "TEST_KEY = from-config\n");
    key = api_keys_find("TEST_KEY", &err);
    assert_string_equal(key, "from-config");
    api_keys_free(key);
    setenv("TEST_KEY", "from-environment\n", 1);
    key = api_keys_find("TEST_KEY", &err);
    assert_string_equal(key, "from-environment");
    api_keys_free(key);
    setenv("TEST_KEY", "evil\r\nHost: x", 1);
    assert_null(api_keys_find("TEST_KEY", &err));
    assert_non_null(strstr(err.text, "TEST_KEY holds a blank"));
    unsetenv("TEST_KEY");
    unlink("config/ratchet/keys");
    api_keys_redact("SECRET-1", text);
    assert_string_equal(text, "a ******** and ********");
}

/* What stands in the file of keys; a wrong one is told without its value. */
static const struct keys_row {
    const char *name, *text;
    size_t len; /* 0: to its end */
    const char *key, *error; /* NULL: none */
} keys_rows[] = {
    { "an empty file", "", 0, NULL, NULL },
    { "no value", "TEST_KEY=\n", 0, NULL, NULL },
    { "nothing in quotes", "TEST_KEY=\"\"\n", 0, NULL, NULL },
    { "no sign between", "TEST_KEY SECRET\n", 0, NULL, NULL },
    { "a longer name", "TEST_KEY_2=SECRET\nMY_TEST_KEY=SECRET\n", 0, NULL, NULL },
    { "CRLF", "A=1\r\nTEST_KEY=\"SECRET\"\r\n", 0, "SECRET", NULL },
    { "quotes without an end", "TEST_KEY='SECRET\n", 0, "SECRET", NULL },
    { "no end of the line", "TEST_KEY=SECRET", 0, "SECRET", NULL },
    { "a zero byte in it", "TEST_KEY=SEC\0RET\n", 17, "SEC", NULL },
    { "a zero byte before it", "A\0B\nTEST_KEY=SECRET\n", 20, NULL, NULL },
    { "a header more", "TEST_KEY=SECRET\rHost: evil\n", 0, NULL, "TEST_KEY holds a blank" },
    { "a blank in it", "TEST_KEY=SEC RET\n", 0, NULL, "TEST_KEY holds a blank" },
    { "letters beyond ASCII", "TEST_KEY=SECR\303\211T\n", 0, NULL, "TEST_KEY holds a blank" },
    { "a control character", "TEST_KEY=SEC\033[2JRET\n", 0, NULL, "TEST_KEY holds a blank" },
    { "bytes of no text", "\377\376\001\n=\n==\nexport\nexport \nTEST_KEY=SECRET\n", 0, "SECRET",
      NULL },
};

static void keys_hostile(void **state)
{
    const struct keys_row *row = *state;
    struct error err = { "" };
    char *key;

    setenv("XDG_CONFIG_HOME", "hostile", 1);
    mkdir("hostile", 0755);
    mkdir("hostile/ratchet", 0755);
    assert_int_equal(file_save("hostile/ratchet/keys", row->text,
                               row->len ? row->len : strlen(row->text), &err),
                     0);
    chmod("hostile/ratchet/keys", 0600);
    key = api_keys_find("TEST_KEY", &err);
    unlink("hostile/ratchet/keys");
    if (!row->key)
        assert_null(key);
    else if (!key || strcmp(key, row->key) != 0)
        fail_msg("%s", key ? key : err.text);
    if (row->error)
        assert_non_null(strstr(err.text, row->error));
    else
        assert_string_equal(err.text, "");
    assert_null(strstr(err.text, "SEC"));
    api_keys_free(key);
}

/* A file of keys that is no file, or has no end, holds none and is not waited for. */
static void keys_no_file(void **state)
{
    static const char path[] = "hostile/ratchet/keys";
    struct error err = { "" };

    (void)state;
    setenv("XDG_CONFIG_HOME", "hostile", 1);
    mkdir("hostile", 0755);
    mkdir("hostile/ratchet", 0755);
    alarm(10);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(api_keys_find("TEST_KEY", &err));
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(api_keys_find("TEST_KEY", &err));
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    assert_null(api_keys_find("TEST_KEY", &err));
    unlink(path);
    alarm(0);
}

struct price_row {
    const char *name, *file;
    const char *model;
    double
        usd; /* of a million in, half of them cached, and a million out; NAN: unknown */
    const char *error;
};

#define PRICE(rest) "{\"models\":[" rest "]}"

static const struct price_row price_rows[] = {
    { "nothing known", PRICE(""), "m", NAN, NULL },
    { "a tier that is not reached", PRICE("{\"model\":\"m\",\"in\":2,\"out\":8,"
      "\"above\":[{\"tokens\":1000000,\"in\":20,\"out\":80}]}"), "m", 10, NULL },
    { "a tier above a prompt's size", PRICE("{\"model\":\"m\",\"in\":2,\"out\":8,"
      "\"above\":[{\"tokens\":1000,\"in\":3,\"out\":9},{\"tokens\":999999,\"in\":20,"
      "\"cached\":10,\"out\":80}]}"), "m", 95, NULL },
    { "a price of 1e308", PRICE("{\"model\":\"m\",\"in\":1e308,\"out\":8}"), "m", NAN,
      "`in` must be a number of dollars" },
    { "a price that is true", PRICE("{\"model\":\"m\",\"in\":true,\"out\":8}"), "m", NAN,
      "`in` must be a number of dollars" },
    { "tiers that do not grow", PRICE("{\"model\":\"m\",\"in\":2,\"out\":8,\"above\":["
      "{\"tokens\":5,\"in\":1,\"out\":1},{\"tokens\":5,\"in\":1,\"out\":1}]}"), "m", NAN,
      "counts that grow" },
    { "a tier of text", PRICE("{\"model\":\"m\",\"in\":2,\"out\":8,\"above\":\"x\"}"), "m",
      NAN, "`above` must be a list" },
    { "a tier without a price", PRICE("{\"model\":\"m\",\"in\":2,\"out\":8,\"above\":["
      "{\"tokens\":5}]}"), "m", NAN, "needs `in` and `out`" },
    { "rows of text", "{\"models\":[\"x\"]}", "m", NAN, "needs a `model`" },
    { "a list at the top", "[]", "m", NAN, "no list `models`" },
    { "exact", PRICE("{\"model\":\"m\",\"in\":2,\"out\":8}"), "m", 10, NULL },
    { "cached is cheaper", PRICE("{\"model\":\"m\",\"in\":2,\"cached\":1,\"out\":8}"),
      "m", 9.5, NULL },
    { "zero is a price", PRICE("{\"model\":\"m\",\"in\":0,\"out\":0}"), "m", 0, NULL },
    { "another provider's",
      PRICE("{\"provider\":\"y\",\"model\":\"m\",\"in\":0,\"out\":0}"), "m", NAN, NULL },
    { "the longest prefix",
      PRICE("{\"model\":\"m*\",\"in\":1,\"out\":1},{\"model\":\"m-l*\","
            "\"in\":3,\"out\":3},{\"model\":\"*\",\"in\":9,\"out\":9}"),
      "m-large", 6, NULL },
    { "beats what is built in", PRICE("{\"model\":\"gpt-5\",\"in\":1,\"out\":1}"),
      "gpt-5", 2, NULL },
    { "no JSON", "{", "m", 0, "line 1" },
    { "no list", "{}", "m", 0, "no list `models`" },
    { "no name", PRICE("{\"in\":1,\"out\":1}"), "m", 0, "model 1: needs a `model`" },
    { "no price", PRICE("{\"model\":\"m\"}"), "m", 0, "model 1: needs `in` and `out`" },
    { "a negative price", PRICE("{\"model\":\"m\",\"in\":-1,\"out\":1}"), "m", 0,
      "`in` must" },
    { "a price in words", PRICE("{\"model\":\"m\",\"in\":1,\"out\":\"1\"}"), "m", 0,
      "`out` must" },
};

static void price(void **state)
{
    const struct price_row *row = *state;
    struct error err;
    struct prices *p = prices_parse(row->file, &err);
    double usd;

    if (row->error) {
        assert_null(p);
        assert_non_null(strstr(err.text, row->error));
        return;
    }
    usd = price_cost(prices_find(p, "x", row->model, true), 1000000, 500000, -1, 1000000);
    assert_true(isnan(row->usd) ? isnan(usd) : fabs(usd - row->usd) < 1e-9);
    prices_destroy(p);
}

static void price_of_the_unknown(void **state)
{
    struct price cheap = { .tiers = { { .in = 1, .out = 1 } }, .n_tiers = 1 };
    struct error err;
    struct prices *p = prices_parse(PRICE(""), &err);

    (void)state;
    assert_true(isnan(price_cost(NULL, 1, 1, 1, 1)));
    assert_true(isnan(price_cost(&cheap, -1, 0, 0, 5)));
    assert_true(isnan(price_cost(&cheap, 5, 0, 0, -1)));
    assert_true(isnan(price_cost(&cheap, 5, 10, 0, 1))); /* more cached than sent */
    assert_non_null(prices_find(p, "openai", "gpt-5", true));
    assert_null(prices_find(p, "openai", "gpt-5", false)); /* at another's address */
    assert_true(
        prices_find(p, "anthropic", "claude-opus-4-1-20250805", true)->tiers[0].cache_write ==
        18.75);
    prices_destroy(p);
}

int main(void)
{
    struct CMUnitTest tests[64] = { cmocka_unit_test(keys),
                                    cmocka_unit_test(price_of_the_unknown),
                                    cmocka_unit_test(keys_no_file) };
    char folder[sizeof(OWN_HOME)];
    size_t n = 3;
    int failed;

    own_home_enter(folder);
    for (size_t i = 0; i < sizeof(price_rows) / sizeof(*price_rows); i++)
        tests[n++] = (struct CMUnitTest){ price_rows[i].name, price, NULL, NULL,
                                          (void *)&price_rows[i] };
    ROWS_ADD(tests, n, keys_rows, keys_hostile);
    failed = _cmocka_run_group_tests("prices", tests, n, NULL, NULL);
    return failed + own_home_leave(folder);
}
