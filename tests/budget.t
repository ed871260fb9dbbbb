# budget.t - what ends a run: budgets of calls, tokens, money and time, STOP, a fruitless model.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

session() { # session FILE USD TOKENS: ten replies that cost so much each
    python3 - "$@" <<'P'
import json
import sys
path, usd, tokens = sys.argv[1:]
with open(path, "w") as out:
    print(json.dumps({"ratchet_session": 1, "notes": "a test fixture"}), file=out)
    for i in range(10):
        reply = {"role": "assistant",
                 "text": "Weigh it.\n\n```lua\nreturn { act = function(o)\n  return o.velocity * -%d"
                         " > 0 and 1 or 0\nend }\n```\n" % (i + 1),
                 "usage": {"usd": json.loads(usd), "tokens_in": int(tokens), "tokens_out": 0}}
        print(json.dumps({"request": "0", "iteration": i + 1, "turn": 0, "reply": reply}), file=out)
P
}
session "$TMP/dear.jsonl" 0.25 1000
session "$TMP/free.jsonl" 0 1000
session "$TMP/unknown.jsonl" null 1000
improve() { # improve NAME SESSION [OPTION...]
    folder=$1 session=$2
    shift 2
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/$session.jsonl" \
        --out "$TMP/$folder" --set target=501 --set dev=2 --set gate=8 "$@"
}
calls() { # calls NAME: made so far
    "$RATCHET" ledger "$TMP/$1" --list calls --json >"$TMP/c.json"
    json "$TMP/c.json" 'len(j)'
}
row() { # row NAME SESSION CALLS PATTERN OPTION...
    run=$1 session=$2 n=$3 want=$4
    shift 4
    status=0
    case $n$want in 0*budget*) status=1 ;; esac # not one answer
    expect "$run: $*" $status "$want" improve "$run" "$session" "$@"
    made=$(calls "$run")
    ok "$run: after $n calls" "$([ "$made" -eq "$n" ]; echo $?)" "$made"
}
row calls dear 4 'stopped: budget: model calls' --max-calls 4
row tokens dear 3 'stopped: budget: model tokens' --max-tokens 2500
row money dear 4 'stopped: budget: money$' --max-usd 1
row unknown unknown 1 'stopped: budget: money: what the model costs is unknown' --max-usd 1
row free free 10 'stopped: the recorded session is over \(10 replies\)' --max-usd 0.01
row minutes dear 0 'stopped: budget: minutes' --max-minutes 0.000001
calls calls >/dev/null
[ "$(json "$TMP/c.json" '{(c["estimated"], c["tokens_in"]) for c in j}')" = "{('no', 1000)}" ]
ok "calls are listed with what they used, and whether it was counted" $? "$(cat "$TMP/c.json")"
# Who counts no tokens is estimated, and marked: the budget holds all the same.
session "$TMP/uncounted.jsonl" 0 -1
row uncounted uncounted 1 'stopped: budget: model tokens' --max-tokens 300
[ "$(json "$TMP/c.json" 'j[0]["estimated"] == "yes" and j[0]["tokens_in"] > 300')" = True ]
ok "tokens that nobody counted are estimated" $? "$(cat "$TMP/c.json")"
expect "an agent's tokens, too" 0 'stopped: budget: model tokens' timeout 60 "$RATCHET" improve \
    cartpole --policy "$start" --model "command:echo 'return { act = function() return 1 end }' >policy.lua" \
    --out "$TMP/agent" --set target=501 --set dev=2 --set gate=8 --max-tokens 300
"$RATCHET" ledger "$TMP/agent" --list calls --json >"$TMP/c.json"
[ "$(json "$TMP/c.json" 'len(j) == 1 and j[0]["estimated"] == "yes" and j[0]["tokens_in"] > 300')" = True ]
ok "and marked as estimated" $? "$(cat "$TMP/c.json")"
expect "a warning at a half" 0 '^ratchet: 50 % of the budget is used: 5 of 10 model calls' \
    improve half dear --max-calls 10
expect "and at four fifths" 0 '^ratchet: 80 % of the budget is used: 2 of 2.5 dollars' \
    improve most dear --max-usd 2.5
