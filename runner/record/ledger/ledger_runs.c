/* ledger_runs.c - runs of the loop, and the sources of policies. */
#include <stddef.h>
#include <stdlib.h>

#include "runner/record/ledger/ledger_db.h"

int ledger_run_add(struct ledger *l, struct ledger_run *r, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "INSERT INTO run(name, folder, task, model, start_policy, start_sha256, salt_sha256,"
        " seed, created, status, stop_reason, is_sealed, env_version, chance, brief_format,"
        " was_public)"
        " VALUES(?,?,?,?,?,?,?7,?,?,?,?,?,?,?,?,"
        " (SELECT count(*) FROM public_salt WHERE sha256 = ?7))",
        "sssssssiissiiii", r->name, r->folder, r->task, r->model, r->start_policy,
        r->start_sha256, r->salt_sha256, r->seed, r->created = ledger_now(), "running",
        "", (int64_t)r->is_sealed, r->env_version, r->chance,
        r->brief_format);

    if (ledger_execute(l, err, s) != 0)
        return -1;
    r->id = sqlite3_last_insert_rowid(l->db);
    return 0;
}

#define RUN_COLUMNS                                                                      \
    "SELECT id, name, folder, task, model, start_policy, start_sha256, salt_sha256, seed," \
    " created, status, stop_reason, is_sealed, coalesce(env_version, -1),"                \
    " coalesce(chance, -1), brief_format FROM run"

#define AT(field) offsetof(struct ledger_run, field)
static const struct ledger_type run_type = {
    "isssssssiirsbiii",
    sizeof(struct ledger_run),
    { AT(id), AT(name), AT(folder), AT(task), AT(model), AT(start_policy), AT(start_sha256),
      AT(salt_sha256), AT(seed), AT(created), AT(state), AT(stop_reason), AT(is_sealed),
      AT(env_version), AT(chance), AT(brief_format) },
};

int ledger_runs(struct ledger *l, struct ledger_runs *out, struct error *err)
{
    return ledger_list(l, err, ledger_prepare(l, err, RUN_COLUMNS " ORDER BY id", ""),
                       &run_type, &out->list, &out->n);
}

void ledger_runs_clear(struct ledger_runs *all)
{
    ledger_list_clear(&run_type, &all->list, &all->n);
}

int ledger_run_find(struct ledger *l, const char *name, struct ledger_run *out,
                    struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        RUN_COLUMNS
        " WHERE ?1 IS NULL OR name = ?1 OR folder = ?1 ORDER BY id DESC LIMIT 1",
        "s", name);
    struct ledger_runs all;
    int n = ledger_list(l, err, s, &run_type, &all.list, &all.n);

    *out = n > 0 ? all.list[0] : (struct ledger_run){ 0 };
    free(all.list);
    return n;
}

int ledger_run_set_state(struct ledger *l, int64_t run, enum run_state state,
                         const char *stop_reason, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "UPDATE run SET status=?, stop_reason=? WHERE id=?", "ssi",
                       run_state_name(state), stop_reason, run));
}

int ledger_run_unseal(struct ledger *l, int64_t run, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "UPDATE run SET is_sealed=0 WHERE id=?", "i", run));
}

int ledger_run_retire(struct ledger *l, int64_t run, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err,
                       "UPDATE run SET name = name || ' (removed ' || id || ')',"
                       " folder = folder || ' (removed ' || id || ')', status = 'stopped',"
                       " stop_reason = 'its folder was removed' WHERE id=?",
                       "i", run));
}

void ledger_run_clear(struct ledger_run *r)
{
    ledger_row_clear(&run_type, r);
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
