"""ratchet_bridge.py - environments of ale-py and Gymnasium, served over shared memory.

ratchet starts this program with descriptors (see bridge_process.h):
    --control FD   a socket for what is rare: JSON with a length before it
    --page FD      shared memory: the request and its answer
    --ask FD       an eventfd that ratchet rings when a request stands in the page
    --answer FD    an eventfd that this program rings when the answer does
    --life FD      a pipe that ratchet holds open: when it closes, this program ends
Each environment is a slot with shared memory of its own, which comes over the socket.
The program runs one request at a time, and nothing of it is trusted on the other side.
"""
import argparse
import copy
import fcntl
import json
import math
import mmap
import os
import re
import signal
import socket
import struct
import sys
import zlib

PROTOCOL = 1
(OP_CONTROL, OP_RESET, OP_STEP, OP_OBSERVE, OP_SAVE, OP_LOAD, OP_COPY, OP_KEEP, OP_PUT_BACK,
 OP_RESEED) = range(10)
WANT_OBS, WANT_RAM, WANT_FRAME = 1, 2, 4
ASK = struct.Struct("<QQIIII")         # serial, seed, op, slot, frames, wanted
# serial, length of the state, status, frames, what was written, length of the text
ANSWER = struct.Struct("<QQIIII")
ASK_AT, ANSWER_AT, TEXT_AT, TEXT_MOST = 0, 64, 128, 960
RESULT = struct.Struct("<dII")         # reward, events, 1: terminated and 2: truncated
TERMINATED, TRUNCATED = 1, 2
MOST_ACTIONS, MOST_OBS = 64, 1 << 20
STATE = struct.Struct("<4sIIIi")       # magic, check, lengths of state and screen, lives


class Refused(Exception):
    """What is asked for cannot be had; the text says why."""


def plain(name):
    """A name that a policy can write: obs.NAME."""
    name = re.sub(r"\W", "_", str(name), flags=re.ASCII)
    return name if name and not name[0].isdigit() else "_" + name


def number(v):
    """JSON has no infinity: null stands for the bound that is missing, or is none."""
    try:
        v = float(v)
    except (TypeError, ValueError, OverflowError):
        return None
    return v if math.isfinite(v) else None


def whole(v, least, most, otherwise):
    """A whole number of JSON, whatever kind of number v is; otherwise: it is none."""
    try:
        v = int(v)
    except (TypeError, ValueError, OverflowError):
        return otherwise
    return min(max(v, least), most)


def reason(why, named):
    """What an exception says, as bytes that fit the page: whole characters of UTF-8, whatever
    its own text is made of."""
    try:
        text = str(why)
    except Exception:
        text = "its text cannot be read"
    if named:
        text = type(why).__name__ + ": " + text
    return text.encode("utf-8", "replace")[:TEXT_MOST].decode("utf-8", "ignore").encode()


def put_result(view, at, reward, events, flags):
    """One frame's result. Any kind of number will do for a reward; ratchet refuses those that
    are not finite, and what is none raises."""
    try:
        reward = float(reward)
    except OverflowError:  # a whole number beyond all floating-point ones
        reward = math.inf if reward > 0 else -math.inf
    RESULT.pack_into(view, at, reward, events, flags)


def version_number(text):
    """0.12.1 -> 12001: changes with every release."""
    parts = [int(p) for p in re.findall(r"\d+", text)[:3]] + [0, 0, 0]
    return parts[0] * 1000000 + parts[1] * 1000 + parts[2] + 1


LATER = ("qbert", "tetris", "tic_tac_toe_3d")  # an episode of a new instance once was another: __init__
FOR_TWO = ("combat", "joust", "maze_craze", "warlords")


