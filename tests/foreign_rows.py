# foreign_rows.py - a run, policies, cases, sessions, plug-ins and files whose names and texts
# hold what a terminal would obey; then every command that prints them. Started by foreign.t.
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading

RATCHET, TMP, BUILD = os.environ["RATCHET"], os.environ["TMP"], os.environ["BUILD"]
# ESC, carriage return, bell, DEL, a control of C1, a turn of direction, an isolate, a zero-width
# space, a mark of direction, a byte order mark, a line separator, a tag; and a forged line.
EVIL = "\x1b[31m\r\x07\x7f\u009b2J\u202e\u2066\u200b\u200f\ufeff\u2028\U000e0041\nFORGED"
UNSEEN = set(list(range(0x200b, 0x2010)) + list(range(0x2028, 0x202f)) +
             list(range(0x2060, 0x2070)) + list(range(0xe0000, 0xe1000)) +
             [0xad, 0x61c, 0x180e, 0xfeff])
number = failures = 0


def ok(name, holds, details=""):
    global number, failures
    number += 1
    failures += not holds
    print("%s %d - %s" % ("ok" if holds else "not ok", number, name))
    if not holds:
        print("# " + repr(details)[:1500])
    sys.stdout.flush()


def wrong(output):
    """What stands in these bytes and may not; "" when there is nothing."""
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as e:
        return "not UTF-8: %s" % e
    for i, c in enumerate(text):
        code = ord(c)
        if (code < 0x20 and c not in "\n\t") or 0x7f <= code < 0xa0 or code in UNSEEN:
            return "U+%04X in %r" % (code, text[max(0, i - 60):i + 30])
    lines = [l for l in text.split("\n") if l.lstrip(" #\"").startswith("FORGED")]
    return "a forged line in %r" % text if lines else ""


def run(*args, env=None, text=None):
    return subprocess.run([RATCHET, *args], stdin=subprocess.DEVNULL if text is None else None,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100,
                          input=text, env={**os.environ, **(env or {})})


def row(name, *args, status=None, says=None, **more):
    """says: what must stand in the output, so that a row that says nothing does not pass."""
    r = run(*args, **more)
    bad = wrong(r.stdout)
    if not bad and status is not None and r.returncode != status:
        bad = "status %d, not %d: %r" % (r.returncode, status, r.stdout)
    if not bad and says is not None and says.encode() not in r.stdout:
        bad = "%r is not in %r" % (says, r.stdout)
    ok(name, not bad, bad)
    return r


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def lua(text):
    return '"' + "".join("\\%03d" % b for b in text.encode()) + '"'


# What is foreign: a policy that says it, a folder and a task and a session that are called so.
policy = write(TMP + "/p" + EVIL + ".lua", """-- %s
local said = %s
return { reset = function() note("note" .. said) end, act = function(o)
  mark({ x = 1, y = 1, label = "mark" .. said })
  if o.position > 0.9 then error("fault" .. said) end
  return o.angle > 0 and 1 or 0 end }
""" % (EVIL.replace("\n", "").replace("\r", ""), lua(EVIL)))
fault = write(TMP + "/fault.lua", "return { act = function(o) error('fault' .. %s) end }" % lua(EVIL))
broken = write(TMP + "/broken.lua", "return { act = function(o) " + EVIL)
task = write(TMP + "/t" + EVIL + ".json", json.dumps(
    {"name": "task", "env": "cartpole", "target": 501, "splits": {"dev": 4, "gate": 16}}))
named = write(TMP + "/named.json", json.dumps({"name": "task" + EVIL, "env": "cartpole"}))
reply = write(TMP + "/reply.txt", """Lean%s with the velocity.

```lua
return { act = function(o)
  if o.angle > 1 then error(%s) end
  return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }
```
""" % (EVIL.replace("\n", " "), lua(EVIL)))
calls = write(TMP + "/calls.json", json.dumps([
    {"name": "note", "arguments": {"text": "note" + EVIL}},
    {"name": "tool" + EVIL, "arguments": {}},
    {"name": "run_episodes", "arguments": {"seeds": [0], "split": "holdout" + EVIL}},
    {"name": "check", "arguments": {"policy": "return { act = function(" + EVIL}}]))
worse = write(TMP + "/worse.txt", "Worse%s.\n\n```lua\nreturn { act = function(o) error(%s) end }\n```\n"
              % (EVIL.replace("\n", " "), lua(EVIL)))
session = TMP + "/s" + EVIL + ".jsonl"
subprocess.run([sys.executable, "tests/tools/make_session.py", session, calls, reply, worse], check=True)
lines = open(session, encoding="utf-8").read().split("\n")
header = json.loads(lines[0])
header.update(model="model" + EVIL, provider="provider" + EVIL, notes="notes" + EVIL)
write(session, "\n".join([json.dumps(header, ensure_ascii=False)] + lines[1:]))
folder = TMP + "/run" + EVIL
good = write(TMP + "/good.lua", "return { act = function(o) return o.angle > 0 and 1 or 0 end }")

