# units.t - steps, seconds, minutes, tokens and money of one run, wherever they are told: the
# terminal, the ledger's tables and CSV, the export, sessions, the report, the closing object. The
# replies are fixtures, whose tokens are estimated.
. tests/tap.sh
lean() { # lean SENTENCE WEIGHTS: a whole policy
    printf '%s\n\n```lua\nreturn { act = function(o)\n  return %s > 0 and 1 or 0\nend }\n```\n' "$1" "$2"
}
lean "Lean against the angle." "o.angle" >"$TMP/1"
lean "Only the speed." "o.velocity" >"$TMP/2"
lean "Add the angular velocity." "o.angle + 0.5 * o.angular_velocity" >"$TMP/3"
python3 tests/tools/make_session.py "$TMP/session.jsonl" "$TMP"/[1-3]
run=$TMP/run
improve() {
    "$RATCHET" improve cartpole --policy policies/cartpole/start.lua --model "recorded:$TMP/session.jsonl" \
        --set dev=10 --set gate=32 "$@"
}
improve --out "$run" >"$TMP/terminal.txt" 2>"$TMP/err"
ok "a run" $? "$(cat "$TMP/err")"
mkdir "$TMP/json"
cp -p "$run/salt" "$TMP/json/salt"
improve --out "$TMP/json" --json >"$TMP/end.json" 2>"$TMP/err"
ok "the same on the same salt, as JSON" $? "$(cat "$TMP/err")"
for list in steps climb efficiency runs episodes calls; do
    "$RATCHET" ledger "$run" --list $list --json >"$TMP/$list.json"
    "$RATCHET" ledger "$run" --list $list --csv >"$TMP/$list.csv"
done
"$RATCHET" ledger export "$run" "$TMP/export" >/dev/null
"$RATCHET" sessions --json >"$TMP/sessions.json"
"$RATCHET" report "$run" --json >"$TMP/report.json"
"$RATCHET" report "$run" --md >"$TMP/report.md"
cat >"$TMP/units.py" <<'P'
import csv
import json
import re
import sqlite3
import sys

T = sys.argv[1]


def load(name):
    return json.load(open("%s/%s.json" % (T, name)))


def table(path):
    return list(csv.DictReader(open(T + "/" + path)))


db = sqlite3.connect(T + "/logs/ledger.sqlite")
run, = db.execute("SELECT id FROM run WHERE name = ?", (T + "/run",)).fetchone()
terminal = open(T + "/terminal.txt").read()
steps, climb, efficiency, episodes, calls, end = map(load, "steps climb efficiency episodes calls end".split())
listed, = [r for r in load("runs") if r["name"] == T + "/run"]
session, = [r for r in load("sessions") if r["folder"] == T + "/run"]
report, = load("report")["runs"]
trials, summary = table("export/trials.csv"), table("export/summary.csv")
total = sum(e["steps"] for e in episodes)
work, = db.execute("SELECT total(seconds) FROM work WHERE run = ?", (run,)).fetchone()
by_purpose = {r["purpose"]: r["steps"] for r in steps}
said = [(int(s.replace(",", "")), float(t)) for s, t in re.findall(r"(\d+) steps, ([\d.]+) s\n", terminal)]
unknown = ("", None)


def near(a, b, by):
    return abs(float(a) - float(b)) <= by + 1e-9


def row(name, pairs):
    wrong = [(i, a, b) for i, (a, b) in enumerate(pairs) if a != b]
    print("%s%s" % ("" if not wrong and pairs else "not ", name), wrong or "")


row("steps of a run", [(n, total) for n in (
    listed["steps"], session["steps"], report["steps"], sum(by_purpose.values()),
    sum(int(t["steps"]) for t in trials), int(trials[-1]["steps_so_far"]),
    sum(int(r["steps"]) for r in table("steps.csv")), int(table("runs.csv")[-2]["steps"]),
    int(re.search(r"cases, (\d+) steps", terminal).group(1)),
    db.execute("SELECT sum(steps) FROM episode WHERE run = ?", (run,)).fetchone()[0],
    sum(n for p, n in end["steps"].items() if p != "planner"))])
