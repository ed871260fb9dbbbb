"""bridge_gym.py - Gymnasium's environments; their spaces as rows of numbers."""
import copy
import json
import re

from bridge_values import (RESULT, TERMINATED, TRUNCATED, WANT_OBS, Refused, number, plain, put_result,
                           version_number, whole)

MOST_ACTIONS, MOST_OBS = 64, 1 << 20
MEMORY_STEPS = 32 # of a play that looks for what is left of the one before it


class Box:
    """A part of an observation or an action: how many doubles, and how they are read."""

    def __init__(self, space, name, parts):
        import numpy
        self.numpy, self.space, self.name = numpy, space, name
        self.kind = kind = type(space).__name__
        if kind not in ("Discrete", "Box", "MultiDiscrete", "MultiBinary"):
            raise Refused(f"{parts} has a {kind} space, which the bridge does not map (it "
                          "maps Discrete, Box, MultiDiscrete, MultiBinary, and flat Dict "
                          "and Tuple)")
        self.shape = getattr(space, "shape", ()) or ()
        self.n = int(numpy.prod(self.shape, dtype=int)) if self.shape else 1
        self.discrete = kind != "Box" or not numpy.issubdtype(space.dtype, numpy.floating)
        self.low, self.high = self.bounds()

    def bounds(self):
        numpy, space = self.numpy, self.space
        if self.kind == "Discrete":
            return [int(space.start)], [int(space.start) + int(space.n) - 1]
        if self.kind == "MultiBinary":
            return [0] * self.n, [1] * self.n
        if self.kind == "MultiDiscrete":
            start = numpy.asarray(space.start).reshape(-1)
            last = start + numpy.asarray(space.nvec).reshape(-1) - 1
            return start.tolist(), last.tolist()
        return (numpy.asarray(space.low, float).reshape(-1).tolist(),
                numpy.asarray(space.high, float).reshape(-1).tolist())

    def field(self):
        return {"name": plain(self.name), "n": self.n, "min": number(min(self.low)),
                "max": number(max(self.high))}

    def components(self):
        rows = []
        for i in range(self.n):
            name = plain(self.name) + (f"_{i}" if self.n > 1 else "")
            low, high = self.low[i], self.high[i]
            noop = min(max(0.0, low), high)
            rows.append({"name": name, "discrete": self.discrete, "min": number(low),
                         "max": number(high), "noop": noop})
        return rows

    def flat(self, value):
        return self.numpy.asarray(value, float).reshape(-1)

    def value(self, numbers):
        if self.kind == "Discrete":
            return int(numbers[0])
        return self.numpy.asarray(numbers, dtype=self.space.dtype).reshape(self.shape)


class Parts:
    """A space as named parts, in order: one, or those of a flat Dict or Tuple."""

    def __init__(self, space, name, what):
        kind = type(space).__name__
        self.join = lambda values: values[0]
        self.split = lambda value: [value]
        if kind == "Dict":
            keys = list(space.spaces)
            self.list = [Box(space.spaces[k], k, f"{what} \"{k}\"") for k in keys]
            self.join = lambda values: dict(zip(keys, values))
            self.split = lambda value: [value[k] for k in keys]
        elif kind == "Tuple":
            self.list = [Box(s, f"{name}_{i}", f"{what} {i}")
                         for i, s in enumerate(space.spaces)]
            self.join, self.split = tuple, list
        else:
            self.list = [Box(space, name, what)]
        self.n = sum(part.n for part in self.list)

    def read(self, value, out):
        at = 0
        for part, one in zip(self.list, self.split(value)):
            flat = part.flat(one)
            if flat.size != part.n:
                raise ValueError(f"\"{part.name}\" has {flat.size} numbers, not {part.n}")
            out[at:at + part.n] = flat
            at += part.n

    def write(self, numbers):
        values, at = [], 0
        for part in self.list:
            values.append(part.value(numbers[at:at + part.n]))
            at += part.n
        return self.join(values)


