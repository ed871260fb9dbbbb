/* sweep_cell.c - one cell of a sweep, played by commands of this program in processes of
 * their own: what one game loses stays with it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/scoped.h"
#include "base/spawn.h"
#include "base/words.h"
#include "runner/experiment/run_options.h"
#include "runner/experiment/sweep.h"
#include "runner/home/opened_run.h"
#include "runner/record/published.h"

#define MOST_REPLY (256u << 20) /* bytes */
#define SEEDS_APART 1000000     /* of repeats */

struct play_command {
    struct words argv;
    char *out, *log; /* files for its two streams */
    const volatile sig_atomic_t *interrupted;
};

static void call_clear(struct play_command *c)
{
    words_clear(&c->argv);
    if (c->out)
        unlink(c->out);
    free(c->out);
    free(c->log);
    *c = (struct play_command){ 0 };
}

/* The command, begun; 0 or an error number. It dies with us: what it does can be gone on
 * with. */
static int sweep_cell_start(const struct play_command *c, pid_t *pid)
{
    int out = open(c->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int log = open(c->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct spawn program = { .argv = c->argv.list,
                             .path = SPAWN_SELF,
                             .fds = { SPAWN_NULL, out, log },
                             .n_fds = 3,
                             .dies_with_us = true };
    int failed = out < 0 || log < 0 ? errno : spawn_start(&program, pid);

    if (out >= 0)
        close(out);
    if (log >= 0)
        close(log);
    return failed;
}

/* The last line that a command left on stderr. */
static char *last_line(const char *path)
{
    size_t len;
    char *text = (char *)file_load(path, 1 << 20, &len, NULL), *line;

    while (text && len && text[len - 1] == '\n')
        text[--len] = '\0';
    line = text ? strrchr(text, '\n') : NULL;
    line = xstrdup(line ? line + 1 : text && text[0] ? text : "it said nothing");
    free(text);
    return line;
}

/* What the command prints as JSON; NULL when it ends with another status than 0. */
static json_t *call_json(struct play_command *c, struct error *err)
{
    struct timespec pause = { 0, 20000000 };
    pid_t pid;
    json_t *json = NULL;
    json_error_t why;
    scoped uint8_t *text = NULL;
    int status = 0, failed = sweep_cell_start(c, &pid);
    size_t len;
    bool told = false;

    if (failed) {
        error_set(err, "%s: no process: %s", c->argv.list[1], strerror(failed));
        return NULL;
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (*c->interrupted && !told)
            told = kill(pid, SIGTERM) == 0;
        nanosleep(&pause, NULL);
    }
    if (*c->interrupted) {
        error_set(err, "interrupted; the same command goes on");
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        scoped char *line = last_line(c->log);
        error_set(err, "`ratchet %s` failed: %.900s", c->argv.list[1], line);
    } else if ((text = file_load(c->out, MOST_REPLY, &len, err))) {
        json = json_loadb((char *)text, len, JSON_REJECT_DUPLICATES, &why);
        if (!json)
            error_set(err, "`ratchet %s` printed no JSON: %s", c->argv.list[1], why.text);
    }
    return json;
}

/* Letters, digits and a hash: one name a player. */
static char *cell_name(const struct sweep_cell *c)
{
    char sha[65], *name;

    sha256_hex(c->player, strlen(c->player), sha);
    name = xasprintf("%s-%s-%d-%.40s-%.8s", strchr(c->env, '/') + 1, c->observation,
                     c->repeat, file_name(c->player), sha);
    for (char *p = name; *p; p++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
                    *p))
            *p = '_';
    return name;
}

char *sweep_cell_path(const struct sweep *s, const struct sweep_cell *c)
{
    scoped char *name = cell_name(c);

    return xasprintf("%s/cells/%s.json", s->folder, name);
}

static struct play_command sweep_cell_begin(const struct sweep *s,
                                            const struct sweep_cell *c)
{
    char *name = cell_name(c);
    struct play_command call = { .interrupted = s->setup.interrupted,
                                 .out = xasprintf("%s/cells/%s.out", s->folder, name),
                                 .log = xasprintf("%s/cells/%s.log", s->folder, name) };

    free(name);
    words_add(&call.argv, "ratchet");
    return call;
}

/* The player's policy for the game; NULL: none. The caller frees it. */
static char *sweep_cell_find_policy(const struct sweep *s, const struct sweep_cell *c)
{
    static const char *const ends[] = { ".lua", "/learned.lua", "/start.lua" };
    const char *game = strchr(c->env, '/') + 1;
    struct stat st;

    if (!strcmp(c->player, "random"))
        return xstrdup(s->random_path);
    if (stat(c->player, &st) == 0 && S_ISREG(st.st_mode))
        return xstrdup(c->player);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char *path = xasprintf("%s/%s%s", c->player, game, ends[i]);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static void sweep_cell_copy(json_t *to, const char *name, const json_t *from,
                            const char *key)
{
    json_t *value = json_object_get(from, key);

    if (value)
        json_object_set(to, name, value);
}

static int play_policy(const struct sweep *s, const struct sweep_cell *c,
                       const char *path, json_t *out, struct error *err)
{
    struct play_command call = sweep_cell_begin(s, c);
    scoped char *observation = xasprintf("observation=%s", c->observation);
    json_t *reply;

    words_add(&call.argv, "run");
    words_add(&call.argv, c->env);
    words_add(&call.argv, path);
    words_add(&call.argv, "--allow-faults"); /* its table counts them */
    words_add(&call.argv, "--episodes");
    words_addf(&call.argv, "%d", s->episodes);
    words_add(&call.argv, "--seed");
    words_addf(&call.argv, "%lld", (long long)c->repeat * SEEDS_APART);
    option_words(&call.argv, options_setup, NULL, &s->setup);
    words_add_option(&call.argv, "--set", observation);
    reply = call_json(&call, err);
    sweep_cell_copy(out, "mean", reply, "mean");
    sweep_cell_copy(out, "std", reply, "std");
    sweep_cell_copy(out, "steps", reply, "steps");
    sweep_cell_copy(out, "faults", reply, "faults");
    sweep_cell_copy(out, "policy_sha256", reply, "policy_sha256");
    json_object_set_new(
        out, "episodes",
        json_integer((json_int_t)json_array_size(json_object_get(reply, "episodes"))));
    call_clear(&call);
    json_decref(reply);
    return reply ? 0 : -1;
}

static json_t *sweep_cell_improve(const struct sweep *s, const struct sweep_cell *c,
                                  const char *folder, struct error *err)
{
    struct play_command call = sweep_cell_begin(s, c);
    struct run_options run = { .model = (char *)c->player + strlen("model:"),
                               .policy = s->random_path,
                               .out = (char *)folder,
                               .resume = run_exists(folder, NULL) == 1 };
    struct setup setup = s->setup;
    struct words set = { 0 };
    json_t *reply;

    words_addf(&set, "holdout=%d", s->episodes);
    words_add_all(&set, (const char *const *)s->setup.set);
    words_addf(&set, "observation=%s", c->observation);
    setup.set = (char **)set.list;
    run_words(&call.argv, c->env, &run, &setup);
    reply = call_json(&call, err);
    words_clear(&set);
    call_clear(&call);
    return reply;
}

/* What the ledger keeps of the latest opening; freeze itself refuses a second one. */
static int read_opening(const struct sweep *s, const struct sweep_cell *c,
                        const char *folder, json_t *out, struct error *err)
{
    struct error refused = { "" };
    struct play_command call = sweep_cell_begin(s, c);
    json_t *reply, *row;

    words_add(&call.argv, "freeze");
    words_add(&call.argv, folder);
    option_words(&call.argv, options_jobs, (void *)&s->setup, NULL);
    words_add(&call.argv, "--json");
    reply = call_json(&call, &refused);
    call_clear(&call);
    json_decref(reply);
    row = run_last_holdout(folder);
    sweep_cell_copy(out, "mean", row, "hidden_mean");
    sweep_cell_copy(out, "std", row, "hidden_std");
    json_decref(row);
    if (!json_is_number(json_object_get(out, "mean")))
        return error_set(err, "%s", refused.text[0] ? refused.text : "no opening");
    json_object_set_new(out, "episodes", json_integer(s->episodes));
    return 0;
}

static int play_model(const struct sweep *s, const struct sweep_cell *c, json_t *out,
                      struct error *err)
{
    scoped char *name = cell_name(c), *folder = xasprintf("%s/runs/%s", s->folder, name);
    json_auto_t *reply = sweep_cell_improve(s, c, folder, err);
    int status = -1;

    if (reply) {
        sweep_cell_copy(out, "start_mean", reply, "start_mean");
        sweep_cell_copy(out, "dev_mean", reply, "best_mean");
        sweep_cell_copy(out, "promotions", reply, "promotions");
        sweep_cell_copy(out, "iterations", reply, "iterations");
        sweep_cell_copy(out, "steps_by_purpose", reply, "steps");
        sweep_cell_copy(out, "stop_reason", reply, "stop_reason");
        json_object_set_new(out, "folder", json_string(folder));
        status = read_opening(s, c, folder, out, err);
    }
    return status;
}

int sweep_cell_play(const struct sweep *s, const struct sweep_cell *c, struct error *err)
{
    bool is_model = !strncmp(c->player, "model:", 6);
    scoped char *policy = is_model ? NULL : sweep_cell_find_policy(s, c);
    char *path;
    json_t *out = NULL;
    double human;
    int status = is_model || policy ? -1 : 1;

    if (status == 1)
        goto out;
    out = json_pack("{s:s, s:o, s:s, s:i}", "env", c->env, "player", json_path(c->player),
                    "observation", c->observation, "repeat", c->repeat);
    if ((is_model ? play_model(s, c, out, err) : play_policy(s, c, policy, out, err)) !=
        0)
        goto out;
    human = published_human(c->env, json_number_value(json_object_get(out, "mean")));
    json_object_set_new(out, "human_normalised", json_finite(human));
    path = sweep_cell_path(s, c);
    status = json_to_file(path, out, err);
    free(path);
out:
    json_decref(out);
    return status;
}
