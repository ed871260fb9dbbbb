"""What the bridge's program packs, for every value that the other side may give: what goes in
comes out, or it is refused by name, and nothing ends the program. Plain Python: the emulator is
made up. Prints TAP."""
import importlib.util
import math
import random
import struct
import sys

spec = importlib.util.spec_from_file_location("bridge", "envs/bridge/ratchet_bridge.py")
bridge = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bridge)
values = sys.modules["bridge_values"]
tests = failures = 0


def ok(name, good, details=""):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}")
    if not good and details:
        print(f"# {details}")


class Odd(float):
    """A number of another library: not a float by name, but one by what it does."""


class Emulator:
    """As much of ALEInterface as saving and stepping use."""

    def __init__(self):
        self.state, self.n_lives, self.reward = b"", 0, 0

    def lives(self):
        return self.n_lives

    def cloneState(self, include_rng):
        emulator = self

        class State:
            def __getstate__(self):
                return emulator.state

            def __setstate__(self, state):
                self.state = state
        return State()

    def getScreenRGB(self):
        class Screen:
            def tobytes(self):
                return b"\0" * 300
        return Screen()

    def restoreState(self, state):
        self.state = state.state

    def act(self, action):
        return self.reward

    def game_over(self):
        return False


def game():
    one = bridge.Ale.__new__(bridge.Ale)
    one.ale, one.game, one.actions, one.screen, one.lives = Emulator(), "made up", [0], None, 0
    one.kind = type(one.ale.cloneState(True))
    one.view, one.at_results, one.asked = bytearray(4096), 64, [0.0] * 64
    return one


draw = random.Random(20)
lives = [0, 1, 3, 5, 255, 256, -1, -2, -128, 2**31 - 1, -2**31]
lives += [draw.randint(-2**31, 2**31 - 1) for _ in range(200)]
bad = []
for n in lives:
    one = game()
    one.ale.n_lives, one.ale.state = n, draw.randbytes(draw.randint(0, 5000))
    state = one.ale.state
    try:
        block = one.pack()
        one.ale.state, one.lives = b"another", 7
        one.unpack(block + bytes(100))
        if one.lives != n or one.ale.state != state:
            bad.append(n)
    except Exception as why:
        bad.append((n, repr(why)))
ok("a game's state with any number of lives comes back", not bad, bad[:3])

one = game()
old = struct.Struct("<4sIIII")
block = one.pack()
ok("with lives of 0 or more its bytes are as they were",
   block[:20] == old.pack(*old.unpack_from(block)) and len(block) < 65536)
for name, change in (("cut", lambda b: b[:-3]), ("a bit turned", lambda b: b[:30] + bytes([b[30] ^ 1]) +
                     b[31:]), ("lengths that go beyond", lambda b: b[:8] + b"\xff" * 8 + b[16:])):
    one = game()
    one.ale.state = b"s" * 100
    try:
        one.unpack(change(one.pack()))
        why = "taken"
    except bridge.Refused:
        why = ""
    except Exception as other:
        why = repr(other)
    ok(f"a damaged state is refused: {name}", not why, why)

rows = [("int", 3, 3.0), ("negative", -21, -21.0), ("bool", True, 1.0), ("a float's kin", Odd(2.5), 2.5),
        ("huge", 10**400, math.inf), ("huge below", -10**400, -math.inf), ("greatest", 1.7e308, 1.7e308),
        ("infinity", math.inf, math.inf), ("minus infinity", -math.inf, -math.inf)]
for name, reward, want in rows:
    one = game()
    one.ale.reward = reward
    try:
        n = one.step(2)
        got = [values.RESULT.unpack_from(one.view, 64 + i * values.RESULT.size) for i in range(n)]
    except Exception as why:
        got = repr(why)
    ok(f"a reward: {name}", got == [(want, 2 if want < 0 else 0, 0)] * 2, got)
view = bytearray(64)
values.put_result(view, 0, math.nan, 0, 3)
got = values.RESULT.unpack_from(view)
ok("a reward: NaN", math.isnan(got[0]) and got[1:] == (0, 3), got)
for name, reward in (("None", None), ("a text", "much"), ("a list", [1]), ("a complex number", 1j)):
    try:
        values.put_result(view, 0, reward, 0, 0)
        got = "taken"
    except (TypeError, ValueError):
        got = ""
    ok(f"what is no number is no reward: {name}", not got, got)


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


for name, why in (("plain", ValueError("no")), ("half a character", ValueError("\ud800")),
                  ("long", ValueError("ä" * 5000)), ("mute", Mute()), ("bytes", ValueError(b"\xff"))):
    try:
        text = bridge.reason(why, True)
        text.decode()
        good = 0 < len(text) <= bridge.TEXT_MOST
    except Exception as other:
        text, good = repr(other), False
    ok(f"a reason: {name}", good, text)
for name, v, want in (("none", None, 7), ("NaN", math.nan, 7), ("infinite", math.inf, 7), ("text", "x", 7),
                      ("numeric text", "12", 12), ("below", -5, 1), ("beyond", 10**30, 100), ("float", 3.9, 3)):
    ok(f"a whole number: {name}", values.whole(v, 1, 100, 7) == want, values.whole(v, 1, 100, 7))
for name, v, want in (("infinite", math.inf, None), ("NaN", math.nan, None), ("int", 3, 3.0), ("huge", 10**400, None)):
    try:
        got = values.number(v)
    except Exception as why:
        got = repr(why)
    ok(f"a bound: {name}", got == want, got)
print(f"1..{tests}")
sys.exit(failures > 0)
