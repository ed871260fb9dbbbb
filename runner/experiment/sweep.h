/* sweep.h - many games, players, observation modes and repeats under the same rules.
 *
 * A cell is one player at one game, in one mode, once: `ratchet run` of a policy, or
 * `ratchet improve` and `ratchet freeze` of a model's. What came out is a file of its own
 * in the sweep's folder, so that a sweep that was killed goes on at its first missing
 * cell. */
#ifndef RATCHET_RUNNER_EXPERIMENT_SWEEP_H
#define RATCHET_RUNNER_EXPERIMENT_SWEEP_H

#include <jansson.h>
#include <stdio.h>

#include "runner/evaluate/setup.h"

struct sweep {
    const char *folder;
    char *random_path;    /* the policy that moves by chance */
    struct setup setup;   /* of a cell's commands; `set`: for all, budgets included */
    int episodes;         /* of a cell's score */
};

struct sweep_cell {
    const char *env;    /* "ale/pong" */
    const char *player; /* "random", a file, a folder of policies, or "model:PROVIDER" */
    const char *observation;
    int repeat; /* from 0 */
};

/* The cell's file; the caller frees it. */
char *sweep_cell_path(const struct sweep *s, const struct sweep_cell *c);
/* Plays the cell and writes its file. 1: the player has no policy for this game. */
int sweep_cell_play(const struct sweep *s, const struct sweep_cell *c, struct error *err);

/* All cells of the folder, as a list in the order of their files' names. */
json_t *sweep_load(const char *folder, struct error *err);

/* A row a game, player and mode: runs, mean, best, human-normalised, against random. */
json_t *sweep_rows(const json_t *cells);
/* A row a player (its best single runs), then what was published. */
json_t *sweep_summary(const json_t *rows);
/* Human-normalised scores by rank, a line a player. */
int sweep_plot(const json_t *rows, const char *path, struct error *err);

#endif
