/* observed.h - what episodes show of their task: of what the reward is made, what comes
 * back after it was gone, whether starts and chance vary. */
#ifndef RATCHET_RUNNER_JUDGE_OBSERVED_H
#define RATCHET_RUNNER_JUDGE_OBSERVED_H

#include "runner/evaluate/evaluate.h"

#define OBSERVED_SIZES 5    /* different rewards of one kind that are told apart */
#define OBSERVED_REWARDS 12 /* kinds of steps; what is beyond is put together */
#define OBSERVED_LISTS 8

/* The steps that brought the same events, and what they earned. */
struct observed_reward {
    uint32_t events; /* 0: none */
    bool is_rest;    /* of several kinds, put together */
    int64_t n;       /* steps with a reward or an event */
    double sum, min, max;
    double sizes[OBSERVED_SIZES]; /* n_sizes of them, as they came... */
    int64_t times[OBSERVED_SIZES];
    int n_sizes; /* ...-1: there are more */
};

/* A list of the observation whose entries go to 0: do they come back? */
struct observed_list {
    const char *name; /* borrowed of the environment */
    int at, len;      /* place in the observation */
    int64_t gone, back;
};

/* Zero at first, observed_init, clear. Owns what it points at. */
struct observed {
    const struct env *env; /* borrowed */
    int n_episodes;
    int64_t n_steps;
    struct observed_reward rewards[OBSERVED_REWARDS];
    int n_rewards;
    bool is_ever_positive; /* some reward was above 0 */
    struct observed_list lists[OBSERVED_LISTS];
    int n_lists;
    int n_starts, n_trajectories; /* different ones; 0: not counted */
    unsigned char *was;           /* of each value: 1: it was not 0, 2: gone since */
    int n_obs;
};

void observed_init(struct observed *o, const struct env *env, int n_obs);
void observed_clear(struct observed *o);
/* Counts the different starts and trajectories. */
void observed_count(struct observed *o, const struct episode_result *r, int n);
void observed_begin(struct observed *o); /* an episode */
/* Before each step what the policy sees, after it what came of it. */
void observed_see(struct observed *o, const double *values);
void observed_earn(struct observed *o, const struct env_step *s);

#endif
