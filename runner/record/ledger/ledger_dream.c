/* ledger_dream.c - what dreams made of what runs left behind. */
#include "runner/record/ledger/ledger_dream.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

/* Rests on these, as text: "1:2 1:5". */
#define EVIDENCE_OF(note)                                                            \
    "(SELECT group_concat(run || ':' || iteration, ' ') FROM (SELECT run, iteration" \
    " FROM evidence WHERE evidence.note = " note " ORDER BY run, iteration))"
#define MOST_AGAIN 8
#define TASK_OF_RUN "json_extract(run.task, '$.name')"

json_t *ledger_dream_tasks(struct ledger *l, struct error *err)
{
    return ledger_query(
        l, "SELECT DISTINCT " TASK_OF_RUN " AS task FROM run WHERE task <> '' ORDER BY 1",
        0, err);
}

#define N(field) offsetof(struct dream_note, field)
static const struct ledger_type note_type = {
    "iiisqssb",
    sizeof(struct dream_note),
    { N(id), N(run), N(iteration), N(author), N(kind), N(text), N(evidence), N(is_new) },
};
#define C(field) offsetof(struct dream_candidate, field)
static const struct ledger_type candidate_type = {
    "iiivssddssb",
    sizeof(struct dream_candidate),
    { C(id), C(run), C(iteration), C(verdict), C(why), C(change), C(dev_before),
      C(dev_after), C(sha256), C(folder), C(is_new) },
};
#define D(field) offsetof(struct dream_case, field)
static const struct ledger_type case_type = {
    "iis", sizeof(struct dream_case), { D(run), D(iteration), D(signature) }
};

int ledger_dream_read(struct ledger *l, const char *task, struct dream_read *out,
                      struct error *err)
{
    *out = (struct dream_read){ .task = task };
    if (ledger_list(
            l, err,
            ledger_prepare(
                l, err,
                "SELECT id, run, iteration, author, kind, text, coalesce(" EVIDENCE_OF(
                    "note.id") ", run || ':' || iteration), author <> 'dream' AND id >"
                               " (SELECT coalesce(max(note_to), 0) FROM dream_read WHERE task = ?1)"
                               " FROM note LEFT JOIN dreamt ON dreamt.note = note.id WHERE note.task = ?1"
                               " AND NOT EXISTS (SELECT 1 FROM superseded s WHERE s.note = note.id) ORDER BY id",
                "s", task),
            &note_type, &out->notes, &out->n_notes) >= 0 &&
        ledger_list(
            l, err,
            ledger_prepare(
                l, err,
                "SELECT c.rowid, c.run, c.iteration, c.verdict, c.why, c.change, c.dev_before,"
                " c.dev_after, c.sha256, run.folder, c.rowid > (SELECT"
                "  coalesce(max(candidate_to), 0) FROM dream_read WHERE task = ?1)"
                " FROM candidate c JOIN run ON run.id = c.run WHERE " TASK_OF_RUN
                " = ?1 ORDER BY c.rowid",
                "s", task),
            &candidate_type, &out->candidates, &out->n_candidates) >= 0 &&
        ledger_list(
            l, err,
            ledger_prepare(
                l, err,
                "SELECT r.run, r.iteration, r.signature FROM regression r JOIN run"
                " ON run.id = r.run WHERE " TASK_OF_RUN " = ?1 AND r.state = 'admitted'"
                " ORDER BY r.rowid",
                "s", task),
            &case_type, &out->cases, &out->n_cases) >= 0 &&
        (out->last = ledger_dream_last(l, err)) >= 0)
        return 0;
    ledger_dream_clear(out);
    return -1;
}

void ledger_dream_clear(struct dream_read *r)
{
    ledger_list_clear(&note_type, &r->notes, &r->n_notes);
    ledger_list_clear(&candidate_type, &r->candidates, &r->n_candidates);
    ledger_list_clear(&case_type, &r->cases, &r->n_cases);
}

int64_t ledger_dream_add(struct ledger *l, const char *model, int64_t tokens, double usd,
                         const char *result, struct error *err)
{
    if (ledger_execute(
            l, err,
            ledger_prepare(
                l, err,
                "INSERT INTO dream(model, run_to, tokens, usd, result, created)"
                " VALUES(?, (SELECT coalesce(max(id), 0) FROM run), ?,?,?,?)",
                "sidsi", model, tokens, usd, result, ledger_now())) != 0)
        return -1;
    return sqlite3_last_insert_rowid(l->db);
}

int ledger_dream_add_read(struct ledger *l, int64_t dream, const char *task,
                          int64_t note_to, int64_t candidate_to, struct error *err)
{
    return ledger_execute(l, err,
                          ledger_prepare(l, err, "INSERT INTO dream_read VALUES(?,?,?,?)",
                                         "isii", dream, task, note_to, candidate_to));
}

static int add_evidence(struct ledger *l, int64_t note, int64_t run, int64_t iteration,
                        struct error *err)
{
    return ledger_execute(l, err,
                          ledger_prepare(l, err,
                                         "INSERT OR IGNORE INTO evidence VALUES(?,?,?)",
                                         "iii", note, run, iteration));
}

/* The same words may rest on the same iteration as those of an earlier dream. */
static int64_t add_note(struct ledger *l, const char *task, int64_t run,
                        int64_t iteration, const char *text, struct error *err)
{
    char *words = xstrdup(text);
    int status = 0;

    for (int tries = 0; tries < MOST_AGAIN; tries++) {
        char *more;
        status = ledger_execute(
            l, err,
            ledger_prepare(
                l, err,
                "INSERT OR IGNORE INTO note(task, run, iteration, author, text,"
                " created) VALUES(?,?,?,'dream',?,?)",
                "siisi", task, run, iteration, words, ledger_now()));
        if (status != 0 || sqlite3_changes(l->db) > 0)
            break;
        status = error_set(err, "%s: is kept already", text);
        more = xasprintf("%s (again)", words);
        free(words);
        words = more;
    }
    free(words);
    return status == 0 ? sqlite3_last_insert_rowid(l->db) : -1;
}

