/* test_memo_ends.c - evaluations through the ledger whose process ends before they do:
 * killed before, in the middle of and behind a write, interrupted, or one of several at
 * once. What was put down is there, the rest is played, and no episode twice. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/memo_play.h"

/* Where the process ends: SIGKILL, before, in the middle of and behind a write. */
enum hook { ON_ROW, ON_COMMIT, ON_WAL, ON_PROGRESS };
static const struct crash {
    const char *name;
    enum hook hook;
    int at;          /* the write, from 0 */
    int cut;         /* bytes off the end of what SQLite keeps beside the ledger */
    int least, most; /* episodes that are there afterwards */
} crashes[] = {
    { "in the first row", ON_ROW, 0, 0, 0, 0 },
    { "in the third row", ON_ROW, 2, 0, 2, 2 },
    { "before the first is put down", ON_COMMIT, 0, 0, 0, 0 },
    { "before the fourth is put down", ON_COMMIT, 3, 0, 3, 3 },
    { "when the first is put down", ON_WAL, 0, 0, 1, 1 },
    { "when the last is put down", ON_WAL, 5, 0, 6, 6 },
    { "behind the second", ON_PROGRESS, 1, 0, 2, 2 },
    { "and its last bytes are lost", ON_PROGRESS, 3, 100, 3, 4 },
    { "and two of its pages are", ON_PROGRESS, 3, 8240, 0, 4 },
    { "and all of them", ON_PROGRESS, 3, 1 << 30, 0, 4 },
};

static const struct crash *crash;
static int n_writes;

static void come(enum hook hook)
{
    if (crash->hook == hook && n_writes++ == crash->at)
        raise(SIGKILL);
}

static void on_row(void *user, int what, const char *db, const char *table,
                   sqlite3_int64 row)
{
    (void)user, (void)what, (void)db, (void)table, (void)row;
    come(ON_ROW);
}

static int on_commit(void *user)
{
    (void)user;
    come(ON_COMMIT);
    return 0;
}

static int on_wal(void *user, sqlite3 *db, const char *name, int pages)
{
    (void)user, (void)db, (void)name, (void)pages;
    come(ON_WAL);
    return SQLITE_OK;
}

static void on_progress(void *user, enum purpose purpose, int done, int n)
{
    (void)user, (void)purpose, (void)done, (void)n;
    come(ON_PROGRESS);
}

/* In a process of its own, with a ledger that is opened there; returns how it ended. */
static int in_child(void (*work)(void *), void *arg)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        work(arg);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void play_until(void *arg)
{
    struct ask *ask = arg;
    struct episode_result r[MOST] = { 0 };
    struct error err = { "" };
    struct memo m;

    ledger = ledger_open("crash.sqlite", &err);
    if (!ledger)
        _exit(2);
    n_writes = 0;
    sqlite3_update_hook(ledger->db, on_row, NULL);
    sqlite3_commit_hook(ledger->db, on_commit, NULL);
    sqlite3_wal_hook(ledger->db, on_wal, NULL);
    m = memo_of(ask);
    m.progress = on_progress;
    _exit(play(ask, &m, r, &err) == MEMO_DONE ? 0 : 1);
}

static void test_crash(void **state)
{
    struct ask ask = ASK(DEV, "", LEFT, "012345");
    struct episode_result want[MOST] = { 0 }, r[MOST] = { 0 };
    struct ledger *mine = ledger;
    struct error err = { "" };
    struct memo m;
    int64_t episodes, steps;
    struct stat info;
    int status;

    run++;
    m = memo_of(&ask);
    assert_int_equal(play(&ask, &m, want, &err), MEMO_DONE);
    crash = *state;
    status = in_child(play_until, &ask);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    if (crash->cut && stat("crash.sqlite-wal", &info) == 0)
        assert_int_equal(truncate("crash.sqlite-wal", info.st_size > crash->cut
                                                          ? info.st_size - crash->cut
                                                          : 0),
                         0);
    ledger = ledger_open("crash.sqlite", &err);
    if (!ledger)
        fail_msg("%s", err.text);
    count(&episodes, &steps);
    if (episodes < crash->least || episodes > crash->most)
        fail_msg("%lld episodes", (long long)episodes);
    m = memo_of(&ask);
    assert_int_equal(play(&ask, &m, r, &err), MEMO_DONE);
    for (int i = 0; i < 6; i++)
        assert_same(&r[i], &want[i]);
    count(&episodes, &steps);
    assert_int_equal(episodes, 6);
    ledger_close(ledger);
    ledger = mine;
    unlink("crash.sqlite");
    results_clear(r, MOST);
    results_clear(want, MOST);
}

