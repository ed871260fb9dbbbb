/* dream_measure.c - what is dreamt memory worth? The same improvement with it and
 * without. */
#include "runner/experiment/dream_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/places.h"
#include "base/say.h"
#include "base/scoped.h"
#include "runner/evaluate/setup.h"
#include "runner/evaluate/stats.h"
#include "runner/experiment/compare_runs.h"
#include "base/table.h"

#define CONFIDENCE 0.95
#define MOST_REPEATS 100

enum side { WITHOUT, WITH, N_SIDES };
static const char *const sides[] = { "without", "with" };

struct measuring {
    const struct dream_measure *m;
    char *folder;
    struct comparison c;
    struct compared_run runs[MOST_REPEATS][N_SIDES];
    double steps[MOST_REPEATS][N_SIDES]; /* all that were made, of candidates or not */
};

/* A ledger that remembers what ours does, with the dreams or without; one that is there
 * already is that of a measurement that goes on. */
static struct ledger *open_memory(const struct measuring *g, const char *home,
                                  enum side side, struct error *err)
{
    scoped char *logs = xasprintf("%s/logs", home),
                *path = xasprintf("%s/ledger.sqlite", logs);
    scoped char *part = xasprintf("%s.part", path);
    struct ledger *l = NULL;
    int status = file_make_folders(logs, err);

    if (status == 0 && access(path, F_OK) != 0) {
        unlink(part);
        status = ledger_copy_memory(g->m->ledger, part, side == WITH, err);
        if (status == 0)
            status = file_commit(part, path, err);
    }
    if (status == 0)
        l = ledger_open(path, err);
    return l;
}

static int dream_measure_count_steps(struct measuring *g, int repeat, enum side side,
                                     struct error *err)
{
    scoped char *folder = xasprintf("%s/model-%d-run-%d", g->folder, (int)side + 1,
                                    repeat);
    struct ledger_run run;
    struct ledger_steps steps;
    int status = ledger_run_find(g->c.ledger, folder, &run, err) == 1 &&
                         ledger_count_steps(g->c.ledger, run.id, &steps, err) == 0
                     ? 0
                     : -1;

    for (int p = 0; p < N_PURPOSES && status == 0; p++)
        g->steps[repeat - 1][side] += (double)steps.steps[p];
    ledger_run_clear(&run);
    return status;
}

static int dream_measure_run_one(struct measuring *g, int repeat, enum side side,
                                 struct error *err)
{
    char *home = xasprintf("%s/%s-%d", g->folder, sides[side], repeat);
    int status = -1;

    say_to(stderr, "pair %d of %d: %s the dreamt memory\n", repeat, g->m->repeats,
           sides[side]);
    g->c.home = home;
    g->c.ledger = open_memory(g, home, side, err);
    if (g->c.ledger)
        status = compare_run(&g->c, g->m->model, (int)side + 1, repeat,
                             &g->runs[repeat - 1][side], err);
    if (status == 0)
        status = dream_measure_count_steps(g, repeat, side, err);
    ledger_close(g->c.ledger);
    g->c.ledger = NULL;
    free(home);
    return status;
}

/* Score at the end, or steps. */
static double value_of(const struct measuring *g, int repeat, enum side side,
                       bool is_steps)
{
    const struct compared_run *r = &g->runs[repeat][side];

    return is_steps ? g->steps[repeat][side] : r->list[r->n - 1].score;
}

static struct summary dream_measure_sum_up(const struct measuring *g, enum side side,
                                           bool is_steps)
{
    double values[MOST_REPEATS];

    for (int i = 0; i < g->m->repeats; i++)
        values[i] = value_of(g, i, side, is_steps);
    return summarize(values, g->m->repeats);
}

/* With the memory less without it, in pairs. */
static json_t *dream_measure_difference(const struct measuring *g, bool is_steps,
                                        struct summary *out)
{
    double values[MOST_REPEATS], half;

    for (int i = 0; i < g->m->repeats; i++)
        values[i] = value_of(g, i, WITH, is_steps) - value_of(g, i, WITHOUT, is_steps);
    *out = summarize(values, g->m->repeats);
    half = out->n > 1 ? mean_interval(out, CONFIDENCE) : NAN;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "without",
                     json_finite(dream_measure_sum_up(g, WITHOUT, is_steps).mean), "with",
                     json_finite(dream_measure_sum_up(g, WITH, is_steps).mean),
                     "difference", json_finite(out->mean), "low",
                     json_finite(out->mean - half), "high",
                     json_finite(out->mean + half));
}

static const char *verdict_of(const struct summary *s)
{
    double half = s->n > 1 ? mean_interval(s, CONFIDENCE) : INFINITY;

    return s->n && s->min == 0 && s->max == 0 ? "the same"
           : s->mean - half > 0               ? "better with it"
           : s->mean + half < 0               ? "worse with it"
                                              : "unclear";
}

