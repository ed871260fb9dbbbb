/* ledger.c - what happened, in one SQLite file: append-only in meaning, open to many
 * processes. */
#include "runner/record/ledger.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runner/record/json.h"
#include "runner/record/ledger_db.h"

#define BUSY_MS 30000 /* how long one process waits for another */

/* Each entry takes the file from the version that is its index to the next. */
static const char *const migrations[] = {
    "CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, folder TEXT, task TEXT,"
    "  model TEXT, start_policy TEXT, start_sha256 TEXT, salt_sha256 TEXT, seed INTEGER,"
    "  created INTEGER, status TEXT, stop_reason TEXT, is_sealed INTEGER);"
    "CREATE TABLE source(sha256 TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE episode(run INTEGER, purpose TEXT, scope TEXT, sha256 TEXT,"
    "  seed_index INTEGER, seed INTEGER, score REAL, total REAL, steps INTEGER, frames INTEGER,"
    "  planner_steps INTEGER, most_instructions INTEGER, terminated INTEGER, truncated INTEGER,"
    "  verified INTEGER, fault INTEGER, fault_text TEXT, trajectory INTEGER,"
    "  start_hash INTEGER, events INTEGER, tries INTEGER, tape BLOB, created INTEGER,"
    "  PRIMARY KEY(run, purpose, scope, sha256, seed_index));"
    "CREATE TABLE call(run INTEGER, iteration INTEGER, turn INTEGER, model TEXT, reply TEXT,"
    "  error TEXT, tokens_in INTEGER, tokens_cached INTEGER, tokens_out INTEGER,"
    "  tokens_reasoning INTEGER, is_estimated INTEGER, usd REAL, seconds REAL, tries INTEGER,"
    "  created INTEGER);"
    "CREATE UNIQUE INDEX call_reply ON call(run, iteration, turn) WHERE reply IS NOT NULL;"
    "CREATE TABLE candidate(run INTEGER, iteration INTEGER, sha256 TEXT, parent_sha256 TEXT,"
    "  verdict TEXT, why TEXT, change TEXT, dev_before REAL, dev_after REAL, difference REAL,"
    "  low REAL, high REAL, pairs INTEGER, cases_passed INTEGER, cases INTEGER, seconds REAL,"
    "  steps INTEGER, before_half REAL, after_half REAL, details TEXT, created INTEGER,"
    "  PRIMARY KEY(run, iteration));"
    "CREATE TABLE regression(run INTEGER, iteration INTEGER, name TEXT, signature TEXT,"
    "  state TEXT, reason TEXT, created INTEGER, PRIMARY KEY(run, iteration, name, state));"
    "CREATE TABLE opening(run INTEGER, task TEXT, split TEXT, number INTEGER, sha256 TEXT,"
    "  created INTEGER, PRIMARY KEY(run, split, number), UNIQUE(run, split, sha256));"
    "CREATE TABLE report(run INTEGER, split TEXT, number INTEGER, result TEXT,"
    "  created INTEGER, PRIMARY KEY(run, split, number));"
    "CREATE TABLE incident(run INTEGER, iteration INTEGER, what TEXT, details TEXT,"
    "  created INTEGER, UNIQUE(run, iteration, what, details));"
    "CREATE TABLE note(id INTEGER PRIMARY KEY, task TEXT, run INTEGER, iteration INTEGER,"
    "  author TEXT, text TEXT, created INTEGER, UNIQUE(run, iteration, author, text));"
    "CREATE VIRTUAL TABLE note_word USING fts5(text, content='note', content_rowid='id');"
    "CREATE TRIGGER note_added AFTER INSERT ON note BEGIN"
    "  INSERT INTO note_word(rowid, text) VALUES(new.id, new.text); END;",
    "CREATE TABLE dream(id INTEGER PRIMARY KEY, model TEXT, run_to INTEGER, tokens INTEGER,"
    "  usd REAL, result TEXT, created INTEGER);"
    "CREATE TABLE dream_read(dream INTEGER, task TEXT, note_to INTEGER, candidate_to INTEGER,"
    "  PRIMARY KEY(dream, task));"
    "CREATE TABLE dreamt(note INTEGER PRIMARY KEY, dream INTEGER, kind TEXT);"
    "CREATE TABLE evidence(note INTEGER, run INTEGER, iteration INTEGER,"
    "  PRIMARY KEY(note, run, iteration));"
    "CREATE TABLE superseded(note INTEGER PRIMARY KEY, dream INTEGER, by_note INTEGER,"
    "  why TEXT, evidence TEXT, created INTEGER);"
    "CREATE TABLE skill(note INTEGER PRIMARY KEY, name TEXT UNIQUE, tokens_sha256 TEXT,"
    "  source TEXT);",
    /* Sessions: a run's own name, what it was forked from, and budgets that it got
     * later. */
    "CREATE TABLE session(name TEXT PRIMARY KEY, run INTEGER UNIQUE NOT NULL, created INTEGER);"
    "CREATE TABLE fork(run INTEGER PRIMARY KEY, parent INTEGER, iterations INTEGER,"
    "  created INTEGER);"
    "CREATE TABLE allowance(run INTEGER, budget TEXT, created INTEGER);"
    "CREATE INDEX allowance_run ON allowance(run);",
    /* Salts that are no secret any more: published with a session, or taken from one. */
    "CREATE TABLE public_salt(sha256 TEXT PRIMARY KEY, how TEXT, created INTEGER);",
    /* Numbers of candidates along a line of policies: the gate's error is shared by them. */
    "CREATE TABLE attempt(run INTEGER, iteration INTEGER, line INTEGER, ordinal INTEGER,"
    "  created INTEGER, PRIMARY KEY(run, iteration));"
    "CREATE INDEX attempt_line ON attempt(line, ordinal);",
    /* Time that processes worked on a run. What older runs have of it are the seconds of
     * their iterations. */
    "CREATE TABLE work(run INTEGER, seconds REAL, created INTEGER);"
    "CREATE INDEX work_run ON work(run);"
    "INSERT INTO work SELECT run, seconds, created FROM candidate WHERE seconds > 0;",
    /* Near misses that got further pairs, and what became the incumbent of either. */
    "CREATE TABLE challenge(run INTEGER, iteration INTEGER, of_iteration INTEGER,"
    "  sha256 TEXT, verdict TEXT, why TEXT, change TEXT, dev_before REAL, before_half REAL,"
    "  dev_after REAL, after_half REAL, difference REAL, low REAL, high REAL, pairs INTEGER,"
    "  steps INTEGER, details TEXT, created INTEGER, PRIMARY KEY(run, iteration));"
    "CREATE VIEW promotion AS SELECT run, iteration, 1 AS place, iteration AS of_iteration,"
    "  sha256, verdict, why, change, dev_before, before_half, dev_after, after_half, low, high,"
    "  steps, details, created FROM candidate WHERE verdict IN ('better', 'simpler')"
    "  UNION ALL SELECT run, iteration, 0, of_iteration, sha256, verdict, why, change,"
    "  dev_before, before_half, dev_after, after_half, low, high, steps, details, created"
    "  FROM challenge WHERE verdict IN ('better', 'simpler');",
};
#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

