/* table.c - the environments that run on MuJoCo. */
#include "envs/mujoco/core.h"
#include "envs/mujoco/mujoco.h"

#define ADDRESS(task) &task##_env,
const struct env *const mujoco_envs[] = { MUJOCO_MODELS(ADDRESS) NULL };
