/* sweep_table.c - what a sweep's cells add up to: rows, a summary, a plot. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/evaluate/stats.h"
#include "runner/experiment/sweep.h"
#include "runner/picture/plot.h"
#include "runner/record/published.h"

#define MOST_CELL (1u << 20) /* bytes */
#define MOST_SERIES 12
#define CONFIDENCE 0.95

/* Published human-normalised scores of the 57 games, as issue 8 gives them. */
static const struct published {
    const char *player;
    double median, mean; /* NAN: not given */
    int above;           /* games above 1; -1: not given */
} published[] = {
    { "heuristic learning, best single run (published)", 1.18, 3.90, 36 },
    { "CleanRL (published)", 0.98, NAN, -1 },
    { "PPO2 (published)", 0.80, NAN, -1 },
};
enum { N_PUBLISHED = sizeof(published) / sizeof(published[0]) };

/* Cells of one game, player and mode. */
struct group {
    const char *env, *player, *observation;
    struct summary runs; /* of the runs' means */
    int64_t n_episodes;
};

static int is_cell_file(const struct dirent *d)
{
    size_t len = strlen(d->d_name);

    return len > 5 && !strcmp(d->d_name + len - 5, ".json");
}

static json_t *load_cell(const char *path, struct error *err)
{
    size_t len;
    scoped char *text = (char *)file_load(path, MOST_CELL, &len, err);
    json_t *cell = text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;

    if (text && (!json_get_text(cell, "env")[0] || !json_get_text(cell, "player")[0] ||
                 isnan(json_get_number(cell, "mean")))) {
        error_set(err, "%s: not a cell of a sweep; remove it to play it again", path);
        json_decref(cell);
        cell = NULL;
    }
    return cell;
}

json_t *sweep_load(const char *folder, struct error *err)
{
    scoped char *cells = xasprintf("%s/cells", folder);
    struct dirent **files = NULL;
    int n = scandir(cells, &files, is_cell_file, alphasort);
    json_t *list = json_array();

    if (n < 0)
        error_set(err, "%s: %s", cells, strerror(errno));
    for (int i = 0; i < n; i++) {
        scoped char *path = xasprintf("%s/%s", cells, files[i]->d_name);
        json_t *cell = list ? load_cell(path, err) : NULL;
        if (cell) {
            json_array_append_new(list, cell);
        } else {
            json_decref(list);
            list = NULL;
        }
        free(files[i]);
    }
    if (n < 0) {
        json_decref(list);
        list = NULL;
    }
    free(files);
    return list;
}

/* One run more. What differs between runs (a model's luck, the seeds of a score) is what
 * an interval is of: episodes of one run are alike, and a thousand of them are still one
 * run. */
static void sweep_table_add_run(struct summary *runs, const json_t *cell)
{
    double mean = json_get_number(cell, "mean"), off = mean - runs->mean;
    double squares = runs->n > 1 ? (runs->n - 1) * runs->std * runs->std : 0;

    runs->n++;
    runs->mean += off / runs->n;
    squares += off * (mean - runs->mean);
    runs->std = runs->n > 1 ? sqrt(squares / (runs->n - 1)) : 0;
    runs->max = runs->n > 1 ? fmax(runs->max, mean) : mean;
}

static void add_cell(struct group *g, const json_t *cell)
{
    sweep_table_add_run(&g->runs, cell);
    g->n_episodes += json_integer_value(json_object_get(cell, "episodes"));
}

static bool sweep_table_is_in(const struct group *g, const json_t *cell)
{
    return !strcmp(g->env, json_get_text(cell, "env")) &&
           !strcmp(g->player, json_get_text(cell, "player")) &&
           !strcmp(g->observation, json_get_text(cell, "observation"));
}

/* What moving by chance gave in this sweep, in any mode. */
static struct summary random_of(const json_t *cells, const char *env)
{
    struct summary runs = { 0 };
    size_t i;
    json_t *cell;

    json_array_foreach((json_t *)cells, i, cell)
        if (!strcmp(json_get_text(cell, "player"), "random") &&
            !strcmp(json_get_text(cell, "env"), env))
            sweep_table_add_run(&runs, cell);
    return runs;
}

static const char *beats_random(const struct group *g, const struct summary *chance,
                                double half)
{
    if (!chance->n || !strcmp(g->player, "random"))
        return "";
    if (!isfinite(half)) /* two runs of each tell how much runs differ */
        return "too few runs";
    return g->runs.mean - chance->mean > half ? "yes" : "no";
}

static json_t *row_of(const struct group *g, const json_t *cells)
{
    struct summary chance = random_of(cells, g->env);
    double half = welch_interval(&g->runs, &chance, CONFIDENCE), mean = g->runs.mean;
    json_t *row = json_pack("{s:s, s:s, s:s, s:i, s:I}", "env", g->env, "player",
                            g->player, "observation", g->observation, "runs", g->runs.n,
                            "episodes", (json_int_t)g->n_episodes);

    json_object_set_new(row, "mean", json_finite(mean));
    json_object_set_new(row, "best_run", json_finite(g->runs.max));
    json_object_set_new(row, "human_normalised",
                        json_finite(published_human(g->env, mean)));
    json_object_set_new(row, "best_human_normalised",
                        json_finite(published_human(g->env, g->runs.max)));
    json_object_set_new(row, "random", json_finite(chance.n ? chance.mean : NAN));
    json_object_set_new(row, "over_random",
                        json_finite(chance.n ? mean - chance.mean : NAN));
    json_object_set_new(row, "interval", json_finite(half));
    json_object_set_new(row, "beats_random", json_string(beats_random(g, &chance, half)));
    return row;
}

