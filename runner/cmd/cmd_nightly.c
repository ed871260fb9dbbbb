/* cmd_nightly.c - `ratchet nightly`: one night at a time, by itself or installed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/experiment/nightly.h"
#include "runner/experiment/nightly_install.h"

/* "2026-11-23 03:00" as seconds from now; -1: it is none. */
static int read_at(const char *text, long long *shift_s, struct error *err)
{
    struct tm tm = { .tm_isdst = -1 };
    const char *end = text ? strptime(text, "%Y-%m-%d %H:%M", &tm) : "";

    *shift_s = 0;
    if (!text)
        return 0;
    if (!end || *end)
        return error_set(err, "nightly: --at takes a time like \"2026-11-23 03:00\"");
    *shift_s = (long long)mktime(&tm) - (long long)time(NULL);
    return 0;
}

/* Says in the file who holds the lock since when; an earlier owner that is still in it
 * died. */
static void sign_lock(const struct night *n, int fd)
{
    char old[512] = "", host[256] = "", now[32], *text;
    ssize_t len = pread(fd, old, sizeof(old) - 1, 0);

    old[len > 0 ? len : 0] = '\0';
    old[strcspn(old, "\n")] = '\0';
    if (old[0])
        night_say(n, "the lock of a dead owner is taken over: %s", old);
    gethostname(host, sizeof(host) - 1);
    night_time(n, now);
    text = xasprintf("process %ld on %s since %s\n", (long)getpid(), host, now);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, strlen(text), 0) < 0)
        night_say(n, "lock: %s", strerror(errno));
    free(text);
}

/* One night at a time. The descriptor, or -1: held by a living owner, who is named. */
static int lock(const struct night *n, struct error *err)
{
    scoped char *path = xasprintf("%s/lock", n->folder);
    char owner[512] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat st;
    double age = 0;
    ssize_t len;

    if (fd < 0) {
        error_set(err, "%s: %s", path, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        len = pread(fd, owner, sizeof(owner) - 1, 0);
        owner[len > 0 ? len : 0] = '\0';
        owner[strcspn(owner, "\n")] = '\0';
        if (fstat(fd, &st) == 0)
            age = difftime(time(NULL), st.st_mtime) / 60;
        error_set(
            err, "%s: another night is running: %s (%.0f minutes); wait for it or end it",
            path, owner, age);
        close(fd);
        fd = -1;
    } else {
        sign_lock(n, fd);
    }
    return fd;
}

static int nightly_run(struct night *n, int as_json, struct error *err)
{
    scoped char *logs = logs_path("");
    int fd = -1, status = NIGHT_FAILED;

    n->folder = logs_path("nightly");
    if (file_make_folders(logs, err) == 0 && file_make_folder(n->folder, err) == 0)
        fd = lock(n, err);
    if (fd >= 0) {
        status = night_run(n, err);
        if (err->text[0])
            night_say(n, "stopped: %s", err->text);
        if (as_json && n->state)
            say_result(json_incref(n->state));
        if (ftruncate(fd, 0) != 0)
            night_say(n, "lock: %s", strerror(errno));
        close(fd);
    }
    json_decref(n->state);
    free(n->folder);
    return status;
}

struct wish {
    char *install, *at;
    int is_sure, as_json;
};

static int run_or_install(const struct wish *w, struct app *app, const char *path,
                          struct error *err)
{
    struct night_config config;
    struct night n = { .config = &config,
                       .interrupted = app->interrupted,
                       .is_quiet = w->as_json };
    char program[PATH_MAX], *absolute = realpath(path, NULL);
    int status = NIGHT_FAILED;

    file_self(program);
    n.program = program;
    if (read_at(w->at, &n.shift_s, err) == 0 &&
        night_config_load(&config, path, err) == 0) {
        if (w->install)
            status = nightly_install(&config, w->install, program,
                                     absolute ? absolute : path, w->is_sure, err) == 0
                         ? EXIT_DONE
                         : EXIT_FAILED;
        else
            status = nightly_run(&n, w->as_json, err);
        night_config_clear(&config);
    }
    free(absolute);
    return status;
}

static const struct option option_as_json[] = {
    { "json", '\0', FLAG_IN(setup, json), NULL, "print the summary as one JSON object" },
    { 0 },
};
/* clang-format off */
static const struct option options[] = {
    { "install", '\0', TEXT_IN(wish, install), "systemd|cron",
      "show the systemd timer or the crontab line that runs it every night" },
    { "yes", 'y', FLAG_IN(wish, is_sure), NULL,
      "with --install: write it, too" },
    { "at", '\0', TEXT_IN(wish, at), "\"YYYY-MM-DD HH:MM\"",
      "as if it were now this time (names the night)" },
    GROUP_OF(option_as_json),
    { 0 },
};
/* clang-format on */

static int exec_nightly(struct call *c)
{
    struct wish *w = c->state;

    w->as_json = c->setup.json;
    return run_or_install(w, c->app, c->args[0], &c->err);
}

const struct command cmd_nightly = {
    .name = "nightly",
    .args = "CONFIG.json",
    .about = "test, improve, freeze and report a list of tasks",
    .details =
        "For every task: regression cases first (what earlier nights won, on the policy as it is), then\n"
        "improvement from there, freeze where something got better, and one report of it all, whose\n"
        "first line is a broken case. What got better and breaks no case becomes the incumbent,\n"
        "logs/nightly/NAME/best.lua. One night at a time; one that was cut short goes on with the next\n"
        "call. Exit status: 0 nothing broke, 1 something regressed, 2 something could not run.\n"
        "\n"
        "CONFIG is JSON: {\"tasks\": [{\"task\": \"breakout\", \"policy\": \"my.lua\"}]}. A task's keys: task\n"
        "(an environment or a task's file), name, policy, model, cases (a folder), freeze (true), set (a\n"
        "list of \"KEY=VALUE\"), budget (iterations, minutes, steps, usd, model_tokens, model_calls).\n"
        "Beside tasks: jobs, engine, shards, shared (as improve has them), disk_mib (logs/ is pruned to\n"
        "it), log_kib, at (\"03:00\", for --install), after (a shell command that gets the\n"
        "summary as JSON on its input). Unknown keys are errors. Paths are relative to the folder in\n"
        "which it is called or was installed. Where no environment\n"
        "gives the model's key, it is read from ~/.config/ratchet/keys.",
    .example =
        "ratchet nightly nightly.json\n"
        "ratchet nightly nightly.json --install systemd\n"
        "ratchet nightly nightly.json --install cron --yes",
    .options = options,
    .size = sizeof(struct wish),
    .n_min = 1,
    .n_max = 1,
    .exec = exec_nightly,
};
