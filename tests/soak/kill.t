# kill.t - a run killed with SIGKILL at a hundred random points, up to three times each, resumes
# and ends with the verdicts, steps, cases, notes and incidents of a run that was never killed.
# ROUNDS=N does fewer.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
rounds=${ROUNDS:-100}

lean() { # lean NAME SENTENCE EXPRESSION
    printf '%s\n\n```lua\nreturn { act = function(o)\n  return %s > 0 and 1 or 0\nend }\n```\n' \
        "$2" "$3" >"$TMP/$1"
}
lean 1.txt "Lean against the angle." "o.angle"
lean 2.txt "Only the speed; it scores 480." "o.velocity"
cat >"$TMP/3.json" <<'J'
[{"name": "run_episodes", "arguments": {"seeds": [0, 1, 2]}},
 {"name": "run_episodes", "arguments": {"seeds": [99]}},
 {"name": "note", "arguments": {"text": "The speed alone is worth nothing."}},
 {"name": "notes_search", "arguments": {"words": "speed"}}]
J
lean 4.txt "The same again." "--[[ once more ]] o.angle"
lean 5.txt "Add the angular velocity." "o.angle + 0.5 * o.angular_velocity"
lean 6.txt "More of it." "o.angle + 0.6 * o.angular_velocity"
lean 7.txt "And the place." "0.05 * o.position + o.angle + 0.5 * o.angular_velocity"
python3 tests/tools/make_session.py "$TMP/session.jsonl" "$TMP"/[1-7].*

improve() { # improve DIR; exec'd when it is to be killed
    ${exec-} "$RATCHET" improve cartpole --policy "$start" \
        --model "recorded:$TMP/session.jsonl" --out "$1" --set target=501 --set dev=10 \
        --set gate=32 --set patience=2 --set parents=archive -j 1
}
all() { # what must be the same
    for list in climb steps cases notes incidents; do
        "$RATCHET" ledger "$1" --list $list --json | grep -v '"seconds"'
    done
    cat "$1"/cases/*.json "$1/best.lua"
}
mkdir "$TMP/whole"
began=$(date +%s%N)
improve "$TMP/whole" >"$TMP/out.txt" 2>&1
ok "a run that is not killed" $? "$(cat "$TMP/out.txt")"
took=$(($(date +%s%N) - began))
all "$TMP/whole" >"$TMP/whole.txt"
grep -q '"steps"' "$TMP/whole.txt" && grep -q 'claimed a score' "$TMP/whole.txt"
ok "has something to compare" $? "$(cat "$TMP/whole.txt")"

kill_after() { # kill_after SECONDS DIR
    if "$RATCHET" ledger "$2" >/dev/null 2>&1; then
        "$RATCHET" improve --resume --out "$2" -j 1 >/dev/null 2>&1 &
    else # killed before the run was in the ledger: nothing was begun
        exec=exec improve "$2" >/dev/null 2>&1 &
    fi
    pid=$!
    sleep "$1"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    dir=$TMP/k
    mkdir "$dir"
    cp -p "$TMP/whole/salt" "$dir/salt"
    times=
    for _ in $(seq $((round % 3 + 1))); do
        part=$(od -An -N2 -tu2 /dev/urandom)
        after=$(awk "BEGIN { print $took / 1e9 * $part / 65536 }")
        times="$times $after"
        kill_after "$after" "$dir"
    done
    if "$RATCHET" ledger "$dir" >/dev/null 2>&1; then
        "$RATCHET" improve --resume --out "$dir" -j 1 >/dev/null 2>"$TMP/err"
    else
        improve "$dir" >/dev/null 2>"$TMP/err"
    fi
    all "$dir" >"$TMP/killed.txt"
    cmp -s "$TMP/whole.txt" "$TMP/killed.txt"
    ok "killed after$times s" $? "$(cat "$TMP/err"; diff "$TMP/whole.txt" "$TMP/killed.txt")"
    rm -rf "$dir" "$TMP/logs.old"
    mv "$TMP/logs" "$TMP/logs.old" # each in a ledger of its own
done
done_testing
