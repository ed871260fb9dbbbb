# mcp_rows.py - the rows of mcp.t.
import base64, json, os, re, signal, sqlite3, subprocess, time, tomllib
from mcp_client import Client, ok, done, MODERN

TMP, ROOT, RATCHET = os.environ["TMP"], os.environ["ROOT"], os.environ["RATCHET"]
start = ROOT + "/policies/cartpole/start.lua"
with open(TMP + "/still.lua", "w") as f:
    f.write("return { act = function() return 1 end }\n")
small = ["--set", "dev=6", "--set", "gate=16", "--set", "target=501"]
lean = "return { act = function(o)\n  return o.angle > 0 and 1 or 0\nend }\n"


def failed(answer, words):
    return isinstance(answer, str) and answer.startswith("error: ") and words in answer


def height(png):
    return int.from_bytes(base64.b64decode(png)[20:24], "big")


# A run from start to a promoted policy, with every tool on the way.
c = Client("cartpole", "--policy", start, "--out", TMP + "/run", "--record",
           TMP + "/session.jsonl", *small)
ok("initialize agrees on a version", c.hello["protocolVersion"] == "2025-11-25", c.hello)
ok("eighteen tools, with both schemas", len(c.schemas) == 18 and
   all(t["inputSchema"]["type"] == t["outputSchema"]["type"] == "object"
       for t in c.schemas.values()), c.schemas.keys())
ok("every tool carries a title and annotations", all(
    t["title"] and t["annotations"]["title"] == t["title"] and t["annotations"]["openWorldHint"] is False and
    t["annotations"]["destructiveHint"] is False for t in c.schemas.values()), c.schemas)
ok("what only looks says so, what changes or costs does not", {n for n, t in c.schemas.items() if
   t["annotations"]["readOnlyHint"]} == {"task_info", "check", "failures", "trace", "frames",
   "replay_diff", "probe", "ram_changes", "cases", "notes_search"}, c.schemas)
# docs/agents.md names each tool and its arguments, in bold those that must be given.
with open("docs/agents.md") as f:
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| (.*) \|$", f.read().split("\n## Tools\n")[1], re.M))
ok("docs: the table names the tools that there are", list(told) == list(c.schemas), told)
for name, tool in c.schemas.items():
    must = tool["inputSchema"].get("required", [])
    want = ", ".join(("**`%s`**" if a in must else "`%s`") % a for a in tool["inputSchema"]["properties"])
    ok("docs: the arguments of " + name, told.get(name) == want, want)
brief = c.request("prompts/get", {"name": "brief"})["result"]["messages"][0]["content"]["text"]
ok("the prompt is the brief", "## Failures" in brief and "submit" in brief, brief)
d = c.call("task_info", {"guide": True})
ok("task_info", d["task"] == "cartpole" and d["dev_seeds"] == 6 and d["fields"] and
   "## Action" in d["guide"], d)
source = open(start).read()
d = c.call("policy_read")
ok("policy_read: the current policy", d["source"] == source and d["name"] == "current", d)
d = c.call("policy_read", {"from": 2, "to": 3})
ok("policy_read: some lines, and what is left out", "left_out" in d and
   d["source"].count("\n") <= 2, d)
d = c.call("check", {"source": "local x = undefined_thing\nreturn { act = function(o)\n"
                               "  return mispelt(o) or mathx.pi end }"})
ok("check: globals that nobody sets, with their lines", "undefined_thing (line 1)" in
   d.get("unknown_globals", "") and "mispelt (line 3)" in d["unknown_globals"] and
   "mathx" in d["unknown_globals"], d)
d = c.call("check", {"source": "return { act = function(o) return math.floor(o.angle) end }"})
ok("check: known ones are no matter", d["ok"] and "unknown_globals" not in d, d)
d = c.call("check", {"source": "return {"})
ok("check: a syntax error", not d["ok"] and "draft.lua:1" in d["fault"], d)
took = []
for _ in range(5):  # the machine may be busy
    before = time.time()
    c.call("check")
    took.append(time.time() - before)
ok("check takes milliseconds", min(took) < 1, took)
d = c.call("failures")
ok("failures: groups", d["groups"] and d["groups"][0]["times"] > 0, d)
d = c.call("failures", {"group": 0})
ok("failures: a group's table", "\nstep," in d["table"], d)
ok("failures: no such group", failed(c.call("failures", {"group": 999}), "no group 999"))
d = c.call("trace", {"seed": 0, "from": 0, "to": 4})
ok("trace: rows as its columns say", len(d["rows"]) == 5 and d["rows"][2][0] == 2 and
   all(len(r) == len(d["columns"]) for r in d["rows"]) and "angle" in d["columns"], d)
ok("looking costs no steps", d["steps"]["before"] == d["steps"]["after"], d["steps"])
ok("trace: an unknown field", failed(c.call("trace", {"seed": 0, "fields": ["x9"]}), "x9"))
d = c.call("trace", {"seed": 1, "fields": ["angle"], "every": 2})
ok("trace: one field, every second step", d["columns"][:2] == ["step", "angle"] and
   d["rows"][1][0] - d["rows"][0][0] == 2, d)
d = c.call("trace", {"seed": 0})
ok("trace: without a range the whole episode", d["rows"][0][0] == 0 and
   d["rows"][-1][0] == d["n_steps"] - 1 and len(d["rows"]) <= 121 and
   sum(r[-2] for r in d["rows"]) == d["return"], d)
