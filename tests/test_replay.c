/* test_replay.c - replay files: what goes in comes out, and damage of every kind is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "runner/record/player.h"
#include "runner/record/replay_format.h"
#include "tests/recording.h"

static struct env_registry envs;

static struct task *make_task(const char *env)
{
    struct error err;
    const struct env *found = env_find(&envs, env, &err);

    assert_non_null(found);
    return task_create(found);
}

/* Thirty steps of Cartpole with notes, marks and keyframes. */
static struct replay *make_small(void)
{
    struct replay *r = recording_make(make_task("cartpole"), 7, 30, recording_balance);
    struct replay_mark line = { 4, MARK_LINE, 1.5, -2, 30, 40.25, (char *)"path" };
    struct replay_mark far = { 9, MARK_POINT, NAN, 1e30, 0, 0, NULL };
    struct episode e;
    void *instance = task_create_instance(r->task, NULL);

    replay_add_note(r, 0, "starts", 6);
    replay_add_note(r, 4, "left\x01\n\xff of \xc3\xa9", 13);
    replay_add_mark(r, &line, 4);
    replay_add_mark(r, &far, 0);
    episode_init(&e, r->task->env, instance, &r->task->rules);
    episode_reset(&e, r->seed);
    r->keyframe_stride = 5;
    for (int64_t i = 0; i < r->tape.n_steps; i++) {
        double action;
        replay_add_keyframe(r, i, &e);
        tape_get(&r->tape, r->task->env, i, &action);
        episode_step(&e, &action);
    }
    episode_clear(&e);
    r->task->env->destroy(instance);
    return r;
}

static uint8_t *make_bytes(size_t *len)
{
    struct replay *r = make_small();
    struct error err;
    uint8_t *bytes = NULL;

    assert_int_equal(replay_to_bytes(r, &bytes, len, &err), 0);
    replay_destroy(r);
    return bytes;
}

static void seal(uint8_t *bytes, size_t len)
{
    bytes_put(bytes + len - 8, 8, XXH3_64bits(bytes, len - 8));
}

static void assert_refused(const uint8_t *bytes, size_t len, const char *reason)
{
    struct error err = { "" };
    struct replay *r = replay_from_bytes(&envs, "x.replay", bytes, len, &err);

    assert_null(r);
    assert_memory_equal(err.text, "x.replay: ", 10);
    assert_null(strchr(err.text, '\n'));
    if (!strstr(err.text, reason))
        fail_msg("\"%s\" says nothing of \"%s\"", err.text, reason);
}

static void assert_same(const struct replay *a, const struct replay *b)
{
    assert_ptr_equal(a->task->env, b->task->env);
    assert_int_equal(a->env_version, b->env_version);
    assert_true(a->seed == b->seed && a->trajectory == b->trajectory);
    assert_string_equal(a->policy_name, b->policy_name);
    assert_string_equal(a->policy_sha256, b->policy_sha256);
    assert_string_equal(a->policy_source, b->policy_source);
    assert_string_equal(a->params, b->params);
    assert_string_equal(a->fault_text, b->fault_text);
    assert_true(a->created == b->created && a->total == b->total);
    assert_true(a->n_frames == b->n_frames && a->fault == b->fault);
    assert_true(a->terminated == b->terminated && a->truncated == b->truncated);
    assert_int_equal(a->tape.n_steps, b->tape.n_steps);
    assert_memory_equal(a->tape.data, b->tape.data,
                        (size_t)a->tape.n_steps * (size_t)a->tape.width);
    assert_int_equal(a->n_notes, b->n_notes);
    for (int i = 0; i < a->n_notes; i++) {
        assert_int_equal(a->notes[i].step, b->notes[i].step);
        assert_string_equal(a->notes[i].text, b->notes[i].text);
    }
    assert_int_equal(a->n_marks, b->n_marks);
    for (int i = 0; i < a->n_marks; i++) {
        const struct replay_mark *x = &a->marks[i], *y = &b->marks[i];
        assert_true(x->step == y->step && x->kind == y->kind);
        assert_true(x->x == y->x && x->y == y->y && x->a == y->a && x->b == y->b);
        assert_string_equal(x->label, y->label);
    }
    assert_int_equal(a->n_keyframes, b->n_keyframes);
    assert_int_equal(a->block_size, b->block_size);
    for (int i = 0; i < a->n_keyframes; i++) {
        assert_int_equal(a->keyframes[i].step, b->keyframes[i].step);
        assert_memory_equal(a->keyframes[i].block, b->keyframes[i].block, a->block_size);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    struct replay *r = make_small();
    size_t len;
    uint8_t *bytes;
    struct error err = { "" };

    assert_int_equal(replay_to_bytes(r, &bytes, &len, &err), 0);
    struct replay *back = replay_from_bytes(&envs, "x", bytes, len, &err);
    assert_string_equal(err.text, "");
    assert_non_null(back);
    assert_same(r, back);
    assert_true(back->n_keyframes >= 3);
    assert_string_equal(back->notes[1].text, "left  ? of \xc3\xa9");
    replay_destroy(back);
    replay_destroy(r);
    free(bytes);
}

static void test_odd_returns(void **state)
{
    (void)state;
    const double odd[] = { INFINITY, -INFINITY, NAN, -0.0, 1e-310, 0.1, -1e300 };

    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        struct replay *r = make_small();
        uint8_t *bytes;
        size_t len;
        r->total = odd[i];
        assert_int_equal(replay_to_bytes(r, &bytes, &len, NULL), 0);
        struct replay *back = replay_from_bytes(&envs, "x", bytes, len, NULL);
        assert_non_null(back);
        assert_true(back->total == odd[i] || (isnan(back->total) && isnan(odd[i])));
        replay_destroy(back);
        replay_destroy(r);
        free(bytes);
    }
}

