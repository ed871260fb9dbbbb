/* test_doors.c - whatever lies where a file of ours should: each door refuses it, names
 * it, and waits for nobody. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "runner/evaluate/seeds.h"
#include "runner/model/session_file.h"
#include "tests/memo_play.h"

#define SECONDS 20 /* a door that waits is ended, and the program with it */

static int open_task(const char *path, struct error *err)
{
    struct task *t = task_load(&envs, path, err);

    task_destroy(t);
    return t ? 0 : -1;
}

static int open_replay(const char *path, struct error *err)
{
    struct replay *r = replay_load(&envs, path, err);

    replay_destroy(r);
    return r ? 0 : -1;
}

static int open_session(const char *path, struct error *err)
{
    struct session_file s = { 0 };
    int status = session_file_load(&s, path, err);

    session_file_clear(&s);
    return status;
}

static int open_ledger(const char *path, struct error *err)
{
    struct ledger *l = ledger_open(path, err);

    ledger_close(l);
    return l ? 0 : -1;
}

static int read_ledger(const char *path, struct error *err)
{
    struct ledger *l = ledger_read(path, err);

    ledger_close(l);
    return l ? 0 : -1;
}

static int open_salt(const char *path, struct error *err)
{
    struct salt s;

    return salt_open(&s, path, err);
}

static const struct door {
    const char *name, *path;
    int (*open)(const char *path, struct error *err);
} doors[] = {
    { "task", "./x.json", open_task },
    { "replay", "./x.replay", open_replay },
    { "session", "./x.jsonl", open_session },
    { "ledger", "./x.sqlite", open_ledger },
    { "ledger, read", "./y.sqlite", read_ledger },
    { "salt", "./salt", open_salt },
};

enum place { NOISE, WRONG_TYPE, HUGE_FILE, FOLDER, PIPE, SOCKET, LOOP, N_PLACES };
static const char *const place_names[] = { "noise",
                                           "a list",
                                           "4 GB of nothing",
                                           "a folder",
                                           "a pipe that nobody writes",
                                           "a socket",
                                           "a link to itself" };

static void lay(enum place place, const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    char noise[5000];
    struct error err = { "" };
    int fd;

    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)(i * 2654435761u >> 13);
    switch (place) {
    case NOISE:
    case HUGE_FILE:
        assert_int_equal(file_save(path, noise, place == NOISE ? sizeof(noise) : 0, &err),
                         0);
        chmod(path, 0600);
        if (place == HUGE_FILE)
            assert_int_equal(truncate(path, (off_t)1 << 32), 0);
        break;
    case WRONG_TYPE:
        assert_int_equal(file_save(path, "[[], 7, null]\n", 14, &err), 0);
        chmod(path, 0600);
        break;
    case FOLDER:
        assert_int_equal(mkdir(path, 0700), 0);
        break;
    case PIPE:
        assert_int_equal(mkfifo(path, 0600), 0);
        break;
    case SOCKET:
        snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
        close(fd);
        break;
    default:
        assert_int_equal(symlink(path + 2, path), 0);
    }
}

static struct place_row {
    char name[96];
    const struct door *door;
    enum place place;
} place_rows[N_PLACES * sizeof(doors) / sizeof(doors[0])];

static void test_door(void **state)
{
    const struct place_row *row = *state;
    struct error err = { "" };

    alarm(SECONDS);
    remove(row->door->path);
    lay(row->place, row->door->path);
    if (row->door->open(row->door->path, &err) == 0)
        fail_msg("%s: it was taken", row->name);
    if (!strstr(err.text, row->door->path + 2))
        fail_msg("it is not named: %s", err.text);
    remove(row->door->path);
    alarm(0);
}

int main(void)
{
    struct CMUnitTest tests[sizeof(place_rows) / sizeof(place_rows[0])];
    size_t n = 0, n_rows = sizeof(place_rows) / sizeof(place_rows[0]);

    for (size_t i = 0; i < n_rows; i++) {
        struct place_row *row = &place_rows[i];
        row->door = &doors[i / N_PLACES];
        row->place = (enum place)(i % N_PLACES);
        snprintf(row->name, sizeof(row->name), "%s: %s", row->door->name,
                 place_names[row->place]);
    }
    ROWS_ADD(tests, n, place_rows, test_door);
    return memo_tests_run("doors", tests, n, NULL, NULL);
}