/* Interrupted behind the at-th of six: what was played is there, the rest is played when
 * it goes on. */
static volatile sig_atomic_t interrupted;
static int interrupt_at;

static void interrupt(void *user, enum purpose purpose, int done, int n)
{
    (void)user, (void)purpose, (void)n;
    interrupted = done >= interrupt_at;
}

static const struct stop {
    const char *name;
    int at, n_jobs;
} stops[] = {
    { "interrupted before it begins", 0, 1 },
    { "interrupted behind the first", 1, 1 },
    { "interrupted behind the fourth of two workers", 4, 2 },
    { "interrupted behind the last", 6, 1 },
};

static void test_interrupted(void **state)
{
    const struct stop *row = *state;
    struct ask ask = BY("012345", row->n_jobs);
    struct episode_result r[MOST] = { 0 };
    struct error err = { "" };
    int64_t episodes, steps, there = 0;
    struct memo m;
    enum memo_status status;

    run++;
    m = memo_of(&ask);
    m.base.setup.interrupted = &interrupted;
    m.progress = interrupt;
    interrupt_at = row->at;
    interrupted = row->at == 0;
    status = play(&ask, &m, r, &err);
    for (int i = 0; i < 6; i++)
        there += r[i].is_done;
    count(&episodes, &steps);
    assert_int_equal(episodes, there);
    assert_true(episodes >= row->at);
    assert_int_equal(status, episodes == 6 ? MEMO_DONE : MEMO_INTERRUPTED);
    if (row->at == 0)
        assert_int_equal(episodes, 0);
    results_clear(r, MOST);
    interrupt_at = 7;
    interrupted = 0;
    assert_int_equal(play(&ask, &m, r, &err), MEMO_DONE);
    count(&episodes, &steps);
    assert_int_equal(episodes, 6);
    results_clear(r, MOST);
}

/* Several processes with one ledger, and one run or several. */
static const struct crowd {
    const char *name;
    int n_processes;
    bool shares_run;
} crowds[] = {
    { "four processes, a run", 4, true },
    { "four processes, four runs", 4, false },
};

static void test_crowd(void **state)
{
    const struct crowd *row = *state;
    struct ask ask = ASK(DEV, "", LEFT, "012345");
    struct episode_result want[MOST] = { 0 }, r[MOST] = { 0 };
    struct error err = { "" };
    struct memo m;
    int64_t first = run + 1, episodes, steps;

    run += 100;
    m = memo_of(&ask);
    assert_int_equal(play(&ask, &m, want, &err), MEMO_DONE);
    for (int p = 0; p < row->n_processes; p++)
        if (fork() == 0) {
            int failed;
            ledger = ledger_open(LEDGER, &err);
            run = first + (row->shares_run ? 0 : p);
            m = memo_of(&ask);
            failed = !ledger || play(&ask, &m, r, &err) != MEMO_DONE;
            for (int i = 0; i < 6 && !failed; i++)
                failed = r[i].trajectory != want[i].trajectory;
            _exit(failed);
        }
    for (int p = 0, status; p < row->n_processes; p++) {
        wait(&status);
        assert_int_equal(status, 0);
    }
    for (int p = 0; p < (row->shares_run ? 1 : row->n_processes); p++) {
        int64_t last = run;
        run = first + p;
        count(&episodes, &steps);
        assert_int_equal(episodes, 6);
        run = last;
    }
    results_clear(want, MOST);
}

int main(void)
{
    struct CMUnitTest tests[64];
    size_t n = 0;

    ROWS_ADD(tests, n, crashes, test_crash);
    ROWS_ADD(tests, n, stops, test_interrupted);
    ROWS_ADD(tests, n, crowds, test_crowd);
    return memo_tests_run("memo_ends", tests, n, NULL, NULL);
}
