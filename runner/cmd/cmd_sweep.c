/* cmd_sweep.c - `ratchet sweep`: many games under the same rules, as benchmarks are
 * played. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/json.h"
#include "base/file.h"
#include "base/scoped.h"
#include "base/table.h"
#include "runner/cmd/cmd.h"
#include "runner/experiment/run_options.h"
#include "runner/experiment/sweep.h"
#include "runner/model/model.h"
#include "runner/record/published.h"

#define MOST_LIST 200 /* names in one of the lists */

static const char random_source[] =
    "-- random.lua - moves by chance: what every score is measured against.\n"
    "local n\n"
    "local function reset(info)\n"
    "  n = 0\n"
    "  for _ in pairs(info.actions) do n = n + 1 end\n"
    "end\n"
    "return { reset = reset, act = function() return math.random(0, n - 1) end }\n";

struct options {
    struct setup *setup;
    char *games, *observations, *budget, *model, *out, *plot, **policies;
    int repeats, episodes, csv;
    struct words envs, modes, budgets, settings;
};

/* Words between commas. */
static int sweep_split(struct words *w, const char *text, const char *what,
                       struct error *err)
{
    for (size_t len; *text; text += len + (text[len] == ',')) {
        len = strcspn(text, ",");
        if (w->n == MOST_LIST)
            return error_set(err, "%s: more than %d names", what, MOST_LIST);
        if (len)
            words_addf(w, "%.*s", (int)len, text);
    }
    return w->n ? 0 : error_set(err, "%s: it is empty", what);
}

/* The suite's games, or those that are named; each known to the benchmark. */
static int choose_games(struct options *o, struct error *err)
{
    char all[8192] = "", name[64];
    struct published_scores known;
    size_t len = 0;

    for (int i = 0; !o->games && published_name(i, name); i++)
        len += (size_t)snprintf(all + len, sizeof(all) - len, "%s,", name + 4);
    if (sweep_split(&o->envs, o->games ? o->games : all, "--games", err) != 0)
        return -1;
    for (size_t i = 0; i < o->envs.n; i++) {
        snprintf(name, sizeof(name), "ale/%.58s", o->envs.list[i]);
        if (!published_find(name, &known))
            return error_set(err, "--games: \"%s\" is none of the benchmark's 57 games",
                             o->envs.list[i]);
    }
    return 0;
}

/* A model's runs have a score's episodes as their holdout, unless --set says otherwise. */
static int choose_hidden(const struct options *o, struct task *trial, struct error *err)
{
    scoped char *holdout = xasprintf("holdout=%d", o->episodes);
    int status = task_set(trial, holdout, err);

    free(trial->name);
    trial->name = xstrdup("sweep");
    for (char **s = o->setup->set; status == 0 && s && *s; s++)
        if (!strncmp(*s, "holdout=", 8) || !strncmp(*s, "audit=", 6))
            status = task_set(trial, *s, err);
    return status == 0 ? run_check_splits(trial, err) : -1;
}

/* Rules and budgets of every cell; those of a budget are tried on a task of ours. */
static int choose_rules(struct options *o, struct error *err)
{
    const struct setup none = { .envs = o->setup->envs };
    struct task *trial = setup_task(&none, "breakout", err);
    int status = trial ? 0 : -1;

    words_add(&o->settings, "preset=v5");
    words_add_all(&o->settings, (const char *const *)o->setup->set);
    if (status == 0 && o->budget)
        status = sweep_split(&o->budgets, o->budget, "--budget", err);
    for (size_t i = 0; status == 0 && i < o->budgets.n; i++)
        status = task_set(trial, o->budgets.list[i], err);
    words_add_all(&o->settings, o->budgets.list);
    if (status == 0 && o->model)
        status = choose_hidden(o, trial, err);
    task_destroy(trial);
    return status;
}

static int sweep_make_folders(const char *folder, struct error *err)
{
    scoped char *cells = xasprintf("%s/cells", folder),
                *runs = xasprintf("%s/runs", folder);

    return file_make_folder(folder, err) == 0 && file_make_folder(cells, err) == 0
               ? file_make_folder(runs, err)
               : -1;
}

static json_t *rules_json(const struct options *o)
{
    json_t *settings = json_array();

    for (size_t i = 0; i < o->settings.n; i++)
        json_array_append_new(settings, json_string(o->settings.list[i]));
    return json_pack("{s:o, s:i}", "settings", settings, "episodes", o->episodes);
}

/* The same rules for all cells of a folder, whenever they are played. */
static int check_rules(const struct options *o, const char *folder, struct error *err)
{
    scoped char *path = xasprintf("%s/rules.json", folder);
    json_auto_t *mine = rules_json(o), *old = NULL;
    int status = 0;

    if (access(path, F_OK) == 0) {
        old = json_from_file(path, JSON_REJECT_DUPLICATES, err);
        if (!old)
            status = -1;
        else if (!json_equal(mine, old))
            status = error_set(
                err,
                "%s: this sweep was begun with other rules: the same --set, "
                "--budget and --episodes go on with it, others need another "
                "--out",
                path);
    } else {
        status = json_to_file(path, mine, err);
    }
    return status;
}