expect "a budget is no number" 2 'much: invalid numeric' improve bad dear --max-usd much
mkdir "$TMP/stopped"
touch "$TMP/stopped/STOP"
row stopped dear 0 "stopped: a file STOP is in the run's folder"
rm "$TMP/stopped/STOP"
expect "without STOP it goes on" 0 'the recorded session is over' \
    "$RATCHET" improve --resume --out "$TMP/stopped"
expect "more calls on resuming" 0 'stopped: budget: model calls' \
    "$RATCHET" improve --resume --out "$TMP/calls" --max-calls 6
ok "come to so many" "$([ "$(calls calls)" -eq 6 ]; echo $?)" "$(calls calls)"

# Steps end where they are made: to the step, whoever plays, however often it is resumed.
total() { # total NAME: all steps in the ledger of that run
    python3 - "$TMP/logs/ledger.sqlite" "$TMP/$1" <<'P'
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
print(*db.execute("SELECT sum(e.steps), sum(e.planner_steps) FROM episode e JOIN run ON run.id = e.run"
                  " WHERE run.name = ?", (sys.argv[2],)).fetchone())
P
}
set_budget() { # set_budget NAME KEY NUMBER: of a run that is there
    python3 - "$TMP/logs/ledger.sqlite" "$TMP/$1" "$2" "$3" <<'P'
import json
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
task = json.loads(db.execute("SELECT task FROM run WHERE name = ?", (sys.argv[2],)).fetchone()[0])
task["budget"][sys.argv[3]] = float(sys.argv[4])
db.execute("UPDATE run SET task = ? WHERE name = ?", (json.dumps(task), sys.argv[2]))
db.commit()
P
}
verdicts() { # verdicts NAME
    "$RATCHET" ledger "$TMP/$1" --json | sed '/"seconds":/d'
}
for row in 'one 150 1 dear' 'few 1234 1 dear' 'tuned 3210 1 search' 'wide 1234 3 dear' 'widest 3210 3 search'; do
    set -- $row
    model=recorded:$TMP/$4.jsonl
    [ "$4" != search ] || model=search
    # The first ends before the model is asked: not one answer.
    expect "$1: stops at $2 steps with $3 workers" "$([ "$1" = one ]; echo $((!$?)))" 'stopped: budget: steps' \
        "$RATCHET" improve cartpole --policy "$start" --model "$model" --out "$TMP/steps-$1" \
        --set target=501 --set dev=10 --set gate=32 --set steps="$2" --jobs "$3"
    ok "$1: and makes exactly so many" "$([ "$(total "steps-$1")" = "$2 0" ]; echo $?)" "$(total "steps-$1")"
done
[ "$(verdicts steps-few)" = "$(verdicts steps-wide)" ]
ok "with the same verdicts, whatever the workers" $? "$(verdicts steps-few; verdicts steps-wide)"
set_budget steps-few steps 4000
expect "with more steps it goes on" 0 'stopped: ' "$RATCHET" improve --resume --out "$TMP/steps-few"
ok "up to them" "$([ "$(total steps-few)" = "4000 0" ]; echo $?)" "$(total steps-few)"
cat >"$TMP/plans.lua" <<'LUA'
local gain
return { params = { gain = { default = 1, min = 0, max = 2 } }, reset = function(info)
  gain = info.params.gain
end, act = function(obs)
  obs.sim:rollouts(vec.new(10 * 4), 4)
  return obs.angle * gain > 0 and 1 or 0
end }
LUA
expect "planner steps end a run" 1 'not one answer came from search: budget: steps' \
    "$RATCHET" improve cartpole --policy "$TMP/plans.lua" --model search --out "$TMP/plans" \
    --set plan=true --set planner_steps=100 --set planner_total=1000 --set dev=10 --jobs 2
faulted=$("$RATCHET" ledger "$TMP/plans" --list episodes --json | python3 -c 'import json, sys; print({r["fault"] for r in json.load(sys.stdin)})')
ok "and no episode by a fault of its policy" "$([ "$faulted" = "{0}" ]; echo $?)" "$faulted"
set -- $(total plans)
ok "within the one act that reaches the budget" "$([ "$2" -ge 1000 ] && [ "$2" -lt 1100 ]; echo $?)" "$*"

