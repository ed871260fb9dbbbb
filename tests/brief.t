# brief.t - what a run does by the format of its briefs, after its target, and through files.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
few="--set dev=4 --set gate=8 --set confidence=0.9"

reply() { # reply FILE WEIGHT
    printf 'Weigh the speed by %s.\n```lua\nreturn { act = function(o)\n  return o.velocity * %s > 0 and 1 or 0\nend }\n```\n' \
        "$2" "$2" >"$1"
}
for i in 1 2 3; do reply "$TMP/r$i.md" -$i; done
python3 tests/tools/make_session.py "$TMP/one.jsonl" "$TMP/r1.md" "$TMP/r2.md" "$TMP/r3.md"
sed '1s/"brief_format": "1"/"brief_format": "2"/' "$TMP/one.jsonl" >"$TMP/two.jsonl"

format() { # format SESSION: of what a run that plays it records
    rm -rf "$TMP/run" "$TMP/kept.jsonl"
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/$1.jsonl" $few -n 1 \
        --out "$TMP/run" --record "$TMP/kept.jsonl" >/dev/null 2>&1
    head -1 "$TMP/kept.jsonl" | python3 -c 'import json, sys; print(json.load(sys.stdin)["brief_format"])'
}
for n in one:1 two:2; do
    got=$(format "${n%:*}")
    ok "replies to briefs of format ${n#*:} are played by its rules" "$([ "$got" = "${n#*:}" ]; echo $?)" "$got"
    expect "and reproduced by them" 0 'reproduced: 1 iteration' "$RATCHET" reproduce "$TMP/kept.jsonl"
done

# After the target: the start has it already.
row() { # row WORD ITERATIONS REASON
    rm -rf "$TMP/run"
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/one.jsonl" $few \
        --set target=1 -n 2 --out "$TMP/run" --after-target "$1" --json >"$TMP/out.json" 2>"$TMP/err"
    got=$(json "$TMP/out.json" '"%d %s" % (j["iterations"], j["stop_reason"])')
    ok "after the target, $1" "$([ "$got" = "$2 $3" ]; echo $?)" "$got $(cat "$TMP/err")"
}
row stop 0 'target reached'
row simplify 2 'budget: iterations'
grep -q 'Make the policy simpler' "$TMP/run/briefs/001.md"
ok "a simpler one is asked for" $?
row climb 2 'budget: iterations'
grep -q 'the run climbs on' "$TMP/run/briefs/001.md"
ok "a better one is asked for" $?
expect "another word is none" 1 'after_target "rest": it is simplify, climb or stop' \
    "$RATCHET" improve cartpole --policy "$start" --model search --after-target rest
expect "it is a key of the task" 0 '"after_target": *"climb"' "$RATCHET" task cartpole --set after_target=climb

# Through files: calls in a fenced block, tools said once, the verdict of the last one too.
mkdir "$TMP/box"
cat >"$TMP/box/0001-reply.md" <<'R'
I look at it first.

```calls
[{"name": "policy_write", "arguments": {"source": {"block": 1}}}]
```

```lua
-- "quotes" and \ stand as they are
return { act = function(o) return o.velocity * -1 > 0 and 1 or 0 end }
```
R
echo 'Weigh the speed.' >"$TMP/box/0002-reply.md"
"$RATCHET" improve cartpole --policy "$start" --model "files:$TMP/box" $few -n 1 --out "$TMP/files" \
    >"$TMP/out" 2>&1
grep -q '"ok":true' "$TMP/box/0002-request.md"
ok "a call takes a fenced block as its argument" $? "$(cat "$TMP/out" "$TMP/box/0002-request.md")"
[ "$(grep -l '`policy_edit`' "$TMP"/box/*-request.md)" = "$TMP/box/0001-request.md" ]
ok "the tools stand in the first request alone" $? "$(grep -l '`policy_edit`' "$TMP"/box/*-request.md)"
grep -q '^# Iteration 1: ' "$TMP/box/0002-verdict.md" &&
    grep -q 'The run is over: budget: iterations' "$TMP/box/0002-verdict.md"
ok "the last verdict is told, and why the run is over" $? "$(ls "$TMP/box")"
done_testing
