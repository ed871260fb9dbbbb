/* shard_play.c - a node's side: plays one shard and leaves its results as a file. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/clock.h"
#include "base/hash.h"
#include "runner/evaluate/cluster/shard.h"

/* Notes and marks as read_said takes them. */
static void shard_play_put_said(struct wire *w, const struct episode_result *r)
{
    wire_put_u32(w, (uint32_t)r->n_notes);
    for (int i = 0; i < r->n_notes; i++) {
        wire_put_i64(w, r->notes[i].step);
        wire_put_text(w, r->notes[i].text);
    }
    wire_put_u32(w, (uint32_t)r->n_marks);
    for (int i = 0; i < r->n_marks; i++) {
        const struct replay_mark *m = &r->marks[i];
        wire_put_i64(w, m->step);
        wire_put_u32(w, (uint32_t)m->kind);
        wire_put_f64(w, m->x);
        wire_put_f64(w, m->y);
        wire_put_f64(w, m->a);
        wire_put_f64(w, m->b);
        wire_put_text(w, m->label);
    }
}

static void put_episode(struct wire *w, int index, const struct episode_result *r)
{
    /* An episode that was lost with its worker has no actions to judge it by. */
    bool is_lost = r->fault && !r->trajectory && !r->start_hash;

    wire_put_u32(w, (uint32_t)index);
    wire_put_u32(w, (uint32_t)r->n_tries);
    wire_put_u8(w, is_lost);
    wire_put_u32(w, r->fault);
    wire_put_text(w, r->fault_text ? r->fault_text : "");
    wire_put_i64(w, r->most_instructions);
    wire_put_i64(w, r->planner_steps);
    wire_put_f64(w, r->total);
    wire_put_u64(w, r->trajectory);
    wire_put_bytes(w, r->tape.data, (size_t)r->tape.n_steps * (size_t)r->tape.width);
    shard_play_put_said(w, r);
}

int shard_result_save(const struct shard_leaving *l, struct error *err)
{
    const char *slurm = getenv("SLURMD_NODENAME");
    char host[256] = "?", *kind = shard_kind(), *path, sha[65];
    struct wire w = { 0 };
    int status;

    gethostname(host, sizeof(host) - 1);
    wire_put_text(&w, SHARD_RESULT);
    wire_put_text(&w, l->job->sha256);
    wire_put_u32(&w, (uint32_t)l->shard);
    wire_put_text(&w, slurm ? slurm : host);
    wire_put_text(&w, kind);
    wire_put_text(&w, l->refusal);
    wire_put_f64(&w, l->started);
    wire_put_f64(&w, clock_date() - l->started);
    wire_put_u32(&w, (uint32_t)l->n);
    for (int i = 0; i < l->n; i++)
        put_episode(&w, l->shard + i * l->job->n_shards, &l->results[i]);
    sha256_hex(w.bytes.data, w.bytes.len, sha);
    path = xasprintf("%s/%s.result", l->folder, sha);
    status = file_save(path, w.bytes.data, w.bytes.len, err);
    chmod(path, 0644);
    wire_clear(&w);
    free(path);
    free(kind);
    return status;
}

/* The results of the shard's requests, n of them; NULL when it cannot play. */
static struct episode_result *shard_play_episodes(const struct shard_job *job, int shard,
                                                  int *n, struct error *err)
{
    struct episode_request *mine = xcalloc((size_t)job->n_requests + 1, sizeof(*mine));
    struct episode_result *results;
    int status;

    *n = 0;
    for (int i = shard; i < job->n_requests; i += job->n_shards)
        mine[(*n)++] = job->requests[i];
    results = xcalloc((size_t)*n + 1, sizeof(*results));
    status = evaluate(&job->e, mine, *n, results, NULL, err);
    for (int i = 0; i < *n && status == 0; i++)
        if (!results[i].is_done)
            status = error_set(err, "interrupted");
    free(mine);
    if (status == 0)
        return results;
    results_clear(results, *n);
    free(results);
    return NULL;
}

int shard_play(const char *folder, int shard, struct env_registry *registry,
               const volatile sig_atomic_t *interrupted, struct error *err)
{
    struct shard_job job;
    struct shard_leaving l = {
        .folder = folder, .job = &job, .shard = shard, .refusal = ""
    };
    struct episode_result *results = NULL;
    char *kind = shard_kind();
    int status = -1, n = 0;

    l.started = clock_date();
    if (shard_job_load(&job, folder, registry, err) != 0) {
        if (job.sha256[0]) { /* it can be told of which job this is */
            struct error why = *err;
            l.refusal = why.text;
            shard_result_save(&l, err);
            *err = why;
        }
        goto out;
    }
    if (shard < 0 || shard >= job.n_shards) {
        error_set(err, "%s: has no shard %d, only 0 to %d", folder, shard,
                  job.n_shards - 1);
        goto out;
    }
    job.e.setup.interrupted = interrupted;
    if (shard_kind_fits(job.task->env, job.kind, kind, "(this one)", err) == 0)
        results = shard_play_episodes(&job, shard, &n, err);
    if (!results && interrupted && *interrupted)
        goto out; /* pre-empted: nothing is said, and the shard is run again */
    l.refusal = results ? "" : err->text;
    l.results = results;
    l.n = results ? n : 0;
    if (shard_result_save(&l, err) == 0 && results)
        status = 0;
out:
    if (results)
        results_clear(results, n);
    free(results);
    shard_job_clear(&job);
    free(kind);
    return status;
}
