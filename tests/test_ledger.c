/* test_ledger.c - the ledger: what is put comes back, twice put is once, many processes
 * at once, files that are none or too new; and the seeds that it must not show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "runner/evaluate/seeds.h"
#include "runner/record/ledger/ledger_db.h"
#include "runner/record/ledger/ledger_dream.h"

static char folder[64];

static char *path_of(const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

static struct ledger *open_new(char **path)
{
    struct error err = { "" };
    static int n;
    char name[32];
    struct ledger *l;

    snprintf(name, sizeof(name), "l%d.sqlite", n++);
    *path = path_of(name);
    l = ledger_open(*path, &err);
    assert_non_null(l);
    return l;
}

static void add_run(struct ledger *l, struct ledger_run *run, const char *name)
{
    *run = (struct ledger_run){ .name = (char *)name,
                                .folder = (char *)name,
                                .task = "{}",
                                .salt_sha256 = (char *)"salt" };
    assert_int_equal(ledger_run_add(l, run, NULL), 0);
}

static void test_runs(void **state)
{
    struct ledger_run run, back;
    char *path;
    struct ledger *l = open_new(&path);

    (void)state;
    assert_int_equal(ledger_run_find(l, NULL, &back, NULL), 0);
    add_run(l, &run, "a");
    add_run(l, &run, "b");
    assert_int_equal(ledger_run_find(l, NULL, &back, NULL), 1);
    assert_string_equal(back.name, "b");
    ledger_run_clear(&back);
    assert_int_equal(ledger_run_find(l, "a", &back, NULL), 1);
    assert_int_equal(back.state, RUN_running);
    ledger_run_clear(&back);
    assert_int_equal(ledger_run_find(l, "c", &back, NULL), 0);
    assert_int_equal(ledger_run_add(l, &run, NULL), -1); /* the name is taken */
    ledger_close(l);
    free(path);
}

static void test_episodes(void **state)
{
    struct ledger_run run;
    struct ledger_steps steps;
    char *path, tape[] = "abc";
    struct ledger *l = open_new(&path);
    struct ledger_episode e = { .purpose = PURPOSE_dev,
                                .scope = "",
                                .sha256 = "s",
                                .seed_index = 3,
                                .seed = 7,
                                .score = 1.5,
                                .steps = 10,
                                .planner_steps = 4,
                                .fault = 2,
                                .fault_text = "why",
                                .trajectory = UINT64_MAX,
                                .tape = tape,
                                .tape_len = 3 };
    struct ledger_episode back = {
        .purpose = PURPOSE_dev, .scope = "", .sha256 = "s", .seed_index = 3
    };

    (void)state;
    add_run(l, &run, "a");
    assert_int_equal(ledger_episode_find(l, run.id, &back, NULL), 0);
    assert_int_equal(ledger_episode_add(l, run.id, &e, NULL), 0);
    e.steps = 99; /* the same key again changes nothing */
    assert_int_equal(ledger_episode_add(l, run.id, &e, NULL), 0);
    assert_int_equal(ledger_episode_find(l, run.id, &back, NULL), 1);
    assert_int_equal(back.steps, 10);
    assert_true(back.score == 1.5 && back.trajectory == UINT64_MAX);
    assert_string_equal(back.fault_text, "why");
    assert_int_equal(back.tape_len, 3);
    assert_memory_equal(back.tape, "abc", 3);
    ledger_episode_clear(&back);
    assert_int_equal(ledger_count_steps(l, run.id, &steps, NULL), 0);
    assert_int_equal(steps.steps[PURPOSE_dev], 10);
    assert_int_equal(steps.planner_steps[PURPOSE_dev], 4);
    assert_int_equal(steps.steps[PURPOSE_gate], 0);
    ledger_close(l);
    free(path);
}

static void test_openings(void **state)
{
    struct ledger_run run;
    struct ledger_opening o;
    char *path;
    struct ledger *l = open_new(&path);

    (void)state;
    add_run(l, &run, "a");
    assert_int_equal(ledger_opening_add(l, run.id, "t", "holdout", "x", NULL), 1);
    assert_int_equal(ledger_opening_add(l, run.id, "t", "holdout", "y", NULL), 2);
    assert_int_equal(ledger_opening_add(l, run.id, "t", "audit", "y", NULL), 1);
    assert_int_equal(ledger_opening_add(l, run.id, "t", "holdout", "x", NULL), -1);
    assert_int_equal(ledger_opening_find(l, run.id, NULL, "holdout", "x", &o, NULL), 1);
    assert_int_equal(o.number, 1);
    assert_false(o.is_reported);
    assert_int_equal(ledger_report_add(l, run.id, "holdout", 1, "{}", NULL), 0);
    assert_int_equal(ledger_opening_find(l, run.id, NULL, "holdout", "x", &o, NULL), 1);
    assert_true(o.is_reported);
    assert_int_equal(ledger_opening_find(l, 0, "t", "audit", NULL, &o, NULL), 1);
    assert_string_equal(o.sha256, "y");
    assert_int_equal(ledger_opening_find(l, 0, "u", "audit", NULL, &o, NULL), 0);
    ledger_close(l);
    free(path);
}