d = c.call("trace", {"seed": 0, "every": 3, "from": 0, "to": 8})
ok("trace: rewards of skipped rows are named sums", "reward_sum" in d["columns"] and
   d["every"] == 3 and [r[-2] for r in d["rows"]] == [1, 3, 3, 1], d)
d = c.call("ram_changes", {"seeds": [0, 1]})
pushed = {v["value"]: v.get("mean_change_with_action", {}) for v in d["values"]}
ok("ram_changes: what a push does to the velocity", d["steps_seen"] > 20 and
   "correlation_with_return" in str(d) or len(set(pushed)) == 4, d)
d = c.call("frames", {"seed": 0, "policy": None, "iteration": None, "params": None, "from": None,
                      "to": None, "panels": 1, "fields": None})
ok("null is taken as not given", d["to"] == d["n_steps"] and "fields" not in d, d)
d = c.call("frames", {"seed": 0, "panels": 4})
ok("frames: to the end, with the last reward", d["to"] == d["n_steps"], d)
png = [x for x in c.content if x["type"] == "image"]
ok("frames: a PNG", len(png) == 1 and base64.b64decode(png[0]["data"])[:4] == b"\x89PNG", d)
d = c.call("frames", {"seed": 0, "panels": 4, "fields": ["angle", "angular_velocity"]})
with_fields = [x["data"] for x in c.content if x["type"] == "image"]
ok("frames: fields under the panels", d["fields"] == ["angle", "angular_velocity"] and
   height(with_fields[0]) == height(png[0]["data"]) + 2 * 14, d)
d = c.call("probe", {"seed": 0, "code": "if step % 2 == 0 then\n  return string.format('%d %.3f "
                     "%d %g', step, obs.angle, action, reward)\nend", "to": 5})
ok("probe: what it returns at each step", [s["step"] for s in d["said"]] == [0, 2, 4] and
   d["said"][1]["value"].startswith("2 ") and d["steps_seen"] == 6, d)
ok("probe makes no steps", d["steps"]["before"] == d["steps"]["after"], d["steps"])
d = c.call("probe", {"seed": 0, "code": "for name in pairs(events) do return name end"})
ok("probe: events by name", d["said"] and d["said"][-1]["value"] == "fell", d)
d = c.call("probe", {"seed": 0, "code": "error('no')"})
ok("probe: its errors come back", "no" in d.get("fault", ""), d)
d = c.call("probe", {"seed": 0, "code": "while true do end"})
ok("probe: its limits are a policy's", "instructions" in d.get("fault", ""), d)
d = c.call("probe", {"seed": 0, "code": "end end } -- out of it"})
ok("probe: broken code is its own fault", "fault" in d, d)
d = c.call("run_episodes", {"seeds": [0, 1]})
ok("run_episodes: the current policy", len(d["episodes"]) == 2 and d["results"][0]["mean"] > 0 and
   d["steps"]["after"] > d["steps"]["before"], d)
d = c.call("run_episodes", {"seeds": [0, 1]})
ok("played before costs nothing", d["steps"]["after"] == d["steps"]["before"], d["steps"])
r = d["results"][0]
ok("run_episodes: the worst seeds", r["worst"][0]["return"] == r["min"] and
   "minus_current" not in r, r)
ok("no null furniture", "null" not in json.dumps(d), d)
d = c.call("run_episodes", {"seeds": [0, 1, 2], "policy": lean})
r = d["results"][0]["minus_current"]
ok("run_episodes: the paired difference to the current policy", r["pairs"] == 3 and
   r["standard_error"] >= 0 and r["better"] == 3, r)
d = c.call("run_episodes", {"practice": [0, 1, 2]})
ok("practice seeds are other ones, and counted", d["steps"]["after"] > d["steps"]["before"] and
   len(d["episodes"]) == 3, d)
c.call("run_episodes", {"seeds": [2, 3], "params": [{"angle": 0.7}], "policy": source},
       {"progressToken": "r"})
told = [n["params"]["message"] for n in c.notes if n["method"] == "notifications/progress"]
ok("progress says what runs", told and all(t.startswith("run_episodes: ") for t in told), told)
c.notes.clear()
for starts in ["perturbed", "sticky"]:
    d = c.call("run_episodes", {"seeds": [0, 1], "starts": starts, "policy": lean})
    ok("run_episodes: %s starts" % starts, d["results"][0]["minus_current"]["pairs"] == 2, d)
d = c.call("run_episodes", {"seeds": [0, 1]})
before = d["steps"]
d = c.call("run_episodes", {"seeds": [4, 4, 4, 0]})
ok("a seed that is named three times is played and counted once", [e["seed"] for e in d["episodes"]] ==
   [4, 4, 4, 0] and len({e["return"] for e in d["episodes"][:3]}) == 1 and d["steps"]["after"] -
   d["steps"]["before"] == d["episodes"][0]["steps"] and ("left" not in before or before["left"] -
   d["steps"]["left"] == d["episodes"][0]["steps"]), d)

