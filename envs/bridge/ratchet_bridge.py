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
import fcntl
import json
import mmap
import os
import re
import signal
import socket
import struct
import sys

# python -I leaves this folder out of the path: it is in there while our own files are read, and
# nothing is written beside them.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode, keeps_none = True, sys.dont_write_bytecode
from bridge_ale import FOR_TWO, Ale
from bridge_gym import Gym
from bridge_values import Refused
sys.dont_write_bytecode = keeps_none
del sys.path[0]

PROTOCOL = 1
(OP_CONTROL, OP_RESET, OP_STEP, OP_OBSERVE, OP_SAVE, OP_LOAD, OP_COPY, OP_KEEP, OP_PUT_BACK,
 OP_RESEED) = range(10)
ASK = struct.Struct("<QQIIII")         # serial, seed, op, slot, frames, wanted
# serial, length of the state, status, frames, what was written, length of the text
ANSWER = struct.Struct("<QQIIII")
ASK_AT, ANSWER_AT, TEXT_AT, TEXT_MOST = 0, 64, 128, 960


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
