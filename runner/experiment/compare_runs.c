/* compare_runs.c - the runs of a comparison, by `ratchet improve`, read from the
 * ledger. */
#include "runner/experiment/compare_runs.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/spawn.h"
#include "runner/evaluate/evaluate.h"
#include "runner/evaluate/stats.h"
#include "runner/record/ledger/ledger_tables.h"

void compared_run_clear(struct compared_run *r)
{
    free(r->list);
    free(r->stop_reason);
    *r = (struct compared_run){ 0 };
}

bool compared_run_knows(const struct compared_run *r, enum cost by)
{
    for (int i = 0; i < r->n; i++)
        if (isnan(r->list[i].cost[by]))
            return false;
    return true;
}

double compared_run_at(const struct compared_run *r, enum cost by, double most)
{
    double score = NAN;

    for (int i = 0; i < r->n; i++) {
        if (i == 0 || r->list[i].cost[by] <= most)
            score = r->list[i].score;
    }
    return score;
}

/* The repeat's salt, in the run's folder before the run is made. */
static int give_salt(const struct comparison *c, const char *folder, int repeat,
                     struct error *err)
{
    scoped char *shared = xasprintf("%s/salt-%d", c->folder, repeat);
    scoped char *own = xasprintf("%s/salt", folder);
    struct salt salt;
    int result = file_make_private(folder, err);

    if (result == 0)
        result = salt_open(&salt, shared, err);
    if (result == 0 && access(own, F_OK) != 0)
        result = salt_save(&salt, own, err);
    return result;
}

/* `ratchet improve` in a process of its own, its output in a file. */
static int compare_runs_improve(const struct comparison *c, const char *model,
                                const char *folder, int repeat, bool is_there,
                                struct error *err)
{
    scoped char *log = xasprintf("%s.log", folder);
    char *home = xasprintf("RATCHET_HOME=%s", c->home ? c->home : "");
    const char *set[] = { c->home ? home : NULL, NULL };
    struct run_options run = *c->options;
    struct setup setup = *c->setup;
    struct words argv = { 0 };
    int result = -1, failed, out;
    pid_t pid;

    run.model = (char *)model;
    run.out = (char *)folder;
    run.resume = is_there;
    run.seed = (struct option_seed){ (uint64_t)repeat, true };
    setup.json = 0; /* its output is read by people */
    words_add(&argv, "ratchet");
    run_words(&argv, c->env, &run, &setup);
    out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    failed = out < 0 ? errno
                     : spawn_start(&(struct spawn){ .argv = argv.list,
                                                    .path = SPAWN_SELF,
                                                    .fds = { SPAWN_NULL, out, out },
                                                    .n_fds = 3,
                                                    .set = set },
                                   &pid);
    if (out >= 0)
        close(out);
    if (failed)
        error_set(err, "%s: its run cannot be started: %s", log, strerror(failed));
    else if ((result = spawn_wait(pid)) != 0)
        result = error_set(err,
                           "%.200s: its run failed; what it said is in %s. The same "
                           "command goes on where it stopped",
                           model, log);
    words_clear(&argv);
    free(home);
    return result;
}

/* The policy's mean on the fresh seeds. */
static int compare_runs_play(const struct comparison *c, const char *sha256, double *mean,
                             struct error *err)
{
    json_t *known = json_object_get(c->scores, sha256);
    char *source = known ? NULL : ledger_source_get(c->ledger, sha256, err);
    struct evaluation e = { .task = c->task,
                            .policy = { .name = "candidate.lua", .source = source },
                            .setup = *c->setup };
    scoped struct episode_request *requests = xcalloc((size_t)c->n_seeds,
                                                      sizeof(*requests));
    scoped struct episode_result *results = xcalloc((size_t)c->n_seeds, sizeof(*results));
    scoped double *scores = xcalloc((size_t)c->n_seeds, sizeof(*scores));
    int result = known ? 0 : -1;

    *mean = json_is_real(known) ? json_real_value(known) : NAN;
    for (int i = 0; i < c->n_seeds; i++)
        requests[i].seed = split_seed(&c->salt, SPLIT_HOLDOUT, c->task->name, "compare",
                                      i);
    if (source && evaluate(&e, requests, c->n_seeds, results, NULL, err) == 0) {
        result = 0;
        for (int i = 0; i < c->n_seeds; i++)
            if (!results[i].is_done)
                result = error_set(err, "interrupted");
        *mean = summarize(scores, results_scores(results, c->n_seeds, scores)).mean;
        json_object_set_new(c->scores, sha256, json_finite(*mean));
    }
    results_clear(results, c->n_seeds);
    free(source);
    return result;
}

static int read_run(const struct comparison *c, const struct ledger_run *run,
                    struct compared_run *out, struct error *err)
{
    json_auto_t *rows = ledger_table(c->ledger, "milestones", run->id, 0, err);
    json_t *row;
    double score;
    size_t i;
    int result = rows ? compare_runs_play(c, run->start_sha256, &score, err) : -1;

    out->list = xcalloc(json_array_size(rows) + 1, sizeof(*out->list));
    out->stop_reason = xstrdup(run->stop_reason);
    out->is_sealed = run->is_sealed;
    if (result == 0)
        out->list[out->n++] = (struct milestone){ .score = score };
    json_array_foreach(rows, i, row) {
        struct milestone *m = &out->list[out->n];
        const char *estimated = json_string_value(json_object_get(row, "estimated"));
        if (result != 0)
            break;
        out->is_estimated |= estimated && !strcmp(estimated, "yes");
        if (json_integer_value(json_object_get(row, "promoted"))) {
            result = compare_runs_play(
                c, json_string_value(json_object_get(row, "sha256")), &score, err);
            out->promotions++;
        } else if (i + 1 < json_array_size(rows)) {
            continue;
        }
        *m = (struct milestone){ .cost = { json_get_number(row, "steps"),
                                           json_get_number(row, "tokens"),
                                           json_get_number(row, "usd") },
                                 .score = score };
        out->n++;
    }
    return result;
}

int compare_run(const struct comparison *c, const char *model, int number_, int repeat,
                struct compared_run *out, struct error *err)
{
    scoped char *folder = xasprintf("%s/model-%d-run-%d", c->folder, number_, repeat);
    struct ledger_run run = { 0 };
    int found = ledger_run_find(c->ledger, folder, &run, err);
    int result = found < 0 ? -1 : give_salt(c, folder, repeat, err);

    *out = (struct compared_run){ 0 };
    if (result == 0 && found && strcmp(run.model, model) != 0)
        result = error_set(err, "%s: holds a run by %s; name another folder", folder,
                           run.model);
    if (result == 0)
        result = compare_runs_improve(c, model, folder, repeat, found == 1, err);
    ledger_run_clear(&run);
    if (result == 0 && ledger_run_find(c->ledger, folder, &run, err) != 1)
        result = error_set(err, "%s: its run is not in the ledger", folder);
    if (result == 0)
        result = read_run(c, &run, out, err);
    ledger_run_clear(&run);
    return result;
}