static const char *const purposes[] = {
#define X(name) #name,
    PURPOSES(X)
#undef X
};

const char *purpose_name(enum purpose p)
{
    return p < N_PURPOSES ? purposes[p] : "unknown";
}

int ledger_fail(struct ledger *l, struct error *err)
{
    int code = sqlite3_errcode(l->db);

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return error_set(err,
                         "%s: not a ledger, or a damaged one: %s; move it away to start "
                         "a new one",
                         l->path, sqlite3_errmsg(l->db));
    return error_set(err, "%s: %s", l->path, sqlite3_errmsg(l->db));
}

/* Binds by letters: i int64_t, d double (NAN: NULL), s text or NULL, b blob with
 * size_t. */
static void bind(sqlite3_stmt *s, const char *letters, va_list args)
{
    for (int i = 1; *letters; letters++, i++) {
        if (*letters == 'i') {
            sqlite3_bind_int64(s, i, va_arg(args, int64_t));
        } else if (*letters == 'd') {
            sqlite3_bind_double(s, i,
                                va_arg(args, double)); /* SQLite takes NAN for NULL */
        } else if (*letters == 's') {
            sqlite3_bind_text(s, i, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
        } else {
            const void *bytes = va_arg(args, const void *);
            sqlite3_bind_blob64(s, i, bytes, va_arg(args, size_t), SQLITE_TRANSIENT);
        }
    }
}

sqlite3_stmt *ledger_prepare(struct ledger *l, struct error *err, const char *sql,
                             const char *letters, ...)
{
    sqlite3_stmt *s = NULL;
    va_list args;

    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) {
        ledger_fail(l, err);
        return NULL;
    }
    va_start(args, letters);
    bind(s, letters, args);
    va_end(args);
    return s;
}