/* 1: done before, or nothing to play it with. */
static int play_cell(const struct options *o, const struct sweep *s,
                     const struct sweep_cell *c, struct error *err)
{
    char *path = sweep_cell_path(s, c);
    bool is_done = access(path, F_OK) == 0;
    int status;

    free(path);
    if (is_done)
        return 1;
    status = sweep_cell_play(s, c, err);
    if (status < 0 || (!o->setup->json && !o->csv))
        say_to(status < 0 ? stderr : stdout, "%s, %s, %s, run %d: %s\n", c->env,
               c->player, c->observation, c->repeat + 1,
               status == 0  ? "done"
               : status > 0 ? "no policy for it"
                            : err->text);
    fflush(stdout);
    return status;
}

/* Every cell that is missing. Returns how many failed; *err: the last failure. */
static int sweep_play_all(const struct options *o, const struct sweep *s,
                          struct error *err)
{
    scoped char *model = o->model ? xasprintf("model:%s", o->model) : NULL;
    char env[80];
    int n_failed = 0, n_policies = 0;

    while (o->policies && o->policies[n_policies])
        n_policies++;
    for (size_t g = 0; g < o->envs.n; g++)
        for (int p = 0; p < n_policies + (model != NULL); p++)
            for (size_t m = 0; m < o->modes.n; m++)
                for (int r = 0; r < o->repeats && !*s->setup.interrupted; r++) {
                    struct sweep_cell cell = { env,
                                               p < n_policies ? o->policies[p] : model,
                                               o->modes.list[m], r };
                    snprintf(env, sizeof(env), "ale/%s", o->envs.list[g]);
                    n_failed += play_cell(o, s, &cell, err) < 0;
                }
    return n_failed;
}

static int sweep_show(const struct options *o, const char *folder, struct error *err)
{
    json_t *cells = sweep_load(folder, err), *rows, *summary;
    int status;

    if (cells && json_array_size(cells) == 0 && !err->text[0])
        error_set(err, "sweep: nothing was played: there is no policy for any cell");
    if (!cells)
        return -1;
    rows = sweep_rows(cells);
    summary = sweep_summary(rows);
    status = o->plot ? sweep_plot(rows, o->plot, err) : 0;
    if (o->setup->json) {
        say_result(json_pack("{s:o, s:O, s:O, s:O}", "folder", json_path(folder), "cells", cells,
                                 "rows", rows, "summary", summary));
    } else if (o->csv) {
        table_csv(stdout, rows);
    } else {
        putchar('\n');
        table_print(stdout, rows);
        putchar('\n');
        table_print(stdout, summary);
    }
    json_decref(cells);
    json_decref(rows);
    json_decref(summary);
    return status;
}

/* The user's folder, or atari57 in logs/. The caller frees it; NULL on failure. */
static char *sweep_choose_folder(const struct options *o, struct error *err)
{
    char *logs = logs_path(""), *folder = NULL;

    if (o->out || file_make_folders(logs, err) == 0)
        folder = o->out ? xstrdup(o->out) : logs_path("atari57");
    free(logs);
    if (folder && sweep_make_folders(folder, err) == 0 &&
        check_rules(o, folder, err) == 0)
        return folder;
    free(folder);
    return NULL;
}

/* One process works on a sweep; the lock goes with it, however it ends. */
static int lock_folder(const char *folder, struct error *err)
{
    scoped char *path = xasprintf("%s/lock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        error_set(err, "%s: %s", path, strerror(errno));
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        error_set(err, "%s: another process works on this sweep; wait for it or end it",
                  folder);
        close(fd);
        fd = -1;
    }
    return fd;
}

/* What its cells are told of where to play. A task of an array has one worker by
 * default. */
static struct setup setup_of_cells(const struct options *o)
{
    struct setup s = *o->setup;

    s.set = (char **)o->settings.list;
    s.json = 1;
    if (!setup_is_cluster(&s)) {
        s.engine = s.shared = NULL;
        s.shards = s.late = 0;
    }
    if (s.jobs <= 0)
        s.jobs = setup_is_cluster(&s) ? 1 : setup_cores();
    return s;
}

