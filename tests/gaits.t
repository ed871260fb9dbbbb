# gaits.t - whole episodes of steady gaits earn what they earn in the real Gymnasium: means over
# starts from many seeds, within what chance and another engine version allow
# (tests/data/gym/gaits.tsv, made by tests/tools/mujoco_gaits.py).
. tests/tap.sh

"$RATCHET" envs half_cheetah >/dev/null 2>&1 || {
    skip "gaits" "built without MuJoCo" mujoco
    done_testing
    exit
}
grep -v '^#' tests/data/gym/gaits.tsv >"$TMP/gaits"
while IFS='	' read -r env dt amplitude hz lags mean std; do
    cat >"$TMP/gait.lua" <<LUA
local lags, t = { $lags }, 0
return { act = function()
  local action, phase = {}, 2 * math.pi * $hz * t * $dt
  for i, lag in ipairs(lags) do action[i] = $amplitude * math.sin(phase - lag) end
  t = t + 1
  return action
end }
LUA
    "$RATCHET" run "$env" "$TMP/gait.lua" -n 10 --json >"$TMP/out.json" 2>"$TMP/err" </dev/null
    # 4 standard errors of the difference, and 1 % for the engine.
    test "$(json "$TMP/out.json" "(abs(j['mean'] - $mean) <= 0.01 * abs($mean) +
        4 * (j['std'] ** 2 / 10 + $std ** 2 / 20) ** 0.5)")" = True
    ok "$env, $amplitude at $hz Hz: $(json "$TMP/out.json" '"%.5g +- %.3g" % (j["mean"],
        j["std"])'), in Gymnasium $mean +- $std" $? "$(cat "$TMP/err")"
done <"$TMP/gaits"
done_testing
