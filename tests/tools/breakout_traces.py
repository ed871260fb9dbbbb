#!/usr/bin/env python3
"""breakout_traces.py - records what the real game does: the fixtures of test_breakout.c.

    python3 -m venv VENV && VENV/bin/pip install ale-py numpy zstandard xxhash
    VENV/bin/python tests/tools/breakout_traces.py tests/data/breakout

A trace is one zstd frame; numbers are little-endian:
    "BRKT", u32 version, u32 n frames, u32 stride of pictures, i32 knob at the start, u32 over
    n actions (0..3), n rewards, 128 bytes of memory at the start,
    128 columns of n bytes: the memory's changes frame by frame, modulo 256,
    n / stride hashes (XXH32, seed 0) of the RGB screen after frames stride, 2 stride, ...
    the RGB screen after the last frame
The knob is BREAKOUT_KNOB_CENTRE in a trace that starts at the reset. knob.zst: i32 settings of
the knob and the byte that the game read, one after another. Frame skip 1, no sticky actions.
"""
import random
import struct
import sys

import numpy as np
import xxhash
import zstandard
from ale_py import Action, ALEInterface, LoggerMode, roms

RAW = [Action.NOOP, Action.FIRE, Action.RIGHT, Action.LEFT]
NOOP, FIRE, RIGHT, LEFT = range(4)
KNOB_MIN, KNOB_MAX, KNOB_CENTRE, KNOB_TURN = 27450, 790196, 408823, 23000
PADDLE_X, BALL_X, BALL_Y, BALL_DY, HITS, HALF = 72, 99, 101, 103, 107, 108
STRIDE = 16


def make_ale():
    ALEInterface.setLoggerMode(LoggerMode.Error)
    ale = ALEInterface()
    ale.setInt("random_seed", 0)
    ale.setInt("frame_skip", 1)
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(roms.get_rom_path("breakout"))
    return ale


# A policy is called with memory, frame and chance.

def random_held(longest):
    """Random actions, each held for 1..longest frames."""
    left = [0, 0]

    def act(ram, t, chance):
        if left[1] == 0:
            left[:] = [chance.randrange(4), chance.randint(1, longest)]
        left[1] -= 1
        return left[0]
    return act


def follow(part=None, noise=0.0):
    """Keeps a part of the paddle under the ball; None: another one now and then."""
    goal = [8 if part is None else part]

    def act(ram, t, chance):
        if ram[BALL_Y] == 0:
            return FIRE if chance.random() < 0.3 else NOOP
        if chance.random() < noise:
            return chance.randrange(4)
        if part is None and (ram[HITS] & 0x40 or chance.random() < 0.01):
            goal[0] = chance.randint(1, 2 * int(ram[HALF]) - 1)
        d = int(ram[BALL_X]) - int(ram[PADDLE_X]) - goal[0]
        return RIGHT if d > 4 else LEFT if d < -4 else NOOP
    return act


