/* reply.h - a model's reply in text: a whole policy, or edits of the one it was given. */
#ifndef RATCHET_RUNNER_POLICY_REPLY_H
#define RATCHET_RUNNER_POLICY_REPLY_H

#include <stdbool.h>

#include "base/error.h"

/* The candidate's source: the one block that is a whole policy (a Lua chunk that returns
 * a table with `act`), else `parent` with all SEARCH/REPLACE blocks or diffs applied,
 * else the last block marked lua or the only one, of which loading it tells what it
 * lacks:
 *     <<<<<<< SEARCH
 *     lines as they stand
 *     =======
 *     lines that take their place
 *     >>>>>>> REPLACE
 * Reasoning in tags is not read. NULL, with what the model can act on in err, when there
 * is none of these, when there are several, when the reply ends before one of them does,
 * or when lines are not found exactly once. The caller frees it. */
char *reply_source(const char *text, const char *parent, struct error *err);

/* It has neither a program nor an edit, nor the beginning of one; blocks that are marked
 * as something else do not count. */
bool reply_is_prose(const char *text);

/* The reply without reasoning, programs and edits. The caller frees it. */
char *reply_prose(const char *text);

/* What the model says of its change: the first line of prose, whole, but for what is
 * longer than REPLY_CHANGE_MOST bytes. The caller frees it; never NULL. */
#define REPLY_CHANGE_MOST 1000
char *reply_change(const char *text);

/* A reply in text: a change in one line, and the whole policy, which reply_source reads
 * back from it. The caller frees it. */
char *reply_write(const char *change, const char *source);

#endif