/* Runs with one salt have one count, and a candidate that one of them opened is
 * opened. */
static void test_family(void **state)
{
    struct ledger_run run, fork = { 0 }, stranger;
    struct ledger_opening o;
    char *path;
    struct ledger *l = open_new(&path);

    (void)state;
    add_run(l, &run, "a");
    assert_int_equal(ledger_opening_add(l, run.id, "t", "holdout", "x", NULL), 1);
    fork = run;
    fork.name = (char *)"b-1";
    assert_int_equal(ledger_session_fork(l, run.id, &fork, "b", NULL), 0);
    assert_int_equal(ledger_opening_add(l, fork.id, "t", "holdout", "y", NULL), 2);
    assert_int_equal(ledger_report_add(l, fork.id, "holdout", 2, "{}", NULL), 0);
    assert_int_equal(ledger_opening_find(l, run.id, NULL, "holdout", "y", &o, NULL), 1);
    assert_true(o.is_reported && o.run == fork.id && o.number == 2);
    assert_int_equal(ledger_opening_add(l, run.id, "t", "holdout", "z", NULL), 3);
    stranger = run;
    stranger.name = (char *)"c";
    stranger.salt_sha256 = (char *)"other";
    assert_int_equal(ledger_run_add(l, &stranger, NULL), 0);
    assert_int_equal(ledger_opening_find(l, stranger.id, NULL, "holdout", "y", &o, NULL),
                     0);
    assert_int_equal(ledger_opening_add(l, stranger.id, "t", "holdout", "z", NULL), 1);
    ledger_close(l);
    free(path);
}

static size_t count_notes(struct ledger *l, const struct ledger_note_query *q)
{
    json_t *rows = ledger_note_search(l, q, NULL);
    size_t n = json_array_size(rows);

    assert_non_null(rows);
    json_decref(rows);
    return n;
}

/* A run sees its own notes so far and earlier runs', of its task; words are only
 * words. */
static void test_notes(void **state)
{
    static const struct {
        const char *words;
        size_t n;
    } rows[] = {
        { NULL, 3 },
        { "corner", 1 },
        { "CORNER ball", 2 },
        { "nothing_of_it", 0 },
        { "\" OR note_word MATCH *)( NEAR", 0 },
        { "'; DROP TABLE note; --", 0 },
        { "***", 3 },
    };
    struct ledger_run a, b, c;
    char *path;
    struct ledger *l = open_new(&path);

    (void)state;
    add_run(l, &a, "a");
    add_run(l, &b, "b");
    add_run(l, &c, "c");
    ledger_note_add(l, "t", a.id, 1, "model", "the ball sticks in the corner", NULL);
    ledger_note_add(l, "t", a.id, 1, "model", "the ball sticks in the corner", NULL);
    ledger_note_add(l, "t", b.id, 1, "harness", "worse: aim at the ball", NULL);
    ledger_note_add(l, "t", b.id, 2, "model", "of the second iteration", NULL);
    ledger_note_add(l, "t", b.id, 3, "model", "later than the second", NULL);
    ledger_note_add(l, "t", c.id, 1, "model", "a later run, corner", NULL);
    ledger_note_add(l, "u", a.id, 1, "model", "another task, corner", NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ledger_note_query q = {
            .task = "t", .words = rows[i].words, .run = b.id, .iteration = 2, .most = 10
        };
        assert_int_equal(count_notes(l, &q), rows[i].n);
        q.most = 1;
        assert_int_equal(count_notes(l, &q), rows[i].n > 1 ? 1 : rows[i].n);
    }
    ledger_close(l);
    free(path);
}

/* A run sees the dreams from before it began: of two notes the one that was made of
 * them. */