int ledger_execute(struct ledger *l, struct error *err, sqlite3_stmt *s)
{
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? 0 : -1;
}

char *ledger_column(sqlite3_stmt *s, int column)
{
    const char *t = (const char *)sqlite3_column_text(s, column);

    return xstrdup(t ? t : "");
}

int64_t ledger_now(void)
{
    return (int64_t)time(NULL);
}

static int migrate(struct ledger *l, struct error *err)
{
    sqlite3_stmt *s;
    int version = -1;

    if (sqlite3_exec(l->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", NULL,
                     NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return ledger_fail(l, err);
    s = ledger_prepare(l, err, "PRAGMA user_version", "");
    if (s && sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    if (version > VERSION)
        error_set(err, "%s: written by a later ratchet (version %d, this one knows %d)",
                  l->path, version, VERSION);
    for (int i = version; i >= 0 && i < VERSION; i++) {
        char pragma[64];
        snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%d", i + 1);
        if (sqlite3_exec(l->db, migrations[i], NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(l->db, pragma, NULL, NULL, NULL) != SQLITE_OK) {
            ledger_fail(l, err);
            version = -1;
            break;
        }
    }
    if (version < 0 || version > VERSION) {
        sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : ledger_fail(l, err);
}

/* A pipe or a device in its place would not end. */
static int check_place(const char *path, struct error *err)
{
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return error_set(err, "%s: not a regular file, which a ledger must be", path);
    return 0;
}

struct ledger *ledger_open(const char *path, struct error *err)
{
    struct ledger *l = xcalloc(1, sizeof(*l));

    l->path = xstrdup(path);
    if (check_place(path, err) != 0)
        goto failed;
    if (sqlite3_open_v2(path, &l->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_FULLMUTEX,
                        NULL) != SQLITE_OK) {
        ledger_fail(l, err);
        goto failed;
    }
    sqlite3_busy_timeout(l->db, BUSY_MS);
    if (migrate(l, err) != 0)
        goto failed;
    return l;
failed:
    ledger_close(l);
    return NULL;
}

/* SQLite's name of the file; immutable: it makes no file beside it. */
static char *uri_of(const char *path, bool is_immutable)
{
    char *uri = NULL;
    size_t size;
    FILE *f = open_memstream(&uri, &size);

    fputs("file:", f);
    for (; *path; path++)
        fprintf(f, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
    fputs(is_immutable ? "?immutable=1" : "", f);
    fclose(f);
    return uri;
}

/* Is someone at work on it, or was it killed there? What is new is then in these files. */
static bool has_more(const char *path)
{
    static const char *const ends[] = { "-wal", "-journal" };
    bool has = false;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *beside = xasprintf("%s%s", path, ends[i]);
        has |= access(beside, F_OK) == 0;
        free(beside);
    }
    return has;
}

static int read_version(struct ledger *l, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err, "PRAGMA user_version", "");
    int version = -1;

    if (s && sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int(s, 0);
    else if (s)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    if (version == 0)
        return error_set(err, "%s: not a ledger", l->path);
    if (version > VERSION)
        return error_set(err,
                         "%s: written by a later ratchet (version %d, this one knows %d)",
                         l->path, version, VERSION);
    return version;
}

/* Its rows in a database of our own, which ends with us. */
static int take_copy(struct ledger *l, struct error *err)
{
    sqlite3 *copy = NULL;
    sqlite3_backup *backup = NULL;
    int code = sqlite3_open_v2("", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               NULL);

    if (code == SQLITE_OK)
        backup = sqlite3_backup_init(copy, "main", l->db, "main");
    code = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;
    if (backup)
        sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) {
        error_set(err, "%s: cannot be read: %s", l->path, sqlite3_errmsg(copy));
        sqlite3_close(copy);
        return -1;
    }
    sqlite3_close(l->db);
    l->db = copy;
    return 0;
}

static struct stat state_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        memset(&st, 0, sizeof(st));
    return st;
}

static bool is_same_state(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ino == b->st_ino;
}

/* Opens it where nobody works on it: nothing but the file itself is looked at, so that a
 * folder which cannot be written does, and what is read is a copy, so that it may change
 * meanwhile. 1: done, 0: someone came, -1: error. */
static int read_quiet(struct ledger *l, struct error *err)
{
    struct stat before = state_of(l->path), after;
    char *uri = uri_of(l->path, true);
    int status = sqlite3_open_v2(uri, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                                 NULL) == SQLITE_OK
                     ? 1
                     : ledger_fail(l, err);
    int version = status == 1 ? read_version(l, err) : -1;

    free(uri);
    if (version < 0 || take_copy(l, err) != 0)
        status = -1;
    after = state_of(l->path);
    if (!has_more(l->path) && is_same_state(&before, &after))
        return status;
    sqlite3_close(l->db);
    l->db = NULL;
    return 0;
}

/* Beside whoever works on it. */
static int read_beside(struct ledger *l, struct error *err)
{
    char *uri = uri_of(l->path, false);
    int code = sqlite3_open_v2(uri, &l->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    int version;

    free(uri);
    if (code != SQLITE_OK)
        return ledger_fail(l, err);
    sqlite3_busy_timeout(l->db, BUSY_MS);
    version = read_version(l, err);
    if (version < 0)
        return -1;
    return version < VERSION ? take_copy(l, err) : 0;
}

struct ledger *ledger_read(const char *path, struct error *err)
{
    struct ledger *l = xcalloc(1, sizeof(*l));
    struct error why = { "" };
    int status = 0;

    l->path = xstrdup(path);
    if (check_place(path, err) != 0)
        goto failed;
    if (access(path, R_OK) != 0) {
        error_set(err, "%s: %s", path, strerror(errno));
        goto failed;
    }
    if (!has_more(path))
        status = read_quiet(l, &why);
    if (status == 0)
        status = read_beside(l, &why) == 0 ? 1 : -1;
    /* An older one is brought up to date where nobody sees it: in the copy. */
    if (status == 1)
        status = read_version(l, &why);
    if (status > 0 && status < VERSION)
        status = migrate(l, &why) == 0 ? VERSION : -1;
    if (status < 0) {
        if (err)
            *err = why;
        goto failed;
    }
    sqlite3_exec(l->db, "PRAGMA query_only=1", NULL, NULL, NULL);
    return l;
failed:
    ledger_close(l);
    return NULL;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    sqlite3_close(l->db);
    free(l->path);
    free(l);
}

int ledger_run_add(struct ledger *l, struct ledger_run *r, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "INSERT INTO run(name, folder, task, model, start_policy, start_sha256, salt_sha256,"
        " seed, created, status, stop_reason, is_sealed) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
        "sssssssiissi", r->name, r->folder, r->task, r->model, r->start_policy,
        r->start_sha256, r->salt_sha256, r->seed, r->created = ledger_now(), "running",
        "", (int64_t)r->is_sealed);

    if (ledger_execute(l, err, s) != 0)
        return -1;
    r->id = sqlite3_last_insert_rowid(l->db);
    return 0;
}

int ledger_run_find(struct ledger *l, const char *name, struct ledger_run *out,
                    struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT id, name, folder, task, model, start_policy, start_sha256, salt_sha256, seed,"
        " created, status, stop_reason, is_sealed FROM run"
        " WHERE ?1 IS NULL OR name = ?1 OR folder = ?1 ORDER BY id DESC LIMIT 1",
        "s", name);
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    *out = (struct ledger_run){ 0 };
    if (code == SQLITE_ROW)
        *out = (struct ledger_run){
            .id = sqlite3_column_int64(s, 0),
            .name = ledger_column(s, 1),
            .folder = ledger_column(s, 2),
            .task = ledger_column(s, 3),
            .model = ledger_column(s, 4),
            .start_policy = ledger_column(s, 5),
            .start_sha256 = ledger_column(s, 6),
            .salt_sha256 = ledger_column(s, 7),
            .seed = sqlite3_column_int64(s, 8),
            .created = sqlite3_column_int64(s, 9),
            .status = ledger_column(s, 10),
            .stop_reason = ledger_column(s, 11),
            .is_sealed = sqlite3_column_int(s, 12),
        };
    else if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
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
    sqlite3_stmt *s = ledger_prepare(l, err, "SELECT text FROM source WHERE sha256 = ?",
                                     "s", sha256);
    char *source = NULL;

    if (s && sqlite3_step(s) == SQLITE_ROW)
        source = ledger_column(s, 0);
    else if (s)
        error_set(err, "%s: no policy with the hash %s", l->path, sha256);
    sqlite3_finalize(s);
    return source;
}

int ledger_episode_add(struct ledger *l, int64_t run, const struct ledger_episode *e,
                       struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err,
            "INSERT OR IGNORE INTO episode VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "isssiiddiiiiiiiisiiiibi", run, purposes[e->purpose], e->scope, e->sha256,
            e->seed_index, e->seed, e->score, e->total, e->steps, e->frames,
            e->planner_steps, e->most_instructions, (int64_t)e->terminated,
            (int64_t)e->truncated, (int64_t)e->verified, (int64_t)e->fault, e->fault_text,
            (int64_t)e->trajectory, (int64_t)e->start_hash, (int64_t)e->events,
            (int64_t)e->tries, e->tape, e->tape_len, ledger_now()));
}

