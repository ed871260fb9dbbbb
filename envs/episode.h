/* episode.h - one episode of an environment, as worker, harness and viewer all play it.
 *
 * Frame skip, sticky actions, random starts, time limits, the return and the trajectory
 * hash live here and nowhere else. All chance comes from the seed and is drawn per frame
 * whatever the action, so that the list of requested actions replays to the same bits.
 *
 * It is the one door for what an environment gives, too: rewards, returns and
 * observations are finite, the reset's observation included, and no reward is below 0
 * where fault_return says so. What is not ends the episode as broken (episode_failure); a
 * reward that breaks it is not counted. */
#ifndef RATCHET_ENVS_EPISODE_H
#define RATCHET_ENVS_EPISODE_H

#include "base/chance.h"
#include "base/error.h"
#include "envs/env.h"

/* How an episode is played; part of the task. */
struct episode_rules {
    int32_t frame_skip; /* env steps that an action is held, >= 1 */
    double sticky; /* probability, per frame, that the previous frame's action repeats */
    int32_t noop_max;   /* an episode starts with 0..noop_max frames of doing nothing */
    int64_t max_frames; /* then it is truncated; counts from after the start; > 0 */
    double fault_return; /* see env.h; INFINITY: a reward below 0 breaks the episode */
    /* Another course from a step on, for regression cases: there chance starts anew. */
    int64_t branch_step;
    uint64_t branch; /* the seed of it; 0: there is none */
};

/* What an environment broke. */
enum episode_failure {
    EPISODE_WHOLE,
    EPISODE_REWARD,   /* a reward that is not finite */
    EPISODE_NEGATIVE, /* one below 0, against the description */
    EPISODE_RETURN,   /* finite rewards whose sum is not */
    EPISODE_OBSERVATION,
};

struct episode {
    const struct env *env;
    void *instance; /* borrowed */
    struct episode_rules rules;
    int n_actions; /* components of an action */
    int n_obs;     /* doubles of an observation, all fields */

    /* What changes with the episode, and is what a keyframe holds: */
    struct episode_state {
        struct chance chance;
        double total;              /* the return so far */
        int64_t n_steps, n_frames; /* frames: without the start's */
        uint64_t hash;             /* the trajectory so far: an XXH3 chain */
        uint64_t start_hash;       /* of the state in which the policy takes over */
        uint32_t events;           /* of the last step */
        uint8_t terminated, truncated;
        uint8_t failure, pad; /* failure: an enum episode_failure; then it is truncated */
    } now;
    double held[ENV_MAX_ACTION]; /* what the last frame played; n_actions of them */
    void *scratch;               /* one state block, for hashing */
    double *obs; /* what the last reset or step shows, n_obs; NULL: see below */
};

/* The counts of a description's lists. */
int env_count_actions(const struct env *env);
int env_count_obs(const struct env *env); /* doubles, all fields */

/* Borrows env and instance until episode_clear. */
void episode_init(struct episode *e, const struct env *env, void *instance,
                  const struct episode_rules *rules);
void episode_clear(struct episode *e);
/* For a private copy, whose observations nobody scores: they are not taken or checked. */
void episode_forget_observations(struct episode *e);

/* Starts over; the instance is reset and the start's no-ops are played. */
void episode_reset(struct episode *e, uint64_t seed);

/* One requested action (n_actions doubles), held for frame_skip frames. Values out of
 * bounds are brought to the nearest bound. After the end it changes nothing and returns
 * reward 0. */
struct env_step episode_step(struct episode *e, const double *action);

bool episode_is_over(const struct episode *e);

/* Did the environment break the episode? What and when, into out. */
bool episode_failure(const struct episode *e, char *out, size_t size);

/* A keyframe: episode and environment state in one block of episode_block_size bytes.
 * episode_load returns -1, with the episode unusable until the next reset or load, when
 * the environment refuses the block. */
size_t episode_block_size(const struct episode *e);
void episode_save(const struct episode *e, void *out);
int episode_load(struct episode *e, const void *block);

/* The trajectory hash, final state included. */
uint64_t episode_hash(const struct episode *e);

#endif