static void test_dreams(void **state)
{
    struct ledger_note_query q = {
        .task = "t", .words = "corner", .iteration = 9, .most = 9
    };
    json_t *evidence = json_pack("[s, s]", "1:1", "2:1"), *memory;
    struct ledger_run a, b, c;
    char *path;
    struct ledger *l = open_new(&path);
    int64_t dream, note;

    (void)state;
    add_run(l, &a, "a");
    add_run(l, &b, "b");
    ledger_note_add(l, "t", a.id, 1, "model", "it sticks in the corner", NULL);
    ledger_note_add(l, "t", b.id, 1, "model", "sticks in that corner", NULL);
    assert_int_equal(ledger_begin(l, NULL), 0);
    dream = ledger_dream_add(l, "", 0, 0, "[]", NULL);
    note = ledger_dream_keep(l, dream, "t", DREAM_note, "the corner is sticky", evidence,
                             NULL);
    assert_true(note > 2);
    assert_int_equal(ledger_dream_supersede(l, dream, 1, note, "merged", evidence, NULL),
                     0);
    assert_int_equal(ledger_dream_supersede(l, dream, 2, note, "merged", evidence, NULL),
                     0);
    assert_int_equal(ledger_dream_supersede(l, dream, 2, 0, "twice", evidence, NULL), -1);
    assert_int_equal(ledger_end(l, true, NULL), 0);
    add_run(l, &c, "c");
    q.run = b.id;
    assert_int_equal(count_notes(l, &q), 2);
    q.run = c.id;
    assert_int_equal(count_notes(l, &q), 1);
    memory = ledger_dream_memory(l, "t", c.id, NULL);
    assert_int_equal(json_array_size(memory), 1);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(memory, 0), "evidence")),
        "1:1 2:1");
    json_decref(memory);
    assert_int_equal(ledger_begin(l, NULL), 0);
    assert_true(ledger_dream_add(l, "", 0, 0, "[]", NULL) > dream);
    assert_int_equal(ledger_end(l, false, NULL), 0);
    memory = ledger_query(l, "SELECT id FROM dream", 0, NULL);
    assert_int_equal(json_array_size(memory), 1);
    json_decref(memory);
    json_decref(evidence);
    ledger_close(l);
    free(path);
}

static int version_of(sqlite3 *db)
{
    sqlite3_stmt *s;
    int version = -1;

    sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL);
    if (sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return version;
}

/* Makes a file of version 1: without what came later. */
static void drop_later(sqlite3 *db)
{
    static const char later[] =
        "SELECT coalesce(group_concat('DROP ' || type || ' ' || name, ';'), '') FROM"
        " (SELECT * FROM sqlite_schema ORDER BY type DESC)" /* views first */
        " WHERE type IN ('table', 'view') AND name NOT IN ('run', 'source', 'episode', 'call',"
        " 'candidate', 'regression', 'opening', 'report', 'incident', 'note') AND name NOT"
        " LIKE 'note\\_word%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    sqlite3_stmt *s;
    char *sql;

    sqlite3_prepare_v2(db, later, -1, &s, NULL);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    sql = xstrdup((const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    assert_non_null(strstr(sql, "dream"));
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "ALTER TABLE run DROP COLUMN was_public;"
                                  "ALTER TABLE run DROP COLUMN env_version;"
                                  "ALTER TABLE run DROP COLUMN chance;"
                                  "ALTER TABLE run DROP COLUMN brief_format;"
                                  "ALTER TABLE opening DROP COLUMN seeds;"
                                  "PRAGMA user_version=1",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    free(sql);
}

/* A file of version 1, from before dreams, keeps its notes. */
static void test_from_one(void **state)
{
    struct ledger_note_query q = {
        .task = "t", .words = "corner", .iteration = 9, .most = 9
    };
    struct ledger_run a, b;
    char *path;
    struct ledger *l = open_new(&path);
    sqlite3 *db;

    (void)state;
    add_run(l, &a, "a");
    ledger_note_add(l, "t", a.id, 1, "model", "it sticks in the corner", NULL);
    ledger_close(l);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    drop_later(db);
    sqlite3_close(db);
    l = ledger_open(path, NULL);
    assert_non_null(l);
    add_run(l, &b, "b");
    q.run = b.id;
    assert_int_equal(count_notes(l, &q), 1);
    ledger_close(l);
    free(path);
}

/* A file of version 0 (an empty database) becomes one of this version. */
static void test_migration(void **state)
{
    char *path = path_of("zero.sqlite"), *fresh;
    struct ledger *l = open_new(&fresh);
    sqlite3_stmt *s;
    sqlite3 *db;
    int version;

    (void)state;
    ledger_close(l);
    assert_int_equal(sqlite3_open(fresh, &db), SQLITE_OK);
    version = version_of(db);
    assert_true(version >= 6);
    sqlite3_close(db);
    free(fresh);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE mine(x); INSERT INTO mine VALUES(1)", NULL, NULL,
                 NULL);
    sqlite3_close(db);
    l = ledger_open(path, NULL);
    assert_non_null(l);
    ledger_close(l);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db,
                       "SELECT user_version, (SELECT count(*) FROM mine),"
                       " (SELECT count(*) FROM note) FROM pragma_user_version",
                       -1, &s, NULL);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(s, 0), version);
    assert_int_equal(sqlite3_column_int(s, 1), 1);
    assert_int_equal(sqlite3_column_int(s, 2), 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    free(path);
}

