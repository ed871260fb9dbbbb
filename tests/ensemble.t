# ensemble.t - several models by weight, the strong one when stuck.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
lean() { # lean WEIGHTS: a reply
    printf 'Lean on %s.\n\n```lua\nreturn { act = function(o)\n  return %s > 0 and 1 or 0\nend }\n```\n' "$1" "$1"
}
for i in 1 2 3 4 5 6; do lean "o.position - $i" >"$TMP/weak-$i"; done
lean "o.angle + 0.5 * o.angular_velocity" >"$TMP/strong"
python3 tests/tools/make_session.py "$TMP/weak.jsonl" "$TMP"/weak-?
python3 tests/tools/make_session.py "$TMP/strong.jsonl" "$TMP/strong"
cat >"$TMP/e.json" <<J
{"models": [{"model": "recorded:$TMP/weak.jsonl", "weight": 2},
            {"model": "recorded:$TMP/strong.jsonl", "when": "stuck"}], "stuck_after": 2}
J
improve() {
    "$RATCHET" improve cartpole --policy "$start" --set target=501 --set dev=4 --set gate=16 "$@"
}
improve --model "ensemble:$TMP/e.json" --out "$TMP/run" -n 5 >"$TMP/out" 2>&1
ok "a run of two models" $? "$(cat "$TMP/out")"
"$RATCHET" ledger "$TMP/run" --list climb --json >"$TMP/v.json"
[ "$(json "$TMP/v.json" '"".join(r["change"].split(".")[1][0] for r in j), j[3]["verdict"]')" = "('pppap', 'better')" ]
ok "the strong one comes when it is stuck, and goes after a promotion" $? "$(cat "$TMP/v.json")"
for i in 1 2 3 4 5 6; do lean "o.velocity - $i" >"$TMP/other-$i"; done
python3 tests/tools/make_session.py "$TMP/other.jsonl" "$TMP"/other-?
cat >"$TMP/w.json" <<J
{"models": [{"model": "recorded:$TMP/weak.jsonl"}, {"model": "recorded:$TMP/other.jsonl"}]}
J
improve --model "ensemble:$TMP/w.json" --out "$TMP/w1" -n 6 >"$TMP/out" 2>&1
"$RATCHET" ledger "$TMP/w1" --list climb --json >"$TMP/v.json"
who=$(json "$TMP/v.json" '"".join(r["change"].split(".")[1][0] for r in j)')
case $who in
*p*v* | *v*p*) true ;;
*) false ;;
esac
ok "both of equal weight are asked" $? "$who"
improve --model "ensemble:$TMP/w.json" --out "$TMP/w2" -n 6 >"$TMP/out" 2>&1
"$RATCHET" ledger "$TMP/w2" --list climb --json >"$TMP/v.json"
again=$(json "$TMP/v.json" '"".join(r["change"].split(".")[1][0] for r in j)')
ok "in the same order for the same seed" "$([ "$who" = "$again" ]; echo $?)" "$who $again"
row() { # row NAME TEXT PATTERN
    printf '%s' "$2" >"$TMP/bad.json"
    expect "$1" 2 "bad.json: .*$3" improve --model "ensemble:$TMP/bad.json" --out "$TMP/bad-$tests"
}
row "no JSON" '{' 'line 1'
row "no models" '{}' '`models` must be a list'
row "an unknown key" '{"models": [{"model": "search"}], "colour": 1}' 'unknown key "colour"'
row "an unknown key of a model" '{"models": [{"model": "search", "wait": 1}]}' 'model 1: unknown key "wait"'
row "a weight of nothing" '{"models": [{"model": "search", "weight": 0}]}' '`weight` must be'
row "a time that there is not" '{"models": [{"model": "search", "when": "late"}]}' '`when` must be'
row "nobody before it is stuck" '{"models": [{"model": "search", "when": "stuck"}]}' 'all models are for'
row "an ensemble of ensembles" '{"models": [{"model": "ensemble:x"}]}' 'holds no other'
row "an unknown model" '{"models": [{"model": "nobody"}]}' 'model 1: nobody: no such provider'
expect "no file" 2 'ensemble: name its file' improve --model ensemble --out "$TMP/none"
done_testing
