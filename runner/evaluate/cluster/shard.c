/* shard.c - shards on disk: the job that they take and the results that they leave. */
#include "runner/evaluate/cluster/shard.h"

#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "base/hash.h"
#include "runner/evaluate/process.h"
#include "runner/evaluate/verify.h"

#define JOB_MAGIC "ratchet job 3"
#define MOST_FILE ((size_t)1 << 30)

char *shard_kind(void)
{
    struct utsname machine = { 0 };
    FILE *f = fopen("/proc/cpuinfo", "re");
    char *line = NULL, *model = NULL, *flags = NULL, *kind, sha[65];
    size_t cap = 0;

    while (f && getline(&line, &cap, f) > 0) {
        char *value = strchr(line, ':');
        if (!value)
            continue;
        value[strcspn(value, "\n")] = '\0';
        if (!model && !strncmp(line, "model name", 10))
            model = xstrdup(value + 2);
        if (!flags && !strncmp(line, "flags", 5))
            flags = xstrdup(value + 2);
    }
    if (f)
        fclose(f);
    free(line);
    uname(&machine);
    sha256_hex(flags ? flags : "", flags ? strlen(flags) : 0, sha);
    kind = xasprintf("%s; %s; features %.8s; glibc %s", machine.machine,
                     model ? model : "unknown", sha, gnu_get_libc_version());
    free(model);
    free(flags);
    return kind;
}

int shard_kind_fits(const struct env *env, const char *mine, const char *theirs,
                    const char *node, struct error *err)
{
    size_t machine = strcspn(mine, ";");

    if (env->bits == ENV_BITS_NONE)
        return error_set(
            err, "%s: its bits hold on no second machine: use --engine local", env->name);
    if (env->bits == ENV_BITS_MACHINE ? !strcmp(mine, theirs)
                                      : !strncmp(mine, theirs, machine + 1))
        return 0;
    return error_set(
        err,
        "node %s is of another kind than this machine, beyond what %s "
        "declares (the same bits %s): \"%s\" here, \"%s\" there; choose nodes of "
        "one kind, for example by SBATCH_CONSTRAINT",
        node, env->name,
        env->bits == ENV_BITS_MACHINE ? "on machines of one kind" : "on any x86-64", mine,
        theirs);
}

static void shard_put_params(struct wire *w, const struct vm_param *params, int n)
{
    wire_put_u32(w, (uint32_t)n);
    for (int i = 0; i < n; i++) {
        wire_put_text(w, params[i].name);
        wire_put_f64(w, params[i].value);
    }
}

static void put_job(struct wire *w, const struct evaluation *e,
                    const struct episode_request *requests, int n, int n_shards)
{
    json_t *json = task_to_json(e->task);
    char *task = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS), *kind = shard_kind();
    struct job job = evaluation_job(e);

    wire_put_text(w, JOB_MAGIC);
    wire_put_text(w, kind);
    wire_put_u32(w, job.n_plugins);
    for (uint32_t i = 0; i < job.n_plugins; i++)
        wire_put_text(w, job.plugins[i]);
    wire_put_text(w, task);
    wire_put_text(w, e->policy.name);
    wire_put_text(w, e->policy.source);
    shard_put_params(w, e->policy.params, e->policy.n_params);
    wire_put_u8(w, e->is_outside);
    wire_put_u8(w, e->setup.unjailed);
    wire_put_u32(w, (uint32_t)e->setup.jobs);
    wire_put_u32(w, (uint32_t)n_shards);
    wire_put_u32(w, (uint32_t)n);
    for (int i = 0; i < n; i++) {
        const struct tape *shadow = requests[i].shadow;
        wire_put_u64(w, requests[i].seed);
        wire_put_i64(w, requests[i].max_steps);
        wire_put_i64(w, requests[i].max_planner);
        wire_put_u8(w, requests[i].wants_notes);
        shard_put_params(w, requests[i].params, requests[i].n_params);
        wire_put_u8(w, shadow != NULL);
        if (shadow)
            wire_put_bytes(w, shadow->data,
                           (size_t)shadow->n_steps * (size_t)shadow->width);
    }
    free(kind);
    free(task);
    json_decref(json);
}

int shard_job_save(const struct evaluation *e, const struct episode_request *requests,
                   int n, int n_shards, const char *folder, char sha256[65],
                   struct error *err)
{
    char *path = xasprintf("%s/job", folder);
    struct wire w = { 0 };
    int status;