/* Names are one run's at a time; a fork has all rows of the old run, which keeps its own,
 * and sees what both noted once. */
static void test_sessions(void **state)
{
    static const char *const bad[] = { "",    "a b", "../x",    ".hidden",
                                       "a/b", "x\n", "\xc3\xa4" };
    struct ledger_run a, b, fork = { .name = "f", .folder = "f", .task = "{}" }, back;
    struct ledger_steps steps;
    struct ledger_episode e = { .scope = "", .sha256 = "s", .steps = 5 };
    struct ledger_note_query q = { .task = "t", .iteration = 9, .most = 9 };
    char *path;
    struct ledger *l = open_new(&path);

    (void)state;
    add_run(l, &a, "a");
    add_run(l, &b, "b");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ledger_session_name(l, a.id, bad[i], NULL), -1);
    assert_int_equal(ledger_session_name(l, a.id, "one", NULL), 0);
    assert_int_equal(ledger_session_name(l, b.id, "one", NULL), -1);
    assert_int_equal(ledger_session_name(l, b.id, "a", NULL), -1); /* a run's own name */
    assert_int_equal(ledger_session_name(l, a.id, "two", NULL), 0);
    assert_int_equal(ledger_session_find(l, "one", &back, NULL), 0);
    assert_int_equal(ledger_session_find(l, "two", &back, NULL), 1);
    assert_int_equal(back.id, a.id);
    ledger_run_clear(&back);
    ledger_episode_add(l, a.id, &e, NULL);
    ledger_note_add(l, "t", a.id, 1, "model", "the ball sticks", NULL);
    ledger_note_add(l, "u", b.id, 1, "model", "of another task", NULL);
    assert_int_equal(ledger_session_fork(l, a.id, &fork, "two", NULL), -1);
    assert_int_equal(ledger_run_find(l, "f", &back, NULL), 0); /* all or nothing */
    assert_int_equal(ledger_session_fork(l, a.id, &fork, "three", NULL), 0);
    assert_int_equal(ledger_session_root(l, fork.id), a.id);
    assert_int_equal(ledger_session_root(l, b.id), b.id);
    e.seed_index = 1;
    ledger_episode_add(l, fork.id, &e, NULL);
    ledger_count_steps(l, a.id, &steps, NULL);
    assert_int_equal(steps.episodes[0], 1);
    ledger_count_steps(l, fork.id, &steps, NULL);
    assert_int_equal(steps.episodes[0], 2);
    q.run = fork.id;
    assert_int_equal(count_notes(l, &q), 1);
    q.words = "ball";
    assert_int_equal(count_notes(l, &q), 1);
    q.words = q.task = NULL;
    assert_int_equal(count_notes(l, &q), 2);
    ledger_close(l);
    free(path);
}

/* Eight processes add two hundred episodes each: all of them are there afterwards. */
static void test_processes(void **state)
{
    struct ledger_run run;
    struct ledger_steps steps;
    char *path;
    struct ledger *l = open_new(&path);
    int status;

    (void)state;
    add_run(l, &run, "a");
    for (int p = 0; p < 8; p++)
        if (fork() == 0) {
            struct ledger *mine = ledger_open(path, NULL);
            struct ledger_episode e = {
                .purpose = PURPOSE_probe, .scope = "", .sha256 = "s", .steps = 1
            };
            int bad = mine == NULL;
            for (int i = 0; i < 200 && !bad; i++) {
                e.seed_index = p * 1000 + i;
                bad = ledger_episode_add(mine, run.id, &e, NULL) != 0;
            }
            ledger_close(mine);
            _exit(bad);
        }
    while (wait(&status) > 0)
        assert_int_equal(status, 0);
    assert_int_equal(ledger_count_steps(l, run.id, &steps, NULL), 0);
    assert_int_equal(steps.steps[PURPOSE_probe], 1600);
    ledger_close(l);
    free(path);
}

