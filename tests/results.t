# results.t - the table of what was learned, as Markdown and as JSON.
. tests/tap.sh

expect "a row of the table" 0 '^\| breakout \| learned.lua \| [0-9.]+ \|' \
    "$RATCHET" results breakout -n 2 --set max_frames=2000
"$RATCHET" results cartpole --policies 'start*.lua' -n 3 --json >"$TMP/r.json" 2>"$TMP/err"
test "$(json "$TMP/r.json" '(len(j["rows"]) == 1 and len(set(j["rows"][0]["seeds"])) == 3 and
    j["rows"][0]["steps"] > 20 and j["rows"][0]["real_time"] > 0 and
    j["rows"][0]["sim"] == "none")')" = True
ok "as JSON" $? "$(cat "$TMP/r.json" "$TMP/err")"
seed=$(json "$TMP/r.json" 'j["rows"][0]["seeds"][0]')
best=$(json "$TMP/r.json" 'j["rows"][0]["max"]')
"$RATCHET" run cartpole policies/cartpole/start.lua --seed "$seed" -n 3 --json >"$TMP/run.json"
test "$(json "$TMP/run.json" "j['episodes'][0]['return'] <= $best")" = True
ok "its seeds can be played again" $?
"$RATCHET" results cartpole -p 'start*.lua' -n 3 --json >"$TMP/again.json"
test "$(json "$TMP/again.json" 'j["salt_sha256"]')" != "$(json "$TMP/r.json" 'j["salt_sha256"]')"
ok "other seeds every time" $?
expect "nothing to show" 1 'nothing matches policies/cartpole/nobody' \
    "$RATCHET" results cartpole -p 'nobody*'
expect "no such number of episodes" 2 'takes 1 to' "$RATCHET" results -n 0
expect "a setting that is none" 1 'neither cartpole nor a task has' \
    "$RATCHET" results cartpole -p 'start*' --set speed=3
if "$RATCHET" envs half_cheetah >/dev/null 2>&1; then
    expect "a planner plans" 0 'start_plan.lua .* \| 800 \| ' "$RATCHET" results half_cheetah \
        -p 'start_plan.lua' -n 2 --set max_frames=3
    expect "so does one in rounds" 0 'start_plan_rounds.lua .* \| [1-9][0-9]+ \| ' "$RATCHET" \
        results half_cheetah -p 'start_plan_rounds.lua' -n 1 --set max_frames=2
    expect "faults are told" 0 '-1000 \(2 with faults\)' "$RATCHET" results half_cheetah \
        -p 'start_plan.lua' -n 2 --set max_frames=3 --set plan=false
else
    skip "a planner's row" "built without MuJoCo" mujoco
fi
done_testing