static int by_name(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int order = strcmp(x->env, y->env);

    if (!order)
        order = strcmp(x->player, y->player);
    return order ? order : strcmp(x->observation, y->observation);
}

json_t *sweep_rows(const json_t *cells)
{
    scoped struct group *groups = xcalloc(json_array_size(cells) + 1, sizeof(*groups));
    json_t *rows = json_array(), *cell;
    int n = 0;
    size_t i;

    json_array_foreach((json_t *)cells, i, cell) {
        int at = 0;
        while (at < n && !sweep_table_is_in(&groups[at], cell))
            at++;
        if (at == n)
            groups[n++] = (struct group){ .env = json_get_text(cell, "env"),
                                          .player = json_get_text(cell, "player"),
                                          .observation = json_get_text(cell,
                                                                       "observation") };
        add_cell(&groups[at], cell);
    }
    qsort(groups, (size_t)n, sizeof(*groups), by_name);
    for (int k = 0; k < n; k++)
        json_array_append_new(rows, row_of(&groups[k], cells));
    return rows;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* The player's best single run at each game, human-normalised, the highest first. Rows
 * are ordered by game. */
static int best_of(const json_t *rows, const char *player, double *out)
{
    const char *env = "";
    json_t *row;
    int n = 0;
    size_t i;

    json_array_foreach((json_t *)rows, i, row) {
        double best = json_get_number(row, "best_human_normalised");
        if (strcmp(json_get_text(row, "player"), player) || isnan(best))
            continue;
        if (n && !strcmp(env, json_get_text(row, "env")))
            out[n - 1] = fmax(out[n - 1], best);
        else
            out[n++] = best;
        env = json_get_text(row, "env");
    }
    qsort(out, (size_t)n, sizeof(*out), descending);
    return n;
}

/* The players that rows name, each once. */
static int players_of(const json_t *rows, const char **out, int most)
{
    json_t *row;
    int n = 0;
    size_t i;

    json_array_foreach((json_t *)rows, i, row) {
        int at = 0;
        while (at < n && strcmp(out[at], json_get_text(row, "player")))
            at++;
        if (at == n && n < most)
            out[n++] = json_get_text(row, "player");
    }
    return n;
}

static json_t *summary_of(const json_t *rows, const char *player)
{
    scoped double *best = xcalloc(json_array_size(rows) + 1, sizeof(*best));
    int n = best_of(rows, player, best), n_above = 0, n_beaten = 0;
    json_t *out = json_pack("{s:s, s:i}", "player", player, "games", n), *row;
    struct summary s = summarize(best, n);
    size_t i;

    for (int k = 0; k < n; k++)
        n_above += best[k] > 1;
    json_array_foreach((json_t *)rows, i, row)
        n_beaten += !strcmp(json_get_text(row, "player"), player) &&
                    !strcmp(json_get_text(row, "beats_random"), "yes");
    json_object_set_new(out, "median",
                        json_finite(n ? (best[(n - 1) / 2] + best[n / 2]) / 2 : NAN));
    json_object_set_new(out, "mean", json_finite(n ? s.mean : NAN));
    json_object_set_new(out, "above_1", json_integer(n_above));
    json_object_set_new(out, "beats_random", json_integer(n_beaten));
    return out;
}

json_t *sweep_summary(const json_t *rows)
{
    const char *players[64];
    int n = players_of(rows, players, 64);
    json_t *list = json_array();

    for (int i = 0; i < n; i++)
        json_array_append_new(list, summary_of(rows, players[i]));
    for (int i = 0; i < N_PUBLISHED; i++) {
        const struct published *p = &published[i];
        json_t *row = json_pack("{s:s, s:i, s:o, s:o}", "player", p->player, "games", 57,
                                "median", json_finite(p->median), "mean",
                                json_finite(p->mean));
        json_object_set_new(row, "above_1",
                            p->above < 0 ? json_null() : json_integer(p->above));
        json_object_set_new(row, "beats_random", json_null());
        json_array_append_new(list, row);
    }
    return list;
}

int sweep_plot(const json_t *rows, const char *path, struct error *err)
{
    size_t most = json_array_size(rows) + 2;
    const char *players[MOST_SERIES];
    int n_players = players_of(rows, players, MOST_SERIES - N_PUBLISHED), n_most = 1;
    scoped double *values = xcalloc(most, sizeof(double) * (MOST_SERIES + 1));
    double *rank = values + most * MOST_SERIES;
    struct plot_series series[MOST_SERIES];
    char *labels[MOST_SERIES] = { NULL };
    struct plot p = { .title = "the best single run at each game",
                      .x_label = "games, the best first",
                      .y_label = "human-normalised score",
                      .x_format = "%g",
                      .series = series };
    int status;

    for (size_t i = 0; i < most; i++)
        rank[i] = (double)i + 1;
    for (int i = 0; i < n_players; i++) {
        double *y = values + most * (size_t)i;
        int n = best_of(rows, players[i], y);
        n_most = n > n_most ? n : n_most;
        if (n)
            series[p.n_series++] =
                (struct plot_series){ .label = players[i], .x = rank, .y = y, .n = n };
    }
    for (int i = 0; i < N_PUBLISHED; i++) { /* a level line as long as the longest */
        double *y = values + most * (size_t)(n_players + i);
        for (int k = 0; k < n_most; k++)
            y[k] = published[i].median;
        labels[i] = xasprintf("median of %s", published[i].player);
        series[p.n_series++] = (struct plot_series){
            .label = labels[i], .x = rank, .y = y, .n = n_most, .is_muted = true
        };
    }
    status = plot_save(&p, path, err);
    for (int i = 0; i < N_PUBLISHED; i++)
        free(labels[i]);
    return status;
}
