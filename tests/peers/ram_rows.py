"""ram_rows.py RAM.TSV - is each row of ram.tsv true? A TAP row each, against real ale-py.

A recording of random play gives states to start from. Where a byte says where something is, it is
changed in a copy of each state, and what is drawn a few frames later has moved by as much, along
that axis. What such a change does not show is compared with what the emulator draws, counts and
rewards in the recording itself. A row without a proof fails, and so do three that were wrong once.
"""
import sys

import ale_py
import numpy

STATES = 24        # of a recording, to change a byte in
FRAMES = 2400      # of a recording
BY = 6             # what a byte is changed by

# Kinds of proof, by game and field:
#   moves: (axis, pixels that a step of 1 moves it, frames until it is drawn)
#   drawn: the place is where an edge of one colour begins along that axis
#   shows: what is drawn changes, and nothing outside of rows top to bottom of the screen
#   placed: it is drawn there, once another byte is set to a value
#   others: functions below, of the recording
PROOFS = {
    "pong": {"ball_x": ("moves", "x", 1, 1), "ball_y": ("drawn", "y"),
             "player_x": ("moves", "x", 1, 1), "player_y": ("drawn", "y"),
             "enemy_x": ("moves", "x", 1, 1), "enemy_y": ("drawn", "y"),
             "player_score": ("shows", 0, 24), "enemy_score": ("sum", -1)},
    "bowling": {"ball_x": ("moves", "x", 1, 1), "ball_y": ("moves", "y", -2, 1),
                "player_x": ("moves", "x", 1, 1), "player_y": ("moves", "y", -2, 1),
                "frame_number": ("shows", 0, 20)},
    "boxing": {"player_x": ("moves", "x", 1, 1), "player_y": ("moves", "y", 1, 1),
               "enemy_x": ("moves", "x", 1, 1), "enemy_y": ("moves", "y", 1, 1),
               "clock": ("shows", 15, 25)},
    "asterix": {"player_x": ("moves", "x", 1, 1), "player_lane": ("lane", 16, 24),
                "object_x": ("moves", "x", 1, 1), "object_kind": ("kinds",)},
    "freeway": {"player_y": ("moves", "y", -1, 1), "car_x": ("moves", "x", 1, 3)},
    "skiing": {"player_x": ("moves", "x", 1, 1)},
    "space_invaders": {"invaders_left": ("fewer",), "player_x": ("moves", "x", 1, 1),
                       "enemies_x": ("moves", "x", 1, 1), "enemies_y": ("moves", "y", 2, 1),
                       "bomb_x": ("moves", "x", 1, 1), "bomb_y": ("moves", "y", 2, 1),
                       "missile_x": ("moves", "x", 1, 1), "missile_y": ("moves", "y", 2, 1)},
    "tennis": {"enemy_x": ("moves", "x", 1, 1), "enemy_y": ("moves", "y", -1, 1),
               "ball_x": ("moves", "x", 1, 1), "ball_y": ("moves", "y", -1, 1),
               "player_x": ("moves", "x", 1, 1), "player_y": ("moves", "y", -1, 1)},
    "montezuma_revenge": {"room_number": ("shows", 47, 198), "level": ("shows", 47, 198),
                          "player_x": ("moves", "x", 1, 1), "player_y": ("moves", "y", -1, 1),
                          "lives": ("lives",), "skull_x": ("moves", "x", 1, 1),
                          "skull_y": ("moves", "y", -1, 1), "object_x": ("moves", "x", 1, 1),
                          "object_y": ("moves", "y", -1, 1)},
    "ms_pacman": {"player_x": ("moves", "x", 1, 3), "player_y": ("moves", "y", 1, 3),
                  "sue_x": ("moves", "x", 1, 3), "sue_y": ("moves", "y", 1, 3),
                  "inky_x": ("moves", "x", 1, 3), "inky_y": ("moves", "y", 1, 3),
                  "pinky_x": ("moves", "x", 1, 3), "pinky_y": ("moves", "y", 1, 3),
                  "blinky_x": ("moves", "x", 1, 3), "blinky_y": ("moves", "y", 1, 3),
                  "fruit_x": ("placed", "x", 17, 50), "fruit_y": ("placed", "y", 11, 80),
                  "dots_eaten": ("dots",)},
}
# breakout's are compared step by step with our own breakout's: ale.t.
ELSEWHERE = {"breakout"}
WRONG = [("space_invaders", "enemies_y", 24, "y"), ("space_invaders", "missiles_y", 9, "y"),
         ("montezuma_revenge", "monster_y", 61, "y")]


