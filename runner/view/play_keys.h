/* play_keys.h - which keys of a person's keyboard mean which action of an environment. */
#ifndef RATCHET_RUNNER_VIEW_PLAY_KEYS_H
#define RATCHET_RUNNER_VIEW_PLAY_KEYS_H

#include "envs/env.h"

/* The keys that can be of use, by SDL's names. The first five also stand for the words of
 * which names of choices are made: "UPRIGHTFIRE" is Up, Right and Space together. */
#define PLAY_KEYS(X)    \
    X(left, "Left")     \
    X(right, "Right")   \
    X(up, "Up")         \
    X(down, "Down")     \
    X(fire, "Space")    \
    X(second_less, "A") \
    X(second_more, "D") \
    X(third_less, "S")  \
    X(third_more, "W")
enum play_key {
#define X(key, name) PLAY_##key,
    PLAY_KEYS(X)
#undef X
        N_PLAY_KEYS
};

#define PLAY_MAX_ROWS 64

/* While the keys (bits, 1 << enum play_key) are held, the component has the value. */
struct play_row {
    unsigned keys;
    int component;
    double value;
    char name[48], does[80]; /* "Up + Right", "move: UPRIGHT" */
};

struct play_keys {
    const struct env *env; /* borrowed */
    struct play_row rows[PLAY_MAX_ROWS];
    int n_rows;
    unsigned held, tapped;           /* tapped: went down since the last action */
    int64_t pressed_at[N_PLAY_KEYS]; /* which was pressed last */
    int64_t n_presses;
};

/* A choice named by the words LEFT, RIGHT, UP, DOWN and FIRE is on those keys. Any other
 * component is on a pair of keys that give its lowest and highest value, or -1 and 1 when
 * it is continuous (brought into its bounds). Components for which no keys are left
 * rest. */
void play_keys_init(struct play_keys *k, const struct env *env);

/* True when the key, by SDL's name, means something here. */
bool play_keys_take(struct play_keys *k, const char *name, bool is_down);

/* The action of the next step, which the held keys ask for, and those that were tapped so
 * shortly that they are up again: for each component the row with the most keys, of equal
 * ones the last pressed; the environment's noop where there is none. */
void play_keys_action(struct play_keys *k, double *action);

#endif
