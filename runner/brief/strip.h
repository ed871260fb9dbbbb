/* strip.h - some steps of an episode as a film strip, for a model that sees pictures. */
#ifndef RATCHET_RUNNER_BRIEF_STRIP_H
#define RATCHET_RUNNER_BRIEF_STRIP_H

#include "runner/brief/provider.h"
#include "runner/evaluate/evaluate.h"
#include "runner/picture/film.h"

#define STRIP_PANELS 8

struct strip {
    int index;        /* of the episode's dev seed: what it is called by */
    int64_t from, to; /* steps, both shown */
    int n_panels;     /* labelled pictures, at most */
    const struct film_values *values; /* under each, too; NULL: none */
};

/* Some steps of a result, which has its tape, in one PNG. The caller owns *out (free png
 * and caption). -1 when the environment cannot be created. */
int strip_make(const struct evaluation *e, const struct episode_result *r,
               const struct strip *strip, struct image *out, struct error *err);

/* What it shows: "dev seed 3, steps 120 to 180". The caller frees it. */
char *strip_caption(const struct strip *strip);

/* Up to a failing step: a second and a half of the environment's time. */
struct strip strip_of_failure(const struct task *task, int index, int64_t step);

#endif