static int sweep(struct options *o, struct error *err)
{
    const volatile sig_atomic_t *interrupted = o->setup->interrupted;
    char *folder = sweep_choose_folder(o, err);
    struct sweep s = { .folder = folder,
                       .random_path = xasprintf("%s/random.lua", folder ? folder : ""),
                       .setup = setup_of_cells(o),
                       .episodes = o->episodes };
    int lock = folder ? lock_folder(folder, err) : -1;
    int n_failed, status = EXIT_FAILED;

    if (lock < 0 ||
        file_save(s.random_path, random_source, strlen(random_source), err) != 0)
        goto out;
    n_failed = sweep_play_all(o, &s, err);
    if (sweep_show(o, folder, err) != 0 || cmd_done() != EXIT_DONE)
        goto out;
    if (*interrupted)
        error_set(err, "sweep: interrupted; the same command goes on");
    else if (n_failed)
        error_set(err,
                  "sweep: %d cells failed (see %s/cells/*.log); the same command tries "
                  "them again",
                  n_failed, folder);
    else if (!err->text[0])
        status = EXIT_DONE;
out:
    if (lock >= 0)
        close(lock);
    free(s.random_path);
    free(folder);
    return status;
}

static int check_options(struct options *o, const char *suite, struct error *err)
{
    if (strcmp(suite, "atari57"))
        return error_set(err, "sweep: \"%s\" is no suite; there is atari57", suite);
    if (o->repeats < 1 || o->repeats > 1000 || o->episodes < 1 || o->episodes > 100000)
        return error_set(err, "sweep: --repeats takes 1 to 1000, --episodes 1 to 100000");
    if (o->model && provider_check(o->model, err) != 0)
        return -1;
    if (choose_games(o, err) != 0 || choose_rules(o, err) != 0)
        return -1;
    return sweep_split(&o->modes, o->observations ? o->observations : "ram",
                       "--observations", err);
}

static void sweep_clear(struct options *o)
{
    words_clear(&o->envs);
    words_clear(&o->modes);
    words_clear(&o->budgets);
    words_clear(&o->settings);
}

/* clang-format off */
static const struct option options[] = {
    { "model", 'm', TEXT_IN(options, model), "PROVIDER[:NAME]",
      "improve from a policy that moves by chance, then freeze (see `ratchet improve`)" },
    { "policy", 'p', LIST_IN(options, policies), "random|FILE|DIR",
      "play this: random, a file, or a folder with GAME.lua, GAME/learned.lua or "
      "GAME/start.lua (several are compared; default: random, when no model is named)" },
    { "games", 'g', TEXT_IN(options, games), "NAMES",
      "pong,breakout,... (default: all 57)" },
    { "observations", '\0', TEXT_IN(options, observations), "MODES",
      "features, ram, frame, gray (default: ram)" },
    { "repeats", 'r', INT_IN(options, repeats), "N",
      "runs of each (default 1)" },
    { "episodes", 'n', INT_IN(options, episodes), "N",
      "episodes of each run's score; for a model's run, holdout seeds (default 30)" },
    { "budget", 'b', TEXT_IN(options, budget), "KEY=N,...",
      "of each run of a model, such as iterations=10,steps=1e6,model_calls=20 (see "
      "`ratchet task`)" },
    { "out", 'o', TEXT_IN(options, out), "DIR",
      "the sweep's folder (default: atari57 in logs/)" },
    { "csv", '\0', FLAG_IN(options, csv), NULL,
      "the rows as comma-separated values" },
    { "plot", '\0', TEXT_IN(options, plot), "FILE.svg|FILE.png",
      "draw the human-normalised scores" },
    GROUP_OF(options_setup),
    { 0 },
};
/* clang-format on */

static int exec_sweep(struct call *c)
{
    struct options *o = c->state;
    int status;

    o->setup = &c->setup;
    if (!o->model && !o->policies) {
        o->policies = xcalloc(2, sizeof(*o->policies));
        o->policies[0] = xstrdup("random");
    }
    status = check_options(o, c->args[0], &c->err) != 0 ? EXIT_USAGE : sweep(o, &c->err);
    sweep_clear(o);
    return status;
}

const struct command cmd_sweep = {
    .name = "sweep",
    .args = "atari57",
    .about = "play or improve at many games under the same rules, and compare with people",
    .details =
        "Each game, player, observation mode and repeat is a cell, played by commands of its own and\n"
        "kept as a file in the sweep's folder: a sweep that was killed goes on with the same command,\n"
        "and other games, modes and players may be added to it, under the same rules (preset=v5 and\n"
        "what --set says). The table has human-normalised scores, (score - random) / (person -\n"
        "random), and how far each is above moving by chance in the same sweep, with a 95 % interval\n"
        "over the runs (\"too few runs\" where either has a single one). The summary is printed beside\n"
        "published ones.",
    .example =
        "ratchet sweep atari57 --policy random --games pong,breakout --episodes 3\n"
        "ratchet sweep atari57 --policy random --policy policies/ale --observations features\n"
        "ratchet sweep atari57 --model openai --observations ram,frame --repeats 3 \\\n"
        "    --budget iterations=20,usd=2\n"
        "ratchet sweep atari57 --plot atari57.svg --csv",
    .options = options,
    .size = sizeof(struct options),
    .initial = &(const struct options){ .repeats = 1, .episodes = 30 },
    .n_min = 1,
    .n_max = 1,
    .exec = exec_sweep,
};
