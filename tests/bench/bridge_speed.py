"""bridge_speed.py - how much of ALE's own speed is left through the bridge, beside ours.

    make bench-ale, or: $RATCHET_BRIDGE/bin/python tests/bench/bridge_speed.py [SECONDS]
Compiles bridge_speed.c against build/libratchet.a. Each row is measured in turns, ALE alone
and through the bridge, so that a busy machine slows both; the best of TURNS counts. Figures
are frames a second; "ours" is our own environment of that game, where there is one.
"""
import os
import subprocess
import sys
import time

import numpy as np
from ale_py import ALEInterface, LoggerMode, roms

BUILD = os.environ.get("BUILD", "build")
PROGRAM = f"{BUILD}/tests/bridge_speed"
OURS = {"breakout"}
TURNS = 5


def compile_program():
    libs = ["-ljansson", "-ldl", "-lpthread", "-lm"]
    if os.path.exists("/usr/include/mujoco/mujoco.h"):
        libs.append("-lmujoco")
    os.makedirs(f"{BUILD}/tests", exist_ok=True)
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-I.", "-o", PROGRAM,
                    "tests/bench/bridge_speed.c", f"{BUILD}/libratchet.a", *libs],
                   check=True)


def ale_alone(game, what, seconds, skip):
    ALEInterface.setLoggerMode(LoggerMode.Error)
    ale = ALEInterface()
    ale.setInt("random_seed", 0)
    ale.setInt("frame_skip", skip)
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(roms.get_rom_path(game))
    actions = ale.getMinimalActionSet()
    ram, frame = np.zeros(128, np.uint8), np.zeros((210, 160, 3), np.uint8)
    frames, i, start = 0, 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        ale.act(actions[i // 3 % len(actions)])
        frames += skip
        if what == "frame":
            ale.getScreenRGB(frame)
        else:
            ale.getRAM(ram)
        if ale.game_over():
            ale.reset_game()
        i += 1
    return frames / (time.perf_counter() - start)


def measured(env, what, seconds, skip):
    out = subprocess.run([PROGRAM, env, what, str(seconds), str(skip)],
                         check=True, capture_output=True, text=True)
    return float(out.stdout)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3
    compile_program()
    print(f"{'game':16} {'skip':>4} {'observation':12} {'ALE alone':>10} {'bridge':>8} "
          f"{'ratio':>6} {'ours':>9}")
    for game in ("pong", "breakout"):
        for skip, what in ((4, "ram"), (4, "frame"), (1, "ram")):
            alone = through = ours = 0.0
            for _ in range(TURNS):
                alone = max(alone, ale_alone(game, what, seconds, skip))
                through = max(through, measured("ale/" + game, what, seconds, skip))
                if game in OURS:
                    ours = max(ours, measured(game, what, seconds, skip))
            print(f"{game:16} {skip:4} {what:12} {alone:10.0f} {through:8.0f} "
                  f"{through / alone:6.2f} {f'{ours:.0f}' if ours else '-':>9}", flush=True)


if __name__ == "__main__":
    main()