# Time goes on over a resume, and means the same wherever it stands.
sql() { # sql STATEMENT: its first row
    python3 -c 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); r=d.execute(sys.argv[2]).fetchone(); d.commit(); print(*(r or []))' \
        "$TMP/logs/ledger.sqlite" "$1"
}
of() { echo "run = (SELECT id FROM run WHERE name = '$TMP/$1')"; }
improve hours dear --max-calls 2 --set dev=20 --set gate=64 >"$TMP/hours.txt" 2>&1
"$RATCHET" ledger "$TMP/hours" --json >"$TMP/c.json"
shown=$(sed -n 's/.* steps, \([0-9.]*\) s$/\1/p' "$TMP/hours.txt" | tr '\n' ' ')
ok "an iteration's seconds are the terminal's in the ledger" "$([ -n "$shown" ] && [ "$shown" = \
    "$(json "$TMP/c.json" '" ".join("%.1f" % r["seconds"] for r in j) + " "')" ]; echo $?)" \
    "$shown; $(json "$TMP/c.json" '[r["seconds"] for r in j]')"
worked=$(sql "SELECT sum(seconds) > (SELECT sum(seconds) FROM candidate WHERE $(of hours)) AND sum(seconds) < 250 FROM work WHERE $(of hours)")
ok "the run has worked as long as its iterations, and for its start" "$([ "$worked" = 1 ]; echo $?)" "$worked"
sql "INSERT INTO work SELECT id, 3600, 0 FROM run WHERE name = '$TMP/hours'" >/dev/null
expect "an hour's work is an hour's work when it is resumed" 0 'stopped: budget: minutes' \
    "$RATCHET" improve --resume --out "$TMP/hours" --max-calls 9 --max-minutes 60
ok "so that nothing more is asked" "$([ "$(calls hours)" -eq 2 ]; echo $?)" "$(calls hours)"
expect "more minutes, more calls" 0 'stopped: budget: model calls' \
    "$RATCHET" improve --resume --out "$TMP/hours" --max-calls 3 --max-minutes 90
"$RATCHET" sessions --json >"$TMP/c.json"
expect "sessions tell its minutes" 0 '^60\.' json "$TMP/c.json" \
    '[r["minutes"] for r in j if r["session"].endswith("/hours")][0]'
expect "and when it was at work, in UTC" 0 '^20[0-9-]{8}T[0-9:]{8}Z$' json "$TMP/c.json" \
    '[r["last"] for r in j if r["session"].endswith("/hours")][0]'
sql "INSERT INTO allowance SELECT id, 'much', 0 FROM run WHERE name = '$TMP/hours'" >/dev/null
expect "a budget in the ledger that is none" 1 'the budget that it got is not JSON' \
    "$RATCHET" improve --resume --out "$TMP/hours" --max-calls 9
sql "DELETE FROM allowance WHERE budget = 'much'" >/dev/null
# A ledger that does not tell its steps is an error, not a run that has made none.
sql "UPDATE episode SET steps = 4611686018427387904 WHERE $(of hours) AND seed_index < 2 AND purpose = 'gate'" >/dev/null
expect "steps that cannot be counted end it" 1 'integer overflow' \
    "$RATCHET" improve --resume --out "$TMP/hours" --max-calls 9

for i in 1 2 3 4 5 6 7 8; do
    echo "Nothing comes to my mind, for the $i. time." >"$TMP/nothing-$i"
done
python3 tests/tools/make_session.py "$TMP/nothing.jsonl" "$TMP"/nothing-?
row nothing nothing 6 'stopped: 6 replies in a row held no new policy'
row few nothing 2 'stopped: 2 replies in a row held no new policy' --set fruitless=2
# Refused by the server: asking again is of no use.
cat >"$TMP/refuse.py" <<'PY'
import http.server


class Refuse(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_error(401)


server = http.server.HTTPServer(("127.0.0.1", 0), Refuse)
print(server.server_port, flush=True)
server.handle_request()
PY
python3 "$TMP/refuse.py" >"$TMP/port" 2>/dev/null &
until [ -s "$TMP/port" ]; do sleep 0.1; done
expect "a model that refuses: the run does not begin" 1 \
    '^ratchet: the run does not begin: openai:x: .*401' \
    env OPENAI_BASE_URL="http://127.0.0.1:$(cat "$TMP/port")/v1" "$RATCHET" improve cartpole \
    --policy "$start" --model openai:x --out "$TMP/nobody" --set dev=2
wait
[ ! -e "$TMP/nobody" ] && ! "$RATCHET" ledger "$TMP/nobody" >/dev/null 2>&1
ok "and leaves nothing behind" $?
done_testing
