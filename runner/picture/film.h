/* film.h - some steps of a replay as one labelled picture. */
#ifndef RATCHET_RUNNER_PICTURE_FILM_H
#define RATCHET_RUNNER_PICTURE_FILM_H

#include "envs/canvas.h"
#include "runner/record/player.h"

#define FILM_PANELS 12 /* where nothing else was asked for */
#define FILM_VALUES 8  /* under a panel, at most */

/* Values of the observation or, with is_ram, bytes of memory, a line each. */
struct film_values {
    bool is_ram;
    int n;
    struct film_value {
        char name[48];
        int at; /* index into the observation or the memory */
    } list[FILM_VALUES];
};

/* Steps from..to (both shown; to = n_steps is the end). Of more steps than panels, every
 * so many are shown, the last always. */
struct film_options {
    int64_t from, to;
    int n_panels;      /* at most; 0: FILM_PANELS */
    const char *title; /* NULL: environment, seed, policy, return and steps */
    const struct film_values *values; /* of the state that is drawn; NULL: none */
};

/* The last n_panels steps of a replay. */
struct film_options film_of_end(const struct replay *r, int n_panels);

/* Under each panel: the step, the action chosen there, the reward and the events of the
 * step that led to it, and the values asked for. The caller frees the canvas. */
struct canvas film_draw(struct player *p, const struct film_options *o);

#endif
