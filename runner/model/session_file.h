/* session_file.h - a recorded session as a file of JSON lines: what `recorded` plays, and
 * what `reproduce` checks.
 *
 * Format 2. The first line is the header: {"ratchet_session": 2, "when", "ratchet",
 * "provider", "model", "brief_format", "notes", "run": {...}}, where `run` (of a dream:
 * none) is everything that the run rests on but its salt: "task", "env_version",
 * "chance" (CHANCE_VERSION), "start" {"name", "sha256", "source"}, "salt_sha256", "seed", "most_turns", "memory". Then
 * {"request", "iteration", "turn", "reply"} a turn (of a turn that was asked for twice
 * the later one holds), and {"outcome": {...}, "replies"} an iteration (outcome.h;
 * `replies` is a digest of its replies). A run that has ended adds {"end": {"salt",
 * "stop_reason", "policy_sha256", "retired"}}: until then the salt lies in the run's
 * folder alone. Format 1 has neither `run` nor outcomes nor an end. */
#ifndef RATCHET_RUNNER_MODEL_SESSION_FILE_H
#define RATCHET_RUNNER_MODEL_SESSION_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define SESSION_FORMAT 2

struct session_file {
    int format;
    json_t *header;
    json_t *turns;    /* lines, in order */
    json_t *outcomes; /* lines, in order */
    json_t *end;      /* or NULL */
    int n_cut;        /* the number of a last line that was cut short and is left out */
};

/* Reads and checks it: JSON, turns, hashes, and whether the salt is the one whose hash
 * stands in the header. -1 on failure; session_file_clear in any case. */
int session_file_load(struct session_file *s, const char *path, struct error *err);
/* The same of bytes; name stands in errors. */
int session_file_read(struct session_file *s, const char *bytes, size_t len,
                      const char *name, struct error *err);
void session_file_clear(struct session_file *s);

/* Of the header's `run`, NULL where there is none. */
const json_t *session_file_run(const struct session_file *s, const char *key);
/* The version of chance that it was recorded with. */
int64_t session_file_chance(const struct session_file *s);
/* The salt's digits; NULL: sealed, or an older session. */
const char *session_file_salt(const struct session_file *s);
/* The digest of an iteration's turns. */
void session_replies(const json_t *turns, int64_t iteration, char out[65]);
/* The first iteration whose replies are not those that were recorded, with their digest
 * as it was and as it is; 0: none. */
int64_t session_file_altered(const struct session_file *s, char was[65], char is[65]);
/* A turn's line: puts it in, in the place of one of the same iteration and turn. */
void session_put_turn(json_t *turns, json_t *line);

/* What a run rests on. Everything is borrowed. */
struct session_run {
    json_t *task, *memory;
    const char *start_name, *start_source, *salt_sha256;
    int64_t seed;
    int env_version, chance, most_turns;
};
json_t *session_run_to_json(const struct session_run *r); /* NULL: not UTF-8 */

#endif