row("run: a policy's name", "run", "cartpole", policy, "-n", "2", "--record", TMP + "/rec", status=1)
row("run --json", "run", "cartpole", fault, "-n", "1", "--json", says="fault")
row("run: a fault's text", "run", "cartpole", fault, "-n", "1", says="fault")
row("run: a policy that does not load", "run", "cartpole", broken, "-n", "1", status=1)
row("run: a file that is not there", "run", "cartpole", TMP + "/no" + EVIL, status=1, says="/no")
row("run: no UTF-8", "run", "cartpole", (TMP + "/no\xff").encode("latin-1"), status=1)
row("run: an environment that is not there", "run", "no" + EVIL, policy, status=1, says="no")
row("run --set", "run", "cartpole", policy, "--set", "key" + EVIL + "=1", status=1, says="key")
row("run: an option that is none", "run", "--no" + EVIL, status=2, says="--no")
row("a command that is none", "no" + EVIL, status=2, says="no such command")
row("run --plugin of no plug-in", "run", "cartpole", policy, "--plugin", policy, status=1)
replays = sorted(os.listdir(TMP + "/rec"))
row("replay", "replay", TMP + "/rec/" + replays[0], status=0, says="policy")
row("replay --json", "replay", TMP + "/rec/" + replays[0], "--json", status=0)
faulted = run("run", "cartpole", fault, "-n", "1", "--record", TMP + "/rec2")
row("replay: a fault", "replay", TMP + "/rec2/" + os.listdir(TMP + "/rec2")[0], says="fault")
row("replay: no replay", "replay", policy, status=1)

row("improve: model, task, folder, change, verdict", "improve", task, "--policy", policy, "--model",
    "recorded:" + session, "--out", folder, "--session", "evil", says="iterations")
db = sqlite3.connect(TMP + "/logs/ledger.sqlite")
stored = db.execute("SELECT count(*) FROM candidate").fetchone()[0]
ok("it was played", stored >= 1, stored)
# What the ledger holds is foreign, too: another program, or another version, may have written it.
for table, columns in [("run", ["name", "model", "stop_reason", "start_policy"]),
                       ("candidate", ["change", "why"]), ("note", ["text"]),
                       ("incident", ["what", "details"]), ("call", ["model", "error"])]:
    for column in columns:
        db.execute("UPDATE %s SET %s = coalesce(%s, '') || ?" % (table, column, column), [EVIL])
db.execute("UPDATE regression SET signature = signature || ?1, reason = coalesce(reason, '') || ?1",
           [EVIL])
db.commit()
sha, = db.execute("SELECT sha256 FROM candidate WHERE sha256 <> '' LIMIT 1").fetchone()
name, = db.execute("SELECT name FROM run").fetchone()

row("ledger", "ledger", status=0, says="run")
row("ledger --json", "ledger", "--json", status=0, says="run")
row("ledger --csv", "ledger", "--list", "runs", "--csv", status=0, says="run")
for what in ["climb", "steps", "episodes", "calls", "efficiency", "openings", "notes", "cases",
             "incidents"]:
    row("ledger --list " + what, "ledger", "evil", "--list", what, status=0)
    row("ledger --csv --list " + what, "ledger", "evil", "--list", what, "--csv", status=0)
row("ledger show an iteration", "ledger", "show", name + ":1", status=0, says="change")
row("ledger show a policy", "ledger", "show", sha, status=0, says="angular_velocity")
row("ledger show a file", "ledger", "show", policy, status=0, says="position")
row("ledger diff", "ledger", "diff", policy, sha, status=0, says="+++ ")
row("ledger: no such run", "ledger", "no" + EVIL, status=1, says="no such run")
row("ledger --list of nothing", "ledger", "--list", "no" + EVIL, status=2, says="--list")
row("ledger export", "ledger", "export", "evil", TMP + "/export" + EVIL, status=0, says="export")
row("show", "show", sha, status=0, says=sha)
row("show --json", "show", sha, "--json", status=0, says=sha)
row("show a file", "show", policy, says="functions")
row("sessions", "sessions", status=0, says="evil")
row("sessions --json", "sessions", "--json", status=0, says="evil")
row("sessions: none of that name", "sessions", "pause", "no" + EVIL, status=1)
row("sessions: a name that is none", "sessions", "rename", "evil", "no" + EVIL)
row("report --md", "report", "evil", "--md", status=0, says="# ratchet: ")
row("report --json", "report", "evil", "--json", status=0, says="run")
row("report --output", "report", "evil", "--output", TMP + "/out" + EVIL + ".html", says="out")
row("test", "test", folder)
row("test --json", "test", folder, "--json")
row("test of nothing", "test", "no" + EVIL)
row("freeze", "freeze", "evil")
row("freeze: no such run", "freeze", "no" + EVIL, status=1, says="no")
row("audit: no such run", "audit", "no" + EVIL, status=1, says="no")
row("dream --dry-run", "dream", "--dry-run", "--model", "search")
row("prune", "prune", "--dry-run", says="MiB")
row("improve: resumed", "improve", "--resume", "evil", "--iterations", "3")
row("improve: an unknown model", "improve", "cartpole", "--policy", good, "--model", "no" + EVIL, status=2,
    says="no")
