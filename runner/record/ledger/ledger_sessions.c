/* ledger_sessions.c - runs by names of their own: found, renamed, forked, listed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

#define MOST_NAME 64

int ledger_session_find(struct ledger *l, const char *name, struct ledger_run *out,
                        struct error *err)
{
    char *run = NULL;
    int found = ledger_first(l, err,
                             ledger_prepare(l, err,
                                            "SELECT run.name FROM session"
                                            " JOIN run ON run.id = session.run"
                                            " WHERE session.name = ?",
                                            "s", name),
                             "s", &run);

    *out = (struct ledger_run){ 0 };
    if (found >= 0)
        found = ledger_run_find(l, run ? run : name, out, err);
    free(run);
    return found;
}

static int check_name(const char *name, struct error *err)
{
    size_t len = strlen(name), i = 0;

    while (i < len && (isalnum((unsigned char)name[i]) || (i && strchr("._-", name[i]))))
        i++;
    if (len >= 1 && len <= MOST_NAME && i == len)
        return 0;
    return error_set(
        err,
        "%.80s: not a name of a session: letters, digits, and behind the first "
        "of them . _ and -; at most %d",
        name, MOST_NAME);
}

int ledger_session_check(struct ledger *l, const char *name, struct error *err)
{
    struct ledger_run other;
    int found;

    if (check_name(name, err) != 0)
        return -1;
    found = ledger_session_find(l, name, &other, err);
    if (found == 1)
        error_set(err, "%s: the run in %s has this name already; choose another", name,
                  other.folder);
    ledger_run_clear(&other);
    return found ? -1 : 0;
}

/* Inside of a transaction. */
static int set_name(struct ledger *l, int64_t run, const char *name, struct error *err)
{
    if (ledger_session_check(l, name, err) != 0)
        return -1;
    return ledger_execute(l, err,
                          ledger_prepare(l, err,
                                         "INSERT INTO session VALUES(?1, ?2, ?3)"
                                         " ON CONFLICT(run) DO UPDATE SET name=?1",
                                         "sii", name, run, ledger_now()));
}

int ledger_session_name(struct ledger *l, int64_t run, const char *name,
                        struct error *err)
{
    if (check_name(name, err) != 0 || ledger_begin(l, err) != 0)
        return -1;
    return ledger_settle(l, set_name(l, run, name, err), err);
}

/* All rows of a table that are of the old run, once more as the new one's. */
static int copy_rows(struct ledger *l, const char *table, int64_t old, int64_t run,
                     struct error *err)
{
    char *to = NULL, *from = NULL, *sql;
    int status = -1;

    if (ledger_first(
            l, err,
            ledger_prepare(
                l, err,
                "SELECT group_concat(name), group_concat(CASE name WHEN 'run' THEN '?1' ELSE"
                " name END) FROM pragma_table_info(?) WHERE name <> 'id'",
                "s", table),
            "ss", &to, &from) == 1) {
        sql = xasprintf("INSERT INTO %s(%s) SELECT %s FROM %s WHERE run=?2", table, to, from,
                        table);
        status = ledger_execute(l, err, ledger_prepare(l, err, sql, "ii", run, old));
        free(sql);
    }
    free(to);
    free(from);
    return status;
}

static int fork_run(struct ledger *l, int64_t old, struct ledger_run *run,
                    const char *name, struct error *err)
{
    static const char *const tables[] = { "candidate",  "episode",  "call",
                                          "regression", "incident", "note",
                                          "opening",    "report",   "allowance",
                                          "attempt",    "work",     "challenge" };
    int status = ledger_run_add(l, run, err);

    if (status == 0)
        status = set_name(l, run->id, name, err);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && status == 0; i++)
        status = copy_rows(l, tables[i], old, run->id, err);
    if (status == 0)
        status = ledger_execute(
            l, err,
            ledger_prepare(l, err,
                           "INSERT INTO fork SELECT ?1, ?2, count(*), ?3 FROM candidate"
                           " WHERE run=?2",
                           "iii", run->id, old, ledger_now()));
    if (status == 0)
        status = ledger_run_set_state(l, run->id, RUN_paused, "forked", err);
    return status;
}

int ledger_session_fork(struct ledger *l, int64_t old, struct ledger_run *run,
                        const char *name, struct error *err)
{
    if (check_name(name, err) != 0 || ledger_begin(l, err) != 0)
        return -1;
    return ledger_settle(l, fork_run(l, old, run, name, err), err);
}

