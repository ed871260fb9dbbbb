/* recorder.h - a session of a provider, kept as JSON lines, to be played again by
 * `recorded`.
 *
 * The first line is the header: {"ratchet_session": 1, "when", "provider", "model",
 * "brief_format", "notes"}. Each further line is one turn: {"request", "iteration",
 * "turn", "reply"}, where `request` is a hash of the last user message, for information,
 * and `reply` is what turn_to_json makes. */
#ifndef RATCHET_RUNNER_MODEL_RECORDER_H
#define RATCHET_RUNNER_MODEL_RECORDER_H

#include "runner/learn/provider.h"

struct recorder_header {
    const char *model;        /* "files:claude", as the user wrote --model */
    const char *brief_format; /* which version of the brief the replies answer */
    const char *notes;        /* anything; NULL is fine */
};

/* Makes `p` a provider that appends each turn to the file before it returns it. It owns
 * what `p` was. With is_resumed the file may exist, and a last line that was cut is cut
 * off; without, it must not. -1 leaves `p` as it was. */
int recorder_wrap(struct provider *p, const char *path,
                  const struct recorder_header *header, bool is_resumed,
                  struct error *err);

/* 16 hexadecimal digits of the last user message. */
void recorder_hash(const struct request *request, char out[17]);

#endif