# What a policy does not see, frames does not write: a task of memory, one of some fields, one
# of pictures.
for words, good, bad, why in [
    (["observation=ram"], ["16", "ram[0]"], ["ball_x"], 'no byte "ball_x"'),
    (["observation=ram"], ["1"], ["9999"], 'no byte "9999"'),
    (["fields=ball_x"], ["ball_x"], ["ball_y"], 'no field "ball_y"'),
    (["observation=frame"], None, ["ball_x"], "sees pictures"),
]:
    s = Client("breakout", "--policy", TMP + "/still.lua", "--out", TMP + "/look" + str(time.time()),
               "--set", "dev=2", "--set", "gate=8", "--set", "max_frames=300", *(
                   w for word in words for w in ("--set", word)))
    if good:
        d = s.call("frames", {"seed": 0, "panels": 2, "fields": good})
        ok("frames, %s: %s" % (words[0], good), d["fields"] == [
            "ram[%d]" % int(g.strip("ram[]")) if "ram" in words[0] else g for g in good], d)
    d = s.call("frames", {"seed": 0, "fields": bad})
    ok("frames, %s: not %s" % (words[0], bad), failed(d, why), d)
    s.close()

# Arguments that do not fit, which end nothing.
for name, arguments, words in [
    ("run_episodes", {}, '"seeds" is missing'),
    ("run_episodes", {"seeds": "0"}, '"seeds": must be an array'),
    ("run_episodes", {"seeds": [0.5]}, '"seeds"[0]: must be an integer'),
    ("run_episodes", {"seeds": []}, "at least 1 items"),
    ("run_episodes", {"seeds": [-1]}, "at least 0"),
    ("run_episodes", {"seeds": [0, 6]}, "no others can be played"),
    ("run_episodes", {"seeds": [2 ** 63 - 1]}, "no others can be played"),
    ("run_episodes", {"seeds": [0], "split": "gate"}, 'takes no argument "split"'),
    ("run_episodes", {"seeds": [0], "params": [{"a": "x"}]}, "must be a number"),
    ("trace", {"seed": 6}, "no others can be played"),
    ("frames", {"seed": 0, "panels": 13}, "at most 12"),
    ("frames", {"seed": 0, "fields": ["x9"]}, 'no field "x9"'),
    ("frames", {"seed": 0, "fields": ["angle[2]"]}, 'no field "angle[2]"'),
    ("frames", {"seed": 0, "fields": ["12"]}, 'no field "12"'),
    ("frames", {"seed": 0, "fields": ["angle"] * 9}, "at most 8 items"),
    ("probe", {"seed": 0}, '"code" is missing'),
    ("probe", {"seed": 0, "code": "return 1", "from": 9000000}, "there are steps"),
    ("policy_read", {"iteration": 7}, "no candidate of iteration 7"),
    ("replay_diff", {"seed": 0}, "change it first"),
    ("case_propose", {"seed": 0}, "needs a draft"),
    ("submit", {"change": "nothing"}, "still the current policy"),
    ("submit", {}, '"change" is missing'),
    ("policy_edit", {"search": "no such text zzz", "replace": ""}, "stands nowhere"),
    ("policy_edit", {"search": "", "replace": ""}, "at least 1 bytes"),
    ("holdout_seeds", {}, "there is no tool"),
]:
    answer = c.call(name, arguments)
    ok("refused: %s %s" % (name, json.dumps(arguments)), failed(answer, words), answer)

# A draft: written, edited, compared, proposed as a case, submitted.
d = c.call("policy_write", {"source": lean.replace("> 0", "> 0.00")})
ok("policy_write checks what it wrote", d["ok"] and d["tokens"] > 5, d)
answer = c.call("policy_edit", {"search": "  return o.angle >= 0.00 and 1", "replace": "x"})
ok("policy_edit: the nearest match", failed(answer, "from line 2") and "o.angle > 0.00" in answer,
   answer)
ok("policy_edit: more than one", failed(c.call("policy_edit", {"search": "o", "replace": "p"}),
                                        "times"))
d = c.call("policy_edit", {"search": "> 0.00 and", "replace": "+ 0.5 * o.angular_velocity > 0 and"})
ok("policy_edit: to the letter", d["ok"] and "0.5 *" in c.call("policy_read")["source"], d)
d = c.call("replay_diff", {"seed": 0})
ok("replay_diff: where they part", d["parts_at"] is not None and d["after"][0]["draft"]["action"] !=
   d["after"][0]["other"]["action"] and "angle" in d["observation"], d)
d = c.call("cases", {"run": True})
ok("cases: none yet", d["cases"] == [], d)
d = c.call("case_propose", {"seed": 2})
ok("case_propose: proven here", d["proven"] and d["signature"], d)
d = c.call("note", {"text": "Angular velocity tells where the pole goes."})
ok("note", d["kept"], d)
d = c.call("notes_search", {"words": "angular"})
ok("notes_search", any("pole goes" in n["text"] for n in d["notes"]), d)
d = c.call("submit", {"change": "Add the angular velocity."}, {"progressToken": "p1"})
ok("submit: promoted", d.get("promoted") and d["verdict"] == "better" and
   d["dev_after"] > d["dev_before"], d)
progress = [n["params"] for n in c.notes if n["method"] == "notifications/progress"]
ok("progress grows", progress and all(p["progressToken"] == "p1" for p in progress) and
   all(a["progress"] < b["progress"] for a, b in zip(progress, progress[1:])), progress)
ok("the verdict is logged", any(n["method"] == "notifications/message" for n in c.notes), c.notes)
d = c.call("cases", {"run": True})
ok("the proposed case is in the suite, and passes", d["cases"] and
   d["passed"] == len(d["cases"]), d)
ok("ancestors can be read", c.call("policy_read", {"iteration": 0})["source"] == source)
d = c.call("replay_diff", {"seed": 0, "iteration": 0})
ok("and compared with", d["draft"]["return"] > d["other"]["return"], d)

