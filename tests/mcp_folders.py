# mcp_folders.py - the rows of mcp_folders.t.
import json, os, shutil, sqlite3, subprocess, time
from mcp_client import Client, ok, done

TMP, ROOT, RATCHET = os.environ["TMP"], os.environ["ROOT"], os.environ["RATCHET"]
start = ROOT + "/policies/cartpole/start.lua"
small = ["--set", "dev=4", "--set", "gate=16", "--set", "target=501"]
lean = "return { act = function(o)\n  return o.angle > 0 and 1 or 0\nend }\n"


def failed(answer, words):
    return isinstance(answer, str) and answer.startswith("error: ") and words in answer


def home(name):
    os.makedirs(TMP + "/" + name, exist_ok=True)
    os.environ["RATCHET_HOME"] = TMP + "/" + name


def ratchet(*words, cwd=None):
    return subprocess.run([RATCHET, *words], capture_output=True, text=True, cwd=cwd, timeout=120)


def rows(name, sql):
    return sqlite3.connect(TMP + "/" + name + "/logs/ledger.sqlite").execute(sql).fetchall()


# A run with a promotion, whose folder lies apart from its ledger.
home("a")
run = TMP + "/apart/run"
os.makedirs(TMP + "/apart")
c = Client("cartpole", "--policy", start, "--out", run, *small)
c.call("policy_write", {"source": lean})
ok("a run with a promotion", c.call("submit", {"change": "Lean with the pole."}).get("promoted"))
c.close()
best = open(run + "/best.lua").read()
mark = json.load(open(run + "/run.json"))
ok("run.json says whose the folder is", mark == {"run": run, "ledger": TMP + "/a/logs/ledger.sqlite"}, mark)

# Another home, another folder to stand in: the ledger is found from the folder.
home("b")
c = Client("cartpole", "--policy", start, "--out", run, *small)
d = c.call("policy_read", {"iteration": 1})
ok("a client that starts elsewhere goes on with the run", isinstance(d, dict) and d["source"] == lean, d)
c.close()
ok("and leaves its best policy", open(run + "/best.lua").read() == best)
ok("no second ledger knows it", not os.path.exists(TMP + "/b/logs/ledger.sqlite") or
   rows("b", "SELECT count(*) FROM run") == [(0,)])
p = ratchet("ledger", "run", "--list", "climb", "--json", cwd=TMP + "/apart")
ok("other commands find it, too, by any of its paths", p.returncode == 0 and '"better"' in p.stdout, p)
p = ratchet("show", "run/best.lua", cwd=TMP + "/apart")
ok("and by a file in it", p.returncode == 0 and "Lean with the pole" in p.stdout, p)
p = ratchet("improve", "cartpole", "--model", "search", "-n", "1", "--out", run, *small)
ok("improve begins no run there", p.returncode == 1 and "holds a run already" in p.stderr, p)

# Its ledger cannot be found: the folder is refused, and nothing in it changes.
os.rename(TMP + "/a", TMP + "/gone")
before = {f: open(os.path.join(at, f), "rb").read() for at, _, fs in os.walk(run) for f in fs}
c = Client("cartpole", "--policy", start, "--out", run, *small)
d = c.call("task_info")
ok("a run that this ledger does not know is refused", failed(d, "does not know") and
   "another folder" in d, d)
ok("which is a failure", c.close() == 1)
p = ratchet("improve", "cartpole", "--model", "search", "-n", "1", "--out", run, *small)
ok("by improve, too", p.returncode == 1 and "does not know" in p.stderr, p)
after = {f: open(os.path.join(at, f), "rb").read() for at, _, fs in os.walk(run) for f in fs}
ok("and never overwritten", after == before, set(after) ^ set(before))
os.rename(TMP + "/gone", TMP + "/a")