int ledger_episode_find(struct ledger *l, int64_t run, struct ledger_episode *e,
                        struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT seed, score, total, steps, frames, planner_steps, most_instructions,"
        " terminated, truncated, verified, fault, fault_text, trajectory, start_hash, events,"
        " tries, tape FROM episode"
        " WHERE run=? AND purpose=? AND scope=? AND sha256=? AND seed_index=?",
        "isssi", run, purposes[e->purpose], e->scope, e->sha256, e->seed_index);
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    if (code == SQLITE_ROW) {
        e->seed = sqlite3_column_int64(s, 0);
        e->score = sqlite3_column_double(s, 1);
        e->total = sqlite3_column_double(s, 2);
        e->steps = sqlite3_column_int64(s, 3);
        e->frames = sqlite3_column_int64(s, 4);
        e->planner_steps = sqlite3_column_int64(s, 5);
        e->most_instructions = sqlite3_column_int64(s, 6);
        e->terminated = sqlite3_column_int(s, 7);
        e->truncated = sqlite3_column_int(s, 8);
        e->verified = sqlite3_column_int(s, 9);
        e->fault = sqlite3_column_int(s, 10);
        e->fault_text = e->fault ? ledger_column(s, 11) : NULL;
        e->trajectory = (uint64_t)sqlite3_column_int64(s, 12);
        e->start_hash = (uint64_t)sqlite3_column_int64(s, 13);
        e->events = (uint32_t)sqlite3_column_int64(s, 14);
        e->tries = sqlite3_column_int(s, 15);
        e->tape_len = (size_t)sqlite3_column_bytes(s, 16);
        e->tape = xcalloc(e->tape_len + 1, 1);
        if (e->tape_len)
            memcpy(e->tape, sqlite3_column_blob(s, 16), e->tape_len);
    } else if (s && code != SQLITE_DONE) {
        ledger_fail(l, err);
    }
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

