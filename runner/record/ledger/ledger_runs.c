/* ledger_runs.c - runs of the loop, and the sources of policies. */
#include <stdio.h>
#include <stdlib.h>

#include "runner/record/ledger/ledger_db.h"

int ledger_run_add(struct ledger *l, struct ledger_run *r, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "INSERT INTO run(name, folder, task, model, start_policy, start_sha256, salt_sha256,"
        " seed, created, status, stop_reason, is_sealed, env_version, chance, was_public)"
        " VALUES(?,?,?,?,?,?,?7,?,?,?,?,?,?,?,"
        " (SELECT count(*) FROM public_salt WHERE sha256 = ?7))",
        "sssssssiissiii", r->name, r->folder, r->task, r->model, r->start_policy,
        r->start_sha256, r->salt_sha256, r->seed, r->created = ledger_now(), "running",
        "", (int64_t)r->is_sealed, r->env_version, r->chance);

    if (ledger_execute(l, err, s) != 0)
        return -1;
    r->id = sqlite3_last_insert_rowid(l->db);
    return 0;
}

#define RUN_COLUMNS                                                                      \
    "SELECT id, name, folder, task, model, start_policy, start_sha256, salt_sha256, seed," \
    " created, status, stop_reason, is_sealed, coalesce(env_version, -1),"                \
    " coalesce(chance, -1) FROM run"

/* The next of a query of RUN_COLUMNS; as ledger_next. */
static int ledger_run_next(struct ledger *l, sqlite3_stmt *s, struct ledger_run *out,
                           struct error *err)
{
    return ledger_next(l, err, s, "isssssssiissbii", &out->id, &out->name, &out->folder,
                       &out->task, &out->model, &out->start_policy, &out->start_sha256,
                       &out->salt_sha256, &out->seed, &out->created, &out->status,
                       &out->stop_reason, &out->is_sealed, &out->env_version, &out->chance);
}

int ledger_runs(struct ledger *l, struct ledger_runs *out, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err, RUN_COLUMNS " ORDER BY id", "");
    struct ledger_run r;
    int found;

    *out = (struct ledger_runs){ 0 };
    while ((found = ledger_run_next(l, s, &r, err)) == 1)
        *xgrow(out->list, out->n) = r;
    if (found < 0)
        ledger_runs_clear(out);
    return found < 0 ? -1 : out->n;
}

void ledger_runs_clear(struct ledger_runs *all)
{
    for (int i = 0; i < all->n; i++)
        ledger_run_clear(&all->list[i]);
    free(all->list);
    *all = (struct ledger_runs){ 0 };
}

int ledger_run_find(struct ledger *l, const char *name, struct ledger_run *out,
                    struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        RUN_COLUMNS
        " WHERE ?1 IS NULL OR name = ?1 OR folder = ?1 ORDER BY id DESC LIMIT 1",
        "s", name);
    int found;

    *out = (struct ledger_run){ 0 };
    found = ledger_run_next(l, s, out, err);
    if (found == 1)
        sqlite3_finalize(s);
    return found;
}

int ledger_run_set_status(struct ledger *l, int64_t run, const char *status,
                          const char *stop_reason, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "UPDATE run SET status=?, stop_reason=? WHERE id=?", "ssi",
                       status, stop_reason, run));
}

int ledger_run_unseal(struct ledger *l, int64_t run, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "UPDATE run SET is_sealed=0 WHERE id=?", "i", run));
}

void ledger_run_clear(struct ledger_run *r)
{
    free(r->name);
    free(r->folder);
    free(r->task);
    free(r->model);
    free(r->start_policy);
    free(r->start_sha256);
    free(r->salt_sha256);
    free(r->status);
    free(r->stop_reason);
    *r = (struct ledger_run){ 0 };
}

int ledger_source_add(struct ledger *l, const char *sha256, const char *source,
                      struct error *err)
{
    return ledger_execute(l, err,
                          ledger_prepare(l, err,
                                         "INSERT OR IGNORE INTO source VALUES(?,?)", "ss",
                                         sha256, source));
}

char *ledger_source_get(struct ledger *l, const char *sha256, struct error *err)
{
    char *source = NULL;

    if (ledger_first(l, err,
                     ledger_prepare(l, err, "SELECT text FROM source WHERE sha256 = ?",
                                    "s", sha256),
                     "s", &source) == 0)
        error_set(err, "%s: no policy with the hash %s", l->path, sha256);
    return source;
}

json_t *ledger_source_history(struct ledger *l, const char *sha256, struct error *err)
{
    return ledger_rows(
        l,
        ledger_prepare(
            l, err,
            "SELECT run.name AS run, c.iteration, c.verdict, c.parent_sha256 AS parent,"
            " c.dev_before, c.dev_after, c.low, c.high, c.change, c.why, c.details, run.model,"
            " run.is_sealed"
            " FROM candidate c JOIN run ON run.id = c.run WHERE c.sha256=?"
            " ORDER BY c.run, c.iteration",
            "s", sha256),
        err);
}

int ledger_source_find(struct ledger *l, const char *prefix, char sha256[65],
                       struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err,
                                     "SELECT sha256 FROM source WHERE"
                                     " substr(sha256, 1, length(?1)) = ?1 LIMIT 2",
                                     "s", prefix);
    int n = 0, found;

    while ((found = ledger_next(l, err, s, "h", sha256)) == 1)
        n++;
    if (found == 0 && n > 1)
        found = error_set(err, "%s: several policies begin so; give more digits", prefix);
    return found < 0 ? -1 : n;
}
