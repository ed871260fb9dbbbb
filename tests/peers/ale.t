# ale.t - our own breakout against ale-py's, through the bridge: the same policies, the same
# actions, compared step by step: reward, end, features, memory, every seventh picture.
. tests/tap.sh
. tests/peers/bridge.sh
bridge_ready || { done_testing; exit; }

cat >"$TMP/random.lua" <<'LUA'
local left, now
return {
  reset = function() left = 0 end,
  act = function(obs)
    if left == 0 then now, left = math.random(0, 3), math.random(1, 12) end
    left = left - 1
    return now
  end,
}
LUA
program=$BRIDGE_BIN/ale_same
mkdir -p "$BRIDGE_BIN"
cc -std=c11 -D_GNU_SOURCE -O2 -I. -o "$program" tests/peers/ale_same.c "$BUILD/libratchet.a" \
    -rdynamic $(bridge_libs) >"$TMP/cc.log" 2>&1
ok "the comparison is built" $? "$(tail -3 "$TMP/cc.log")"

for policy in "$TMP/random.lua" policies/breakout/follow.lua policies/breakout/learned.lua; do
    name=$(basename "$policy" .lua)
    for rules in preset=v4 preset=v5; do
        dir=$TMP/$name-$rules
        "$RATCHET" run breakout "$policy" --episodes 2 --seed 5 --set knob=centre --set end=rom \
            --set max_frames=6000 --set $rules --record "$dir" >"$TMP/run.log" 2>&1
        ok "$name, $rules: recorded" $? "$(tail -2 "$TMP/run.log")"
        "$program" "$dir"/*.replay >"$TMP/same.log" 2>&1
        ok "$name, $rules: the same step by step" $? "$(cat "$TMP/same.log")"
        sed 's/.*\//# /' "$TMP/same.log"
    done
done

# The policy itself on both sides, unchanged: what it sees is the same, so is what it does.
for seed in 0 1; do
    for env in breakout ale/breakout; do
        own=; [ $env = breakout ] && own="--set knob=centre --set end=rom"
        "$RATCHET" run $env policies/breakout/learned.lua --episodes 2 --seed $seed $own \
            --set max_frames=6000 --json >"$TMP/$(basename $env)-$(dirname $env).json" 2>&1
    done
    ours=$(json "$TMP/breakout-..json" '[(e["return"],e["steps"]) for e in j["episodes"]]')
    theirs=$(json "$TMP/breakout-ale.json" '[(e["return"],e["steps"]) for e in j["episodes"]]')
    [ -n "$ours" ] && [ "$ours" = "$theirs" ]
    ok "learned.lua, unchanged, seed $seed: $ours" $? "ours $ours, ale-py's $theirs"
done
done_testing