int64_t ledger_dream_keep(struct ledger *l, int64_t dream, const char *task,
                          enum dream_kind kind, const char *text, const json_t *evidence,
                          struct error *err)
{
    long long run = 0, iteration = 0, last_run = 0, last_iteration = 0;
    int64_t note;
    size_t i;
    json_t *one;

    json_array_foreach(evidence, i, one) {
        if (sscanf(json_string_value(one), "%lld:%lld", &run, &iteration) != 2)
            return error_set(err, "%s: not an iteration", json_string_value(one));
        if (run > last_run || (run == last_run && iteration > last_iteration)) {
            last_run = run;
            last_iteration = iteration;
        }
    }
    note = add_note(l, task, last_run, last_iteration, text, err);
    if (note < 0)
        return -1;
    json_array_foreach(evidence, i, one)
        if (sscanf(json_string_value(one), "%lld:%lld", &run, &iteration) != 2 ||
            add_evidence(l, note, run, iteration, err) != 0)
            return -1;
    if (ledger_execute(l, err,
                       ledger_prepare(l, err, "INSERT INTO dreamt VALUES(?,?,?)", "iis",
                                      note, dream, dream_kind_name(kind))) != 0)
        return -1;
    return note;
}

int ledger_dream_supersede(struct ledger *l, int64_t dream, int64_t note, int64_t by,
                           const char *why, const json_t *evidence, struct error *err)
{
    char *text = json_dumps(evidence, JSON_COMPACT);
    int status = ledger_execute(
        l, err,
        ledger_prepare(l, err, "INSERT INTO superseded VALUES(?,?,nullif(?,0),?,?,?)",
                       "iiissi", note, dream, by, why, text, ledger_now()));

    free(text);
    return status;
}

int ledger_skill_add(struct ledger *l, int64_t note, const char *name,
                     const char *tokens_sha256, const char *source, struct error *err)
{
    return ledger_execute(l, err,
                          ledger_prepare(l, err, "INSERT INTO skill VALUES(?,?,?,?)",
                                         "isss", note, name, tokens_sha256, source));
}

int ledger_skill_has(struct ledger *l, const char *name, const char *tokens_sha256,
                     struct error *err)
{
    return (int)ledger_number(
        l, err,
        ledger_prepare(l, err,
                       "SELECT EXISTS (SELECT 1 FROM skill WHERE (?1 IS NULL OR name=?1)"
                       " AND (?2 IS NULL OR tokens_sha256=?2))",
                       "ss", name, tokens_sha256));
}

int64_t ledger_dream_last(struct ledger *l, struct error *err)
{
    return ledger_number(
        l, err, ledger_prepare(l, err, "SELECT coalesce(max(id), 0) FROM dream", ""));
}

int ledger_dream_has_read(struct ledger *l, const char *task, struct error *err)
{
    return (int)ledger_number(
        l, err,
        ledger_prepare(l, err, "SELECT EXISTS (SELECT 1 FROM dream_read WHERE task=?)", "s",
                       task));
}

json_t *ledger_dream_memory(struct ledger *l, const char *task, int64_t run,
                            struct error *err)
{
    return ledger_rows(
        l,
        ledger_prepare(
            l, err,
            "SELECT kind, note.task, text, name, source, " EVIDENCE_OF(
                "note.id") " AS evidence FROM note JOIN dreamt ON dreamt.note = note.id"
                           " LEFT JOIN skill ON skill.note = note.id"
                           " WHERE (note.task = ?1 OR kind = 'skill') AND " LEDGER_IS_SEEN(
                               "?2") " ORDER BY note.task <> ?1, note.id DESC",
            "si", task, run),
        err);
}

int ledger_copy_memory(struct ledger *l, const char *path, bool with_dreams,
                       struct error *err)
{
    static const char plain[] =
        "INSERT INTO copy.run SELECT * FROM run;"
        "INSERT INTO copy.source SELECT * FROM source;"
        "INSERT INTO copy.candidate SELECT * FROM candidate;"
        "INSERT INTO copy.note SELECT * FROM note WHERE author <> 'dream';";
    static const char dreams[] =
        "INSERT INTO copy.note SELECT * FROM note WHERE author = 'dream';"
        "INSERT INTO copy.dream SELECT * FROM dream;"
        "INSERT INTO copy.dream_read SELECT * FROM dream_read;"
        "INSERT INTO copy.dreamt SELECT * FROM dreamt;"
        "INSERT INTO copy.evidence SELECT * FROM evidence;"
        "INSERT INTO copy.superseded SELECT * FROM superseded;"
        "INSERT INTO copy.skill SELECT * FROM skill;";
    struct ledger *made = ledger_open(path, err);
    int status;

    if (!made)
        return -1;
    ledger_close(made);
    if (ledger_execute(l, err, ledger_prepare(l, err, "ATTACH ? AS copy", "s", path)) !=
        0)
        return -1;
    status = ledger_do(l, "BEGIN", err);
    if (status == 0)
        status = ledger_settle(l,
                               ledger_do(l, plain, err) == 0 &&
                                       (!with_dreams || ledger_do(l, dreams, err) == 0)
                                   ? 0
                                   : -1,
                               err);
    ledger_do(l, "DETACH copy", NULL);
    return status;
}
