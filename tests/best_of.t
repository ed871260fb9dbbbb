# best_of.t - N rewrites of one start, none of which knows of the others.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
edit() { # edit BODY: an edit of the start, which fits nothing else
    printf 'Edited: %s.\n\n<<<<<<< SEARCH\n%s\n=======\n%s\n>>>>>>> REPLACE\n' "$1" "$line" "$1"
}
line='  return lean > 0 and 1 or 0'
cat >"$TMP/1.json" <<'J'
[{"name": "run_episodes", "arguments": {"seeds": [0]}}]
J
edit '  return obs.angle > 0 and 1 or 0' >"$TMP/2.txt"
edit '  return obs.velocity > 0 and 1 or 0' >"$TMP/3.txt"
cp "$TMP/1.json" "$TMP/4.json"
edit '  return obs.angle + 0.5 * obs.angular_velocity > 0 and 1 or 0' >"$TMP/5.txt"
python3 tests/tools/make_session.py "$TMP/s.jsonl" "$TMP/1.json" "$TMP/2.txt" "$TMP/3.txt" \
    "$TMP/4.json" "$TMP/5.txt"
expect "from start to a promoted policy" 0 'stopped: all 3 rewrites of best-of are made' \
    "$RATCHET" improve cartpole --policy "$start" --model "best-of:3:recorded:$TMP/s.jsonl" \
    --out "$TMP/run" --set target=501 --set dev=4 --set gate=32
"$RATCHET" ledger "$TMP/run" --list climb --json >"$TMP/v.json"
got=$(json "$TMP/v.json" '[(r["iteration"], r["verdict"]) for r in j]')
[ "$got" = "[(1, 'better'), (2, 'refused'), (3, 'better')]" ]
ok "every edit is one of the start" $? "$(cat "$TMP/v.json" "$TMP/run/candidates"/*)"
# The loop's brief of iteration 3 is about the new incumbent; its first call plays the start.
"$RATCHET" ledger "$TMP/run" --list episodes --json >"$TMP/e.json"
sha=$(sha256sum <"$start" | cut -c1-64)
[ "$(json "$TMP/e.json" "[r for r in j if r['purpose'] == 'probe' and not r['policy'].startswith('$sha'[:8])]")" = "[]" ]
ok "and so is every call" $? "$(json "$TMP/e.json" "[r for r in j if r['purpose'] == 'probe']")"
# Resumed: the first brief is still what is asked.
"$RATCHET" improve cartpole --policy "$start" --model "best-of:3:recorded:$TMP/s.jsonl" \
    --out "$TMP/cut" --set target=501 --set dev=4 --set gate=32 --max-calls 2 >/dev/null 2>&1
expect "resumed" 0 'all 3 rewrites' "$RATCHET" improve --resume --out "$TMP/cut" --max-calls 99
"$RATCHET" ledger "$TMP/cut" --list climb --json >"$TMP/v.json"
again=$(json "$TMP/v.json" '[(r["iteration"], r["verdict"]) for r in j]')
ok "with the same verdicts" "$([ "$got" = "$again" ]; echo $?)" "$got $again"
# Edits of what the loop has made of the start are none of the start.
line='  return obs.angle > 0 and 1 or 0'
edit '  return obs.angle + 0.5 * obs.angular_velocity > 0 and 1 or 0' >"$TMP/3.txt"
python3 tests/tools/make_session.py "$TMP/o.jsonl" "$TMP/2.txt" "$TMP/3.txt"
"$RATCHET" improve cartpole --policy "$start" --model "best-of:2:recorded:$TMP/o.jsonl" \
    --out "$TMP/other" --set target=501 --set dev=4 --set gate=32 >/dev/null 2>&1
"$RATCHET" ledger "$TMP/other" --list climb --json >"$TMP/v.json"
[ "$(json "$TMP/v.json" '[(r["verdict"], "nowhere" in r["change"]) for r in j]')" = \
    "[('better', False), ('refused', True)]" ]
ok "an edit that fits only the loop's policy is refused" $? "$(cat "$TMP/v.json")"
for bad in best-of best-of: best-of:3 best-of:0:search best-of:x:search best-of:3:nobody; do
    expect "$bad is refused" 2 'best-of|no such provider' "$RATCHET" improve cartpole \
        --policy "$start" --model "$bad" --out "$TMP/bad-$bad"
done
done_testing
