# draft.t - the working draft of a model over an API: changed by tools, handed over by submit, by
# prose, or by edits in text, which are edits of the draft.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

reply() {
    cat >"$TMP/$1"
}
reply 1.json <<'J'
[{"name": "policy_write", "arguments": {"source": "return { act = function(o)\n  return o.angle > 0 and 1 or 0\nend }\n"}},
 {"name": "check", "arguments": {}}]
J
echo "Lean with the pole." | reply 2.txt
reply 3.json <<'J'
[{"name": "policy_edit", "arguments": {"search": "o.angle > 0", "replace": "o.velocity > 0"}}]
J
printf 'Its speed as well.\n\n<<<<<<< SEARCH\n  return o.velocity > 0 and 1 or 0\n=======\n  return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0\n>>>>>>> REPLACE\n' |
    reply 4.txt
reply 5.json <<'J'
[{"name": "submit", "arguments": {"change": "nothing was changed"}},
 {"name": "policy_write", "arguments": {"source": "return {"}},
 {"name": "submit", "arguments": {"change": "Broken off."}},
 {"name": "note", "arguments": {"text": "after the submission"}}]
J
echo "And a reply without a policy, when nothing was changed." | reply 6.txt
python3 tests/tools/make_session.py "$TMP/s.jsonl" "$TMP/1.json" "$TMP/2.txt" "$TMP/3.json" \
    "$TMP/4.txt" "$TMP/5.json" "$TMP/6.txt"

improve() {
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/s.jsonl" --out "$1" \
        --set target=501 --set dev=10 --set gate=32 --json
}
verdicts() {
    "$RATCHET" ledger "$1" --list climb --json >"$TMP/v.json" && json "$TMP/v.json" \
        '[(r["iteration"], r["verdict"], r["change"], r["why"]) for r in j]'
}
improve "$TMP/run" >"$TMP/out" 2>&1
ok "a run to its end" $? "$(cat "$TMP/out")"
verdicts "$TMP/run" >"$TMP/v.txt"
is() { # is NAME PATTERN
    grep -q "$2" "$TMP/v.txt"
    ok "$1" $? "$(cat "$TMP/v.txt")"
}
is "prose hands over the draft" "(1, 'better', 'Lean with the pole.'"
is "edits in text are edits of the draft" "(2, 'better', 'Its speed as well.'"
is "submit hands it over as it is" "(3, 'refused', 'Broken off.', .*cannot be loaded"
is "prose alone is no policy" "(4, 'refused', 'And a reply.*holds no policy"
grep -q "o.angle + 0.5" "$TMP/run/best.lua"
ok "the candidate is the draft with the edit" $? "$(cat "$TMP/run/best.lua")"
done_testing
