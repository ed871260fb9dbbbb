/* reply.h - a model's reply in text: a whole policy, or edits of the one it was given. */
#ifndef RATCHET_RUNNER_LEARN_REPLY_H
#define RATCHET_RUNNER_LEARN_REPLY_H

#include <stdbool.h>

#include "envs/error.h"

/* The candidate's source: the last fenced block that is marked lua (or the only fenced
 * block), or `parent` with all SEARCH/REPLACE blocks applied:
 *     <<<<<<< SEARCH
 *     lines as they stand
 *     =======
 *     lines that take their place
 *     >>>>>>> REPLACE
 * NULL, with what the model can act on in err, when there is neither, or when a block's
 * lines are not found exactly once. The caller frees it. */
char *reply_source(const char *text, const char *parent, struct error *err);

/* It has neither a fenced block nor an edit. */
bool reply_is_prose(const char *text);

/* What the model says of its change: the first line of prose, at most max bytes. The
 * caller frees it; never NULL. */
char *reply_change(const char *text, size_t max);

/* A reply in text: a change in one line, and the whole policy. The caller frees it. */
char *reply_write(const char *change, const char *source);

#endif
