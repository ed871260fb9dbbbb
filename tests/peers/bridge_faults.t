# bridge_faults.t - faults never pay over the bridge, where nothing says how low a return can be:
# what the harness measures, and what it refuses.
. tests/tap.sh
. tests/peers/bridge.sh
bridge_ready || { done_testing; exit; }
echo 'return { act = function() error("no") end }' >"$TMP/no.lua"
echo 'local n
return { reset = function() n = 0 end, act = function()
  n = n + 1
  if n > 100 then error("no") end
  return 0 end }' >"$TMP/late.lua"
echo 'return { act = function() return { 0 } end }' >"$TMP/rest.lua"
echo 'return { act = function() return 0 end }' >"$TMP/still.lua"
for row in gym/Pendulum-v1:no:rest ale/pong:no:still ale/pong:late:still ale/boxing:no:still \
    ale/breakout:no:still; do
    IFS=: read -r env policy whole <<R
$row
R
    for p in "$policy" "$whole"; do
        "$RATCHET" run "$env" "$TMP/$p.lua" -n 2 --set max_frames=4000 --json >"$TMP/$p.json" \
            2>"$TMP/err.log"
    done
    worst=$(json "$TMP/$policy.json" 'j["max"]') honest=$(json "$TMP/$whole.json" 'j["min"]')
    python3 -c "import sys; sys.exit(not $worst <= $honest)"
    ok "$env, $policy: breaking ($worst) is not above doing nothing ($honest)" $?
done
{ printf 'Stop.\n\n```lua\n'; cat "$TMP/no.lua"; printf '```\n'; } >"$TMP/reply.txt"
python3 tests/tools/make_session.py "$TMP/no.jsonl" "$TMP/reply.txt"
for row in gym/Pendulum-v1:rest ale/pong:still; do
    IFS=: read -r env policy <<R
$row
R
    dir=$TMP/$(basename "$env")
    "$RATCHET" improve "$env" --policy "$TMP/$policy.lua" --model "recorded:$TMP/no.jsonl" \
        --out "$dir" --set dev=2 --set gate=8 --set max_frames=2000 >"$TMP/out.txt" 2>&1
    "$RATCHET" ledger "$dir" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" '[r["verdict"] + ": " + r["why"] for r in j]' >"$TMP/v.txt"
    grep -q 'refused: dev seed 0: the policy raised an error' "$TMP/v.txt"
    ok "$env: an error is no gain" $? "$(cat "$TMP/v.txt" "$TMP/out.txt")"
    "$RATCHET" ledger "$dir" --list episodes --json >"$TMP/e.json"
    found=$(json "$TMP/e.json" 'len([r for r in j if r["purpose"] == "probe" and r["steps"] > 0])')
    [ "$found" = 12 ]
    ok "$env: what was measured is in the ledger, as probe steps" $? "$found"
    "$RATCHET" ledger "$dir" --list episodes --json >"$TMP/e.json"
    found=$(json "$TMP/e.json" 'max(r["score"] for r in j if r["fault"]) < min(r["score"] for r in j if r["purpose"] == "probe")' 2>&1)
    [ "$found" = True ]
    ok "$env: a fault scores less than any of them" $? "$found"
done
done_testing
