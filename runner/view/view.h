/* view.h - the window in which a person looks into replays. */
#ifndef RATCHET_RUNNER_VIEW_VIEW_H
#define RATCHET_RUNNER_VIEW_VIEW_H

#include <signal.h>

#include "envs/table.h"
#include "runner/record/replay.h"

/* What if another policy had played on from here? Given by the command, which knows
 * workers. */
struct view_whatif {
    void *user;
    /* A replay whose first `step` actions are those of r and whose others are the
     * policy's in the file at path, played until the end. The viewer destroys it. NULL on
     * failure. */
    struct replay *(*run)(void *user, const struct replay *r, int64_t step,
                          const char *path, struct error *err);
};

/* An episode that is still being played: the only file is this replay, and it grows. */
struct view_live {
    void *user;
    const char *name;      /* stands above the picture */
    struct replay *replay; /* borrowed; changed by poll alone */
    /* Called about 60 times a second: time has gone by for n_steps (>= 0) more, at the
     * environment's rate and the viewer's speed; none while it is paused. Appends at most
     * so many to the replay's tape, notes and marks. False when the episode is over; the
     * replay then states its end. */
    bool (*poll)(void *user, int64_t n_steps);
    /* What the person is waiting for, shown above the picture; NULL: nothing. */
    const char *(*status)(void *user);
    /* A key went down (again and again while it is held) or up, by SDL's name ("Left",
     * "Space"). NULL: the viewer keeps its keys. True when the key was of use here, so
     * that the viewer leaves it alone. */
    bool (*key)(void *user, const char *name, bool is_down);
    const char *const (
        *help)[2]; /* n_help rows for the list of keys: key, what it does */
    int n_help;
};

/* A place on the timeline that the command knows about: where a case was cut, ... */
struct view_flag {
    int64_t step;
    const char *text;
};

struct view_options {
    const struct env_registry *envs;
    const char *const *paths; /* n_paths replays: none, one, or two to be compared */
    int n_paths;
    const char *policy;               /* for what-if; NULL: none until one is dropped */
    const struct view_whatif *whatif; /* NULL: not possible */
    const struct view_live *live;     /* NULL: none */
    const struct view_flag *flags;    /* n_flags of the first replay */
    int n_flags;
    const char *export_folder;                /* NULL: the current one */
    const volatile sig_atomic_t *interrupted; /* NULL, or: leave when it is set */
    int64_t at; /* the step to begin with; negative: from the end */
    bool is_playing;
};

/* Returns when the window is closed. -1 when there can be no window; VIEW_BAD_FILE,
 * before there is one, when one of the paths is no replay that can be shown. */
enum { VIEW_BAD_FILE = 1 };
int view_run(const struct view_options *o, struct error *err);

#endif