void ledger_episode_clear(struct ledger_episode *e)
{
    free(e->fault_text);
    free(e->tape);
    e->fault_text = NULL;
    e->tape = NULL;
}

int ledger_call_add(struct ledger *l, int64_t run, const struct ledger_call *c,
                    struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err, "INSERT OR IGNORE INTO call VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "iiisssiiiiiddii", run, c->iteration, c->turn, c->model, c->reply, c->error,
            c->tokens_in, c->tokens_cached, c->tokens_out, c->tokens_reasoning,
            (int64_t)c->is_estimated, c->usd, c->seconds, c->tries, ledger_now()));
}

int ledger_call_find(struct ledger *l, int64_t run, int64_t iteration, int64_t turn,
                     char **reply, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT reply FROM call WHERE run=? AND iteration=? AND turn=?"
        " AND reply IS NOT NULL",
        "iii", run, iteration, turn);
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    *reply = code == SQLITE_ROW ? ledger_column(s, 0) : NULL;
    if (s && code != SQLITE_ROW && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

int ledger_call_cancel(struct ledger *l, int64_t run, int64_t iteration, int64_t turn,
                       int64_t number, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err,
                       "UPDATE call SET reply = json_set(reply, '$.calls[' || ? ||"
                       " '].cancelled', json('true')) WHERE run=? AND iteration=? AND"
                       " turn=? AND reply IS NOT NULL",
                       "iiii", number, run, iteration, turn));
}

