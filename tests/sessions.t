# sessions.t - sessions by name: listed, paused, resumed, forked, renamed, two on one task, and
# an incumbent that an interrupted resume leaves alone. The replies are fixtures.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

lean() { # a whole policy with these weights
    printf '%s\n\n```lua\nreturn { act = function(o)\n' "$1"
    printf '  return %s > 0 and 1 or 0\nend }\n```\n' "$2"
}
lean "Lean against the angle." "o.angle" >"$TMP/reply-1"
lean "Only the speed." "o.velocity" >"$TMP/reply-2"
lean "The speed of the pole." "o.angular_velocity" >"$TMP/reply-3"
lean "Add the angular velocity." "o.angle + 0.5 * o.angular_velocity" >"$TMP/reply-4"
python3 tests/tools/make_session.py "$TMP/session.jsonl" "$TMP"/reply-[1-4]

improve() { # improve NAME [OPTION...]: a new session
    name=$1
    shift
    ${exec-} "$RATCHET" improve cartpole --policy "$start" --session "$name" \
        --set target=501 --set dev=10 --set gate=32 "$@"
}
sessions() { ${exec-} "$RATCHET" sessions "$@"; }
verdicts() { # what is the same wherever and however often a run was played
    "$RATCHET" ledger "$1" --list climb --json >"$TMP/v.json" && json "$TMP/v.json" \
        '[(r["iteration"], r["verdict"], r["dev_before"], r["dev_after"], r["low"], r["high"], r["pairs"], r["cases"], r["policy"]) for r in j]'
    # A run in halves shows the best episode of each half.
    "$RATCHET" ledger "$1" --list steps --json >"$TMP/v.json" && json "$TMP/v.json" \
        '[r for r in j if r["purpose"] != "replay"]'
}
state() { # state NAME EXPRESSION over its row r
    "$RATCHET" sessions --json >"$TMP/s.json"
    json "$TMP/s.json" "[$2 for r in j if r['session'] == '$1'][0]"
}
expect_no_edit() { # a case of another run in its folder would be one
    ! "$RATCHET" ledger "$1" --list incidents | grep -q 'case edited'
    ok "$1: no case was taken for edited" $?
}
folder() { state "$1" 'r["folder"]'; }
recorded="--model recorded:$TMP/session.jsonl"

expect "no ledger, no sessions" 1 'there is no ledger yet' sessions
improve whole $recorded --json >"$TMP/out.json" 2>"$TMP/err"
ok "a session with a name" $? "$(cat "$TMP/err")"
whole=$(folder whole)
verdicts whole >"$TMP/whole.txt"
[ "$(state whole '(r["task"], r["state"], r["iterations"], r["calls"] , r["budget"]["iterations"])')" = \
    "('cartpole', 'ended', 4, 4, 20)" ]
ok "is listed with its state" $? "$(cat "$TMP/s.json")"
[ "$(state whole 'r["incumbent"]')" = "$(json "$TMP/out.json" 'j["best_mean"]')" ]
ok "and its incumbent's mean" $? "$(cat "$TMP/s.json" "$TMP/out.json")"
expect "as a table" 0 'whole +cartpole +ended +4 ' sessions
expect "other commands know the name" 0 'better' "$RATCHET" ledger whole
expect "a name is given once" 1 'has this name already' improve whole $recorded
expect "a name is no path" 1 'not a name of a session' improve ../x $recorded
expect "an unknown verb" 2 'it is list, pause NAME' sessions stop whole
expect "an unknown session" 1 'no such run' sessions fork none new
expect "nothing to pause" 1 'no process works on it: it is ended' sessions pause whole