class Ale:
    """A game through ale-py's own API: one frame a step, no chance of its own."""
    events = ("life_lost", "point_lost")
    state_size = 65536

    def __init__(self, game, options):
        import ale_py
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        if game not in ale_py.roms.get_all_rom_ids():
            raise Refused(f"ale-py {ale_py.__version__} has no game \"{game}\"")
        if game in FOR_TWO:  # loading one would end the process
            raise Refused(f"ale-py plays games for one player, and \"{game}\" is for two")
        self.kind = ale_py._ale_py.ALEState
        self.game, self.version = game, ale_py.__version__
        self.ale = ale = ale_py.ALEInterface()
        ale.setInt("random_seed", 0)
        ale.setInt("frame_skip", 1)
        ale.setFloat("repeat_action_probability", 0.0)
        ale.setBool("truncate_on_loss_of_life", False)
        ale.loadROM(ale_py.roms.get_rom_path(game))
        self.set("mode", options, ale.getAvailableModes(), ale.setMode)
        self.set("difficulty", options, ale.getAvailableDifficulties(), ale.setDifficulty)
        self.actions = list(ale.getMinimalActionSet())
        ale.reset_game()
        self.start = self.pack()
        # One that has never played a frame holds what no saved state has: in three games it
        # goes on a frame later than one that has. So every episode starts after a frame.
        ale.act(self.actions[0])
        self.screen, self.lives = None, 0
        self.reset(0)

    @staticmethod
    def set(name, options, allowed, setter):
        text = options.get(name, str(min(allowed)))
        if text not in map(str, allowed):
            raise Refused(f"{name}: \"{text}\" is none of {', '.join(map(str, allowed))}")
        setter(int(text))

    @staticmethod
    def option(name, allowed, about):
        return {"name": name, "value": str(min(allowed)),
                "help": f"{about}: {', '.join(map(str, allowed))}"}

    def describe(self):
        width, height = self.ale.getScreenDims()[1], self.ale.getScreenDims()[0]
        n = len(self.actions)
        return {
            "about": f"the Atari 2600 game, as ale-py {self.version} plays it",
            "version": version_number(self.version) + (500 if self.game in LATER else 0),
            "bits": "x86_64",
            "fields": [{"name": "lives", "n": 1, "min": -1, "max": 255}],
            "actions": [{"name": "move", "discrete": True, "min": 0, "max": n - 1,
                         "choices": [a.name for a in self.actions], "noop": 0}],
            "events": [{"name": name, "failure": True} for name in self.events],
            "options": [
                self.option("mode", self.ale.getAvailableModes(), "one of the game's modes"),
                self.option("difficulty", self.ale.getAvailableDifficulties(),
                            "one of its difficulties")],
            "fps": 60, "max_frames": 108000, "frame": [width, height],
            "ram": self.ale.getRAMSize(), "state": self.state_size}

    def map(self, view, layout):
        import numpy
        self.view = view
        self.asked = view[layout["actions"]:layout["results"]].cast("d")
        self.at_results, self.at_obs = layout["results"], layout["obs"]
        width, height = layout["frame_size"]
        buffer = numpy.frombuffer(view, numpy.uint8)
        self.ram = buffer[layout["ram"]:layout["ram"] + layout["ram_size"]]
        frame = buffer[layout["frame"]:layout["frame"] + 3 * width * height]
        self.frame = frame.reshape(height, width, 3)

    def reset(self, seed):
        self.unpack(self.start)

    def step(self, n):
        ale, view, at, asked = self.ale, self.view, self.at_results, self.asked
        size, actions = RESULT.size, self.actions
        self.screen = None
        for i in range(n):
            reward = ale.act(actions[int(asked[i])])
            lives = ale.lives()
            events = (1 if lives < self.lives else 0) | (2 if reward < 0 else 0)
            self.lives = lives
            over = ale.game_over()
            put_result(view, at + i * size, reward, events, TERMINATED if over else 0)
            if over:
                return i + 1
        return n

    def observe(self, want):
        if want & WANT_OBS:
            struct.pack_into("<d", self.view, self.at_obs, self.lives)
        if want & WANT_RAM:
            self.ale.getRAM(self.ram)
        if want & WANT_FRAME:
            if self.screen is not None:  # the emulator has no picture of a restored state
                self.frame[:] = unpack_screen(self.screen, self.frame.shape)
            else:
                self.ale.getScreenRGB(self.frame)

    def pack(self):
        state = self.ale.cloneState(include_rng=True).__getstate__()
        screen = getattr(self, "screen", None)
        if screen is None:
            screen = zlib.compress(self.ale.getScreenRGB().tobytes(), 1)
        if STATE.size + len(state) + len(screen) > self.state_size:
            screen = b""
        body = state + screen
        check = zlib.crc32(body, zlib.crc32(self.game.encode()))
        return STATE.pack(b"ALE1", check, len(state), len(screen), self.ale.lives()) + body

    def unpack(self, block):
        magic, check, n_state, n_screen, lives = STATE.unpack_from(block)
        body = bytes(block[STATE.size:STATE.size + n_state + n_screen])
        if (magic != b"ALE1" or n_state + n_screen > len(block) - STATE.size or
                check != zlib.crc32(body, zlib.crc32(self.game.encode()))):
            raise Refused("the saved state is damaged or another game's")
        state = self.kind.__new__(self.kind)
        state.__setstate__(body[:n_state])
        self.ale.restoreState(state)
        self.screen, self.lives = body[n_state:] or None, lives

    def kept(self):
        return self.ale.cloneState(include_rng=True), self.lives

    def put_back(self, kept):
        self.ale.restoreState(kept[0])
        self.screen, self.lives = None, kept[1]

    def reseed(self, seed):
        """Nothing in there draws: see the settings above."""

    def close(self):
        pass


