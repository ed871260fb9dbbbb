/* slurm.c - job arrays through Slurm's own commands: sbatch, squeue, scancel. */
#include "runner/evaluate/cluster/slurm.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/file.h"

#define PATIENCE_S 60

/* Runs a command; the caller frees *output, its complaints where it failed. */
static int slurm_run(const char *const *argv, char **output, struct error *err)
{
    struct child c = { .argv = argv, .timeout_s = PATIENCE_S, .without_keys = true };
    struct child_result r;
    int status = child_run(&c, &r, err);

    *output = xstrdup(r.status != 0 && r.err[0] ? r.err : r.out);
    if (status == 0 && r.is_late)
        status = error_set(err, "%s: no end after %d s", argv[0], PATIENCE_S);
    else if (status == 0 && r.status == 127)
        status = error_set(err, "%.*s; is Slurm installed here (slurm-client)?",
                           (int)strcspn(r.err, "\n"), r.err);
    else if (status == 0 && r.status != 0)
        status = error_set(err, "%s: %.600s", argv[0], *output);
    if (status != 0)
        err->text[strcspn(err->text, "\n")] = '\0';
    child_result_clear(&r);
    return status;
}

/* The text as one word of the shell's. */
static void put_quoted(FILE *f, const char *text)
{
    fputc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", f);
        else
            fputc(*text, f);
    fputc('\'', f);
}

static int save_script(const char *path, const char *folder, struct error *err)
{
    char self[PATH_MAX], *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);
    int status;

    file_self(self);
    fputs("#!/bin/sh\nexec ", f);
    put_quoted(f, self[0] ? self : "ratchet");
    fputs(" shard ", f);
    put_quoted(f, folder);
    fputs(" \"$SLURM_ARRAY_TASK_ID\"\n", f);
    fclose(f);
    status = file_save(path, text, len, err);
    free(text);
    return status;
}

/* "--array=0-3,7" */
static char *array_option(const int *shards, int n)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    fputs("--array=", f);
    for (int i = 0, last; i < n; i = last + 1) {
        for (last = i; last + 1 < n && shards[last + 1] == shards[last] + 1;)
            last++;
        fprintf(f, last > i ? "%s%d-%d" : "%s%d", i ? "," : "", shards[i], shards[last]);
    }
    fclose(f);
    return text;
}

int slurm_submit(const char *folder, const int *shards, int n, int n_cpus, char id[32],
                 struct error *err)
{
    char *script = xasprintf("%s/script", folder), *array = array_option(shards, n);
    char *cpus = xasprintf("--cpus-per-task=%d", n_cpus);
    char *log = xasprintf("--output=%s/%%A-%%a.log", folder), *output = NULL;
    const char *const argv[] = {
        "sbatch", "--parsable", "--no-requeue", "--job-name=ratchet", array, cpus, log,
        script,   NULL
    };
    int status = save_script(script, folder, err);

    if (status == 0)
        status = slurm_run(argv, &output, err);
    if (status == 0) { /* "17" or "17;cluster", after warnings */
        const char *line = output;
        for (const char *next; (next = strchr(line, '\n')) && next[1];)
            line = next + 1;
        snprintf(id, 32, "%.*s", (int)strspn(line, "0123456789"), line);
        if (!id[0])
            status = error_set(err, "sbatch: gave no number: %.200s", output);
    }
    free(output);
    free(script);
    free(array);
    free(cpus);
    free(log);
    return status;
}

int slurm_look(const char *id, bool *is_live, bool *is_running, int n_shards,
               struct error *err)
{
    const char *const argv[] = { "squeue", "--noheader", "--array", "--format=%K %t",
                                 "--jobs", id,           NULL };
    char *output = NULL;
    int status = slurm_run(argv, &output, err);

    if (status != 0 && output && strstr(output, "Invalid job id"))
        status = 0; /* it is over and forgotten: nothing of it lives */
    else
        for (const char *line = output; status == 0 && line && *line;) {
            char *rest;
            long task = strtol(line, &rest, 10);
            /* PD waits, R runs, CF its node starts, CG ends, S is suspended */
            bool lives = !strncmp(rest, " PD", 3) || !strncmp(rest, " R\n", 3) ||
                         !strncmp(rest, " CF", 3) || !strncmp(rest, " S\n", 3);
            if (rest > line && task >= 0 && task < n_shards && lives) {
                is_live[task] = true;
                is_running[task] = is_running[task] || strncmp(rest, " PD", 3);
            }
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    free(output);
    return status;
}

void slurm_cancel(const char *id)
{
    const char *const argv[] = { "scancel", "--quiet", id, NULL };
    char *output;
    struct error ignored;

    slurm_run(argv, &output, &ignored);
    free(output);
}
