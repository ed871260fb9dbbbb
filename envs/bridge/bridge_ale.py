"""bridge_ale.py - Atari games, through ale-py."""
import struct
import zlib

from bridge_values import (RESULT, TERMINATED, WANT_FRAME, WANT_OBS, WANT_RAM, Refused, put_result,
                           version_number)

STATE = struct.Struct("<4sIIIi")       # magic, check, lengths of state and screen, lives
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