# A resume that ends before it has come to where the run stood leaves the incumbent alone.
cp "$whole/best.lua" "$TMP/best.lua"
expect "resumed with fewer iterations" 0 'budget: iterations' sessions resume whole --iterations 1
cmp -s "$TMP/best.lua" "$whole/best.lua"
ok "the incumbent stays what it was" $? "$(cat "$whole/best.lua")"
python3 - "$RATCHET" "$TMP/logs/ledger.sqlite" >"$TMP/out.txt" 2>&1 <<'PY'
import signal, sqlite3, subprocess, sys, time
db = sqlite3.connect(sys.argv[2], isolation_level=None)
db.execute("BEGIN IMMEDIATE")  # it waits where it opens the ledger
p = subprocess.Popen([sys.argv[1], "improve", "--resume", "whole", "--iterations", "20"])
time.sleep(0.5)
p.send_signal(signal.SIGINT)
time.sleep(0.1)
db.execute("ROLLBACK")
sys.exit(0 if p.wait(60) == 1 else 1)
PY
ok "Ctrl-C before it has caught up" $? "$(cat "$TMP/out.txt")"
cmp -s "$TMP/best.lua" "$whole/best.lua"
ok "leaves the incumbent, too" $? "$(cat "$TMP/out.txt")"
[ "$(state whole '(r["state"], r["budget"]["iterations"])')" = "('paused', 20)" ]
ok "it is paused, with its latest budget" $? "$(cat "$TMP/s.json")"
expect "and ends as it did" 0 'session is over' sessions resume whole
verdicts whole | cmp -s - "$TMP/whole.txt"
ok "with the same verdicts and steps" $?

# Half of it, forked; both halves come to what the whole came to.
mkdir "$TMP/half"
cp -p "$whole/salt" "$TMP/half/salt"
improve half --out "$TMP/half" --iterations 2 $recorded >/dev/null 2>"$TMP/err"
ok "two iterations" $? "$(cat "$TMP/err")"
verdicts half >"$TMP/half.txt"
expect "forked" 0 'forked from half' sessions fork half other
[ "$(state other '(r["state"], r["iterations"], r["forked_from"], r["forked_at"], r["calls"])')" = \
    "('paused', 2, 'half', 2, 2)" ]
ok "with its iterations and calls" $? "$(cat "$TMP/s.json")"
cmp -s "$TMP/half/best.lua" "$TMP/logs/other/best.lua" && cmp -s "$TMP/half/salt" "$TMP/logs/other/salt" &&
    [ "$(stat -c %a "$TMP/logs/other/salt")" = 600 ]
ok "its incumbent and its salt" $?
ls "$TMP/half/cases" >"$TMP/cases.txt"
[ -s "$TMP/cases.txt" ] && ls "$TMP/logs/other/cases" | cmp -s - "$TMP/cases.txt"
ok "and its cases" $?
expect "a fork goes on" 0 'session is over' sessions resume other --iterations 20
verdicts other | cmp -s - "$TMP/whole.txt"
ok "and comes to what the whole came to" $? "$(verdicts other | diff - "$TMP/whole.txt")"
verdicts half | cmp -s - "$TMP/half.txt"
ok "the one that it comes from is untouched" $?
expect_no_edit other
expect "and goes on, too" 0 'session is over' sessions resume half --iterations 20
words() { # the verdicts alone
    "$RATCHET" ledger "$1" --list climb --json >"$TMP/v.json" &&
        json "$TMP/v.json" '[(r["iteration"], r["verdict"], r["policy"]) for r in j]'
}
words other >"$TMP/other.txt"
words half | cmp -s - "$TMP/other.txt"
ok "with its own old budget raised" $? "$(words half | diff - "$TMP/other.txt")"
# Who forks gets no more candidates for the same error: they are numbered on.
ordinals() {
    python3 - "$TMP/logs/ledger.sqlite" "$1" <<'PY'
import json
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
print([json.loads(d).get("ordinal") for d, in db.execute(
    "SELECT details FROM candidate WHERE run = (SELECT run FROM session WHERE name = ?)"
    " ORDER BY iteration", (sys.argv[2],))])
PY
}
[ "$(ordinals whole) $(ordinals other) $(ordinals half)" = \
    "[1, 0, 2, 3] [1, 0, 2, 3] [1, 0, 4, 5]" ]
ok "a line of forks shares one error" $? "$(ordinals whole) $(ordinals other) $(ordinals half)"
[ "$(state half 'r["budget"]["iterations"]')" = 20 ]
ok "which the ledger keeps" $? "$(cat "$TMP/s.json")"
expect "renamed" 0 'is called better-half now' sessions rename half better-half
expect "the old name is free" 1 'no such run' sessions rename half x
expect "the new one is known" 0 'better' "$RATCHET" ledger better-half
expect "a run without a name may get one" 0 'called third' sessions rename "$TMP/logs/other" third