def foresee():
    """Goes to where the ball will land, counting its own turns of the knob. Clears walls."""
    now = [KNOB_CENTRE, 8]

    def landing(ram):
        x, y, dy = int(ram[BALL_X]) << 8 | int(ram[100]), int(ram[BALL_Y]) << 8, 0
        dy = struct.unpack(">h", bytes(ram[BALL_DY:BALL_DY + 2]))[0]
        dx = -struct.unpack(">h", bytes(ram[105:107]))[0]
        if dy <= 0 or y >= 177 << 8:
            return x >> 8
        x += dx * (((177 << 8) - y) // dy + 1)
        while not 56 << 8 <= x <= 200 << 8:
            x = 2 * (56 << 8) - x if x < 56 << 8 else 2 * (200 << 8) - x
        return x >> 8

    def act(ram, t, chance):
        action = NOOP
        if ram[BALL_Y] == 0:
            action = FIRE if chance.random() < 0.2 else NOOP
        else:
            if ram[HITS] & 0x40 and ram[BALL_DY] & 0x80 and chance.random() < 0.05:
                now[1] = chance.randrange(1, 2 * int(ram[HALF]), 2)
            line = (int(0.01904 * now[0]) - 96) // 76 - 12
            here = max(55, min(191, 235 - max(0, min(186, line))))
            goal = landing(ram) - now[1]
            action = RIGHT if goal > here + 3 else LEFT if goal < here - 3 else NOOP
        turn = {RIGHT: -KNOB_TURN, LEFT: KNOB_TURN}.get(action, 0)
        now[0] = max(KNOB_MIN, min(KNOB_MAX, now[0] + turn))
        return action
    return act


def push(side):
    """Turns the knob far beyond the paddle's end, and back."""
    def act(ram, t, chance):
        if ram[BALL_Y] == 0 and t % 7 == 0:
            return FIRE
        return (side, side, NOOP, RIGHT + LEFT - side)[t // 70 % 4]
    return act


def edges(ram, t, chance):
    """Hits the ball with the paddle's very ends, its middle, or not at all."""
    if ram[BALL_Y] == 0:
        return FIRE
    width = 2 * int(ram[HALF])
    part = chance.choice((0, 1, width, width + 1, width // 2))
    d = int(ram[BALL_X]) - int(ram[PADDLE_X]) - part
    return RIGHT if d > 2 else LEFT if d < -2 else NOOP


def wait(n, then):
    return lambda ram, t, chance: then(ram, t, chance) if t >= n else NOOP


def fire_at(n):
    return lambda ram, t, chance: FIRE if t == n else NOOP


def until(n, first):
    """Plays first for n frames, then nothing."""
    return lambda ram, t, chance: first(ram, t, chance) if t < n else NOOP


def turn_knob(ale, goal):
    """Brings the knob anywhere, by turns of less than full strength. Returns where it is."""
    knob = KNOB_CENTRE
    while abs(goal - knob) > 0:
        turn = max(-KNOB_TURN, min(KNOB_TURN, goal - knob))
        strength = abs(turn) / KNOB_TURN + 1e-6
        ale.act(Action.RIGHT if turn < 0 else Action.LEFT, strength)
        knob += turn
    for _ in range(60):
        ale.act(Action.NOOP)
    return knob


def record(ale, policy, limit, seed, knob=KNOB_CENTRE):
    chance = random.Random(seed)
    ale.reset_game()
    if knob != KNOB_CENTRE:
        turn_knob(ale, knob)
    actions, rewards, memory, hashes = bytearray(), bytearray(), [ale.getRAM().copy()], []
    while len(actions) < limit and not ale.game_over():
        action = policy(memory[-1], len(actions), chance)
        rewards.append(int(ale.act(RAW[action])))
        actions.append(action)
        memory.append(ale.getRAM().copy())
        if len(actions) % STRIDE == 0:
            hashes.append(xxhash.xxh32(ale.getScreenRGB().tobytes()).intdigest())
    table = np.stack(memory)
    head = struct.pack("<4sIIIiI", b"BRKT", 1, len(actions), STRIDE, knob, ale.game_over())
    data = b"".join([head, actions, rewards, table[0].tobytes(),
                     np.diff(table, axis=0).T.tobytes(),
                     struct.pack("<%dI" % len(hashes), *hashes),
                     ale.getScreenRGB().tobytes()])
    score = sum(rewards)
    return data, "%6d frames, score %3d, %d lives" % (len(actions), score, table[-1][57])


def record_knob(ale, n):
    chance = random.Random(0)
    rows = []
    for _ in range(n):
        knob = chance.randint(KNOB_MIN, KNOB_MAX)
        ale.reset_game()
        turn_knob(ale, knob)
        rows.append(struct.pack("<iB", knob, ale.getRAM()[70]))
    return b"".join(rows)


def find_seed(ale, make_policy, limit, score, first):
    """The first seed with which the policy reaches the score."""
    seed = first
    while True:
        data, text = record(ale, make_policy(), limit, seed)
        if sum(data[24 + len_of(data):24 + 2 * len_of(data)]) >= score:
            return seed
        seed += 1


def len_of(data):
    return struct.unpack_from("<I", data, 8)[0]


def traces(ale):
    """Name, policy, most frames, seed, knob."""
    yield "noop", wait(10**9, None), 1000, 0, KNOB_CENTRE
    for n in range(4):
        yield "serve_%d" % n, fire_at(40 + n), 400, 0, KNOB_CENTRE
    yield "serve_early", random_held(3), 2000, 3, KNOB_CENTRE
    yield "random_1", random_held(1), 5000, 1, KNOB_CENTRE
    yield "random_40", random_held(40), 5000, 2, KNOB_CENTRE
    yield "follow", follow(), 12000, 1, KNOB_CENTRE
    yield "follow_noisy", follow(noise=0.1), 12000, 4, KNOB_CENTRE
    yield "end_of_paddle", follow(part=15), 8000, 5, KNOB_CENTRE
    yield "edges", edges, 8000, 6, KNOB_CENTRE
    yield "push_right", push(RIGHT), 3000, 7, KNOB_CENTRE
    yield "push_left", push(LEFT), 3000, 8, KNOB_CENTRE
    yield "long_start", wait(3001, follow(noise=0.05)), 9000, 9, KNOB_CENTRE
    yield "knob_left", follow(noise=0.02), 5000, 10, 700001
    yield "knob_right", follow(noise=0.02), 5000, 11, 283333
    yield "narrow", foresee(), 12000, find_seed(ale, foresee, 12000, 400, 1), KNOB_CENTRE
    seed = find_seed(ale, foresee, 30000, 864, 1)
    yield "both_walls", foresee(), 30000, seed, KNOB_CENTRE
    seed = find_seed(ale, foresee, 30000, 864, seed + 1)
    yield "both_walls_2", foresee(), 30000, seed, KNOB_CENTRE
    yield "timed_out", wait(64800, until(67000, follow(noise=0.02))), 67500, 12, KNOB_CENTRE


def main():
    folder = sys.argv[1]
    press = zstandard.ZstdCompressor(level=19)
    ale = make_ale()
    for name, policy, limit, seed, knob in traces(ale):
        data, text = record(ale, policy, limit, seed, knob)
        packed = press.compress(data)
        with open("%s/%s.trace.zst" % (folder, name), "wb") as f:
            f.write(packed)
        print("%-16s %s, seed %d, %d bytes" % (name, text, seed, len(packed)), flush=True)
    with open("%s/knob.zst" % folder, "wb") as f:
        f.write(press.compress(record_knob(ale, 1000)))


if __name__ == "__main__":
    main()
