/* files_reply.h - tool calls in a reply that somebody wrote as text. */
#ifndef RATCHET_RUNNER_MODEL_FILES_REPLY_H
#define RATCHET_RUNNER_MODEL_FILES_REPLY_H

#include "runner/brief/provider.h"

/* A fenced block ```calls holds a JSON list of {"name", "arguments"}. An argument that is
 * {"block": N} stands for the text of the reply's N-th other fenced block, which needs no
 * escapes there. Puts calls and what is left of the text into out. 1: there were calls, 0:
 * none, out is as it was; -1: they cannot be read, with the reason. */
int files_reply_calls(const char *text, struct turn *out, struct error *err);

#endif
