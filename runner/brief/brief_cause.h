/* brief_cause.h - where a failure was decided, in a sentence. */
#ifndef RATCHET_RUNNER_BRIEF_BRIEF_CAUSE_H
#define RATCHET_RUNNER_BRIEF_BRIEF_CAUSE_H

#include <stdio.h>

#include "runner/judge/failures_cause.h"

/* Writes a paragraph, or nothing where no cause is known. */
void brief_cause_write(FILE *f, const struct task *task, const struct failure *one);

#endif
