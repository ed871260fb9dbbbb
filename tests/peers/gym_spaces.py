"""gym_spaces.py BRIDGE.py ... - the bridge with environments for tests: of every space, and
some that cannot be copied. Each wants for an action what its observation shows: 1 a step."""
import os
import random
import sys
import threading

import gymnasium
import numpy
from gymnasium import spaces

SPACES = {
    "Discrete": spaces.Discrete(3, start=-1),
    "Box": spaces.Box(-1, 2, (2, 3), numpy.float32),
    "IntBox": spaces.Box(-3, 300, (2,), numpy.int16),
    "MultiDiscrete": spaces.MultiDiscrete([3, 4], start=[0, -2]),
    "MultiDiscrete2": spaces.MultiDiscrete([[3, 4], [5, 6]]),
    "MultiBinary": spaces.MultiBinary(5),
    "MultiBinary2": spaces.MultiBinary([2, 3]),
    "Dict": spaces.Dict({"turn": spaces.Discrete(3), "the force": spaces.Box(-1, 1, (2,))}),
    "Tuple": spaces.Tuple([spaces.MultiBinary(2), spaces.Discrete(4), spaces.Box(0, 1, ())]),
    "Nested": spaces.Dict({"arm": spaces.Dict({"a": spaces.Discrete(2)})}),
    "Text": spaces.Text(5),
    "Sequence": spaces.Tuple([spaces.Sequence(spaces.Discrete(2))]),
    "Wide": spaces.MultiBinary(65),
}


class Echo(gymnasium.Env):
    def __init__(self, space):
        self.observation_space = self.action_space = space
        self.wanted = None

    def draw(self):
        self.action_space.seed(int(self.np_random.integers(1 << 30)))
        self.wanted = self.action_space.sample()
        return self.wanted

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return self.draw(), {}

    def step(self, action):
        space = self.action_space
        same = space.contains(action) and numpy.array_equal(
            spaces.flatten(space, action), spaces.flatten(space, self.wanted))
        return self.draw(), float(same), False, False, {}


class Locked(Echo):
    """Cannot be copied."""
    def __init__(self, space):
        super().__init__(space)
        self.lock = threading.Lock()


class Elsewhere(Echo):
    """Its chance lies where no copy of it does."""
    def draw(self):
        self.wanted = random.randrange(-1, 2)
        return self.wanted

    def step(self, action):
        return self.draw(), random.random(), False, False, {}


class Dies(Echo):
    """Takes the program with it when a copy plays a second step."""
    is_copy, played = False, 0

    def __deepcopy__(self, memo):
        other = type(self)(self.action_space)
        other._np_random, other.wanted, other.is_copy = self._np_random, self.wanted, True
        return other

    def step(self, action):
        self.played += 1
        if self.is_copy and self.played > 1:
            os._exit(3)
        return super().step(action)


class Remembers(Locked):
    """Shows another thing in each episode, whatever its seed, and cannot be copied."""
    played = 0

    def reset(self, seed=None, options=None):
        self.played += 1
        return super().reset(seed=seed + 1000 * self.played)


for name, space in SPACES.items():
    gymnasium.register(f"test/{name}-v0", Echo, kwargs={"space": space})
for kind in (Locked, Elsewhere, Dies, Remembers):
    gymnasium.register(f"test/{kind.__name__}-v0", kind, kwargs={"space": SPACES["Discrete"]})

__file__ = sys.argv.pop(1)
exec(compile(open(__file__).read(), __file__, "exec"))
