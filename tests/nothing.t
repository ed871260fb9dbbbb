# nothing.t - what tested, played or heard nothing does not succeed, and says why.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
printf 'return { act = function(o) error("no") end }\n' >"$TMP/no.lua"
printf 'return { act = function(o) if o.angle < -0.16 then error("no") end return 1 end }\n' >"$TMP/late.lua"
python3 tests/tools/make_session.py "$TMP/silent.jsonl"

# test: nothing of that name, no folder, no cases.
expect "test: an unknown task" 2 'nosuch: no such environment' "$RATCHET" test nosuch
expect "test: a file that is not there" 2 'nosuch.json' "$RATCHET" test nosuch.json
expect "test: an unknown folder of cases" 2 'no such folder of cases' "$RATCHET" test cartpole --cases "$TMP/nowhere" --policy "$start"
expect "test: a task without cases" 1 'there are no cases: nothing was tested; .*improve' "$RATCHET" test cartpole
expect "test: as JSON, too" 1 'nothing was tested' "$RATCHET" test cartpole --json
mkdir "$TMP/empty"
expect "test: an empty folder of cases" 1 'holds no cases: nothing was tested' \
    "$RATCHET" test cartpole --cases "$TMP/empty" --policy "$start"
expect "test: what has cases still passes" 0 '^ok 1' "$RATCHET" test breakout

# run: a fault is not a success.
expect "run: every episode faulted" 1 '3 of 3 episodes ended by a fault; --allow-faults' "$RATCHET" run cartpole "$TMP/no.lua" -n 3
expect "run: some did" 1 'ended by a fault' "$RATCHET" run cartpole "$TMP/late.lua" -n 3
expect "run: as JSON" 1 '"fault": "error"' "$RATCHET" run cartpole "$TMP/no.lua" -n 3 --json
"$RATCHET" run cartpole "$TMP/no.lua" -n 3 --json >"$TMP/run.json" 2>"$TMP/err"
[ $? = 1 ] && [ ! -s "$TMP/err" ] && [ "$(json "$TMP/run.json" 'len(j["episodes"])')" = 3 ]
ok "run: its JSON is what it was" $? "$(cat "$TMP/run.json" "$TMP/err")"
expect "run: taken, where that is said" 0 '3 with faults' "$RATCHET" run cartpole "$TMP/no.lua" -n 3 --allow-faults
expect "run: without faults" 0 '0 with faults' "$RATCHET" run cartpole "$start" -n 3

# improve, compare, nightly: not one answer.
lone() { "$RATCHET" improve cartpole --policy "$start" --set dev=4 --set gate=32 "$@"; }
expect "improve: a session without replies" 1 'not one answer came from recorded:.*the recorded session is over' \
    lone --model "recorded:$TMP/silent.jsonl"
expect "improve: and with JSON" 1 '"iterations": 0' lone --model "recorded:$TMP/silent.jsonl" --json
expect "improve: budgets that end before the first question" 1 'not one answer.*budget: steps' \
    lone --model search --set steps=1
expect "improve: resumed, still nothing" 1 'not one answer' "$RATCHET" improve --resume
expect "improve: a start that has the target wants no answer" 0 'stopped: target reached' lone --model search --set target=1
expect "improve: an answer is enough" 0 'budget: iterations' lone --model search:generations=1 --iterations 1
expect "compare: a model that says nothing" 1 'its run failed' "$RATCHET" compare cartpole --policy "$start" \
    --models "recorded:$TMP/silent.jsonl" --repeats 1 --seeds 4 --set dev=4 --set gate=32 --out "$TMP/compared"
cat >"$TMP/night.json" <<J
{"tasks": [{"task": "cartpole", "name": "good", "policy": "$start", "model": "search:generations=1",
            "budget": {"iterations": 1}, "set": ["dev=4", "gate=32"], "freeze": false},
           {"task": "cartpole", "name": "silent", "policy": "$start", "model": "recorded:$TMP/silent.jsonl",
            "set": ["dev=4", "gate=32"]}], "jobs": 2}
J
"$RATCHET" nightly "$TMP/night.json" --json >"$TMP/night.out" 2>"$TMP/err"
[ $? = 2 ]
ok "nightly: one that heard nothing could not be run" $? "$(cat "$TMP/night.out" "$TMP/err")"
json "$TMP/night.out" 'j["lines"][0]' | grep -q 'silent: could not be run: .*not one answer'
ok "nightly: and the worst comes first" $? "$(cat "$TMP/night.out")"

# Nothing to list is no failure; nothing to read or write is one.
expect "report: no run" 1 'nobody' "$RATCHET" report nobody
expect "ledger: no run" 1 'no such run' "$RATCHET" ledger nobody
expect "results: no such policy" 1 'no such policy' "$RATCHET" results nosuch
expect "results: no episodes" 2 'episodes' "$RATCHET" results cartpole --episodes 0
expect "replay: a file that is none" 1 'not a replay' "$RATCHET" replay "$start"
expect "replay: no file" 2 'replay' "$RATCHET" replay
RATCHET_HOME=$TMP/home
export RATCHET_HOME
mkdir "$TMP/home"
expect "sessions: no ledger" 1 'there is no ledger yet' "$RATCHET" sessions
expect "dream: no ledger" 1 'there is no ledger yet' "$RATCHET" dream
expect "prune: no logs" 1 'logs' "$RATCHET" prune
done_testing