# Paused while it works: by a file that it looks at before each call of the model.
exec=exec improve waits --model "files:$TMP/box" >"$TMP/out.txt" 2>&1 &
pid=$!
for _ in $(seq 80); do
    [ -e "$TMP/box/0001-request.md" ] && break
    sleep 0.1
done
[ "$(state waits 'r["state"]')" = running ]
ok "it runs" $? "$(cat "$TMP/s.json")"
expect "asked to pause" 0 'is asked to pause' sessions pause waits
[ "$(state waits 'r["state"]')" = pausing ]
ok "it is pausing" $? "$(cat "$TMP/s.json")"
cp "$TMP/reply-1" "$TMP/box/0001-reply.md"
wait "$pid"
ok "and stops before the next call" $? "$(cat "$TMP/out.txt")"
[ "$(state waits '(r["state"], r["iterations"])')" = "('paused', 1)" ]
ok "paused behind what it had begun" $? "$(cat "$TMP/s.json")"
exec=exec sessions resume waits >"$TMP/out.txt" 2>&1 &
pid=$!
for _ in $(seq 80); do
    [ -e "$TMP/box/0002-request.md" ] && break
    sleep 0.1
done
[ -e "$TMP/box/0002-request.md" ]
ok "resumed, it asks the next" $? "$(cat "$TMP/out.txt")"
kill -9 "$pid"
wait "$pid" 2>/dev/null
[ "$(state waits 'r["state"]')" = killed ]
ok "killed, it says so" $? "$(cat "$TMP/s.json")"

# Two at once on one task and one ledger: the folders, cases and rows of each are its own.
(improve left $recorded >"$TMP/left.txt" 2>&1; echo $? >"$TMP/left.rc") &
(improve right $recorded >"$TMP/right.txt" 2>&1; echo $? >"$TMP/right.rc") &
wait
[ "$(cat "$TMP/left.rc")$(cat "$TMP/right.rc")" = 00 ]
ok "two at once" $? "$(cat "$TMP/left.txt" "$TMP/right.txt")"
[ "$(folder left)" != "$(folder right)" ]
ok "have a folder each" $? "$(cat "$TMP/s.json")"
for one in left right; do
    [ "$(state $one '(r["state"], r["iterations"], r["calls"])')" = "('ended', 4, 4)" ]
    ok "$one came to its end" $? "$(cat "$TMP/s.json")"
    expect "$one: its policy passes its cases" 0 '^ok 1' "$RATCHET" test cartpole \
        --policy "$(folder $one)/best.lua" --cases "$(folder $one)/cases"
    expect_no_edit $one
    "$RATCHET" improve --resume $one >/dev/null 2>"$TMP/err"
    ok "$one: played once more it is the same" $? "$(cat "$TMP/err")"
done
sqlite() { python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())' "$TMP/logs/ledger.sqlite" "$1"; }
[ "$(sqlite 'SELECT count(DISTINCT run), count(*) FROM candidate WHERE run IN (SELECT run FROM session WHERE name IN ("left", "right"))')" = "[(2, 8)]" ]
ok "each has its own rows" $?

# Another machine: the folder lies elsewhere, and the old one is not there.
mkdir "$TMP/moved"
cp -a "$TMP/logs" "$TMP/moved/logs"
mv "$TMP/logs" "$TMP/away"
RATCHET_HOME=$TMP/moved "$RATCHET" sessions --json >"$TMP/s.json"
[ "$(json "$TMP/s.json" '[r["folder"] for r in j if r["session"] == "left"][0]' | grep -c "^$TMP/moved/")" = 1 ]
ok "a machine that has the folder finds it" $? "$(cat "$TMP/s.json")"
RATCHET_HOME=$TMP/moved expect "and goes on with it" 0 "$TMP/moved/logs/.*/best.lua" \
    "$RATCHET" sessions resume left
mv "$TMP/away" "$TMP/logs"
done_testing
