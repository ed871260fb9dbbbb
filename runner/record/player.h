/* player.h - plays a replay: forwards, to any step, and looks at what is there. */
#ifndef RATCHET_RUNNER_RECORD_PLAYER_H
#define RATCHET_RUNNER_RECORD_PLAYER_H

#include "runner/record/replay.h"

/* Stands before step `at` (0..n_steps; n_steps: the end). */
struct player {
    const struct replay *replay; /* borrowed */
    struct episode episode;      /* its `now` holds return, hash, events and flags */
    void *instance;
    int64_t at;
    double *action; /* what the step before `at` asked for; meaningful from step 1 */
    struct env_step last; /* what the step before `at` gave */
    bool is_from_file;    /* got here from a keyframe of the file, not yet confirmed */

    /* What scanning has found so far: scanned..n_steps is still unknown. */
    int64_t scanned;
    double *returns;                   /* [n_steps + 1] return before each step */
    uint32_t *events;                  /* [n_steps] event bits of each step */
    struct replay_keyframe *keyframes; /* by step, ascending; own and borrowed blocks */
    int n_keyframes;
    int64_t stride; /* steps between own keyframes */
    int64_t room;   /* steps that returns, events and keyframes have room for */
    struct episode scan_episode;
    void *scan_instance;
};

/* NULL when the environment cannot be created. Borrows the replay. */
struct player *player_create(const struct replay *r, struct error *err);
void player_destroy(struct player *p);

/* Goes to a step by the nearest keyframe before it; clamps to 0..n_steps. */
void player_seek(struct player *p, int64_t step);
/* -1, with the reason, when what stands there is not the replay: its environment was
 * lost, twice. To be asked before a picture is kept. */
int player_check(const struct player *p, struct error *err);
/* One step forward; false at the end. */
bool player_step(struct player *p);

/* Plays on, apart from `at`, for about budget_ms, filling returns, events and keyframes.
 * True when all is known. budget_ms < 0: to the end. */
bool player_scan(struct player *p, double budget_ms);

/* To be called when the replay's tape has grown (a live episode): makes room for it. */
void player_extend(struct player *p);

/* out: episode.n_obs doubles. */
void player_observe(const struct player *p, double *out);
/* out: a canvas of the environment's frame size. */
void player_draw(struct player *p, struct canvas *out);

struct replay_check {
    bool verified; /* playing gave what the replay states */
    double total;
    int64_t n_steps;
    uint64_t trajectory;
    char why[256]; /* when not verified */
};

/* Plays the whole replay from its seed, never from a keyframe. -1 when it cannot be
 * played. */
int replay_verify(const struct replay *r, struct replay_check *out, struct error *err);

#endif
