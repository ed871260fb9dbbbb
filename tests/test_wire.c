/* test_wire.c - messages between harness and worker, whole, cut and false. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "runner/evaluate/verify.h"
#include "sandbox/job.h"

static void test_values(void **state)
{
    struct wire w = { 0 };
    size_t len;
    char *text;

    (void)state;
    wire_put_u8(&w, 200);
    wire_put_u32(&w, 4000000000u);
    wire_put_i64(&w, -5);
    wire_put_f64(&w, -0.5);
    wire_put_text(&w, "text");
    wire_put_bytes(&w, "", 0);
    assert_int_equal(wire_get_u8(&w), 200);
    assert_int_equal(wire_get_u32(&w), 4000000000u);
    assert_int_equal(wire_get_i64(&w), -5);
    assert_true(wire_get_f64(&w) == -0.5);
    text = wire_get_text(&w);
    assert_string_equal(text, "text");
    free(text);
    assert_non_null(wire_get_bytes(&w, &len));
    assert_int_equal(len, 0);
    assert_true(wire_is_done(&w));
    assert_int_equal(wire_get_u64(&w), 0);
    assert_true(w.is_bad);
    wire_clear(&w);
}

/* A text whose length is said to be more than there is. */
static void test_false_length(void **state)
{
    static const uint64_t lengths[] = { 5, 1u << 31, UINT64_MAX, UINT64_MAX - 7 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct wire w = { 0 };
        size_t len = 1;
        wire_put_u64(&w, lengths[i]);
        wire_put(&w, "four", 4);
        assert_null(wire_get_bytes(&w, &len));
        assert_int_equal(len, 0);
        assert_false(wire_is_done(&w));
        wire_clear(&w);
    }
}

static void test_job(void **state)
{
    char *settings[] = { "end=rom", "knob=centre" }, *fields[] = { "ball_x" };
    struct vm_param param = { "gain", 2, 0, 3 };
    struct job job = { .env = "breakout",
                       .settings = settings,
                       .n_settings = 2,
                       .rules = { 4, 0.25, 30, 1000 },
                       .fields = fields,
                       .n_fields = 1,
                       .limits = limits_default,
                       .policy_name = "a.lua",
                       .source = "return 1",
                       .params = &param,
                       .n_params = 1,
                       .n_slots = 3,
                       .is_bare = true };
    struct wire w = { 0 };
    struct job got;

    (void)state;
    job_put(&w, &job);
    assert_int_equal(job_get(&w, &got), 0);
    assert_string_equal(got.settings[1], "knob=centre");
    assert_string_equal(got.fields[0], "ball_x");
    assert_string_equal(got.source, "return 1");
    assert_memory_equal(&got.rules, &job.rules, sizeof(got.rules));
    assert_string_equal(got.params[0].name, "gain");
    assert_int_equal(got.n_slots, 3);
    assert_true(got.is_bare && !got.is_unjailed);
    job_clear(&got);
    /* Cut anywhere, it is no job. */
    for (size_t len = 0, whole = w.bytes.len; len < whole; len++) {
        w.bytes.len = len;
        w.at = 0;
        w.is_bad = false;
        assert_int_equal(job_get(&w, &got), -1);
        job_clear(&got);
    }
    wire_clear(&w);
}

/* What the other side sends, and what receiving says of it. */
static void test_frames(void **state)
{
    static const struct {
        const char *name;
        uint32_t type, len;    /* of the head */
        size_t n_head, n_sent; /* bytes that are sent of head and payload */
        int result;
    } rows[] = {
        { "whole", 7, 100, 8, 100, 1 },
        { "empty", 7, 0, 8, 0, 1 },
        { "closed at once", 0, 0, 0, 0, 0 },
        { "half a head", 7, 100, 4, 0, -1 },
        { "no payload", 7, 100, 8, 0, -1 },
        { "half a payload", 7, 100, 8, 50, -1 },
        { "too long", 7, 4097, 8, 0, -1 },
        { "longest number", 7, UINT32_MAX, 8, 0, -1 },
        { "as long as may be", 7, 4096, 8, 4096, 1 },
    };
    char payload[4096];

    (void)state;
    memset(payload, 'x', sizeof(payload));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t head[2] = { rows[i].type, rows[i].len }, type = 0;
        struct wire w = { 0 };
        int pair[2], result;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(write(pair[0], head, rows[i].n_head), (int)rows[i].n_head);
        assert_int_equal(write(pair[0], payload, rows[i].n_sent), (int)rows[i].n_sent);
        close(pair[0]);
        result = wire_receive(pair[1], &type, &w, 4096);
        if (result != rows[i].result)
            fail_msg("%s: %d", rows[i].name, result);
        if (result == 1)
            assert_true(type == 7 && w.bytes.len == rows[i].len);
        close(pair[1]);
        wire_clear(&w);
    }
}

/* Notes and marks as a worker might send them. */
static void test_said(void **state)
{
    static const struct {
        const char *name;
        uint32_t n_notes; /* that are announced; one is sent */
        int64_t step;
        const char *text;
        uint32_t kind;
        double x;
        int64_t bytes_left;
        bool is_good;
    } rows[] = {
        { "good", 1, 5, "ball\033[2J", 1, 3, 1000, true },
        { "more notes than sent", 2, 5, "text", 1, 3, 1000, false },
        { "four thousand million notes", UINT32_MAX, 5, "text", 1, 3, 1000, false },
        { "a step before the first", 1, -1, "text", 1, 3, 1000, false },
        { "a step after the last", 1, 11, "text", 1, 3, 1000, false },
        { "no such kind of mark", 1, 5, "text", 4, 3, 1000, false },
        { "a mark that is nowhere", 1, 5, "text", 1, 1.0 / 0.0, 1000, false },
        { "more than may be said", 1, 5, "text", 1, 3, 70, false },
        { "all that may be said", 1, 5, "text", 1, 3, 73, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct episode_result out = { 0 };
        struct wire w = { 0 };
        int64_t left = rows[i].bytes_left;
        wire_put_u32(&w, rows[i].n_notes);
        wire_put_i64(&w, rows[i].step);
        wire_put_text(&w, rows[i].text);
        wire_put_u32(&w, 1);
        wire_put_i64(&w, rows[i].step);
        wire_put_u32(&w, rows[i].kind);
        for (int k = 0; k < 4; k++)
            wire_put_f64(&w, rows[i].x);
        wire_put_text(&w, "label");
        read_said(&w, 10, &left, &out);
        if (wire_is_done(&w) != rows[i].is_good)
            fail_msg("%s", rows[i].name);
        if (i == 0)
            assert_string_equal(out.notes[0].text, "ball [2J");
        results_clear(&out, 1);
        wire_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_false_length),
        cmocka_unit_test(test_job),    cmocka_unit_test(test_frames),
        cmocka_unit_test(test_said),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