static json_t *make_rows(const struct measuring *g)
{
    json_t *rows = json_array();

    for (int i = 0; i < g->m->repeats; i++)
        for (enum side s = 0; s < N_SIDES; s++)
            json_array_append_new(
                rows,
                json_pack("{s:i, s:s, s:o, s:o, s:i, s:I, s:s}", "pair", i + 1, "memory",
                          sides[s], "start", json_finite(g->runs[i][s].list[0].score),
                          "score", json_finite(value_of(g, i, s, false)), "promotions",
                          g->runs[i][s].promotions, "steps",
                          (json_int_t)value_of(g, i, s, true), "ended",
                          g->runs[i][s].stop_reason));
    return rows;
}

static void print_difference(const char *what, const json_t *d)
{
    const json_t *low = json_object_get(d, "low");

    say("%s: %.6g without, %.6g with; difference %+.6g", what,
        json_number_value(json_object_get(d, "without")),
        json_number_value(json_object_get(d, "with")),
        json_number_value(json_object_get(d, "difference")));
    if (json_is_null(low))
        puts(" (one pair says nothing of chance)");
    else
        say(", 95 %% interval %+.6g to %+.6g\n", json_number_value(low),
            json_number_value(json_object_get(d, "high")));
}

static void dream_measure_show(const struct measuring *g)
{
    struct summary score, steps;
    json_t *by_score = dream_measure_difference(g, false, &score),
           *by_steps = dream_measure_difference(g, true, &steps);
    json_t *rows = make_rows(g);

    if (g->m->setup->json) {
        say_result(json_pack("{s:s, s:s, s:s, s:i, s:i, s:O, s:O, s:O, s:s}", "task",
                                 g->c.task->name, "model", g->m->model, "folder",
                                 g->folder, "pairs", g->m->repeats, "seeds", g->m->seeds,
                                 "runs", rows, "score", by_score, "steps", by_steps,
                                 "verdict", verdict_of(&score)));
    } else {
        table_print(stdout, rows);
        say(
            "\nmean return of the last incumbent on %d fresh seeds, over %d pairs of runs by "
            "%s\n",
            g->m->seeds, g->m->repeats, g->m->model);
        print_difference("score", by_score);
        print_difference("steps", by_steps);
        say("the score is %s\n", verdict_of(&score));
    }
    json_decref(rows);
    json_decref(by_steps);
    json_decref(by_score);
}

static int dream_measure_check(const struct dream_measure *m, const char *task,
                               struct error *err)
{
    int has = ledger_dream_has_read(m->ledger, task, err);

    if (has < 0)
        return -1;
    if (!has)
        return error_set(err, "%s: no dream has read its runs; `ratchet dream` first",
                         task);
    if (m->repeats < 1 || m->repeats > MOST_REPEATS || m->seeds < 2 || m->seeds > 10000)
        return error_set(err, "dream: --repeats is 1 to %d, --seeds 2 to 10000",
                         MOST_REPEATS);
    return 0;
}

/* A new one in logs/, or the user's, where a measurement that was cut short goes on. */
static char *dream_measure_choose_folder(const struct dream_measure *m)
{
    for (int i = 1; !m->options->out; i++) {
        char *name = xasprintf("measure-%d", i), *path = logs_path(name);
        free(name);
        if (access(path, F_OK) != 0)
            return path;
        free(path);
    }
    return xstrdup(m->options->out);
}

static int dream_measure_open_all(struct measuring *g, struct error *err)
{
    const struct dream_measure *m = g->m;
    scoped char *salt = xasprintf("%s/salt", g->folder);
    int status = -1;

    g->c = (struct comparison){ .setup = m->setup,
                                .env = m->task,
                                .folder = g->folder,
                                .options = m->options,
                                .n_seeds = m->seeds,
                                .scores = json_object() };
    g->c.task = setup_task(m->setup, m->task, err);
    if (g->c.task && run_check_splits(g->c.task, err) == 0 &&
        dream_measure_check(m, g->c.task->name, err) == 0 &&
        file_make_folders(g->folder, err) == 0)
        status = salt_open(&g->c.salt, salt, err);
    return status;
}

int dream_measure(const struct dream_measure *m, struct error *err)
{
    struct measuring *g = xcalloc(1, sizeof(*g));
    int status;

    g->m = m;
    g->folder = dream_measure_choose_folder(m);
    status = dream_measure_open_all(g, err);
    for (int r = 1; r <= m->repeats && status == 0; r++)
        for (enum side s = 0; s < N_SIDES && status == 0; s++)
            status = dream_measure_run_one(g, r, s, err);
    if (status == 0)
        dream_measure_show(g);
    for (int r = 0; r < MOST_REPEATS; r++)
        for (enum side s = 0; s < N_SIDES; s++)
            compared_run_clear(&g->runs[r][s]);
    json_decref(g->c.scores);
    task_destroy(g->c.task);
    free(g->folder);
    free(g);
    return status;
}