class Gym:
    """Anything that Gymnasium registers, without its own time limit."""
    events = ()

    def __init__(self, name, options):
        import gymnasium
        if not re.fullmatch(r"[\w./-]+", name, re.ASCII):
            raise Refused(f"\"{name}\" is not the name of a Gymnasium environment")
        try:
            import ale_py
            gymnasium.register_envs(ale_py)
        except ImportError:
            pass
        self.version = gymnasium.__version__
        try:
            self.spec = gymnasium.spec(name)
        except gymnasium.error.Error as why:
            raise Refused(str(why)) from why
        try:
            kwargs = json.loads(options.get("kwargs", "{}"))
            if not isinstance(kwargs, dict):
                raise ValueError("not an object")
        except ValueError as why:
            raise Refused(f"kwargs: {why}; a JSON object is expected") from why
        self.make = lambda: gymnasium.make(name, max_episode_steps=-1,
                                           disable_env_checker=True, **kwargs)
        try:
            self.env = self.make()
        except Exception as why:
            raise Refused(f"Gymnasium cannot make it: {why}") from why
        self.action = Parts(self.env.action_space, "action", "its action")
        self.obs = Parts(self.env.observation_space, "obs", "its observation")
        if self.action.n > MOST_ACTIONS:
            raise Refused(f"its action has {self.action.n} components, more than "
                          f"{MOST_ACTIONS}")
        if self.obs.n > MOST_OBS:
            raise Refused(f"its observation has {self.obs.n} numbers, more than {MOST_OBS}")
        self.last = None
        self.is_used = False # since it was made
        self.remembers = self.find_memory()

    def find_memory(self):
        """Whether an episode depends on those before it, though its seed is the same. Box2D's
        worlds keep their bodies in an order that does; of others two short plays tell."""
        world = getattr(self.env.unwrapped, "world", None)
        if type(world).__module__.split(".")[0] == "Box2D":
            return True
        space = copy.deepcopy(self.env.action_space)
        try:
            plays = []
            for _ in range(2):
                space.seed(0)
                play = [str(self.obs.split(self.env.reset(seed=0)[0]))]
                for _ in range(MEMORY_STEPS):
                    seen, *came = self.env.step(space.sample())
                    play.append((str(self.obs.split(seen)), came[:3]))
                    if came[1] or came[2]:
                        break
                plays.append(play)
            return str(plays[0]) != str(plays[1])
        except Exception: # what it cannot do is said when it is asked to
            return False
        finally:
            self.is_used = True

    def describe(self):
        fps = number(self.env.metadata.get("render_fps")) or 30
        return {
            "about": f"{self.spec.id} of Gymnasium {self.version}",
            "version": version_number(self.version), "bits": "machine",
            "fields": [part.field() for part in self.obs.list],
            "actions": [row for part in self.action.list for row in part.components()],
            "events": [],
            "options": [{"name": "kwargs", "value": "{}",
                         "help": "a JSON object: what gymnasium.make gets"}],
            "fps": fps if 1e-6 <= fps <= 1e6 else 30,
            "max_frames": whole(self.spec.max_episode_steps, 1, 10**8, 100000),
            "target": number(self.spec.reward_threshold), "frame": [0, 0], "ram": 0, "state": 0,
            "no_copy": self.why_no_copy()}

    def why_no_copy(self):
        """Plays a copy and the copy's copy the same: None, or what is against it."""
        try:
            one = copy.deepcopy(self.env)
            one.reset(seed=0)
            other = copy.deepcopy(one)
            action = self.action.write([row["noop"] for part in self.action.list
                                        for row in part.components()])
            a, b = one.step(action), other.step(action)
            same = a[1:4] == b[1:4] and str(self.obs.split(a[0])) == str(self.obs.split(b[0]))
            return None if same else "a copy of it goes another way"
        except Exception as why:
            return f"a copy of it cannot be made: {why}"[:300]

    def map(self, view, layout):
        import numpy
        self.view, self.at_results = view, layout["results"]
        buffer = numpy.frombuffer(view, numpy.uint8)
        self.asked = buffer[layout["actions"]:layout["results"]].view(float)
        self.out = buffer[layout["obs"]:layout["obs"] + 8 * self.obs.n].view(float)

    def reset(self, seed):
        if self.remembers and self.is_used:
            self.env.close()
            self.env = self.make()
        self.is_used = True
        self.last = self.env.reset(seed=seed)[0]

    def step(self, n):
        width = self.action.n
        for i in range(n):
            action = self.action.write(self.asked[i * width:(i + 1) * width])
            self.last, reward, terminated, truncated, _ = self.env.step(action)
            flags = (TERMINATED if terminated else 0) | (TRUNCATED if truncated else 0)
            put_result(self.view, self.at_results + i * RESULT.size, reward, 0, flags)
            if flags:
                return i + 1
        return n

    def observe(self, want):
        if want & WANT_OBS:
            self.obs.read(self.last, self.out)

    def pack(self):
        raise Refused("Gymnasium's environments cannot be saved")

    def unpack(self, block):
        raise Refused("Gymnasium's environments cannot be loaded")

    def kept(self):
        return copy.deepcopy((self.env, self.last))

    def put_back(self, kept):
        self.env, self.last = copy.deepcopy(kept)

    def reseed(self, seed):
        from gymnasium.utils import seeding
        self.env.unwrapped.np_random = seeding.np_random(seed)[0]

    def close(self):
        self.env.close()
