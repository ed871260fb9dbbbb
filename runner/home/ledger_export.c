/* ledger_export.c - a run as files that other programs read: sources, tables and replays,
 * in the layout that published runs of heuristic learning use. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/say.h"
#include "base/scoped.h"
#include "base/table.h"
#include "runner/home/ledger_show.h"
#include "runner/evaluate/memo.h"
#include "runner/model/model.h"
#include "runner/record/ledger/ledger_tables.h"

static const char readme[] =
    "# %s: %s by %s\n\n"
    "Written by `ratchet ledger export`; everything is the harness's own count.\n\n"
    "- `sources/`: every candidate by iteration and hash; 000 is the start.\n"
    "- `trials.csv`, `trials.jsonl`: a row an episode, in the order they were played, with its\n"
    "  purpose, the steps it took and the steps so far. Seeds of hidden splits are not told.\n"
    "- `summary.csv`: a row an iteration: verdict, interval of the gate, size, steps, tokens.\n"
    "- `replays/`: dev seed 0 of the start and of every incumbent (`ratchet replay FILE`).\n"
    "- `task.json`: the task. The hidden seeds' salt has the hash\n  %s.\n\n"
    "It stopped: %s.\n";

static int save_text(const char *folder, const char *name, char *text, struct error *err)
{
    scoped char *path = xasprintf("%s/%s", folder, name);
    int status = file_save(path, text, strlen(text), err);

    free(text);
    return status;
}

static int save_csv(const char *folder, const char *name, json_t *rows, struct error *err)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    table_csv(f, rows);
    fclose(f);
    return save_text(folder, name, text, err);
}

static int save_lines(const char *folder, const char *name, json_t *rows,
                      struct error *err)
{
    char *text = NULL;
    size_t size, i;
    FILE *f = open_memstream(&text, &size);
    json_t *row;

    json_array_foreach(rows, i, row)
        say_json(f, row, JSON_COMPACT);
    fclose(f);
    return save_text(folder, name, text, err);
}

/* Dev seed 0 of a policy, from the ledger's tape; nothing is played by a worker. */
static int ledger_export_save_replay(struct opened_run *o, const char *folder,
                                     const char *name, const char *source,
                                     struct error *err)
{
    struct policy policy = { .name = name, .source = source };
    struct memo memo = { .ledger = o->ledger, .run = o->run.id };
    struct episode_request request = { .seed = split_seed(&o->salt, SPLIT_DEV,
                                                          o->task->name, "", 0) };
    struct episode_result result = { 0 };
    struct replay *replay;
    const int64_t index = 0;
    enum memo_status status;
    char *path;
    int bad = 0;

    memo.base = (struct evaluation){ .task = o->task, .policy = policy };
    status = memo_evaluate(&memo, PURPOSE_dev, "", &policy, &request, &index, 1, &result,
                           err);
    if (status == MEMO_DONE) {
        path = xasprintf("%s/%s.replay", folder, name);
        replay = replay_of_result(&memo.base, &result, err);
        bad = replay ? replay_save(replay, path, err) : -1;
        replay_destroy(replay);
        free(path);
    }
    results_clear(&result, 1);
    return status == MEMO_FAILED ? -1 : bad;
}

static int save_sources(struct opened_run *o, const char *folder, struct error *err)
{
    scoped char *sources = xasprintf("%s/sources", folder),
                *replays = xasprintf("%s/replays", folder);
    json_auto_t *rows = ledger_table(o->ledger, "sources", o->run.id, 0, err);
    json_t *row;
    int status = rows && file_make_folder(sources, err) == 0 &&
                         file_make_folder(replays, err) == 0
                     ? 0
                     : -1;
    size_t i;

    json_array_foreach(rows, i, row) {
        const char *sha = json_string_value(json_object_get(row, "sha256"));
        scoped char *source = status == 0 ? ledger_source_get(o->ledger, sha, err) : NULL;
        scoped char *name = xasprintf(
            "%03lld-%.8s",
            (long long)json_integer_value(json_object_get(row, "iteration")), sha);
        scoped char *file = xasprintf("%s.lua", name);
        if (!source)
            status = -1;
        if (status == 0)
            status = save_text(sources, file, xstrdup(source), err);
        if (status == 0 && json_integer_value(json_object_get(row, "is_kept")))
            status = ledger_export_save_replay(o, replays, name, source, err);
    }
    return status;
}

int ledger_export(struct opened_run *o, const char *folder, struct error *err)
{
    json_auto_t *trials = ledger_table(o->ledger, "trials", o->run.id, 0, err);
    json_auto_t *summary = trials ? ledger_table(o->ledger, "summary", o->run.id, 0, err)
                                  : NULL;
    json_auto_t *task = task_to_json(o->task);
    scoped char *model = provider_shown(o->run.model);
    scoped char *text = xasprintf(readme, file_name(o->run.folder), o->task->name, model,
                                  o->run.salt_sha256,
                                  o->run.stop_reason[0] ? o->run.stop_reason : "not yet");
    int status = -1;

    if (summary && file_make_folder(folder, err) == 0 &&
        save_csv(folder, "trials.csv", trials, err) == 0 &&
        save_lines(folder, "trials.jsonl", trials, err) == 0 &&
        save_csv(folder, "summary.csv", summary, err) == 0 &&
        save_text(folder, "task.json", json_dumps(task, JSON_INDENT(2)), err) == 0 &&
        save_text(folder, "README.md", xstrdup(text), err) == 0)
        status = save_sources(o, folder, err);
    if (status == 0)
        say("%s: %zu trials, %zu iterations\n", folder, json_array_size(trials),
            json_array_size(summary));
    return status;
}