int64_t ledger_session_root(struct ledger *l, int64_t run)
{
    ledger_first(l, NULL,
                 ledger_prepare(l, NULL,
                                "WITH RECURSIVE up(id) AS (VALUES(?1) UNION"
                                " SELECT parent FROM fork JOIN up ON run = id)"
                                " SELECT min(id) FROM up",
                                "i", run),
                 "i", &run);
    return run;
}

json_t *ledger_session_list(struct ledger *l, struct error *err)
{
    return ledger_query(
        l,
        "SELECT coalesce(session.name, run.name) AS session,"
        " json_extract(run.task, '$.name') AS task, run.status AS state, c.iterations,"
        " coalesce((SELECT dev_after FROM promotion WHERE promotion.run=run.id"
        "  ORDER BY iteration DESC, place DESC LIMIT 1),"
        "  (SELECT avg(" LEDGER_SCORE("episode", "score") ") FROM episode WHERE episode.run=run.id AND purpose='dev' AND"
        "  scope='' AND sha256=run.start_sha256)) AS incumbent,"
        " coalesce(e.steps, 0) AS steps, coalesce(e.planner_steps, 0) AS planner_steps,"
        " coalesce(e.lost, 0) AS lost, k.calls, k.tokens, k.usd, k.estimated,"
        " round((SELECT total(seconds) FROM work WHERE work.run=run.id) / 60, 2) AS minutes,"
        " " LEDGER_TIME("max(run.created, coalesce(c.at, 0), coalesce(e.at, 0),"
        "  coalesce(k.at, 0))") " AS last,"
        " coalesce(was.name, parent.name, '') AS forked_from,"
        " fork.iterations AS forked_at, run.model, run.folder, run.stop_reason,"
        " coalesce((SELECT budget FROM allowance WHERE allowance.run=run.id"
        "  ORDER BY rowid DESC LIMIT 1), json_extract(run.task, '$.budget')) AS budget"
        " FROM run LEFT JOIN session ON session.run=run.id"
        " LEFT JOIN fork ON fork.run=run.id LEFT JOIN run parent ON parent.id=fork.parent"
        " LEFT JOIN session was ON was.run=fork.parent"
        " JOIN (SELECT id, (SELECT count(*) FROM candidate WHERE run=id) AS iterations,"
        "  (SELECT max(created) FROM candidate WHERE run=id) AS at FROM run) c ON c.id=run.id"
        " LEFT JOIN (SELECT run, sum(steps) AS steps, sum(planner_steps) AS planner_steps, "
        LEDGER_LOST " AS lost, max(created) AS at"
        "  FROM episode GROUP BY run) e ON e.run=run.id"
        " JOIN (SELECT id, count(call.run) AS calls,"
        "  CASE count(call.run) WHEN 0 THEN 0 ELSE " LEDGER_TOKENS " END AS tokens,"
        "  CASE count(call.run) WHEN 0 THEN 0 ELSE " LEDGER_USD " END AS usd, " LEDGER_ESTIMATED ","
        "  max(call.created) AS at"
        "  FROM run LEFT JOIN call ON call.run=id GROUP BY id) k ON k.id=run.id"
        " ORDER BY last DESC, run.id DESC",
        0, err);
}

int ledger_allowance_add(struct ledger *l, int64_t run, const char *budget,
                         struct error *err)
{
    return ledger_execute(l, err,
                          ledger_prepare(l, err, "INSERT INTO allowance VALUES(?,?,?)",
                                         "isi", run, budget, ledger_now()));
}

int ledger_allowance_get(struct ledger *l, int64_t run, char **budget, struct error *err)
{
    *budget = NULL;
    return ledger_first(l, err,
                        ledger_prepare(l, err,
                                       "SELECT budget FROM allowance WHERE run=?"
                                       " ORDER BY rowid DESC LIMIT 1",
                                       "i", run),
                        "s", budget) < 0
               ? -1
               : 0;
}

int ledger_salt_publish(struct ledger *l, const char *sha256, const char *how,
                        struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "INSERT OR IGNORE INTO public_salt VALUES(?,?,?)", "ssi",
                       sha256, how, ledger_now()));
}

int ledger_salt_is_public(struct ledger *l, const char *sha256, struct error *err)
{
    return (int)ledger_number(
        l, err,
        ledger_prepare(l, err, "SELECT count(*) FROM public_salt WHERE sha256=?", "s",
                       sha256));
}

int ledger_salt_count_open(struct ledger *l, const char *sha256, int64_t but_run,
                           struct error *err)
{
    return (int)ledger_number(l, err,
                              ledger_prepare(l, err,
                                             "SELECT count(*) FROM run WHERE salt_sha256=?"
                                             " AND id<>? AND status<>'stopped'",
                                             "si", sha256, but_run));
}