row("improve: no session", "improve", "cartpole", "--policy", good, "--model", "recorded:no" + EVIL, status=1)
row("improve: an agent's last words", "improve", "cartpole", "--policy", good, "--set", "dev=2", "--model",
    "command:printf '%s\\nlast' " + "'words" + EVIL + "'; exit 3", "-n", "1", says="words")
row("compare: no such model", "compare", "cartpole", "--models", "no" + EVIL, "--out", TMP + "/c" + EVIL)
row("calibrate: no policy", "calibrate", "cartpole", TMP + "/no" + EVIL, status=1, says="no")
row("calibrate", "calibrate", "cartpole", policy, "-n", "8", "--comparisons", "10")
row("reproduce: no session", "reproduce", TMP + "/no" + EVIL, says="no")
row("reproduce: a session", "reproduce", session)
row("reproduce: a run", "reproduce", folder)
row("task", "task", task, says="env")
row("task: a file that is none", "task", policy, status=1)
bad = write(TMP + "/bad.json", json.dumps({"env": "cartpole", "key" + EVIL: 1}))
row("task: a name that is none", "task", named, status=1, says="named.json")
row("task: an unknown key", "task", bad, status=1, says="key")
row("envs: none of that name", "envs", "no" + EVIL, status=1, says="no")
plugin = BUILD + "/tests/foreign.so"
row("envs: a plug-in's names", "envs", "--plugin", plugin, status=1, says="no plain text")
row("envs of a plug-in", "envs", "foreign" + EVIL, "--plugin", plugin, status=1, says="no plain text")
row("envs --json of a plug-in", "envs", "foreign" + EVIL, "--plugin", plugin, "--json", status=1, says="no plain text")
row("run in a plug-in", "run", "foreign" + EVIL, write(TMP + "/right.lua",
    "return { act = function() return 2 end }"), "-n", "1", "--plugin", plugin, "--record", TMP + "/rec3")
row("view: no replay", "view", TMP + "/no" + EVIL, env={"SDL_VIDEODRIVER": "no" + EVIL}, status=2)
row("play: no environment", "play", "no" + EVIL, env={"SDL_VIDEODRIVER": "dummy"}, status=1)
row("nightly: no file", "nightly", TMP + "/no" + EVIL, status=2)
night = write(TMP + "/night.json", json.dumps({"key" + EVIL: 1}))
row("nightly: an unknown key", "nightly", night, status=2)
row("sweep: an unknown game", "sweep", "--games", "no" + EVIL, "--out", TMP + "/sweep")
row("results: no folder", "results", "no" + EVIL)
row("bridge: no such thing", "bridge", "no" + EVIL)
row("bench: no such thing", "bench", "no" + EVIL)
row("doctor", "doctor", env={"RATCHET_BRIDGE": TMP + "/no" + EVIL})
row("shard: no folder", "shard", TMP + "/no" + EVIL, "1")
for client in ["claude", "vscode", "codex"]:
    row("mcp --install " + client, "mcp", "cartpole", "--out", TMP + "/m" + EVIL, "--set", "a=b" + EVIL,
        "--install", client, status=0, says="mcp")
row("mcp --install of nothing", "mcp", "--install", "no" + EVIL, status=2, says="no")
row("mcp: no environment", "mcp", "no" + EVIL, status=1, text=b"", says="no")

# The run's answer to `ratchet tool`.
server = socket.socket(socket.AF_UNIX)
os.chdir(TMP)
server.bind("sock")
server.listen(4)


def answer(as_error):
    s, _ = server.accept()
    s.makefile().readline()
    s.sendall(json.dumps({"text": "answer" + EVIL.replace("\n", "") + "\n  two", "is_error": as_error,
                          "pictures": ["picture" + EVIL]}, ensure_ascii=False).encode() + b"\n")
    s.close()


for as_error, more in [(False, []), (True, []), (False, ["--json"])]:
    thread = threading.Thread(target=answer, args=[as_error])
    thread.start()
    row("tool: an answer%s" % (" as error" if as_error else "".join(more)), "tool", "note", "{}", *more,
        env={"RATCHET_SOCKET": TMP + "/sock"}, says="answer", status=1 if as_error else 0)
    thread.join()
row("tool: no run", "tool", "note", env={"RATCHET_SOCKET": TMP + "/no" + EVIL}, status=1, says="no")
row("tool: arguments that are none", "tool", "no" + EVIL, "{" + EVIL, status=2)
row("tool: no policy", "tool", "note", "--policy", TMP + "/no" + EVIL, status=2)
print("1..%d" % number)
sys.exit(failures > 0)