def unpack_screen(packed, shape):
    import numpy
    return numpy.frombuffer(zlib.decompress(packed), numpy.uint8).reshape(shape)


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
        try:
            self.env = gymnasium.make(name, max_episode_steps=-1,
                                      disable_env_checker=True, **kwargs)
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


def make(name, options):
    kind, _, rest = name.partition("/")
    if kind == "ale":
        return Ale(rest, options)
    if kind == "gym":
        return Gym(rest, options)
    raise Refused(f"\"{name}\" begins neither with ale/ nor with gym/")


def versions():
    found = {"python": sys.version.split()[0]}
    for package in ("ale_py", "gymnasium", "numpy"):
        try:
            found[package] = __import__(package).__version__
        except ImportError as why:
            found[package] = None
            found.setdefault("why", str(why))
    return found


def names():
    """Every name that can be asked for, with a sentence."""
    rows = []
    try:
        import ale_py
        rows += [("ale/" + game, "Atari 2600, through ale-py") for game in
                 ale_py.roms.get_all_rom_ids() if game not in FOR_TWO]
    except ImportError:
        pass
    try:
        import gymnasium
        rows += [("gym/" + name, "Gymnasium") for name in sorted(gymnasium.registry)
                 if re.fullmatch(r"[\w./-]+", name, re.ASCII)]
    except ImportError:
        pass
    return rows