row("steps by purpose", [(x, by_purpose) for x in (
    {r["purpose"]: r["steps"] for r in report["purposes"]},
    {r["purpose"]: int(r["steps"]) for r in table("steps.csv")},
    {p: n for p, n in end["steps"].items() if n})])
so_far = [r["steps"] for r in efficiency[1:]]
row("steps of the run up to an iteration", [(x, so_far) for x in (
    [r["steps"] for r in report["iterations"]], [int(r["steps"]) for r in summary],
    [int(r["steps"]) for r in table("efficiency.csv")[1:]],
    [s for s, in db.execute("SELECT steps FROM candidate WHERE run = ? ORDER BY iteration", (run,))])] +
    [(s in {int(t["steps_so_far"]) for t in trials}, True) for s in so_far])
row("which the terminal tells of each alone", [
    (sum(s for s, _ in said[1:]), so_far[-1] - so_far[0]), (len(said), len(so_far))] +
    [(s, b - a) for (s, _), a, b in zip(said[1:], so_far, so_far[1:])])
row("no planner steps, and they are none of them", [(x, 0) for x in (
    session["planner_steps"], end["steps"]["planner"], sum(r["planner_steps"] for r in steps),
    sum(int(t["planner_steps"]) for t in trials))])
seconds = [s for s, in db.execute("SELECT seconds FROM candidate WHERE run = ? ORDER BY iteration", (run,))]
row("seconds of an iteration", [(x, True) for x in
    [near(r["seconds"], s, 0.05) for r, s in zip(climb, seconds)] +
    [near(r["seconds"], s, 1e-6) for r, s in zip(summary, seconds)] +
    [near(t, s, 0.05) for (_, t), s in zip(said, seconds)] +
    [near(r["seconds"], s, 0.05) for r, s in zip(table("climb.csv"), seconds)]])
row("seconds of a call are the model's alone", [(x, True) for x in (
    near(sum(r["seconds"] for r in report["money"]), sum(c["seconds"] for c in calls), 0.02),
    sum(c["seconds"] for c in calls) <= sum(seconds))])
row("minutes of a run", [(x, True) for x in (
    near(session["minutes"], work / 60, 0.005), near(report["minutes"], work / 60, 1e-9),
    sum(seconds) <= work <= sum(seconds) + 30,
    all(near(e["minutes"], r["minutes"], 0.005) for e, r in zip(efficiency[1:], report["iterations"])),
    efficiency[-1]["minutes"] <= round(work / 60, 2))])
tokens = sum(c["tokens_in"] + c["tokens_out"] for c in calls)
row("tokens, estimated where nobody counted them", [(int(x), tokens) for x in (
    session["tokens"], report["tokens"], efficiency[-1]["model_tokens"], table("efficiency.csv")[-1]["model_tokens"],
    sum(int(r["model_tokens"]) for r in summary), report["iterations"][-1]["tokens"])] + [(tokens > 0, True)])
row("money that nobody told is unknown everywhere, not 0", [(x in unknown, True) for x in (
    session["usd"], report["usd"], efficiency[-1]["usd"], summary[0]["usd"], report["iterations"][-1]["usd"])])
row("the report's text has these numbers", [
    (re.search(r"\n- steps: ([\d.]+) ?k\n", open(T + "/report.md").read()).group(1), "%.1f" % (total / 1000)),
    (re.search(r"\n- minutes: ([\d.]+)\n", open(T + "/report.md").read()).group(1), "%.2f" % (work / 60))])
P
python3 "$TMP/units.py" "$TMP" >"$TMP/rows.txt" 2>&1 || echo "not the end: $(tail -3 "$TMP/rows.txt")" >>"$TMP/rows.txt"
while read -r line; do
    case $line in
    not\ *) ok "${line#not }" 1 "$(cat "$TMP/terminal.txt")" ;;
    *) ok "$line" 0 ;;
    esac
done <"$TMP/rows.txt"
done_testing
