#!/usr/bin/env python3
"""Makes tests/data/gym/gaits.tsv: what whole episodes of a steady gait earn in the real Gymnasium.

    python3 -m venv /tmp/gym && /tmp/gym/bin/pip install gymnasium 'mujoco==2.3.7' imageio packaging
    /tmp/gym/bin/python tests/tools/mujoco_gaits.py tests/data/gym/gaits.tsv

Single steps are compared in test_mujoco.c. These compare what adds up over 1000 steps, contacts
and all: component i of the action is AMPLITUDE sin(2 pi FREQUENCY t - LAG_i). Two engines part
ways within such an episode, so that means over seeds are compared, not trajectories.
"""
import math
import sys

import gymnasium
import mujoco

EPISODES = 20
STEPS = 1000
GAITS = [  # our name, Gymnasium's, seconds a step, amplitude, Hz, lags
    ("half_cheetah", "HalfCheetah-v5", 0.05, 0.5, 2, [0, 0.7, 1.4, 4, 4.7, 5.4]),
    ("half_cheetah", "HalfCheetah-v5", 0.05, 0.3, 1.5, [0, 0.7, 1.4, 0, 0.7, 1.4]),
    ("swimmer", "Swimmer-v5", 0.04, 0.5, 1, [0, -1.5]),
    ("swimmer", "Swimmer-v5", 0.04, 1, 0.7, [0, -2.2]),
    ("ant", "Ant-v5", 0.05, 0.1, 1.5, [0, 1, 2, 3, 0, 1, 2, 3]),
    ("pusher", "Pusher-v5", 0.05, 1, 0.5, [0, 1, 2, 3, 4, 5, 6]),
    ("reacher", "Reacher-v5", 0.02, 0.05, 2, [0, 1.5]),
]


def play(name, dt, amplitude, frequency, lags):
    env = gymnasium.make(name)
    returns = []
    for seed in range(EPISODES):
        env.reset(seed=seed)
        total, over, t = 0.0, False, 0
        while not over and t < STEPS:
            phase = 2 * math.pi * frequency * t * dt
            _, reward, ended, cut, _ = env.step([amplitude * math.sin(phase - lag) for lag in lags])
            total, over, t = total + reward, ended or cut, t + 1
        returns.append(total)
    mean = sum(returns) / EPISODES
    return mean, math.sqrt(sum((r - mean) ** 2 for r in returns) / (EPISODES - 1))


def main():
    with open(sys.argv[1], "w") as out:
        out.write("# Gymnasium %s, MuJoCo %s, %d seeds: see tests/tools/mujoco_gaits.py\n"
                  % (gymnasium.__version__, mujoco.__version__, EPISODES))
        out.write("# env\tdt\tamplitude\thz\tlags\tmean\tstd\n")
        for ours, name, dt, amplitude, frequency, lags in GAITS:
            mean, std = play(name, dt, amplitude, frequency, lags)
            out.write("%s\t%g\t%g\t%g\t%s\t%.6g\t%.4g\n" % (
                ours, dt, amplitude, frequency, ",".join("%g" % lag for lag in lags), mean, std))


main()