class Server:
    def __init__(self, args):
        self.control = socket.socket(fileno=args.control)
        self.page = mmap.mmap(args.page, 0)
        self.ask, self.answer = args.ask, args.answer
        self.slots = {}
        self.kept = {}  # described, not yet asked for: made once instead of twice
        self.kept_states = {}  # of a slot, by the number that it was kept under

    def receive(self):
        head, fds, _, _ = socket.recv_fds(self.control, 4, 1)
        while len(head) < 4:
            more = self.control.recv(4 - len(head))
            if not head or not more:
                os._exit(0)
            head += more
        left, body = struct.unpack("<I", head)[0], b""
        while len(body) < left:
            more = self.control.recv(left - len(body))
            if not more:
                os._exit(0)
            body += more
        return json.loads(body), fds

    def handle_control(self):
        request, fds = self.receive()
        try:
            reply = self.control_reply(request, fds)
            reply["ok"] = True
            body = json.dumps(reply, allow_nan=False).encode()
        except Exception as why:
            text = reason(why, not isinstance(why, Refused)).decode()
            body = json.dumps({"ok": False, "why": text}).encode()
        for fd in fds:
            os.close(fd)
        self.control.sendall(struct.pack("<I", len(body)) + body)

    def control_reply(self, request, fds):
        op = request["op"]
        if op == "hello":
            return {"protocol": PROTOCOL, "versions": versions()}
        if op == "list":
            return {"names": [name for name, _ in names()]}
        if op == "describe":
            env = make(request["name"], {})
            reply = env.describe()
            self.kept = {request["name"]: env}
            return reply
        if op == "create":
            kept = self.kept.pop(request["name"], None)
            env = kept if kept and not request["options"] else make(request["name"],
                                                                    request["options"])
            memory = mmap.mmap(fds[0], 0)
            env.map(memoryview(memory), request["layout"])
            self.slots[request["slot"]] = (env, memory, request["layout"])
            return {"like": env.describe()} if request["options"] else {}
        if op == "destroy":
            slot = request["slot"]
            self.slots.pop(slot)[0].close()
            self.kept_states = {k: v for k, v in self.kept_states.items() if k[0] != slot}
            return {}
        raise Refused(f"unknown request {op}")

    def turn(self, op, slot, n, want, seed):
        env, memory, layout = self.slots[slot]
        length = 0
        if op == OP_STEP:
            n = env.step(n)
        elif op == OP_RESET:
            env.reset(seed)
        elif op == OP_SAVE:
            block = env.pack()
            length = len(block)
            memory[layout["state"]:layout["state"] + length] = block
        elif op == OP_LOAD:
            env.unpack(memoryview(memory)[layout["state"]:layout["end"]])
        elif op == OP_COPY:
            env.put_back(self.slots[seed][0].kept())
        elif op == OP_KEEP:
            self.kept_states[slot, seed] = env.kept()
        elif op == OP_PUT_BACK:
            env.put_back(self.kept_states[slot, seed])
        elif op == OP_RESEED:
            env.reseed(seed)
        if want:
            env.observe(want)
        return n, length

    def serve(self):
        page = self.page
        while True:
            os.eventfd_read(self.ask)
            serial, seed, op, slot, n, want = ASK.unpack_from(page, ASK_AT)
            if op == OP_CONTROL:
                self.handle_control()
                continue
            status, length, text = 0, 0, b""
            try:
                n, length = self.turn(op, slot, n, want, seed)
            except Exception as why:
                status = 1 if isinstance(why, Refused) else 2
                text = reason(why, status == 2)
                page[TEXT_AT:TEXT_AT + len(text)] = text
            ANSWER.pack_into(page, ANSWER_AT, serial, length, status, n, want, len(text))
            os.eventfd_write(self.answer, 1)


def die_with_parent(life):
    """The kernel kills this program when the other end of the pipe closes, whatever it does
    then. (PR_SET_PDEATHSIG would look at the thread that started it, and threads end.)"""
    fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    try:
        if os.read(life, 1) == b"":
            os._exit(0)  # it was closed before
    except BlockingIOError:
        pass


def main():
    parser = argparse.ArgumentParser()
    for name in ("control", "page", "ask", "answer", "life"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--list", action="store_true", help="print every name and end")
    parser.add_argument("--check", action="store_true", help="print versions and end")
    args = parser.parse_args()
    if args.list:
        for row in names():
            print("\t".join(row))
    elif args.check:
        found = versions()
        print(json.dumps(found))
        sys.exit(0 if found.get("ale_py") and found.get("gymnasium") else 1)
    else:
        die_with_parent(args.life)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        Server(args).serve()


if __name__ == "__main__":
    main()