static void test_verify(void **state)
{
    (void)state;
    struct replay *r = make_small();
    struct replay_check check;

    assert_int_equal(replay_verify(r, &check, NULL), 0);
    assert_true(check.verified);
    r->total += 1;
    assert_int_equal(replay_verify(r, &check, NULL), 0);
    assert_false(check.verified);
    assert_string_equal(check.why, "playing it gives another return");
    r->total -= 1;
    r->tape.data[3] ^= 1;
    assert_int_equal(replay_verify(r, &check, NULL), 0);
    assert_false(check.verified);
    replay_destroy(r);
}

static void test_truncation(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make_bytes(&len);

    for (size_t n = 0; n < len; n++) {
        uint8_t *cut = xcalloc(1, n); /* of its own, so that ASan sees what lies beyond */
        memcpy(cut, bytes, n);
        assert_refused(cut, n, n < 8 ? "not a replay" : "cut short");
        free(cut);
    }
    free(bytes);
}

static void test_bit_flips(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make_bytes(&len);

    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(bytes, len, "");
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(bytes);
}

/* With a checksum that holds, the damage reaches the parser: refused, or read and
 * playable. */
static void test_sealed_bit_flips(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make_bytes(&len);
    int n_read = 0;

    for (size_t bit = 0; bit < (len - 8) * 8; bit++) {
        struct error err = { "" };
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        seal(bytes, len);
        struct replay *r = replay_from_bytes(&envs, "x", bytes, len, &err);
        if (r) {
            struct player *p = player_create(r, &err);
            n_read++;
            if (p)
                player_seek(p, 22);
            player_destroy(p);
        } else {
            assert_true(err.text[0] && !strchr(err.text, '\n'));
        }
        replay_destroy(r);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    print_message("# of %zu sealed flips %d were read\n", len * 8, n_read);
    free(bytes);
}

/* Replaces the chunk `tag` (or adds one) by plain bytes, with lengths as stated. */
struct damage {
    const char *name, *tag, *raw;
    uint32_t raw_len, stated_raw, stated_stored; /* stated 0: as it is */
    const char *reason;
};

#define HUGE_VARINT "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
static const struct damage damages[] = {
    { "a chunk of a later version is skipped", "ZZZZ", "abc", 3, 0, 0, NULL },
    { "no header", "HEAD", NULL, 0, 0, 0, "no header" },
    { "empty header", "HEAD", "", 0, 0, 0, "not an object" },
    { "header is a list", "HEAD", "[1]", 3, 0, 0, "not an object" },
    { "header lacks everything", "HEAD", "{}", 2, 0, 0, "no proper \"env\"" },
    { "unknown environment", "HEAD", "{\"env\":\"pong\",\"task\":{}}", 24, 0, 0, "pong" },
    { "header nests too deep", "HEAD", "[[[[[[[[[[[[[[[[[[[[", 20, 0, 0,
      "not an object" },
    { "no actions", "ACTS", NULL, 0, 0, 0, "actions" },
    { "too few actions", "ACTS", "\0\1", 2, 0, 0, "actions of 2 bytes" },
    { "action out of bounds", "ACTS",
      "\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7", 30, 0, 0,
      "out of bounds" },
    { "huge raw length", "ACTS", "abcd", 4, 0xffffffff, 4, "which cannot be" },
    { "raw length beyond any ratio", "ACTS", "abcd", 4, 100 << 20, 4, "which cannot be" },
    { "stored more than raw", "ACTS", "abcd", 4, 2, 4, "which cannot be" },
    { "stored beyond the file", "ACTS", "abcd", 4, 0xffffffff, 0xfffffff0,
      "beyond its end" },
    { "not zstd", "ACTS", "abcd", 4, 30, 4, "cannot be unpacked" },
    { "policy holds a zero", "POLI", "a\0b", 3, 0, 0, "not text" },
    { "note is cut short", "NOTE", "\1\5ab", 4, 0, 0, "notes do not hold" },
    { "note far behind the end", "NOTE", HUGE_VARINT "\1a", 12, 0, 0,
      "notes do not hold" },
    { "note of huge length", "NOTE", "\1" HUGE_VARINT, 11, 0, 0, "notes do not hold" },
    { "varint without end", "NOTE", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11, 0,
      0, "notes do not hold" },
    { "mark of no known kind", "MARK",
      "\1\x63"
      "0123456789abcdef"
      "\0",
      19, 0, 0, "marks do not hold" },
    { "mark is cut short", "MARK", "\1\0\0\0", 4, 0, 0, "marks do not hold" },
    { "keyframes: none", "KEYF", "\0\1", 2, 0, 0, "keyframes do not hold" },
    { "keyframes: huge count", "KEYF", HUGE_VARINT "\1", 11, 0, 0,
      "keyframes do not hold" },
    { "keyframes: huge block", "KEYF", "\1" HUGE_VARINT "\1", 12, 0, 0,
      "keyframes do not hold" },
    { "keyframes: product wraps", "KEYF", "\x10\x80\x80\x80\x80\x80\x80\x80\x80\x10\1",
      11, 0, 0, "keyframes do not hold" },
    { "keyframes: same step twice", "KEYF", "\2\1\1\0ab", 6, 0, 0,
      "keyframes do not hold" },
    { "keyframes: block of another size", "KEYF", "\1\1\5a", 4, 0, 0, NULL },
};

/* The file again, with the chunk of d->tag replaced or, when there was none, added. */
static uint8_t *apply(const struct damage *d, const uint8_t *bytes, size_t *len)
{
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    size_t at = REPLAY_PREFIX_LEN;

    fwrite(bytes, 1, at, f);
    while (at < *len - 8) {
        size_t chunk_len = REPLAY_CHUNK_LEN + bytes_get(bytes + at + 8, 4);
        if (memcmp(bytes + at, d->tag, 4) != 0)
            fwrite(bytes + at, 1, chunk_len, f);
        at += chunk_len;
    }
    if (d->raw) {
        fwrite(d->tag, 1, 4, f);
        bytes_write(f, 4, d->stated_raw ? d->stated_raw : d->raw_len);
        bytes_write(f, 4, d->stated_stored ? d->stated_stored : d->raw_len);
        fwrite(d->raw, 1, d->raw_len, f);
    }
    bytes_write(f, 8, 0);
    fclose(f);
    seal((uint8_t *)out, n);
    *len = n;
    return (uint8_t *)out;
}

static void test_damage(void **state)
{
    const struct damage *d = *state;
    size_t len;
    uint8_t *bytes = make_bytes(&len), *bad = apply(d, bytes, &len);
    struct error err = { "" };

    if (d->reason) {
        assert_refused(bad, len, d->reason);
    } else {
        struct replay *r = replay_from_bytes(&envs, "x", bad, len, &err);
        assert_string_equal(err.text, "");
        assert_non_null(r);
        struct player *p = player_create(r, &err);
        player_seek(p, 20);
        assert_int_equal(p->at, 20);
        player_destroy(p);
        replay_destroy(r);
    }
    free(bad);
    free(bytes);
}

static void test_twice_the_same_chunk(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make_bytes(&len), *twice = xcalloc(1, len * 2);
    size_t first = REPLAY_CHUNK_LEN + bytes_get(bytes + REPLAY_PREFIX_LEN + 8, 4);

    memcpy(twice, bytes, REPLAY_PREFIX_LEN + first);
    memcpy(twice + REPLAY_PREFIX_LEN + first, bytes + REPLAY_PREFIX_LEN,
           len - REPLAY_PREFIX_LEN);
    seal(twice, len + first);
    assert_refused(twice, len + first, "two chunks of header");
    free(twice);
    free(bytes);
}

static void test_versions(void **state)
{
    (void)state;
    size_t len;
    uint8_t *bytes = make_bytes(&len);

    bytes_put(bytes + 10, 2, 77); /* minor: read all the same */
    seal(bytes, len);
    struct replay *r = replay_from_bytes(&envs, "x", bytes, len, NULL);
    assert_non_null(r);
    replay_destroy(r);
    bytes_put(bytes + 8, 2, REPLAY_MAJOR + 1);
    seal(bytes, len);
    assert_refused(bytes, len, "use a later ratchet");
    bytes_put(bytes + 8, 2, 0);
    seal(bytes, len);
    assert_refused(bytes, len, "never was");
    free(bytes);
}

static void test_foreign_keyframes(void **state)
{
    (void)state;
    struct replay *r = make_small();
    uint8_t *bytes;
    size_t len;
    struct replay_check check;

    r->env_version++;
    assert_int_equal(replay_to_bytes(r, &bytes, &len, NULL), 0);
    struct replay *back = replay_from_bytes(&envs, "x", bytes, len, NULL);
    assert_non_null(back);
    assert_int_equal(back->n_keyframes, 0);
    assert_int_equal(replay_verify(back, &check, NULL), 0);
    assert_false(check.verified);
    assert_non_null(strstr(check.why, "another version"));
    replay_destroy(back);
    replay_destroy(r);
    free(bytes);
}

static void test_size(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct replay *r = recording_make(make_task("breakout"), seed, 4000,
                                          recording_follow);
        uint8_t *bytes;
        size_t len;
        assert_int_equal(replay_to_bytes(r, &bytes, &len, NULL), 0);
        print_message("# seed %d: %d steps, %zu bytes\n", (int)seed, (int)r->tape.n_steps,
                      len);
        assert_true((double)len < 0.5 * (double)r->tape.n_steps);
        free(bytes);
        replay_destroy(r);
    }
}

