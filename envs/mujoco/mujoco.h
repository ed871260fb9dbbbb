/* mujoco.h - the environments that run on MuJoCo; built only where the library is. */
#ifndef RATCHET_ENVS_MUJOCO_MUJOCO_H
#define RATCHET_ENVS_MUJOCO_MUJOCO_H

#include "envs/env.h"

extern const struct env ant_env, half_cheetah_env, hopper_env, walker2d_env, swimmer_env,
    humanoid_env, inverted_pendulum_env, inverted_double_pendulum_env, reacher_env,
    pusher_env;

/* All of them, NULL at the end. Constant. */
extern const struct env *const mujoco_envs[];

/* The shape of an instance's state. Its block (`save`) is doubles, one array after
 * another: time, qpos, qvel, qacc_warmstart, act, ctrl, derived (what the last step
 * computed on its way and observation or reward read: body positions, contact forces; see
 * README.md). */
struct mujoco_shape {
    int nq, nv, na, nu, n_derived;
};

struct mujoco_shape mujoco_shape(const void *instance);

/* What a bare loop over the engine needs, for measuring: the mjModel and mjData that the
 * instance owns, and the engine's steps in one of ours. Borrowed. */
void mujoco_engine(void *instance, const void **model, void **data, int *frame_skip);

#endif