# Tuning, by the harness's own CMA-ES.
c.call("policy_write", {"source": "return { params = { k = { default = 0.0, min = 0, max = 2 } },\n"
       "  reset = function(i) k = i.params.k end,\n"
       "  act = function(o) return o.angle + k * o.angular_velocity > 0 and 1 or 0 end }\n"})
d = c.call("run_episodes", {"seeds": [0, 1], "params": [{"k": 0.1}, {"k": 9.0}, {"k": 1.0}]})
ok("run_episodes: a set out of bounds is refused before anything is played",
   failed(d, "set 2: k = 9 is out of its bounds"), d)
d = c.call("run_episodes", {"seeds": [0, 1], "params": [{"k": 0.1}, {"k": 1.0}]})
ok("run_episodes: sets of parameters, each by itself",
   [r["faults"] for r in d["results"]] == [0, 0] and
   d["results"][1]["mean"] != d["results"][0]["mean"], d)
d = c.call("tune", {"seeds": [0, 1], "generations": 2, "popsize": 4})
ok("tune: better values, in the draft", d["best"] > d["before"] and d["applied"] and
   "default = 0.0," not in c.call("policy_read")["source"], d)
d = c.call("tune", {"seeds": [0, 1], "generations": 2, "popsize": 4, "per_step": -2, "policy":
    c.call("policy_read")["source"].replace("min = 0,", "min = -2,")})
ok("tune: per_step turns a step's reward round, and the return is told", d["applied"] and
   0 < d["best"] < d["before"], d)
d = c.call("tune", {"seeds": [0, 1, 2, 3], "batch": 1, "generations": 2, "popsize": 4, "policy":
    "return { params = { k = { default = 0.0, min = -0.1, max = 0.003 } }, reset = function(i) k =\n"
    "  i.params.k end, act = function(o) return o.angle + k * o.angular_velocity > 0 and 1 or 0 end }"})
e = c.call("run_episodes", {"seeds": [0, 1, 2, 3], "params": [d["values"]]})
ok("tune: what batches find is measured on all seeds", d["applied"] and
   d["best"] == e["results"][0]["mean"] > d["before"] and e["results"][0]["std"] > 0, [d, e])
d = c.call("tune", {"seeds": [0, 1], "generations": 2, "popsize": 4, "estimate": True})
ok("tune: an estimate plays nothing", d["most_episodes"] == 20 and d["most_steps_about"] > 20 and
   d["steps"]["after"] == d["steps"]["before"] and "values" not in d, d)
d = c.call("tune", {"seeds": [0, 1], "generations": 2, "popsize": 4, "policy": source,
                    "apply": False})
ok("tune: what the search did not see", d["held_out"]["seeds"] == 2 and
   d["held_out"]["difference"]["pairs"] == 2 and d["searched"]["best"]["mean"] == d["best"] and
   d["searched"]["before"]["mean"] == d["before"], d)
ok("tune: bounds and sensitivity", isinstance(d["at_bounds"], list) and
   all(-1 <= x["correlation"] <= 1 for x in d["sensitivity"]) and d["sensitivity"], d)
for name, arguments, words in [
    ("run_episodes", {"seeds": [0], "params": [[{"name": "angle", "value": 3}]]},
     "set 1: angle = 3 is out of its bounds, -2 to 2"),
    ("run_episodes", {"seeds": [0], "params": [{"angle": 1}, {"angel": 1}]},
     'set 2: the policy declares no parameter "angel"'),
    ("run_episodes", {"seeds": [0], "practice": [0]}, "two calls"),
    ("run_episodes", {}, '"seeds" is missing'),
    ("run_episodes", {"practice": [1000]}, "at most 999"),
    ("trace", {"seed": 0, "iteration": 0, "params": [{"name": "angle", "value": -9}]}, "out of its bounds"),
]:
    answer = c.call(name, {**arguments, **({"policy": source} if name != "trace" else {})})
    ok("refused: %s %s" % (name, json.dumps(arguments)), failed(answer, words), answer)
d = c.call("run_episodes", {"seeds": [0, 1], "params": [{"angle": 1}, [{"name": "angle", "value":
                            2}]], "policy": source, "starts": None})
ok("run_episodes: each set is echoed", [r["params"] for r in d["results"]] ==
   [{"angle": 1}, {"angle": 2}] and "minus_current" in d["results"][0], d)
d = c.call("policy_read", {"iteration": 0, "load": True})
ok("policy_read: an earlier candidate becomes the draft", d["draft"] == "changed" and
   c.call("policy_read")["source"] == source, d)
d = c.call("trace", {"seed": 0, "params": {"angle": 2}, "from": 0, "to": 3})
ok("trace: with parameters", len(d["rows"]) == 4, d)
d = c.call("tune", {"params": ["none"]})
ok("tune: nothing to tune", failed(d, "nothing to tune"), d)

# Resources.
names = [r["uri"] for r in c.request("resources/list")["result"]["resources"]]
for uri in names:
    r = c.request("resources/read", {"uri": uri}).get("result", {})
    ok("resource %s" % uri, r and r["contents"][0]["uri"] == uri and r["contents"][0]["text"], r)
