# compare.t - several models on one task at equal cost: same start, same hidden seeds, pairs.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
lean() { # lean WEIGHTS: a reply
    printf 'Lean.\n\n```lua\nreturn { act = function(o)\n  return %s > 0 and 1 or 0\nend }\n```\n' "$1"
}
lean "o.angle" >"$TMP/1"
lean "o.angle + 0.5 * o.angular_velocity" >"$TMP/2"
lean "o.velocity" >"$TMP/3"
python3 tests/tools/make_session.py "$TMP/good.jsonl" "$TMP/1" "$TMP/2"
python3 tests/tools/make_session.py "$TMP/poor.jsonl" "$TMP/3" "$TMP/1"
compare() {
    "$RATCHET" compare cartpole --models "recorded:$TMP/poor.jsonl,recorded:$TMP/good.jsonl" \
        --policy "$start" --repeats 2 --seeds 20 --set target=501 --set dev=4 --set gate=16 \
        --out "$TMP/trial" "$@"
}
compare --json >"$TMP/a.json" 2>"$TMP/err"
ok "two models, two runs each" $? "$(cat "$TMP/err")"
[ "$(json "$TMP/a.json" 'j["models"][0]["score"] < 100 < 400 < j["models"][1]["score"] and j["models"][0]["start"] == j["models"][1]["start"] < 12')" = True ]
ok "scores on fresh seeds tell them apart" $? "$(cat "$TMP/a.json")"
[ "$(json "$TMP/a.json" 'j["models"][1]["difference_low"] > 0 and j["models"][0]["difference"] == 0')" = True ]
ok "the difference is of pairs" $? "$(cat "$TMP/a.json")"
[ "$(json "$TMP/a.json" 'all(c["low"] <= c["score"] <= c["high"] for c in j["curve"]) and {c["by"] for c in j["curve"]} == {"steps", "tokens"} and len([c for c in j["curve"] if c["by"] == "steps"]) == 42')" = True ]
ok "curves with intervals, by what there was a cost of" $? "$(cat "$TMP/a.json")"
[ "$(json "$TMP/a.json" '[[c["score"] for c in j["curve"] if c["model"] == m["model"]][i] == m[k] for m in j["models"] for i, k in ((0, "start"), (-1, "score"))]')" = "[True, True, True, True]" ]
ok "from the start to the end" $? "$(cat "$TMP/a.json")"
cmp -s "$TMP/trial/model-1-run-1/salt" "$TMP/trial/model-2-run-1/salt" &&
    ! cmp -s "$TMP/trial/model-1-run-1/salt" "$TMP/trial/model-1-run-2/salt"
ok "pairs share their hidden seeds, repeats do not" $?
calls() {
    "$RATCHET" ledger "$TMP/trial/model-2-run-2" --list calls --json | grep -c '"turn"'
}
before=$(calls)
compare --json >"$TMP/b.json" 2>"$TMP/err"
cmp -s "$TMP/a.json" "$TMP/b.json"
ok "once more: the same, from the ledger" $? "$(cat "$TMP/err"; diff "$TMP/a.json" "$TMP/b.json")"
ok "nothing was asked again" "$([ "$before" -eq "$(calls)" ]; echo $?)"
expect "as a table" 0 'difference: from recorded:.*poor' compare --plot "$TMP/c.svg"
grep -q '<svg' "$TMP/c.svg"
ok "as a picture" $?
expect "its bands are steps, as its lines are" 0 '^[1-9]$' python3 tests/tools/bands.py "$TMP/c.svg"
expect "as CSV" 0 '^by,cost,estimated,model,score,low,high$' compare --csv
expect "one run has no interval" 0 'says nothing of chance' compare --repeats 1
expect "no models" 2 'name models' "$RATCHET" compare cartpole --out "$TMP/x"
expect "no folder" 2 '--out' "$RATCHET" compare cartpole --models search
expect "a folder of another comparison" 1 'holds a run by recorded:' \
    "$RATCHET" compare cartpole --models search --out "$TMP/trial"
expect "a model that fails" 1 'its run failed' "$RATCHET" compare cartpole --policy "$start" \
    --models "recorded:$TMP/none.jsonl" --out "$TMP/y"
done_testing
