/* meter.c - one worker that is measured: played without verification, snapshot and
 * restored. */
#include "runner/evaluate/meter.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "runner/evaluate/process.h"

struct meter {
    struct watch *watch;
    struct process process;
    struct limits limits;
    struct wire out;
    int width; /* bytes of a step */
    int64_t planner_steps;
};

double meter_cpu(void)
{
    static const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
    double seconds = 0;

    for (int i = 0; i < 2; i++) {
        struct rusage u;
        getrusage(whose[i], &u);
        seconds += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                   (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
    }
    return seconds;
}

struct meter *meter_create(const struct evaluation *e, bool is_bare, struct error *err)
{
    struct meter *m = xcalloc(1, sizeof(*m));
    struct job job = evaluation_job(e);
    struct ready ready;

    job.is_bare = is_bare;
    m->limits = job.limits;
    m->width = tape_width(e->task->env);
    m->process = (struct process){ .pidfd = -1, .socket = -1 };
    m->watch = watch_create(1, e->setup.interrupted);
    if (!m->watch) {
        free(m);
        error_set(err, "no thread could be started");
        return NULL;
    }
    if (process_start(&m->process, m->watch, &job, &ready, err) != 0) {
        meter_destroy(m);
        return NULL;
    }
    if (ready.fault.kind) {
        error_set(err, "%.900s", ready.fault.text);
        meter_destroy(m);
        return NULL;
    }
    return m;
}

void meter_destroy(struct meter *m)
{
    if (!m)
        return;
    process_end(&m->process, NULL);
    watch_destroy(m->watch);
    wire_clear(&m->out);
    free(m);
}

/* The length of the tape in a PLAYED message. */
static size_t played_len(struct wire *in, int64_t *planner_steps)
{
    size_t len;

    wire_get_u32(in);
    wire_get_bytes(in, &len);
    wire_get_i64(in);
    *planner_steps += wire_get_i64(in);
    wire_get_f64(in);
    wire_get_u64(in);
    wire_get_bytes(in, &len);
    return len;
}

int64_t meter_play(struct meter *m, int n_episodes)
{
    struct episode_request *requests = xcalloc((size_t)n_episodes, sizeof(*requests));
    int64_t n_steps = 0;

    for (int i = 0; i < n_episodes; i++)
        requests[i].seed = (uint64_t)i + 1;
    wire_reset(&m->out);
    process_put_episodes(&m->out, requests, n_episodes);
    free(requests);
    watch_begin(&m->process, &m->limits);
    if (process_send(&m->process, MESSAGE_PLAY, &m->out) != 0)
        return -1;
    for (int i = 0; i < n_episodes; i++) {
        if (process_receive(&m->process, MESSAGE_PLAYED) != 0)
            return -1;
        n_steps += (int64_t)(played_len(&m->process.in, &m->planner_steps) /
                             (size_t)m->width);
    }
    watch_pause(&m->process);
    return n_steps;
}

int64_t meter_planner_steps(const struct meter *m)
{
    return m->planner_steps;
}

int64_t meter_repeat(struct meter *m, enum measure what, uint64_t times)
{
    wire_reset(&m->out);
    wire_put_u32(&m->out, what);
    wire_put_u64(&m->out, times);
    watch_begin(&m->process, &m->limits);
    if (process_send(&m->process, MESSAGE_MEASURE, &m->out) != 0 ||
        process_receive(&m->process, MESSAGE_MEASURED) != 0)
        return -1;
    watch_pause(&m->process);
    return (int64_t)wire_get_u64(&m->process.in);
}
