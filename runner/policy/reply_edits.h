/* reply_edits.h - the edits and diffs of a reply, applied to a source. */
#ifndef RATCHET_RUNNER_POLICY_REPLY_EDITS_H
#define RATCHET_RUNNER_POLICY_REPLY_EDITS_H

#include "base/error.h"
#include "runner/policy/reply_parts.h"

bool reply_edits_are(const struct reply_part *part);

/* Replaces *source by what the edit, the diff, or the block that holds a diff makes of
 * it. Each stretch of lines that is searched must stand there once: to the letter, else
 * but for blanks. -1, with what was searched and what comes nearest in err. */
int reply_edits_apply(char **source, const struct reply_part *part, struct error *err);

#endif