int ledger_candidate_add(struct ledger *l, int64_t run, const struct ledger_candidate *c,
                         struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err,
                       "INSERT OR IGNORE INTO candidate"
                       " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                       "iisssssdddddiiididdsi", run, c->iteration, c->sha256,
                       c->parent_sha256, c->verdict, c->why, c->change, c->dev_before,
                       c->dev_after, c->difference, c->low, c->high, c->pairs,
                       c->cases_passed, c->cases, c->seconds, c->steps, c->before_half,
                       c->after_half, c->details, ledger_now()));
}

static json_t *value(sqlite3_stmt *s, int column)
{
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(s, column));
    case SQLITE_FLOAT:
        return json_finite(sqlite3_column_double(s, column));
    case SQLITE_TEXT:
        return json_string((const char *)sqlite3_column_text(s, column));
    default:
        return json_null();
    }
}

json_t *ledger_rows(struct ledger *l, sqlite3_stmt *s, struct error *err)
{
    json_t *rows = json_array();
    int code = SQLITE_ERROR;

    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        json_t *row = json_object();
        for (int i = 0; i < sqlite3_column_count(s); i++)
            json_object_set_new(row, sqlite3_column_name(s, i), value(s, i));
        json_array_append_new(rows, row);
    }
    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    if (code != SQLITE_DONE) {
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}

json_t *ledger_query(struct ledger *l, const char *sql, int64_t run, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err, sql, "");

    if (s && sqlite3_bind_parameter_count(s) > 0)
        sqlite3_bind_int64(s, 1, run);
    return ledger_rows(l, s, err);
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
    int n = 0, code = SQLITE_ERROR;

    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        char *sha = ledger_column(s, 0);
        snprintf(sha256, 65, "%s", sha);
        free(sha);
        n++;
    }
    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    else if (n > 1)
        error_set(err, "%s: several policies begin so; give more digits", prefix);
    sqlite3_finalize(s);
    return code != SQLITE_DONE || n > 1 ? -1 : n;
}
