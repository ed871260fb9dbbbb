/* viewing.h - what the viewer shows, without a window: replays, where it stands, how it
 * moves. */
#ifndef RATCHET_RUNNER_VIEW_VIEWING_H
#define RATCHET_RUNNER_VIEW_VIEWING_H

#include "runner/record/player.h"

#define VIEWING_TRACKS 2
#define VIEWING_SLOWEST -3 /* speeds are powers of two: 1/8 ... */
#define VIEWING_FASTEST 6  /* ... 64 times the environment's own */

/* The groups that can be hidden. */
#define VIEWING_GROUPS(X)         \
    X(step, "Step")               \
    X(observation, "Observation") \
    X(notes, "Notes")             \
    X(replay, "Replay")
enum viewing_group {
#define X(name, title) GROUP_##name,
    VIEWING_GROUPS(X)
#undef X
        N_GROUPS
};

struct track {
    char *name;            /* the file's, without its folder */
    struct replay *replay; /* NULL when it could not be opened */
    bool is_borrowed;      /* the replay is another's */
    struct player *player;
    char *problem; /* why not; NULL when all is well */
};

enum { DIFFERENCE_UNKNOWN = -2, DIFFERENCE_NONE = -1 };

struct viewing {
    const struct env_registry *envs; /* borrowed */
    struct track tracks[VIEWING_TRACKS];
    int n_tracks;
    int64_t n_steps, at; /* n_steps: of the longest */
    int64_t from, to;    /* the range for exports; to < 0: none */
    int64_t differs_at;  /* or one of enum above */
    bool is_playing, is_live;
    int speed;  /* power of two */
    double due; /* part of a step that has not been played yet */
    bool is_shown[N_GROUPS], has_marks;
    const int64_t *places; /* steps that jumps also go to; n_places of them, borrowed */
    int n_places;
};

void viewing_init(struct viewing *s, const struct env_registry *envs);
void viewing_clear(struct viewing *s);

/* Opens a file as the first or the next track; when both are there it replaces the
 * second. A file that cannot be opened becomes a track with a problem. Returns the
 * track's index. */
int viewing_open(struct viewing *s, const char *path);
/* The same with a replay that is there: taken over, or borrowed when it is a live one. */
int viewing_add(struct viewing *s, struct replay *r, const char *name, bool is_live);
/* Like viewing_open, but nothing changes when the file cannot be opened: -1. */
int viewing_try(struct viewing *s, const char *path, struct error *err);
/* A message instead of a replay. */
int viewing_add_problem(struct viewing *s, const char *name, const char *problem);
void viewing_close(struct viewing *s, int track);

bool viewing_has_replay(const struct viewing *s);
/* The steps that one second of the environment has. */
double viewing_rate(const struct viewing *s);
/* Time goes by while the episode is live: the whole steps that are due. */
int64_t viewing_due(struct viewing *s, double seconds);

void viewing_seek(struct viewing *s, int64_t step);
void viewing_step(struct viewing *s, int64_t steps);
/* At the end it begins again at the start; a live episode goes on where it was left. */
void viewing_play(struct viewing *s, bool is_playing);
void viewing_set_speed(struct viewing *s, int speed);
/* To the step after the next (direction 1) or previous (-1) event, or to a place; false
 * when there is none. */
bool viewing_jump(struct viewing *s, int direction, bool is_failure_only);

/* Time goes by: plays, and looks ahead for at most budget_ms. True when something
 * changed. */
bool viewing_tick(struct viewing *s, double seconds, double budget_ms);
/* A live replay has grown. */
void viewing_grow(struct viewing *s);

/* Sets one end of the range; the other end follows when it would be on the wrong side. */
void viewing_mark_range(struct viewing *s, int64_t from, int64_t to);

#endif
