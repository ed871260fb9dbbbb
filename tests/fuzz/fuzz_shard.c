/* fuzz_shard.c - any bytes as a file on a cluster's shared folder: a result that a node
 * left, the job that it took. */
#include <stdlib.h>

#include "runner/evaluate/cluster/shard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define N 6
#define N_SHARDS 2

static struct env_registry envs;
static struct task *task;
static struct episode episode;
static struct episode_request requests[N];

static void set_up(void)
{
    struct error err;

    env_registry_init(&envs);
    task = task_create(env_find(&envs, "cartpole", &err));
    episode_init(&episode, task->env, task_create_instance(task, &err), &task->rules);
    for (int i = 0; i < N; i++)
        requests[i].seed = (uint64_t)i;
}

/* Whatever job it says that it is of. */
static void read_result(const uint8_t *data, size_t len)
{
    struct evaluation e = { .task = task };
    struct wire in = { .bytes = { .data = (uint8_t *)data, .len = len } };
    struct shard_head head;
    char *magic = wire_get_text(&in), *job = wire_get_text(&in);
    int index, status;

    in = (struct wire){ .bytes = { .data = (uint8_t *)data, .len = len } };
    status = shard_result_read(&in, job, N_SHARDS, &head);
    for (uint32_t i = 0; status == 0 && i < head.n && i < N; i++) {
        struct episode_result r = { 0 };
        status = shard_result_next(&in, &e, &episode, requests, N, head.shard, N_SHARDS,
                                   &index, &r);
        results_clear(&r, 1);
    }
    shard_head_clear(&head);
    free(magic);
    free(job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct wire in = { .bytes = { .data = (uint8_t *)data, .len = len } };
    struct shard_job job;
    struct error err;

    if (!task)
        set_up();
    read_result(data, len);
    shard_job_read(&job, &in, "job", &envs, &err);
    shard_job_clear(&job);
    return 0;
}