r = c.request("resources/read", {"uri": "ratchet://replay/1"})["result"]["contents"][0]
ok("a replay as a picture", base64.b64decode(r["blob"])[:4] == b"\x89PNG", r.keys())
r = c.request("resources/read", {"uri": "ratchet://policy/0"})["result"]["contents"][0]
ok("an ancestor as a resource", r["text"] == source and r["mimeType"] == "text/x-lua", r)
for uri in ["ratchet://replay/99", "ratchet://replay/-1", "file:///etc/passwd", "ratchet://salt"]:
    r = c.request("resources/read", {"uri": uri})
    ok("no resource %s" % uri, r.get("error", {}).get("code") == -32002, r)

db = sqlite3.connect(TMP + "/logs/ledger.sqlite")


def probes(name):
    return db.execute("SELECT count(*) FROM episode JOIN run ON run.id = run WHERE name LIKE ? AND"
                      " purpose = 'probe'", ("%/" + name,)).fetchone()[0]


def wait_for(name, n):
    for _ in range(600):
        if probes(name) >= n:
            return
        time.sleep(0.05)


# Cancelling a long run: no answer to it, and the next one is.
endless = "return { act = function(o) local s = 0 for i = 1, 40000 do s = s + i end " \
          "return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }"
before = probes("run")
slow = c.start("tools/call", {"name": "run_episodes", "arguments": {
    "seeds": [0, 1, 2, 3, 4, 5], "policy": endless}})
wait_for("run", before + 1)
c.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": slow}})
ping = c.request("ping")
after = c.start("tools/call", {"name": "task_info", "arguments": {}})
first = c.read()
while "method" in first:
    first = c.read()
ok("a cancelled call gets no answer, the next one does", first["id"] == after, first)
ok("hanging up ends the server", c.close() == 0, c.errors)
text = open(TMP + "/run/best.lua").read()
ok("best.lua is the promoted policy", "0.5 * o.angular_velocity" in text, text)

# The ledger has it all, and nothing hidden went over the wire.
calls = db.execute("SELECT count(*) FROM call WHERE reply IS NOT NULL").fetchone()[0]
ok("every call is in the ledger", calls > 60, calls)
what = {r[0] for r in db.execute("SELECT what FROM incident")}
ok("what may not be had is an incident", "asked for seeds that are not its own" in what and
   "asked for a tool that there is not" in what, what)
probed = db.execute("SELECT sum(steps) FROM episode WHERE purpose='probe'").fetchone()[0]
ok("probe and tuning steps are counted", probed > 0 and db.execute(
    "SELECT sum(steps) FROM episode WHERE purpose='tuning'").fetchone()[0] > 0, probed)

# Resumed: the run goes on where it was.
c = Client("cartpole", "--out", TMP + "/run")
d = c.call("policy_read", {"iteration": 1})
ok("a resumed run knows its candidates", "angular_velocity" in d["source"], d)
ok("and its draft", "params" in c.call("policy_read")["source"])
ok("and ends cleanly", c.close() == 0, c.errors)
c = Client("--resume", "--out", TMP + "/run", "--iterations", "1")
ok("--resume, with a budget that is used up", failed(c.call("task_info"), "budget: iterations"))
c.close()

# The recorded session decides the same, without a client.
out = subprocess.run([RATCHET, "improve", "cartpole", "--policy", start, "--json", "--model",
                      "recorded:" + TMP + "/session.jsonl", "--out", TMP + "/again", *small],
                     capture_output=True, text=True)
rows = [db.execute("SELECT verdict, change, sha256 FROM candidate JOIN run ON run.id=run "
                   "WHERE name LIKE ? ORDER BY iteration", ("%/" + name,)).fetchall()
        for name in ("run", "again")]
ok("the recorded session decides the same", rows[0] and rows[0] == rows[1], (rows, out.stderr))

# 2026-07-28: no handshake, everything in each request.
c = Client("cartpole", "--policy", start, "--out", TMP + "/modern", *small, "--iterations", "1",
           modern=True)
