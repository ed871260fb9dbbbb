/* brief_loss.h - where return is lost when no failure says so: the worst episode against
 * the best, and the costliest steps. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_LOSS_H
#define RATCHET_RUNNER_BRIEF_BRIEF_LOSS_H

#include <stdio.h>

#include "runner/evaluate/evaluate.h"
#include "runner/judge/observed.h"

/* Writes a section; nothing where all episodes returned the same. -1: there is no
 * instance. */
int brief_loss_write(FILE *f, const struct task *task,
                     const struct episode_result *results, int n,
                     const struct observed *seen, struct error *err);

#endif