    put_job(&w, e, requests, n, n_shards);
    sha256_hex(w.bytes.data, w.bytes.len, sha256);
    status = file_save(path, w.bytes.data, w.bytes.len, err);
    wire_clear(&w);
    free(path);
    return status;
}

static int get_plugins(struct shard_job *job, struct wire *w,
                       struct env_registry *registry, struct error *err)
{
    uint32_t n = wire_get_u32(w);

    for (uint32_t i = 0; i < n && !w->is_bad; i++) {
        char *path = wire_get_text(w);
        words_add(&job->plugins, path);
        free(path);
        if (env_registry_load(registry, job->plugins.list[i], err) != 0)
            return -1;
    }
    job->e.setup.plugins = (char **)job->plugins.list;
    return 0;
}

static int shard_get_task(struct shard_job *job, struct wire *w,
                          struct env_registry *registry, struct error *err)
{
    char *text = wire_get_text(w);
    json_t *json = json_loads(text, 0, NULL);

    job->task = json ? task_from_json(registry, json, "the job's task", err) : NULL;
    if (!json)
        error_set(err, "the job's task is not JSON");
    job->e.task = job->task;
    json_decref(json);
    free(text);
    return job->task ? 0 : -1;
}

/* Owned by the caller; NULL for none. */
static struct vm_param *get_params(struct wire *w, int *n)
{
    uint32_t n_said = wire_get_u32(w);
    struct vm_param *list;

    *n = 0;
    if (n_said > VM_MAX_PARAMS)
        w->is_bad = true;
    if (!n_said || w->is_bad)
        return NULL;
    list = xcalloc(n_said, sizeof(*list));
    for (; *n < (int)n_said && !w->is_bad; (*n)++) {
        char *name = wire_get_text(w);
        snprintf(list[*n].name, sizeof(list->name), "%s", name);
        list[*n].value = wire_get_f64(w);
        free(name);
    }
    return list;
}

static void get_policy(struct policy *p, struct wire *w)
{
    p->name = wire_get_text(w);
    p->source = wire_get_text(w);
    p->params = get_params(w, &p->n_params);
}

static void get_requests(struct shard_job *job, struct wire *w)
{
    int width = tape_width(job->task->env);
    uint32_t n;

    job->e.is_outside = wire_get_u8(w);
    job->e.setup.unjailed = wire_get_u8(w);
    job->e.setup.jobs = (int)wire_get_u32(w);
    job->n_shards = (int)wire_get_u32(w);
    n = wire_get_u32(w);
    if (n > (w->bytes.len - w->at) / 30 || job->n_shards < 1 || job->e.setup.jobs < 1)
        w->is_bad = true;
    if (w->is_bad)
        return;
    job->requests = xcalloc(n, sizeof(*job->requests));
    job->shadows = xcalloc(n, sizeof(*job->shadows));
    for (job->n_requests = 0; job->n_requests < (int)n; job->n_requests++) {
        struct episode_request *r = &job->requests[job->n_requests];
        struct tape *shadow = &job->shadows[job->n_requests];
        size_t len = 0;
        r->seed = wire_get_u64(w);
        r->max_steps = wire_get_i64(w);
        r->max_planner = wire_get_i64(w);
        r->wants_notes = wire_get_u8(w);
        r->params = get_params(w, &r->n_params);
        if (!wire_get_u8(w))
            continue;
        *shadow = (struct tape){ .data = (uint8_t *)wire_get_bytes(w, &len),
                                 .width = width };
        shadow->n_steps = (int64_t)len / width; /* borrowed until it is copied below */
        if (shadow->data)
            shadow->data = memcpy(xcalloc(len + 1, 1), shadow->data, len);
        r->shadow = shadow;
    }
}

int shard_job_read(struct shard_job *job, struct wire *w, const char *path,
                   struct env_registry *registry, struct error *err)
{
    char *magic = wire_get_text(w);
    bool is_job = !strcmp(magic, JOB_MAGIC);

