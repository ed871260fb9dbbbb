/* ledger_events.c - cases, openings of hidden splits, and incidents in the ledger. */
#include <stdio.h>
#include <stdlib.h>

#include "runner/record/ledger/ledger_db.h"

int ledger_case_add(struct ledger *l, int64_t run, int64_t iteration, const char *name,
                    const char *signature, enum case_state state, const char *reason,
                    struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "INSERT OR IGNORE INTO regression VALUES(?,?,?,?,?,?,?)",
                       "iissssi", run, iteration, name, signature, case_state_name(state), reason,
                       ledger_now()));
}

/* Runs that draw the same hidden seeds: a run, its forks, what it was forked from. */
#define FAMILY(run)                                                                      \
    "(SELECT id FROM run WHERE salt_sha256 = (SELECT salt_sha256 FROM run WHERE id=" run \
    "))"

/* Who may have known a run's seeds, as SQL. */
#define SEEDS(run)                                                                       \
    "(SELECT CASE WHEN was_public THEN 'public' WHEN EXISTS (SELECT 1 FROM"              \
    " public_salt WHERE sha256 = salt_sha256) THEN 'published' ELSE 'hidden' END"        \
    " FROM run WHERE id=" run ")"

int64_t ledger_opening_add(struct ledger *l, int64_t run, const char *task,
                           const char *split, const char *sha256, struct error *err)
{
    int64_t number = -1;

    ledger_first(l, err,
                 ledger_prepare(
                     l, err,
                     "INSERT INTO opening SELECT ?1, ?2, ?3, 1 + coalesce(max(number), 0),"
                     " ?4, ?5, " SEEDS("?1") " FROM opening WHERE split=?3 AND run IN " FAMILY(
                         "?1") " RETURNING number",
                     "isssi", run, task, split, sha256, ledger_now()),
                 "i", &number);
    return number;
}

int ledger_opening_find(struct ledger *l, int64_t run, const char *task,
                        const char *split, const char *sha256, struct ledger_opening *out,
                        struct error *err)
{
    char *name = NULL;
    int found;

    *out = (struct ledger_opening){ 0 };
    found = ledger_first(
        l, err,
        ledger_prepare(
            l, err,
            "SELECT o.run, o.number, o.sha256, r.number IS NOT NULL, run.name, o.seeds FROM opening o"
            " LEFT JOIN report r ON r.run=o.run AND r.split=o.split AND r.number=o.number"
            " LEFT JOIN run ON run.id=o.run"
            " WHERE o.split=?1 AND (?2 IS NULL OR o.task=?2)"
            " AND (?3 = 0 OR o.run IN " FAMILY(
                "?3") ") AND (?4 IS NULL OR o.sha256=?4)"
                      " ORDER BY r.number IS NOT NULL DESC, o.run=?3 DESC, o.rowid DESC LIMIT 1",
            "ssis", split, task, run, sha256),
        "iihbsk", &out->run, &out->number, out->sha256, &out->is_reported, &name,
        &out->seeds);
    if (found == 1)
        snprintf(out->run_name, sizeof(out->run_name), "%s", name);
    free(name);
    return found;
}

int ledger_run_seeds(struct ledger *l, int64_t run, enum secrecy *out, struct error *err)
{
    return ledger_first(l, err, ledger_prepare(l, err, "SELECT " SEEDS("?1"), "i", run), "k",
                        out) == 1
               ? 0
               : -1;
}

int ledger_report_add(struct ledger *l, int64_t run, const char *split, int64_t number,
                      const char *result, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "INSERT OR IGNORE INTO report VALUES(?,?,?,?,?)", "isisi",
                       run, split, number, result, ledger_now()));
}

int ledger_incident_add(struct ledger *l, int64_t run, int64_t iteration,
                        const char *what, const char *details, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err, "INSERT OR IGNORE INTO incident VALUES(?,?,?,?,?)",
                       "iissi", run, iteration, what, details, ledger_now()));
}
