/* replay.h - one recorded episode: enough to play it again bit for bit, and to look into
 * it. */
#ifndef RATCHET_RUNNER_RECORD_REPLAY_H
#define RATCHET_RUNNER_RECORD_REPLAY_H

#include "envs/tape.h"
#include "runner/record/task.h"

enum mark_kind { MARK_POINT, MARK_LINE, MARK_BOX, MARK_TEXT, N_MARK_KINDS };

/* What a policy said at a step. Text is UTF-8 without control characters, never NULL. */
struct replay_note {
    int64_t step;
    char *text;
};

/* What a policy drew at a step, in pixels of the environment's frame: point x y; line x y
 * to a b; box x y, a wide, b high; text at x y. */
struct replay_mark {
    int64_t step;
    enum mark_kind kind;
    double x, y, a, b;
    char *label;
};

/* A state to seek from: before step `step` is played. */
struct replay_keyframe {
    int64_t step;
    uint8_t *block; /* replay.block_size bytes, see episode_save */
};

/* Everything is owned by the replay; replay_destroy frees it. Plain to read, and changed
 * by the functions below alone. */
struct replay {
    struct task *task;
    uint32_t env_version;
    uint64_t seed;
    char *policy_name;      /* as it was named on the command line, "" if unknown */
    char policy_sha256[65]; /* of policy_source */
    char *policy_source;    /* "" when it was not a policy (a person played) */
    char *params;           /* overrides of declared parameters as JSON, "{}" */
    int64_t created;        /* seconds since 1970 */

    struct tape tape;
    double total; /* the return */
    int64_t n_frames;
    bool terminated, truncated;
    enum fault_kind fault; /* why the policy's episode ended early, with the message */
    char *fault_text;
    uint64_t trajectory; /* hash of the whole */

    struct replay_note *notes;
    int n_notes;
    struct replay_mark *marks;
    int n_marks;
    struct replay_keyframe *keyframes;
    int n_keyframes;
    size_t block_size;       /* 0: there are none */
    int64_t keyframe_stride; /* while recording: steps between them */
};

#define REPLAY_MAX_STEPS 100000000  /* of a file that is read, or ever written */
#define REPLAY_MAX_KEYFRAMES 32     /* in a file; the player makes its own, denser ones */
#define REPLAY_KEYFRAME_STRIDE 2000 /* steps, at least; shorter replays need none */
#define REPLAY_MAX_TEXT 1000        /* bytes of a note or label */

/* Writes through a temporary beside path: sync, then rename. */
int replay_save(const struct replay *r, const char *path, struct error *err);

/* The file as bytes, which the caller frees. */
int replay_to_bytes(const struct replay *r, uint8_t **bytes, size_t *len,
                    struct error *err);

/* NULL on failure: not a replay, cut short, damaged, from a later version, or of an
 * environment that the registry does not know. Keyframes of another version of the
 * environment are dropped (and env_version says so). */
struct replay *replay_load(const struct env_registry *envs, const char *path,
                           struct error *err);
struct replay *replay_from_bytes(const struct env_registry *envs, const char *name,
                                 const uint8_t *bytes, size_t len, struct error *err);
void replay_destroy(struct replay *r); /* NULL is fine */

/* Appends to a replay that is being made, in the order of the steps. Text is copied,
 * cleaned and cut at REPLAY_MAX_TEXT bytes; coordinates are rounded to float, as the file
 * has them. */
void replay_add_note(struct replay *r, int64_t step, const char *text, size_t len);
void replay_add_mark(struct replay *r, const struct replay_mark *mark, size_t label_len);
/* May be called before every step (it is cheap): keeps a keyframe only now and then,
 * wider apart as the replay grows, so that there are never more than
 * REPLAY_MAX_KEYFRAMES. */
void replay_add_keyframe(struct replay *r, int64_t step, const struct episode *e);

/* The notes or marks of one step: the index of the first and, in n, how many. */
int replay_find_notes(const struct replay *r, int64_t step, int *n);
int replay_find_marks(const struct replay *r, int64_t step, int *n);

#endif
