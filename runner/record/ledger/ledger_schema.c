/* ledger_schema.c - the ledger's tables, and the versions that brought them. */
#include <stdio.h>

#include "runner/record/ledger/ledger_db.h"

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
    /* Was the salt public before the run began; who may have known the seeds of an opening. */
    "ALTER TABLE run ADD COLUMN was_public INTEGER;"
    "UPDATE run SET was_public = EXISTS (SELECT 1 FROM public_salt p WHERE"
    "  p.sha256 = salt_sha256 AND (p.how = 'session' OR p.created <= run.created));"
    "ALTER TABLE opening ADD COLUMN seeds TEXT;"
    "UPDATE opening SET seeds = (SELECT CASE WHEN run.was_public THEN 'public' WHEN EXISTS"
    "  (SELECT 1 FROM public_salt p WHERE p.sha256 = run.salt_sha256"
    "  AND p.created <= opening.created) THEN 'published' ELSE 'hidden' END"
    "  FROM run WHERE run.id = opening.run);",
    /* Versions that a run's episodes were played in: of its environment and of chance. */
    "ALTER TABLE run ADD COLUMN env_version INTEGER;"
    "ALTER TABLE run ADD COLUMN chance INTEGER;",
    /* The format of its briefs, which says what counts as a failure. */
    "ALTER TABLE run ADD COLUMN brief_format INTEGER;"
    "UPDATE run SET brief_format = 1;",
};
#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))
const int ledger_version = VERSION;

int ledger_migrate(struct ledger *l, struct error *err)
{
    int version = -1;

    if (ledger_do(l, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", err) != 0 ||
        ledger_begin(l, err) != 0)
        return -1;
    ledger_first(l, err, ledger_prepare(l, err, "PRAGMA user_version", ""), "n", &version);
    if (version > VERSION)
        error_set(err, "%s: written by a later ratchet (version %d, this one knows %d)",
                  l->path, version, VERSION);
    for (int i = version; i >= 0 && i < VERSION && version >= 0; i++) {
        char pragma[64];
        snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%d", i + 1);
        if (ledger_do(l, migrations[i], err) != 0 || ledger_do(l, pragma, err) != 0)
            version = -1;
    }
    return ledger_settle(l, version < 0 || version > VERSION ? -1 : 0, err);
}

int ledger_read_version(struct ledger *l, struct error *err)
{
    int version = -1;

    ledger_first(l, err, ledger_prepare(l, err, "PRAGMA user_version", ""), "n", &version);
    if (version == 0)
        return error_set(err, "%s: not a ledger", l->path);
    if (version > VERSION)
        return error_set(err,
                         "%s: written by a later ratchet (version %d, this one knows %d)",
                         l->path, version, VERSION);
    return version;
}