    free(magic);
    *job = (struct shard_job){ 0 };
    sha256_hex(w->bytes.data, w->bytes.len, job->sha256);
    if (!is_job)
        return error_set(err, "%s: not a job of this version of ratchet", path);
    job->kind = wire_get_text(w);
    if (get_plugins(job, w, registry, err) != 0 ||
        shard_get_task(job, w, registry, err) != 0)
        return -1;
    get_policy(&job->e.policy, w);
    get_requests(job, w);
    return wire_is_done(w) ? 0 : error_set(err, "%s: damaged", path);
}

int shard_job_load(struct shard_job *job, const char *folder,
                   struct env_registry *registry, struct error *err)
{
    char *path = xasprintf("%s/job", folder);
    struct wire w = { 0 };
    int status = -1;

    *job = (struct shard_job){ 0 };
    w.bytes.data = file_load(path, MOST_FILE, &w.bytes.len, err);
    if (w.bytes.data)
        status = shard_job_read(job, &w, path, registry, err);
    wire_clear(&w);
    free(path);
    return status;
}

void shard_job_clear(struct shard_job *job)
{
    for (int i = 0; i < job->n_requests; i++) {
        tape_clear(&job->shadows[i]);
        free((struct vm_param *)job->requests[i].params);
    }
    words_clear(&job->plugins);
    free((char *)job->e.policy.name);
    free((char *)job->e.policy.source);
    free(job->e.policy.params);
    free(job->requests);
    free(job->shadows);
    free(job->kind);
    task_destroy(job->task);
    *job = (struct shard_job){ 0 };
}

void shard_head_clear(struct shard_head *head)
{
    free(head->node);
    free(head->kind);
    free(head->refusal);
    *head = (struct shard_head){ 0 };
}

int shard_result_read(struct wire *in, const char *job_sha256, int n_shards,
                      struct shard_head *head)
{
    char *magic = wire_get_text(in), *job = wire_get_text(in);
    bool is_result;

    *head = (struct shard_head){ .shard = (int)wire_get_u32(in) };
    head->node = wire_get_clean(in, 256);
    head->kind = wire_get_clean(in, 512);
    head->refusal = wire_get_clean(in, 1024);
    head->started = wire_get_f64(in);
    head->seconds = wire_get_f64(in);
    head->n = wire_get_u32(in);
    is_result = !in->is_bad && !strcmp(magic, SHARD_RESULT) && !strcmp(job, job_sha256) &&
                head->shard >= 0 && head->shard < n_shards;
    free(magic);
    free(job);
    return is_result ? 0 : -1;
}

int shard_result_load(const char *path, const char *job_sha256, int n_shards,
                      struct shard_head *head, struct wire *in, struct error *err)
{
    const char *name = file_name(path);
    char sha[65];
    int status = -1;

    *head = (struct shard_head){ 0 };
    *in = (struct wire){ 0 };
    in->bytes.data = file_load(path, MOST_FILE, &in->bytes.len, err);
    if (!in->bytes.data)
        goto out;
    sha256_hex(in->bytes.data, in->bytes.len, sha);
    if (strncmp(name, sha, 64)) {
        error_set(err, "%s: its contents are not what its name says", path);
        goto out;
    }
    status = shard_result_read(in, job_sha256, n_shards, head);
    if (status != 0)
        error_set(err, "%s: not a result of this job", path);
out:
    if (status != 0) {
        shard_head_clear(head);
        wire_clear(in);
    }
    return status;
}

int shard_result_next(struct wire *in, const struct evaluation *e,
                      struct episode *episode, const struct episode_request *requests,
                      int n_requests, int shard, int n_shards, int *index,
                      struct episode_result *out)
{
    struct claim claim;
    uint32_t at = wire_get_u32(in), n_tries = wire_get_u32(in);
    bool is_lost = wire_get_u8(in);

    if (read_claim(in, e->task, &claim) != 0)
        return -1;
    if (at >= (uint32_t)n_requests || (int)at % n_shards != shard || n_tries < 1 ||
        n_tries > 2 || (is_lost && !claim.fault.kind)) {
        results_clear(&claim.said, 1);
        return -1;
    }
    *index = (int)at;
    if (is_lost) {
        results_clear(&claim.said, 1);
        verify_lost(e->task, &requests[at], &claim.fault, out);
    } else {
        verify_claim(episode, e->task, &requests[at], &claim, out);
    }
    if (claim.fault.kind == FAULT_forged || claim.fault.kind == FAULT_nonsense)
        out->verified = false; /* its own harness has caught the worker */
    out->n_tries = (int)n_tries;
    return 0;
}
