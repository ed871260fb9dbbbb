/* job.c - what harness and worker say to each other: the job. */
#include "sandbox/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/chance.h"

#define MOST_ENTRIES 4096 /* of any list in a job */

static void put_list(struct wire *w, char *const *list, uint32_t n)
{
    wire_put_u32(w, n);
    for (uint32_t i = 0; i < n; i++)
        wire_put_text(w, list[i]);
}

static char **job_get_list(struct wire *w, uint32_t *n)
{
    char **list;

    *n = wire_get_u32(w);
    if (*n > MOST_ENTRIES) {
        w->is_bad = true;
        *n = 0;
    }
    list = xcalloc(*n + 1, sizeof(*list));
    for (uint32_t i = 0; i < *n; i++)
        list[i] = wire_get_text(w);
    return list;
}

static void free_list(char **list, uint32_t n)
{
    for (uint32_t i = 0; list && i < n; i++)
        free(list[i]);
    free(list);
}

void job_put(struct wire *w, const struct job *job)
{
    put_list(w, job->plugins, job->n_plugins);
    wire_put_text(w, job->env);
    wire_put_bytes(w, job->description, job->description_len);
    put_list(w, job->settings, job->n_settings);
    wire_put(w, &job->rules, sizeof(job->rules));
    wire_put_u32(w, job->observation);
    wire_put_u8(w, job->fields != NULL);
    put_list(w, job->fields, job->n_fields);
    wire_put(w, &job->limits, sizeof(job->limits));
    wire_put_text(w, job->policy_name);
    wire_put_text(w, job->source);
    wire_put_bytes(w, job->params, sizeof(*job->params) * job->n_params);
    wire_put_u32(w, job->n_slots);
    wire_put_u8(w, job->plans);
    wire_put_u8(w, job->sim_is_true);
    wire_put_u8(w, job->is_unjailed);
    wire_put_u8(w, job->wants_globals);
    wire_put_u8(w, job->is_bare);
}

int job_get(struct wire *w, struct job *job)
{
    const uint8_t *params, *description;
    bool has_fields;
    size_t len;

    *job = (struct job){ 0 };
    job->plugins = job_get_list(w, &job->n_plugins);
    job->env = wire_get_text(w);
    description = wire_get_bytes(w, &job->description_len);
    job->description = xcalloc(job->description_len + 1, 1);
    if (job->description_len)
        memcpy(job->description, description, job->description_len);
    job->settings = job_get_list(w, &job->n_settings);
    wire_get(w, &job->rules, sizeof(job->rules));
    job->observation = wire_get_u32(w);
    has_fields = wire_get_u8(w);
    job->fields = job_get_list(w, &job->n_fields);
    if (!has_fields) {
        free_list(job->fields, job->n_fields);
        job->fields = NULL;
        job->n_fields = 0;
    }
    wire_get(w, &job->limits, sizeof(job->limits));
    job->policy_name = wire_get_text(w);
    job->source = wire_get_text(w);
    params = wire_get_bytes(w, &len);
    job->n_params = (uint32_t)(len / sizeof(*job->params));
    job->params = xcalloc(job->n_params, sizeof(*job->params));
    if (len)
        memcpy(job->params, params, job->n_params * sizeof(*job->params));
    job->n_slots = wire_get_u32(w);
    job->plans = wire_get_u8(w);
    job->sim_is_true = wire_get_u8(w);
    job->is_unjailed = wire_get_u8(w);
    job->wants_globals = wire_get_u8(w);
    job->is_bare = wire_get_u8(w);
    return wire_is_done(w) ? 0 : -1;
}

void job_clear(struct job *job)
{
    free_list(job->plugins, job->n_plugins);
    free(job->env);
    free(job->description);
    free_list(job->settings, job->n_settings);
    free_list(job->fields, job->n_fields);
    free(job->policy_name);
    free(job->source);
    free(job->params);
    *job = (struct job){ 0 };
}

uint64_t job_policy_chance(uint64_t seed)
{
    return chance_derive(seed, "policy");
}
