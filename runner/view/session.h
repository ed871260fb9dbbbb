/* session.h - what the viewer shows, without a window: replays, where it stands, how it
 * moves. */
#ifndef RATCHET_RUNNER_VIEW_SESSION_H
#define RATCHET_RUNNER_VIEW_SESSION_H

#include "runner/record/player.h"

#define SESSION_TRACKS 2
#define SESSION_SLOWEST -3 /* speeds are powers of two: 1/8 ... */
#define SESSION_FASTEST 6  /* ... 64 times the environment's own */

/* The groups that can be hidden. */
#define SESSION_GROUPS(X)         \
    X(step, "Step")               \
    X(observation, "Observation") \
    X(notes, "Notes")             \
    X(replay, "Replay")
enum session_group {
#define X(name, title) GROUP_##name,
    SESSION_GROUPS(X)
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

struct session {
    const struct env_registry *envs; /* borrowed */
    struct track tracks[SESSION_TRACKS];
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

void session_init(struct session *s, const struct env_registry *envs);
void session_clear(struct session *s);

/* Opens a file as the first or the next track; when both are there it replaces the
 * second. A file that cannot be opened becomes a track with a problem. Returns the
 * track's index. */
int session_open(struct session *s, const char *path);
/* The same with a replay that is there: taken over, or borrowed when it is a live one. */
int session_add(struct session *s, struct replay *r, const char *name, bool is_live);
/* Like session_open, but nothing changes when the file cannot be opened: -1. */
int session_try(struct session *s, const char *path, struct error *err);
/* A message instead of a replay. */
int session_add_problem(struct session *s, const char *name, const char *problem);
void session_close(struct session *s, int track);

bool session_has_replay(const struct session *s);
/* The steps that one second of the environment has. */
double session_rate(const struct session *s);
/* Time goes by while the episode is live: the whole steps that are due. */
int64_t session_due(struct session *s, double seconds);

void session_seek(struct session *s, int64_t step);
void session_step(struct session *s, int64_t steps);
/* At the end it begins again at the start; a live episode goes on where it was left. */
void session_play(struct session *s, bool is_playing);
void session_set_speed(struct session *s, int speed);
/* To the step after the next (direction 1) or previous (-1) event, or to a place; false
 * when there is none. */
bool session_jump(struct session *s, int direction, bool is_failure_only);

/* Time goes by: plays, and looks ahead for at most budget_ms. True when something
 * changed. */
bool session_tick(struct session *s, double seconds, double budget_ms);
/* A live replay has grown. */
void session_grow(struct session *s);

/* Sets one end of the range; the other end follows when it would be on the wrong side. */
void session_mark_range(struct session *s, int64_t from, int64_t to);

#endif