r = c.request("server/discover")["result"]
ok("server/discover", "2026-07-28" in r["supportedVersions"] and r["resultType"] == "complete" and
   "tools" in r["capabilities"] and
   r["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "ratchet", r)
r = c.request("tools/list")["result"]
ok("lists say how long they hold", r["ttlMs"] >= 0 and r["cacheScope"] == "private", r.keys())
c.modern = False
for name, method, meta, code in [
    ("another version", "tools/list", {**MODERN, "io.modelcontextprotocol/protocolVersion":
                                       "1900-01-01"}, -32022),
    ("no version", "tools/list", {}, -32602),
    ("no capabilities", "tools/list", {"io.modelcontextprotocol/protocolVersion": "2026-07-28"},
     -32602),
    ("ping is gone", "ping", MODERN, -32601),
    ("logging/setLevel is gone", "logging/setLevel", MODERN, -32601),
    ("a resource that is not there", "resources/read", MODERN, -32602),
]:
    r = c.request(method, {}, meta)
    ok("2026-07-28: " + name, r.get("error", {}).get("code") == code, r)
c.modern = True
c.call("policy_write", {"source": lean})
d = c.call("submit", {"change": "Lean with the pole."},
           {"io.modelcontextprotocol/logLevel": "info"})
ok("2026-07-28: a verdict", d.get("verdict") == "better", d)
ok("2026-07-28: logged where it was asked for",
   [n["method"] for n in c.notes] == ["notifications/message"], c.notes)
ok("a run that is over says so", failed(c.call("task_info"), "budget: iterations"))
ok("and hangs up with its client", c.close() == 0, c.errors)

# Versions before.
for wanted, given in [("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"),
                      ("2024-11-05", "2024-11-05"), ("1999-01-01", "2025-11-25")]:
    c = Client("cartpole", "--policy", start, "--out", TMP + "/v" + wanted, *small, version=wanted)
    ok("initialize with %s" % wanted, c.hello["protocolVersion"] == given, c.hello)
    c.close()

# Progress is told from the first evaluation on.
c = Client("cartpole", "--policy", start, "--out", TMP + "/first", "--set", "dev=200", "--set", "gate=16",
           "--jobs", "1")
c.call("task_info", {}, {"progressToken": 9})
first = [n["params"] for n in c.notes if n["method"] == "notifications/progress"]
ok("progress during the first evaluation", first and all(p["progressToken"] == 9 for p in first) and
   "dev" in first[0]["message"] and all(a["progress"] < b["progress"] for a, b in zip(first, first[1:])),
   first)
c.close()

# Hostile lines: an error each, and the server lives on.
c = Client("cartpole", "--policy", start, "--out", TMP + "/hostile", *small)
for name, line, code in [
    ("no JSON", b"hello\n", -32700),
    ("bad UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xff\xfe"}\n', -32700),
    ("nested without end", b"[" * 100000 + b"\n", -32700),
    ("a NUL", b'{"a":"\\u0000"}\n', -32700),
    ("a NUL byte", b'{"a":"\0"}\n', -32700),
    ("half an object", b'{"jsonrpc":"2.0",\n', -32700),
    ("a number", b"3\n", -32700),
    ("an empty batch", b"[]\n", -32600),
    ("no version", b'{"id":1,"method":"ping"}\n', -32600),
    ("id null", b'{"jsonrpc":"2.0","id":null,"method":"ping"}\n', -32600),
    ("id an object", b'{"jsonrpc":"2.0","id":{},"method":"ping"}\n', -32600),
    ("params a list", b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}\n', -32600),
    ("a method that is none", b'{"jsonrpc":"2.0","id":1,"method":"x"}\n', -32601),
    ("a tool's name a number", b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":3}}\n',
     -32602),
    ("arguments a list", b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"check",'
     b'"arguments":[]}}\n', -32602),
    ("a cursor", b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}\n', -32602),
    ("a prompt that is none", b'{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{}}\n', -32602),
    ("a level that is none", b'{"jsonrpc":"2.0","id":1,"method":"logging/setLevel"}\n', -32602),
    ("a line of 5 MiB", b"x" * (5 << 20) + b"\n", -32600),
]:
    c.raw(line)
    r = c.read()
    ok("hostile: " + name, r.get("error", {}).get("code") == code and r.get("id", 0) is not None,
       str(r)[:300])  # MCP's schema knows no id that is null
# A line that is too long is answered under its id, wherever that stands in it.
big = b"x" * (5 << 20)
for name, line, id in [
    ("before the rest", b'{"jsonrpc":"2.0","id":"a1","method":"ping","params":{"x":"%s"}}\n' % big, "a1"),
    ("behind it, after other ids", b'{"params":{"id":5,"x":"%s","y":["\\"",{"id":6}]}, "s": "\\\\", "id" : 42 }\n'
     % big, 42),
    ("in none", b'{"params":{"id":5,"x":"%s"}}\n' % big, None),
    ("in a text alone", b'{"s":"\\"id\\":7,","x":"%s"}\n' % big, None),
    ("that is none", b'{"x":"%s","id":{"id":3}}\n' % big, None),
    ("that is long", b'{"x":"%s","id":"%s"}\n' % (big, b"i" * 300), None),
    ("just below 4 MiB", b'{"x":"%s","id":8}\n' % (b"x" * ((4 << 20) - 30)), 8),
]:
    c.raw(line)
    r = c.read()
    ok("a long line's id " + name, r.get("error", {}).get("code") == -32600 and r.get("id") == id and
       ("id" in r) == (id is not None), str(r)[:300])
# Arguments as text, as the HTTP providers take them from models.
for name, arguments, wanted in [
    ("an object", '{"words": "pole"}', "notes"),
    ("an object in a text in a text", json.dumps('{"words": "pole"}'), "notes"),
    ("nothing", "", '"words" is missing'),
    ("half an object", '{"words": ', "arguments"),
    ("a number", "3", "arguments"),
]:
    r = c.request("tools/call", {"name": "notes_search", "arguments": arguments}).get("result", {})
    ok("arguments as text: " + name, wanted in r["content"][0]["text"] and
       r["isError"] == (wanted != "notes"), r)
c.raw(b'\n\r\n{"jsonrpc":"2.0","id":77,"result":{}}\n{"jsonrpc":"2.0","method":"notifications/x"}\n'
      b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"none"}}\n')
c.raw(b'[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":"b","method":"ping"}]\r\n')
ok("a batch of 2025-03-26", [c.read()["id"], c.read()["id"]] == ["a", "b"])
ok("and a piece at a time", (c.raw('{"jsonrpc":"2.0","id":"s",'), time.sleep(0.05),
                             c.raw('"method":"ping"}\n'), c.read())[3]["id"] == "s")
flood = b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"check"}}\n' % i
                 for i in range(1000, 1400))
c.raw(flood)
ids = [c.read() for _ in range(400)]
ok("more requests than it queues: each is answered", len({m["id"] for m in ids}) == 400 and
   any("too many" in m.get("error", {}).get("message", "") for m in ids))
