#!/usr/bin/env python3
"""Makes tests/data/gym/: what the real Gymnasium (and MuJoCo) do, for our environments' tests.

    python3 -m venv /tmp/gym && /tmp/gym/bin/pip install gymnasium 'mujoco==2.3.7' imageio packaging
    /tmp/gym/bin/python tests/tools/mujoco_golden.py tests/data/gym

2.3.7 is the release nearest to Debian's 2.2.2 that installs for today's Python; a later one works
too, and drifts further. The formats are in tests/data/gym/README.md, which this writes as well.
"""
import os
import struct
import sys

import gymnasium
import mujoco
import numpy as np

EPISODES = 10
CLASSIC = {
    "cartpole": "CartPole-v1",
    "mountain_car": "MountainCar-v0",
    "mountain_car_continuous": "MountainCarContinuous-v0",
    "acrobot": "Acrobot-v1",
    "pendulum": "Pendulum-v1",
}
MUJOCO = {  # our name: Gymnasium's, records an episode
    "ant": ("Ant-v5", 16),
    "half_cheetah": ("HalfCheetah-v5", 24),
    "hopper": ("Hopper-v5", 24),
    "walker2d": ("Walker2d-v5", 24),
    "swimmer": ("Swimmer-v5", 24),
    "humanoid": ("Humanoid-v5", 8),
    "inverted_pendulum": ("InvertedPendulum-v5", 24),
    "inverted_double_pendulum": ("InvertedDoublePendulum-v5", 24),
    "reacher": ("Reacher-v5", 24),
    "pusher": ("Pusher-v5", 24),
}

README = """# Golden trajectories

Made by `tests/tools/mujoco_golden.py` with Gymnasium {gym}, MuJoCo {mujoco}, NumPy {numpy}: ten
seeded episodes of random actions for each task, a file `TASK.bin` each. Little-endian.

Classic control, whole episodes: int32 x 6 (0x31434c43 "CLC1", numbers in a state, components of
an action, numbers in an observation, episodes, 0), then each episode: int32 x 2 (steps, 0), the
first state (doubles), and each step as float32: action, reward, terminated, observation.
Gymnasium's observations of these tasks are float32.

MuJoCo, single steps from given states, spread over the episodes: int32 x 6 (0x314a554d "MUJ1",
nq, nv, nu, numbers in an observation, records), then each record as doubles: episode, step; before
the step qpos, qvel, qacc_warmstart and the x position that the task's reward compares (0 where
it compares qpos); action, reward, terminated, observation after the step.
"""


def draw_action(space, rng, episode, step, last):
    """Every other episode is gentle and slow, so that bodies stay up for longer."""
    if isinstance(space, gymnasium.spaces.Discrete):
        return int(rng.integers(space.n)) if episode % 2 == 0 or step % 8 == 0 else last
    a = rng.uniform(space.low.astype(np.float64), space.high.astype(np.float64))
    if episode % 2:
        a = a if last is None or step % 8 == 0 else last
        a = a * (0.4 if step % 8 == 0 else 1)
    return np.round(a * 1024) / 1024  # exact in float32


def classic(name, env_id, path):
    env = gymnasium.make(env_id)
    limit, env = env.spec.max_episode_steps, env.unwrapped
    discrete = isinstance(env.action_space, gymnasium.spaces.Discrete)
    nu = 1 if discrete else env.action_space.shape[0]
    episodes = b""
    for episode in range(EPISODES):
        rng = np.random.default_rng(1000 + episode)
        obs, _ = env.reset(seed=episode)
        if env_id == "MountainCarContinuous-v0":  # float32 from the first step on, not before
            env.state = env.state.astype(np.float32)
        first = np.asarray(env.state, dtype=np.float64)
        steps, action, ended = [], None, False
        while len(steps) < limit and not ended:
            action = draw_action(env.action_space, rng, episode, len(steps), action)
            obs, reward, ended, _, _ = env.step(action)
            steps.append(np.concatenate([np.atleast_1d(action), [reward, ended], obs]))
        episodes += struct.pack("<ii", len(steps), 0) + first.astype("<f8").tobytes()
        episodes += np.array(steps).astype("<f4").tobytes()
    with open(path, "wb") as f:
        f.write(struct.pack("<6i", 0x31434C43, len(first), nu, len(obs), EPISODES, 0) + episodes)


def compared_x(name, env):
    if name == "ant":
        return env.data.xpos[1, 0]
    if name == "humanoid":
        mass = env.model.body_mass
        return (mass @ env.data.xipos[:, 0]) / mass.sum()
    return 0.0


def mujoco_task(name, env_id, keep, path):
    env = gymnasium.make(env_id)
    limit, env = env.spec.max_episode_steps, env.unwrapped
    m, d, records = env.model, env.data, []
    for episode in range(EPISODES):
        rng = np.random.default_rng(1000 + episode)
        env.reset(seed=episode)
        steps, action, ended = [], None, False
        while len(steps) < limit and not ended:
            action = draw_action(env.action_space, rng, episode, len(steps), action)
            before = [[episode, len(steps)], d.qpos.copy(), d.qvel.copy(),
                      d.qacc_warmstart.copy(), [compared_x(name, env)], action]
            obs, reward, ended, _, _ = env.step(action)
            steps.append(np.concatenate(before + [[reward, ended], obs]))
        spread = np.linspace(3, len(steps) - 1, keep - 3).astype(int)
        records += [steps[i] for i in sorted({0, 1, 2, *spread} & set(range(len(steps))))]
    with open(path, "wb") as f:
        f.write(struct.pack("<6i", 0x314A554D, m.nq, m.nv, m.nu, len(obs), len(records)))
        f.write(np.array(records).astype("<f8").tobytes())


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name, env_id in CLASSIC.items():
        classic(name, env_id, os.path.join(sys.argv[1], name + ".bin"))
    for name, (env_id, keep) in MUJOCO.items():
        mujoco_task(name, env_id, keep, os.path.join(sys.argv[1], name + ".bin"))
    with open(os.path.join(sys.argv[1], "README.md"), "w") as f:
        f.write(README.format(gym=gymnasium.__version__, mujoco=mujoco.__version__,
                              numpy=np.__version__))


main()