static void test_many_keyframes(void **state)
{
    (void)state;
    struct replay *r = recording_make(make_task("cartpole"), 7, 30, recording_balance);
    void *instance = task_create_instance(r->task, NULL);
    struct episode e;

    episode_init(&e, r->task->env, instance, &r->task->rules);
    episode_reset(&e, 1);
    r->keyframe_stride = 4;
    for (int64_t i = 0; i < 100000; i++)
        replay_add_keyframe(r, i, &e);
    assert_in_range(r->n_keyframes, REPLAY_MAX_KEYFRAMES / 2, REPLAY_MAX_KEYFRAMES);
    for (int i = 1; i < r->n_keyframes; i++)
        assert_int_equal(r->keyframes[i].step - r->keyframes[i - 1].step,
                         r->keyframe_stride);
    episode_clear(&e);
    r->task->env->destroy(instance);
    replay_destroy(r);
}

static int count_files(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void test_full_disk(void **state)
{
    (void)state;
    char folder[] = "/tmp/ratchet_XXXXXX";
    struct error err = { "" };
    struct rlimit old, small;
    struct replay *r = make_small();

    assert_non_null(mkdtemp(folder));
    char *path = xasprintf("%s/a.replay", folder);
    assert_int_equal(replay_save(r, path, &err), 0);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 100;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    r->created++;
    int status = replay_save(r, path, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, -1);
    assert_non_null(strstr(err.text, "a.replay: cannot be written: "));
    assert_int_equal(count_files(folder), 1);
    struct replay *back = replay_load(&envs, path, &err);
    assert_non_null(back);
    r->created--;
    assert_same(r, back);
    unlink(path);
    rmdir(folder);
    assert_int_equal(replay_save(r, path, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    replay_destroy(back);
    replay_destroy(r);
    free(path);
}

static void test_unreadable(void **state)
{
    (void)state;
    struct error err = { "" };

    assert_null(replay_load(&envs, "/nowhere/x.replay", &err));
    assert_string_equal(err.text,
                        "/nowhere/x.replay: cannot be read: No such file or directory");
    assert_null(replay_load(&envs, "/tmp", &err));
    assert_string_equal(err.text, "/tmp: cannot be read: Is a directory");
    assert_null(replay_load(&envs, "/dev/null", &err));
    assert_string_equal(err.text, "/dev/null: cannot be read: not a regular file");
    assert_null(file_load("/proc/self/exe", 1000, &(size_t){ 0 }, &err));
    assert_non_null(strstr(err.text, "larger than 1000"));
}

static void test_clean_text(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t max;
        bool keep_lines;
        const char *out;
    } rows[] = {
        { "plain", 99, false, "plain" },
        { "a\x1b[31mb", 99, false, "a [31mb" },
        { "a\n\tb", 99, false, "a  b" },
        { "a\n\tb", 99, true, "a\n\tb" },
        { "\xc3\xa9\xc3\xa9", 3, false, "\xc3\xa9" }, /* never half a character */
        { "\xc3", 9, false, "?" },                    /* cut short */
        { "\xc0\x80", 9, false, "??" },               /* overlong zero */
        { "\xed\xa0\x80", 9, false, "???" },          /* surrogate */
        { "\xf4\x90\x80\x80", 9, false, "????" },     /* above U+10FFFF */
        { "\xc2\x85x", 9, false, " x" },              /* a control character of C1 */
        { "\xf0\x9f\x99\x82", 9, false, "\xf0\x9f\x99\x82" },
        { "", 0, false, "" },
        { "\x7f\rx", 99, true, "  x" },
        { "a\xe2\x80\xae" "b", 99, true, "a?b" }, /* turns what follows it round */
        { "\xe2\x81\xa6\xe2\x80\x8f", 99, false, "??" },
        { "\xe2\x80\x8b\xef\xbb\xbf\xc2\xad", 99, false, "???" }, /* nobody sees them */
        { "\xe2\x80\xa8\xe2\x80\xa9", 99, true, "??" },         /* end a line, for some */
        { "\xf3\xa0\x81\x81", 99, false, "?" },                 /* a tag */
        { "\xe2\x80\xa6\xe2\x80\x93", 99, false, "\xe2\x80\xa6\xe2\x80\x93" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *out = text_clean(rows[i].in, strlen(rows[i].in), rows[i].max,
                               rows[i].keep_lines);
        assert_string_equal(out, rows[i].out);
        free(out);
    }
}

#define N_DAMAGES (sizeof(damages) / sizeof(*damages))

int main(void)
{
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_odd_returns),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_bit_flips),
        cmocka_unit_test(test_sealed_bit_flips),
        cmocka_unit_test(test_twice_the_same_chunk),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_foreign_keyframes),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_many_keyframes),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_clean_text),
    };
    const size_t n_plain = sizeof(plain) / sizeof(*plain);
    struct CMUnitTest tests[sizeof(plain) / sizeof(*plain) + N_DAMAGES];

    memcpy(tests, plain, sizeof(plain));
    for (size_t i = 0; i < N_DAMAGES; i++)
        tests[n_plain + i] = (struct CMUnitTest){ damages[i].name, test_damage, NULL,
                                                  NULL, (void *)(uintptr_t)&damages[i] };
    env_registry_init(&envs);
    int status = _cmocka_run_group_tests("replay", tests, n_plain + N_DAMAGES, NULL,
                                         NULL);
    env_registry_clear(&envs);
    return status;
}