class Recording:
    """Random play: what each frame had, and some states."""

    def __init__(self, game, frames=FRAMES):
        self.ale = ale = ale_py.ALEInterface()
        ale.setInt("random_seed", 0)
        ale.setInt("frame_skip", 1)
        ale.setFloat("repeat_action_probability", 0.0)
        ale.loadROM(ale_py.roms.get_rom_path(game))
        ale.reset_game()
        self.actions = list(ale.getMinimalActionSet())
        chance = numpy.random.default_rng(0)
        self.ram, self.screen, self.reward, self.lives, self.states = [], [], [], [], []
        left = 0
        for t in range(frames):
            if left == 0:
                now, left = self.actions[chance.integers(len(self.actions))], chance.integers(1, 16)
            left -= 1
            self.reward.append(ale.act(now))
            self.ram.append(ale.getRAM().astype(int))
            self.lives.append(ale.lives())
            if t % 3 == 0:
                self.screen.append(ale.getScreen().copy())
            if ale.game_over():
                ale.reset_game()
            if t > 200 and t % (frames // STATES | 1) == 0:  # odd: what flickers is seen, too
                self.states.append(ale.cloneState())
        self.ram, self.screen = numpy.array(self.ram), numpy.array(self.screen)
        self.reward, self.lives = numpy.array(self.reward), numpy.array(self.lives)

    def after(self, state, frames, address=None, value=0):
        self.ale.restoreState(state)
        if address is not None:
            self.ale.setRAM(address, value)
        for _ in range(frames):
            self.ale.act(self.actions[0])
        return self.ale.getScreen().copy()

    def value(self, state, address):
        self.ale.restoreState(state)
        return int(self.ale.getRAM()[address])


def shifted(mask, by, axis):
    out = numpy.roll(mask, by, 1 if axis == "x" else 0)
    edge = slice(0, by) if by > 0 else slice(by, None)
    if axis == "x":
        out[:, edge] = False
    else:
        out[edge] = False
    return out


def shift_of(before, after, axis):
    """How far something of one colour moved; None where that explains too little."""
    changed = before != after
    best = (0.7, 0, None)
    for colour in numpy.unique(numpy.concatenate([before[changed], after[changed]])):
        a, b = before == colour, after == colour
        lost, gained = a & ~b, b & ~a
        n = lost.sum() + gained.sum()
        if lost.sum() < 2 or gained.sum() < 2 or a.mean() > 0.3:
            continue
        for by in [k for k in range(-20, 21) if k]:
            share = ((gained & shifted(a, by, axis)).sum() +
                     (lost & shifted(b, -by, axis)).sum()) / n
            best = max(best, (share, -abs(by), by), key=lambda one: one[:2])
    return best[2]


def moves(r, address, axis, scale, frames):
    """Most of what moves at all moves by scale a step, the next in size included."""
    shifts = []
    for state in r.states:
        value = r.value(state, address)
        for by in (BY, -BY):
            if not 0 <= value + by <= 255:
                continue
            one = shift_of(r.after(state, frames), r.after(state, frames, address, value + by),
                           axis)
            if one is not None:
                shifts.append(one / by)
    good = sum(abs(s - scale) < 0.4 for s in shifts)
    return len(shifts) >= 3 and good >= 0.45 * len(shifts), f"{good} of {len(shifts)} shifts"


def drawn(r, address, axis, offset, when):
    """Where an edge of one colour begins; in frames in which the field is on."""
    values = r.ram[::3, address] + offset
    is_on = r.ram[::3, int(when)] != 0 if when != "-" else values > -1000
    best = (0, 0, 0)
    for colour in numpy.unique(r.screen[::5]):
        mask = (r.screen == colour).any(1 if axis == "x" else 2)
        begins = mask & ~numpy.pad(mask, ((0, 0), (1, 0)))[:, :-1]
        near = begins | numpy.roll(begins, 1, 1) | numpy.roll(begins, -1, 1)
        inside = (values >= 0) & (values < near.shape[1])
        at = numpy.clip(values, 0, near.shape[1] - 1)
        share = (near[numpy.arange(len(at)), at] & inside)[is_on].mean()
        other = numpy.mean([near[numpy.arange(len(at)), numpy.roll(at, k)].mean()
                            for k in range(100, len(at) - 100, 53)])
        best = max(best, (share - other, share, other))
    return best[1] > 0.7 and best[0] > 0.5, "share %.2f, by chance %.2f" % best[1:]


def placed(r, address, axis, partner, at):
    """With its other coordinate on the screen, it is drawn where the two bytes say."""
    edges = []
    for state in r.states[::3]:
        for value in (30, 60, 90):
            frames = []
            for is_set in (False, True):
                r.ale.restoreState(state)
                for _ in range(4):
                    if is_set:
                        r.ale.setRAM(address, value)
                        r.ale.setRAM(partner, at)
                    r.ale.act(r.actions[0])
                frames.append(r.ale.getScreen().copy())
            line = numpy.flatnonzero((frames[0] != frames[1]).any(0 if axis == "x" else 1))
            edges.append(line[0] - value if len(line) else None)
    most = max(set(edges), key=edges.count)
    good = edges.count(most)
    return most is not None and good >= 0.7 * len(edges), f"{good} of {len(edges)} at {most:+}"


def shows(r, address, top, bottom):
    """Another value is drawn, and only there."""
    inside = 0
    for state in r.states:
        value = r.value(state, address)
        rows = numpy.flatnonzero((r.after(state, 2) != r.after(state, 2, address, value ^ 3))
                                 .any(1))
        inside += len(rows) > 0 and rows[0] >= top and rows[-1] < bottom
    return inside >= 0.8 * len(r.states), f"{inside} of {len(r.states)} states"


def counted(r, address, sign):
    """The sum of the rewards of that sign."""
    gained = numpy.cumsum(numpy.where(r.reward * sign > 0, 1, 0))
    same = (r.ram[:, address] == gained).mean()
    return gained[-1] > 2 and same > 0.95, f"{gained[-1]} points, {same:.3f} of the frames"


def same_lives(r, address):
    same = (r.ram[:, address] == numpy.maximum(r.lives - 1, 0)).mean()
    return len(numpy.unique(r.lives)) > 1 and same > 0.9, f"one less than lives in {same:.3f}"


def fewer(r, address):
    """One less shortly after each reward but a command ship's."""
    left = r.ram[:, address]
    hits = [t for t in numpy.flatnonzero((r.reward > 0) & (r.reward <= 30)) if t + 30 < len(left)]
    good = sum(left[max(0, t - 30):t + 30].max() > left[t + 29] for t in hits)
    return len(hits) > 2 and good >= 0.9 * len(hits), f"{good} of {len(hits)} hits"


def dots(r, address):
    """One more with each reward of 10."""
    more = numpy.diff(r.ram[:, address]) == 1
    dot = r.reward[1:] == 10
    near = sum(more[max(0, t - 3):t + 4].any() for t in numpy.flatnonzero(dot))
    return dot.sum() > 5 and near >= 0.95 * dot.sum(), f"{near} of {dot.sum()} dots"


def lane(r, address, height, top):
    """The player, in the one colour that it alone has, stands in the lane's rows."""
    values = r.ram[::3, address]
    best = (0, 0)
    for colour in numpy.unique(r.screen[::5]):
        rows = (r.screen == colour).any(2)
        seen = rows.any(1)
        if seen.mean() < 0.3:
            continue
        at = (rows.argmax(1) - top) // height
        best = max(best, ((at == values)[seen].mean(), seen.mean()))
    return best[0] > 0.85, "%.2f of the frames, seen in %.2f" % best


KINDS, XS = [18, 17, 16, 15, 14, 13, 12, 11], list(range(42, 50))


def kinds(r, _):
    """Points come of a 108 in reach; before a hit a 204 or 216 is; 11 is drawn as nothing."""
    def in_reach(t):
        at = r.ram[t, 39]
        return r.ram[t, KINDS[at]] if abs(r.ram[t, XS[at]] - r.ram[t, 41]) < 16 else None

    gains = [in_reach(t - 1) == 108 for t in numpy.flatnonzero(r.reward > 0) if t > 0]
    deaths = [t for t in 1 + numpy.flatnonzero(r.lives[1:] < r.lives[:-1]) if t > 140]
    hits = [any(in_reach(k) in (204, 216) for k in range(t - 132, t - 120)) for t in deaths]
    empty = [(r.screen[i][24 + 16 * n:38 + 16 * n, 8:] != 0).sum()
             for i, ram in enumerate(r.ram[::3]) for n in range(7)
             if ram[39] != n and ram[KINDS[n]] == 11]
    full = [(r.screen[i][24 + 16 * n:38 + 16 * n, 8:] != 0).sum()
            for i, ram in enumerate(r.ram[::3]) for n in range(7)
            if ram[39] != n and ram[KINDS[n]] != 11 and 20 < ram[XS[n]] < 140]
    good = (len(gains) > 4 and numpy.mean(gains) > 0.9 and len(hits) > 3 and
            numpy.mean(hits) > 0.8 and numpy.median(empty) < numpy.median(full))
    return good, (f"{sum(gains)} of {len(gains)} rewards, {sum(hits)} of {len(hits)} deaths, "
                  f"pixels of an empty lane {numpy.median(empty)}, of others {numpy.median(full)}")


def prove(r, proof, addresses, row):
    kind, rest = proof[0], proof[1:]
    if kind == "kinds":
        return kinds(r, None)
    results = []
    for address in addresses:
        if kind == "moves":
            results.append(moves(r, address, *rest))
        elif kind == "drawn":
            results.append(drawn(r, address, *rest, int(float(row[5])), row[6]))
        else:
            check = {"shows": shows, "sum": counted, "lives": same_lives, "fewer": fewer,
                     "dots": dots, "lane": lane, "placed": placed}[kind]
            results.append(check(r, address, *rest))
    return all(good for good, _ in results), "; ".join(why for _, why in results)


def main():
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1]) if line[0] != "#"]
    recordings, n = {}, 0

    def recording(game):
        if game not in recordings:
            recordings.clear()
            recordings[game] = Recording(game, 9000 if game == "asterix" else FRAMES)
        return recordings[game]

    def report(good, name, why):
        nonlocal n
        n += 1
        print(f"{'ok' if good else 'not ok'} {n} - {name}\n# {why}", flush=True)

    for row in rows:
        game, name, addresses = row[0], row[1], [int(a.split("/")[0]) for a in row[3].split()]
        if game in ELSEWHERE:
            continue
        proof = PROOFS.get(game, {}).get(name)
        good, why = prove(recording(game), proof, addresses, row) if proof else (False, "no proof")
        report(good, f"{game}: {name}", why)
    for game, name, address, axis in WRONG:
        good, why = max(moves(recording(game), address, axis, scale, 4)
                        for scale in (1, -1, 2, -2))
        report(not good, f"{game}: byte {address} is no {name}", why)
    print(f"1..{n}")


main()
