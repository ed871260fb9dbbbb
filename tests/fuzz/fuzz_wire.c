/* fuzz_wire.c - any bytes as a message: a job for a worker, an episode or notes for the
 * harness. */
#include <stdlib.h>
#include <string.h>

#include "runner/evaluate/verify.h"
#include "sandbox/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct wire message(const uint8_t *data, size_t len)
{
    struct wire w = { 0 };

    wire_put(&w, data, len);
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct episode_result said = { 0 };
    struct wire w = message(data, len);
    int64_t left = 65536;
    struct job job;

    job_get(&w, &job);
    job_clear(&job);
    wire_clear(&w);
    w = message(data, len);
    read_said(&w, 1000, &left, &said);
    results_clear(&said, 1);
    wire_clear(&w);
    return 0;
}
