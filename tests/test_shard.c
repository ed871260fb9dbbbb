/* test_shard.c - what nodes leave on the shared folder: whole, cut, of another job,
 * false. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <glob.h>
#include <math.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/rng.h"
#include "runner/evaluate/cluster/shard.h"
#include "tests/recording.h"

#define N 5        /* episodes */
#define N_SHARDS 2 /* shard 1 has the episodes 1 and 3 */
#define SHARD 1
#define N_MINE 2

static struct env_registry envs;
static struct task *task;
static struct episode episode;
static struct episode_request requests[N];
static struct replay *played[N]; /* until the pole falls */
static struct vm_param param = { .name = "gain", .value = 0.5 };
static char folder[] = "/tmp/ratchet-shard-XXXXXX";
static char sha256[65];
static struct wire honest; /* the file of the shard, played as it should be */
static size_t head_len;    /* of it */

static struct evaluation evaluation(void)
{
    return (struct evaluation){ .task = task,
                                .policy = { "right.lua", "return 1", &param, 1 },
                                .setup = { .jobs = 1 } };
}

static void push_right(const struct env *env, const double *obs, struct rng *chance,
                       double *action)
{
    (void)env, (void)obs, (void)chance;
    action[0] = 1;
}

/* As a worker would tell it. */
static struct episode_result result_of(const struct replay *r)
{
    return (struct episode_result){ .seed = r->seed,
                                    .total = r->total,
                                    .trajectory = r->trajectory,
                                    .n_tries = 1,
                                    .tape = r->tape };
}

/* The only result in the folder. */
static char *find_result(void)
{
    char *pattern = xasprintf("%s/*.result", folder), *path;
    glob_t found;

    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    path = xstrdup(found.gl_pathv[0]);
    globfree(&found);
    free(pattern);
    return path;
}

static int set_up(void **state)
{
    struct evaluation e = evaluation();
    struct shard_job job;
    struct shard_leaving l = {
        .folder = folder, .refusal = "", .job = &job, .shard = SHARD, .n = N_MINE
    };
    struct episode_result mine[N_MINE];
    struct shard_head head;
    struct wire in;
    struct error err = { "" };
    char *path;

    (void)state;
    env_registry_init(&envs);
    task = task_create(env_find(&envs, "cartpole", &err));
    e.task = task;
    episode_init(&episode, task->env, task_create_instance(task, &err), &task->rules);
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < N; i++) {
        requests[i].seed = 100 + (uint64_t)i;
        played[i] = recording_make(task_create(task->env), requests[i].seed, INT64_MAX,
                                   push_right);
    }
    requests[3].params = &param; /* one episode with overrides of its own */
    requests[3].n_params = 1;
    assert_int_equal(shard_job_save(&e, requests, N, N_SHARDS, folder, sha256, &err), 0);
    assert_int_equal(shard_job_load(&job, folder, &envs, &err), 0);
    mine[0] = result_of(played[1]);
    mine[1] = result_of(played[3]);
    l.results = mine;
    assert_int_equal(shard_result_save(&l, &err), 0);
    shard_job_clear(&job);
    path = find_result();
    assert_int_equal(shard_result_load(path, sha256, N_SHARDS, &head, &in, &err), 0);
    head_len = in.at;
    honest = in;
    shard_head_clear(&head);
    unlink(path);
    free(path);
    return 0;
}

/* How many episodes a coordinator takes from these bytes, all of them as they were played
 * or faults, which it plays again; 0 when anything is amiss. */
static int take(const uint8_t *data, size_t len, bool is_named_right, int *n_faults)
{
    struct evaluation e = evaluation();
    struct wire in = { 0 }, w;
    struct error err = { "" };
    struct shard_head head;
    char sha[65], *path;
    int n = 0, index;
    bool is_bad;

    sha256_hex(data, len, sha);
    if (!is_named_right)
        sha[5] = sha[5] == 'a' ? 'b' : 'a';
    path = xasprintf("%s/%s.result", folder, sha);
    assert_int_equal(file_save(path, data, len, &err), 0);
    is_bad = shard_result_load(path, sha256, N_SHARDS, &head, &in, &err) != 0 ||
             head.n != N_MINE;
    unlink(path);
    free(path);
    w = in;
    for (*n_faults = 0; !is_bad && n < N_MINE; n++) {
        struct episode_result r = { 0 };
        is_bad = shard_result_next(&w, &e, &episode, requests, N, SHARD, N_SHARDS, &index,
                                   &r) != 0;
        if (!is_bad && r.fault)
            (*n_faults)++;
        else if (!is_bad) {
            assert_true(r.score == played[index]->total);
            assert_true(r.trajectory == played[index]->trajectory);
            assert_true(r.verified);
        }
        if (!is_bad)
            results_clear(&r, 1);
    }
    is_bad = is_bad || !wire_is_done(&w);
    shard_head_clear(&head);
    wire_clear(&in);
    return is_bad ? 0 : n;
}