# A folder that was removed can be used again.
home("a")
shutil.rmtree(run)
c = Client("cartpole", "--policy", start, "--out", run, *small)
d = c.call("policy_read", {"iteration": 0})
ok("a removed folder is a new run's", isinstance(d, dict) and "error" not in d and
   failed(c.call("policy_read", {"iteration": 1}), "no candidate"), d)
c.close()
names = rows("a", "SELECT name, status FROM run ORDER BY id")
ok("the old run keeps its rows under another name", [n for n, _ in names] == [run + " (removed 1)", run] and
   names[0][1] == "stopped", names)
shutil.rmtree(run)
os.mkdir(run)
p = ratchet("improve", "cartpole", "--policy", start, "--model", "search", "-n", "1", "--out", run, *small)
ok("an emptied one, too", "holds a run" not in p.stderr and os.path.exists(run + "/best.lua"), p)

# The same words in another folder are another run.
for name in "one", "two":
    os.mkdir(TMP + "/" + name)
    p = ratchet("improve", "cartpole", "--policy", start, "--model", "search", "-n", "1", "--out", "here",
                *small, cwd=TMP + "/" + name)
    ok("--out here, standing in " + name, "holds a run" not in p.stderr and
       os.path.exists(TMP + "/" + name + "/here/best.lua"), p)

# A second server on one folder says so at once, and works when the first has ended.
first = Client("cartpole", "--policy", start, "--out", TMP + "/shared", *small)
first.call("task_info")
second = Client("cartpole", "--policy", start, "--out", TMP + "/shared", *small)
begun = time.time()
d = second.call("task_info")
ok("a second server says that another works there", failed(d, "another process works on this run"), d)
ok("at once", time.time() - begun < 5, time.time() - begun)
r = second.request("resources/read", {"uri": "ratchet://task"})
ok("to a resource, too", "another process" in r.get("error", {}).get("message", ""), r)
ok("the first goes on", isinstance(first.call("task_info"), dict))
first.close()
d = second.call("task_info")
ok("and once that has ended the second works", isinstance(d, dict) and d["task"] == "cartpole", d)
second.close()
for _ in range(50):
    second.errors or time.sleep(0.1)
ok("it said so on stderr at its start", b"another process works" in b"".join(second.errors), second.errors)

# What a client's model used nobody tells: tokens are estimates and said to be, money is unknown.
p = ratchet("ledger", TMP + "/shared", "--list", "calls", "--json")
calls = json.loads(p.stdout)
ok("an MCP client's tokens are said to be estimated, its money to be unknown", calls and
   all(r["estimated"] == "yes" and r["usd"] is None for r in calls), p)

# A run that goes on with other words than it was begun with is refused.
for name, words, said in [
    ("--set", ["cartpole", "--set", "dev=4", "--set", "gate=32", "--set", "target=501"],
     "it was begun with gate 16, not 32"),
    ("another environment", ["pendulum", *small], "it was begun with"),
    ("--resume and --set", ["--resume", "--set", "gate=32"], "it was begun with gate 16, not 32"),
    ("--policy", ["cartpole", *small, "--policy", TMP + "/other.lua"], "not begun from"),
    ("--resume and --policy", ["--resume", "--policy", TMP + "/other.lua"], "not begun from"),
]:
    open(TMP + "/other.lua", "w").write(lean)
    c = Client(*words, "--out", TMP + "/shared")
    d = c.call("task_info")
    ok("refused when it goes on: " + name, failed(d, said) and "another --out" in d, d)
    c.close()
for name, words in [
    ("the same words", ["cartpole", "--policy", start, *small]),
    ("fewer", ["--resume"]),
    ("the task alone", ["cartpole"]),
    ("the same --set", ["--resume", "--set", "gate=16"]),
    ("more iterations", ["cartpole", *small, "--iterations", "9"]),
    ("more minutes", ["cartpole", *small, "--minutes", "600"]),
]:
    c = Client(*words, "--out", TMP + "/shared")
    d = c.call("task_info")
    ok("goes on: " + name, isinstance(d, dict) and d["task"] == "cartpole", d)
    c.close()
done()