static void test_later_version(void **state)
{
    struct error err = { "" };
    char *path;
    sqlite3 *db;

    (void)state;
    ledger_close(open_new(&path));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA user_version=999", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_null(ledger_open(path, &err));
    assert_non_null(strstr(err.text, "later ratchet"));
    free(path);
}

static void test_not_a_ledger(void **state)
{
    struct error err = { "" };
    char *path = path_of("noise.sqlite");
    FILE *f = fopen(path, "w");

    (void)state;
    for (int i = 0; i < 5000; i++)
        fputc('a' + i % 20, f);
    fclose(f);
    assert_null(ledger_open(path, &err));
    assert_non_null(strstr(err.text, "not a ledger"));
    free(path);
}

static void test_salt(void **state)
{
    struct error err = { "" };
    struct salt a, b;
    struct stat info;
    char *path = path_of("salt");

    (void)state;
    assert_int_equal(salt_open(&a, path, &err), 0);
    assert_int_equal(salt_open(&b, path, &err), 0);
    assert_string_equal(a.hex, b.hex);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    chmod(path, 0644);
    assert_int_equal(salt_open(&b, path, &err), -1);
    assert_non_null(strstr(err.text, "chmod 600"));
    free(path);
}

/* Many that begin at once come to one salt, and none reads half of it. */
static void test_salt_at_once(void **state)
{
    enum { N = 16 };
    char *path = path_of("salt-at-once");
    struct salt mine;
    int ends[2], bad = 0;
    char hex[65] = "";

    (void)state;
    assert_int_equal(pipe(ends), 0);
    for (int i = 0; i < N; i++)
        if (fork() == 0) {
            int failed = salt_open(&mine, path, NULL) != 0 ||
                         write(ends[1], mine.hex, 64) != 64;
            _exit(failed);
        }
    for (int i = 0, status; i < N; i++) {
        wait(&status);
        bad += status != 0;
    }
    assert_int_equal(bad, 0);
    assert_int_equal(salt_open(&mine, path, NULL), 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(read(ends[0], hex, 64), 64);
        assert_string_equal(hex, mine.hex);
    }
    close(ends[0]);
    close(ends[1]);
    free(path);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Splits do not meet; dev seeds need no salt, the others follow from it. */
static void test_splits(void **state)
{
    enum { N = 5000 };
    struct salt one, other;
    uint64_t *all = xcalloc(4 * N, sizeof(*all));

    (void)state;
    memset(one.hex, 'a', 64);
    memset(other.hex, 'b', 64);
    one.hex[64] = other.hex[64] = '\0';
    for (int split = SPLIT_DEV; split <= SPLIT_AUDIT; split++)
        for (int i = 0; i < N; i++)
            all[split * N + i] = split_seed(&one, split, "task", "", i);
    assert_true(split_seed(&one, SPLIT_DEV, "task", "", 4) ==
                split_seed(&other, SPLIT_DEV, "task", "", 4));
    assert_true(split_seed(&one, SPLIT_GATE, "task", "", 4) !=
                split_seed(&other, SPLIT_GATE, "task", "", 4));
    assert_true(split_seed(&one, SPLIT_GATE, "task", "1", 4) !=
                split_seed(&one, SPLIT_GATE, "task", "2", 4));
    qsort(all, 4 * N, sizeof(*all), by_value);
    for (int i = 1; i < 4 * N; i++)
        assert_true(all[i] != all[i - 1]);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs),         cmocka_unit_test(test_episodes),
        cmocka_unit_test(test_openings),     cmocka_unit_test(test_family),
        cmocka_unit_test(test_processes),    cmocka_unit_test(test_later_version),
        cmocka_unit_test(test_not_a_ledger), cmocka_unit_test(test_salt),
        cmocka_unit_test(test_salt_at_once),
        cmocka_unit_test(test_splits),       cmocka_unit_test(test_notes),
        cmocka_unit_test(test_dreams),       cmocka_unit_test(test_from_one),
        cmocka_unit_test(test_migration),    cmocka_unit_test(test_sessions),
    };
    char command[128];
    int status;

    strcpy(folder, "/tmp/ratchet-ledger-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    status = cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command) != 0 || status;
}
