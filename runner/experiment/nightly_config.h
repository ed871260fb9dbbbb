/* nightly_config.h - what `ratchet nightly` is told to do, from one strict JSON file. */
#ifndef RATCHET_RUNNER_EXPERIMENT_NIGHTLY_CONFIG_H
#define RATCHET_RUNNER_EXPERIMENT_NIGHTLY_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

struct night_task {
    const char *name;          /* of its folder in logs/nightly/ */
    const char *task;          /* an environment or a JSON file */
    const char *policy;        /* to start from and to hold to the cases; or NULL */
    const char *model, *cases; /* or NULL */
    json_t *budget, *set;      /* an object and an array, or NULL */
    bool freezes;
};

/* Strings and JSON are borrowed from `json`, which config_clear releases. */
struct night_config {
    json_t *json;
    struct night_task *tasks; /* n_tasks of them, at least one */
    int n_tasks;
    int jobs;                    /* 0: all cores */
    const char *engine, *shared; /* of improvements: "slurm", its folder; or NULL */
    int shards;                  /* slurm: tasks of an array; 0: as improve has it */
    int disk_mib;                /* that logs/ may take; 0: any */
    int log_kib;                 /* a log file's, before it is rotated */
    const char *after;           /* a shell command, or NULL */
    int hour, minute;            /* when --install has it run */
};

/* -1: err names the file, and the key or the line. */
int night_config_load(struct night_config *c, const char *path, struct error *err);
void night_config_clear(struct night_config *c);

#endif
