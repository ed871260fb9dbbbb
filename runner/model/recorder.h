/* recorder.h - a session of a provider, kept as JSON lines (session_file.h), to be played
 * again by `recorded` and `reproduce`. */
#ifndef RATCHET_RUNNER_MODEL_RECORDER_H
#define RATCHET_RUNNER_MODEL_RECORDER_H

#include "runner/brief/provider.h"

struct recorder_header {
    const char *model;        /* as the user wrote --model; it is kept as provider_shown() */
    const char *brief_format; /* which version of the brief the replies answer */
    const char *notes;        /* anything; NULL is fine */
    json_t *run;              /* session_run_to_json; NULL of a dream; borrowed */
};

/* Makes `p` a provider that appends each turn to the file before it returns it. It owns
 * what `p` was. With is_resumed the file may exist, and a last line that was cut is cut
 * off; without, it must not, and a session that has ended takes no more. -1 leaves `p` as
 * it was. */
int recorder_wrap(struct provider *p, const char *path,
                  const struct recorder_header *header, bool is_resumed,
                  struct error *err);

/* What came of an iteration, or of the start (outcome.h), behind its turns; what a
 * resumed run comes to once more is there already. Nothing for a provider that is not
 * recorded. */
int recorder_outcome(struct provider *p, json_t *outcome, struct error *err);
/* The last line, of a run that has ended: from now on its salt is public. */
int recorder_end(struct provider *p, json_t *end, struct error *err);

/* 16 hexadecimal digits of the last user message. */
void recorder_hash(const struct request *request, char out[17]);

#endif