static void test_honest(void **state)
{
    int n_faults;

    (void)state;
    assert_int_equal(take(honest.bytes.data, honest.bytes.len, true, &n_faults), N_MINE);
    assert_int_equal(n_faults, 0);
    assert_int_equal(take(honest.bytes.data, honest.bytes.len, false, &n_faults), 0);
}

static void test_job(void **state)
{
    struct shard_job job;
    struct error err = { "" };
    struct wire w = { 0 };
    char *path = xasprintf("%s/job", folder);
    uint8_t *data;
    size_t len;

    (void)state;
    assert_int_equal(shard_job_load(&job, folder, &envs, &err), 0);
    assert_string_equal(job.sha256, sha256);
    assert_int_equal(job.n_requests, N);
    assert_int_equal(job.requests[2].n_params, 0);
    assert_int_equal(job.requests[3].n_params, 1);
    assert_string_equal(job.requests[3].params->name, "gain");
    assert_true(job.requests[3].params->value == 0.5);
    assert_string_equal(job.e.policy.source, "return 1");
    shard_job_clear(&job);
    data = file_load(path, 1 << 20, &len, &err);
    for (size_t n = 0; n < len; n++) {
        w = (struct wire){ .bytes = { .data = data, .len = n } };
        assert_int_equal(shard_job_read(&job, &w, "cut", &envs, &err), -1);
        shard_job_clear(&job);
    }
    free(data);
    free(path);
}

static void test_cut(void **state)
{
    int n_faults;

    (void)state;
    for (size_t n = 0; n < honest.bytes.len; n++)
        assert_int_equal(take(honest.bytes.data, n, true, &n_faults), 0);
}

static void test_longer(void **state)
{
    uint8_t *data = xcalloc(honest.bytes.len + 1, 1);
    int n_faults;

    (void)state;
    memcpy(data, honest.bytes.data, honest.bytes.len);
    assert_int_equal(take(data, honest.bytes.len + 1, true, &n_faults), 0);
    free(data);
}

/* One bit of the episodes is another: nothing that is not so is believed. */
static void test_flipped(void **state)
{
    uint8_t *data = xcalloc(honest.bytes.len, 1);
    int n_taken = 0, n_faults;
    struct rng rng;

    (void)state;
    rng_seed(&rng, 1, 1);
    for (int i = 0; i < 4000; i++) {
        size_t at = head_len + rng_below(&rng, (uint32_t)(honest.bytes.len - head_len));
        memcpy(data, honest.bytes.data, honest.bytes.len);
        data[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
        n_taken += take(data, honest.bytes.len, true, &n_faults) > 0;
    }
    print_message("# of 4000 with a bit flipped, %d were taken\n", n_taken);
    assert_true(n_taken < 4000);
    free(data);
}

/* A row: the u32 at `at`, counted from the episodes' begin, becomes `value`. */
static void test_false(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
    } rows[] = {
        { "another shard's episode", 0, 0 }, { "beyond the last", 0, 1001 },
        { "no episode", 0, UINT32_MAX },     { "played never", 4, 0 },
        { "played three times", 4, 3 },      { "a fault that there is not", 9, 1000 },
    };
    uint8_t *data = xcalloc(honest.bytes.len, 1);
    int n_faults, n_failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(data, honest.bytes.data, honest.bytes.len);
        memcpy(data + head_len + rows[i].at, &rows[i].value, sizeof(rows[i].value));
        if (take(data, honest.bytes.len, true, &n_faults) == 0)
            continue;
        print_message("# taken: %s\n", rows[i].what);
        n_failed++;
    }
    free(data);
    assert_int_equal(n_failed, 0);
}

/* The same file says of which job it is; so a result of an older evaluation is none. */
static void test_other_job(void **state)
{
    struct wire in = { .bytes = { .data = honest.bytes.data, .len = honest.bytes.len } };
    struct shard_head head;
    char other[65];

    (void)state;
    memcpy(other, sha256, sizeof(other));
    other[0] = other[0] == '0' ? '1' : '0';
    assert_int_equal(shard_result_read(&in, other, N_SHARDS, &head), -1);
    shard_head_clear(&head);
    in = (struct wire){ .bytes = { .data = honest.bytes.data, .len = honest.bytes.len } };
    assert_int_equal(shard_result_read(&in, sha256, SHARD, &head),
                     -1); /* too few shards */
    shard_head_clear(&head);
}

static int tear_down(void **state)
{
    char *path = xasprintf("%s/job", folder);

    (void)state;
    unlink(path);
    rmdir(folder);
    free(path);
    for (int i = 0; i < N; i++)
        replay_destroy(played[i]);
    wire_clear(&honest);
    task->env->destroy(episode.instance);
    episode_clear(&episode);
    task_destroy(task);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),    cmocka_unit_test(test_job),
        cmocka_unit_test(test_cut),       cmocka_unit_test(test_longer),
        cmocka_unit_test(test_flipped),   cmocka_unit_test(test_false),
        cmocka_unit_test(test_other_job),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