ok("and ping still is", c.request("ping")["result"] == {})
c.process.send_signal(signal.SIGINT)
ok("Ctrl-C ends it", c.process.wait(timeout=30) == 1, c.errors)

# Nobody reads: it does not hang.
p = subprocess.Popen([RATCHET, "mcp", "cartpole", "--policy", start, "--out", TMP + "/deaf", *small],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
p.stdout.close()
p.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
p.stdin.flush()
ok("a client that closed its end ends it", p.wait(timeout=60) in (0, 1), p.returncode)

# A client that asks for nothing of the run leaves none: no folder, no row, not an episode.
def runs(name):
    return db.execute("SELECT count(*) FROM run WHERE name LIKE ?", ("%/" + name,)).fetchone()[0]


c = Client("cartpole", "--policy", start, "--out", TMP + "/idle", *small)
for method in ["ping", "tools/list", "resources/list", "resources/templates/list", "prompts/list"]:
    c.request(method)
ok("a client that did nothing ends well", c.close() == 0, c.errors)
ok("and leaves no run", not os.path.exists(TMP + "/idle") and runs("idle") == 0, os.listdir(TMP))
p = subprocess.run([RATCHET, "mcp", "cartpole", "--policy", start, "--out", TMP + "/mute", *small],
                   input=b"", stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
ok("nor does one that never spoke", p.returncode == 0 and not p.stdout and
   not os.path.exists(TMP + "/mute") and runs("mute") == 0, p)
env = {**os.environ, "RATCHET_HOME": TMP + "/empty"}
os.mkdir(TMP + "/empty")
p = subprocess.run([RATCHET, "mcp", "cartpole"], input=b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=60)
ok("nor logs/ where there are none", p.returncode == 0 and os.listdir(TMP + "/empty") == [],
   (p, os.listdir(TMP + "/empty")))
was = db.execute("SELECT status, stop_reason FROM run WHERE name LIKE '%/run'").fetchall()
c = Client("cartpole", "--out", TMP + "/run")
c.close()
ok("a run that is there stays as it was",
   db.execute("SELECT status, stop_reason FROM run WHERE name LIKE '%/run'").fetchall() == was)
c = Client("cartpole", "--policy", start, "--out", TMP + "/waits", *small)
c.process.send_signal(signal.SIGINT)
ok("Ctrl-C ends one that waits", c.process.wait(timeout=30) == 1 and runs("waits") == 0, c.errors)
for name, words, said in [
    ("an unknown environment", ["cartpool"], "no such environment"),
    ("a policy that is not there", ["cartpole", "--policy", TMP + "/none.lua"], "none.lua"),
]:
    p = subprocess.run([RATCHET, "mcp", *words], input=b"", capture_output=True, timeout=60)
    ok("%s ends it at once" % name, p.returncode == 1 and said in p.stderr.decode(), p)
open(TMP + "/faulty.lua", "w").write("return { act = 3 }")
c = Client("cartpole", "--policy", TMP + "/faulty.lua", "--out", TMP + "/faulty", *small)
ok("what goes wrong later is told to the client", failed(c.call("task_info"), "faulty.lua"))
ok("and is a failure", c.close() == 1, c.errors)

# --minutes.
c = Client("cartpole", "--policy", start, "--out", TMP + "/minutes", *small, "--minutes", "0.1")
ok("--minutes: the first call is answered", "task" in c.call("task_info"))
for _ in range(600):
    if failed(c.call("task_info"), "budget: minutes"):
        break
    time.sleep(0.1)
ok("--minutes ends the run", failed(c.call("task_info"), "budget: minutes"))
c.close()

# A call that was taken back is not played when the run goes on.
c = Client("cartpole", "--policy", start, "--out", TMP + "/taken", *small, "--jobs", "1")
c.call("run_episodes", {"seeds": [0]})
slow = c.start("tools/call", {"name": "run_episodes", "arguments": {
    "seeds": [0, 1, 2, 3, 4, 5], "policy": endless}})
wait_for("taken", 2)
c.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": slow}})
c.call("task_info")
c.close()
played = probes("taken")
c = Client("cartpole", "--out", TMP + "/taken", "--jobs", "1")
begun = time.time()
c.call("task_info")
ok("a cancelled call is not played after a restart", probes("taken") == played and played < 7,
   (played, probes("taken"), time.time() - begun))
d = c.call("run_episodes", {"seeds": [1]})
ok("and the run goes on", d["episodes"][0]["seed"] == 1, d)
c.close()
row = db.execute("SELECT reply FROM call JOIN run ON run.id = run WHERE name LIKE '%/taken'"
                 " AND reply LIKE '%cancelled%'").fetchall()
ok("the ledger says that it was taken back", len(row) == 1 and
   json.loads(row[0][0])["calls"][0]["cancelled"] is True, row)

# How far it came is a matter of time, so it is no part of what `reproduce` compares.
c = Client("cartpole", "--policy", start, "--out", TMP + "/timed", *small, "--jobs", "1",
           "--iterations", "1")
slow = c.start("tools/call", {"name": "run_episodes", "arguments": {
    "seeds": [0, 1, 2, 3, 4, 5], "policy": endless}})
wait_for("timed", 2)
c.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": slow}})
c.call("run_episodes", {"seeds": [0, 1]})
c.call("policy_write", {"source": lean})
c.call("submit", {"change": "Lean with the pole."})
c.close()
out = subprocess.run([RATCHET, "reproduce", TMP + "/timed"], capture_output=True, text=True)
ok("a run with a cancelled call can be reproduced", probes("timed") >= 3 and out.returncode == 0,
   (probes("timed"), out))

# The clients' configurations: the file as it is on stdout, how to start the client on stderr.
def opencode(text):
    server = json.loads(text)["mcp"]["ratchet"]
    return {"command": server["command"][0], "args": server["command"][1:], "env": server["environment"]}


clients = [
    ("claude", lambda t: json.loads(t)["mcpServers"]["ratchet"], ".mcp.json", "--allowedTools mcp__ratchet"),
    ("codex", lambda t: tomllib.loads(t)["mcp_servers"]["ratchet"], "config.toml", "codex exec "),
    ("cursor", lambda t: json.loads(t)["mcpServers"]["ratchet"], ".cursor/mcp.json", "--approve-mcps"),
    ("gemini", lambda t: json.loads(t)["mcpServers"]["ratchet"], ".gemini/settings.json", "gemini "),
    ("opencode", opencode, "opencode.json", "opencode run "),
    ("vscode", lambda t: json.loads(t)["servers"]["ratchet"], ".vscode/mcp.json", "autoApprove"),
]
for client, read, file, words in clients:
    out = subprocess.run([RATCHET, "mcp", "breakout", "--install", client], capture_output=True,
                         text=True)
    server = read(out.stdout)
    ok("--install " + client, out.returncode == 0 and server["args"] == ["mcp", "breakout"] and
       os.access(server["command"], os.X_OK), out)
    ok("--install %s says where it belongs and how to go on" % client, file in out.stderr and
       words in out.stderr, out.stderr)
for client, key, value in [("codex", "default_tools_approval_mode", "approve"), ("gemini", "trust", True),
                           ("codex", "tool_timeout_sec", 3600), ("gemini", "timeout", 3600000),
                           ("claude", "timeout", 3600000)]:
    read = next(c[1] for c in clients if c[0] == client)
    out = subprocess.run([RATCHET, "mcp", "breakout", "--install", client], capture_output=True,
                         text=True)
    ok("--install %s: %s, so that it works unattended" % (client, key),
       read(out.stdout).get(key) == value, out.stdout)
# The server that was typed, whichever folder a client starts it in.
os.makedirs(TMP + "/typed", exist_ok=True)
task = TMP + "/typed/task.json"
json.dump({"name": "typed", "env": "cartpole"}, open(task, "w"))
open(TMP + "/typed/p.lua", "w").write(lean)
typed = ["task.json", "--policy", "p.lua", "--out", "../out", "--record", "s.jsonl", "--iterations", "7",
         "--minutes", "2.5", "--jobs", "1", "--set", "gate=32", "--set", "dev=5", "--plugin",
         "../typed/walk.so", "--unjailed"]
wanted = ["mcp", task, "--policy", TMP + "/typed/p.lua", "--out", TMP + "/out", "--record",
          TMP + "/typed/s.jsonl", "--iterations", "7", "--minutes", "2.5", "--jobs", "1", "--set",
          "gate=32", "--set", "dev=5", "--plugin", TMP + "/typed/walk.so", "--unjailed"]


def options(args):
    """The words before the options, then each option with its value; order is no matter."""
    out, i = [], 0
    while i < len(args):
        n = 2 if args[i].startswith("--") and args[i] not in ("--unjailed", "--resume") else 1
        out.append(tuple(os.path.normpath(a) if "/" in a else a for a in args[i:i + n]))
        i += n
    return sorted(out)


for client, read, _, _ in clients:
    out = subprocess.run([RATCHET, "mcp", *typed, "--install", client], capture_output=True,
                         text=True, cwd=TMP + "/typed")
    server = read(out.stdout) if out.returncode == 0 else {"args": []}
    ok("--install %s: every option, absolute" % client, options(server["args"]) == options(wanted),
       (server, out.stderr))
    ok("--install %s: RATCHET_HOME" % client, server.get("env") == {"RATCHET_HOME": TMP}, server)
    out = subprocess.run([RATCHET, "mcp", "--resume", "--out", "o", "--install", client],
                         capture_output=True, text=True, cwd=TMP,
                         env={k: v for k, v in os.environ.items() if k != "RATCHET_HOME"})
    server = read(out.stdout) if out.returncode == 0 else {"args": []}
    ok("--install %s: a resumed run, and logs/ of this folder" % client,
       options(server["args"]) == options(["mcp", "--resume", "--out", TMP + "/o"]) and
       server.get("env") == {"RATCHET_HOME": TMP}, (server, out.stderr))
out = subprocess.run([RATCHET, "mcp", "cartpole", "--policy", start, "--out", "started", "--install",
                      "claude"], capture_output=True, text=True, cwd=TMP)
server = json.loads(out.stdout)["mcpServers"]["ratchet"]
r = subprocess.run([server["command"], *server["args"]], cwd="/", capture_output=True, timeout=60,
                   env={**os.environ, **server.get("env", {})}, text=True,
                   input='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":'
                         '"2025-11-25","capabilities":{}}}\n{"jsonrpc":"2.0","id":2,"method":'
                         '"tools/call","params":{"name":"task_info","arguments":{}}}\n')
ok("and it starts from another folder", '"id":2' in r.stdout and os.path.exists(TMP + "/started"), r)
out = subprocess.run([RATCHET, "mcp", "--install", "other"], capture_output=True, text=True)
ok("--install of a client that is none", out.returncode == 2 and "codex, cursor, gemini" in out.stderr, out)
done()
