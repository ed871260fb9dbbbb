# plan.t - policies that plan: what sim may know, what it may not touch, and what it costs.
. tests/tap.sh

# One policy twice: LOOK makes it plan before it does what it would have done anyway.
cat >"$TMP/look.lua" <<'LUA'
local LOOK, t = false, 0
return { act = function(obs)
  t = t + 1
  if LOOK then
    local n = obs.sim:step(obs.sim and A or 0) and #obs.sim:rollouts(vec.new(10 * N * 4):normal(0), 4)
    obs.sim:set():rollout(vec.new(N * 5))
    note(n)
  end
  return pick(t)
end }
LUA
variant() { # variant FILE LOOK COMPONENTS ACTION PICK
    { echo "local N, A = $3, $4"; echo "local function pick(t) $5 end"
      sed "s/LOOK, t = false/LOOK, t = $2/" "$TMP/look.lua"; } >"$1"
}
hashes() { # hashes OPTIONS...
    "$RATCHET" run "$@" --json >"$TMP/out.json" 2>"$TMP/err" &&
        json "$TMP/out.json" '[(e["trajectory"], e["return"]) for e in j["episodes"]]'
}
only_looks() { # only_looks ENV COMPONENTS ACTION PICK OPTIONS...
    env=$1
    variant "$TMP/plain.lua" false "$2" "$3" "$4"
    variant "$TMP/looks.lua" true "$2" "$3" "$4"
    shift 4
    plain=$(hashes "$env" "$TMP/plain.lua" -n 4 "$@")
    [ -n "$plain" ]
    ok "$env: it plays" $? "$(cat "$TMP/err")"
    for mode in "-j 1" "-j 3" "-j 1 --outside" "-j 3 --outside"; do
        # shellcheck disable=SC2086
        looks=$(hashes "$env" "$TMP/looks.lua" -n 4 --set plan=true $mode "$@")
        test "$plain" = "$looks"
        ok "$env: a planner that only looks changes nothing ($mode)" $? "$looks $(cat "$TMP/err")"
    done
    test "$(json "$TMP/out.json" '(j["planner_steps"] == sum(e["planner_steps"] for e in
        j["episodes"]) and j["planner_steps"] > j["steps"])')" = True
    ok "$env: its planner steps are counted apart" $? "$(cat "$TMP/out.json")"
}

only_looks cartpole 1 1 'return t % 2' --set sticky=0.3
only_looks breakout 1 1 'return t % 4' --set plan_state=true --set preset=v5 --set max_frames=800
only_looks pendulum 1 0.5 'return math.sin(t)' --set max_frames=60

# A planner whose actions depend on its rollouts.
cat >"$TMP/plans.lua" <<'LUA'
local function act(obs)
  local batch = vec.new(12 * 8)
  for i = 1, #batch do
    batch[i] = math.random(0, 1)
  end
  local returns = obs.sim:rollouts(batch, 12, 0.99)
  local _, best = returns:max()
  note(returns[1] .. " " .. best)
  return batch[(best - 1) * 8 + 1]
end
return { act = act }
LUA
first=
for mode in "-j 1" "-j 3" "-j 1 --outside" "-j 3 --outside"; do
    # shellcheck disable=SC2086
    got=$(hashes cartpole "$TMP/plans.lua" -n 5 --set plan=true --set sticky=0.25 $mode)
    first=${first:-$got}
    [ -n "$got" ] && test "$got" = "$first"
    ok "what a planner does is the same in every mode ($mode)" $? "$got, not $first"
done

# What sim foretells, the environment then does, to the bit where it tells its whole state.
cat >"$TMP/foretell.lua" <<'LUA'
local wanted
local function act(obs)
  if wanted then
    for name, value in pairs(wanted) do
      assert(value == obs[name], name)
    end
  end
  local action = math.random(0, 1)
  obs.sim:step(1 - action)
  local _, n, last = obs.sim:set(obs):rollouts({ action, 1 - action }, 2, 1, true)
  obs.sim:step(action)
  wanted = obs.sim:observe()
  assert(n[1] == 1 and last:column(1, 4)[1] == wanted.position and last[3] == wanted.angle)
  return action
end
return { act = act }
LUA
expect "sim foretells the next observation" 0 '0 with faults' \
    "$RATCHET" run cartpole "$TMP/foretell.lua" -n 5 --set plan=true
expect "but not the episode's chance" 1 '5 with faults' \
    "$RATCHET" run cartpole "$TMP/foretell.lua" -n 5 --set plan=true --set sticky=0.5

# Leave and limits.
expect "the functions are listed" 0 'sim:rollouts' "$RATCHET" envs cartpole --set plan=true
expect "where they can be had" 1 'only plan_state=true gives a sim' \
    "$RATCHET" envs breakout --set plan=true
expect "no sim without leave" 1 "field 'sim'" "$RATCHET" run cartpole "$TMP/foretell.lua" -n 1
expect "its own budget" 1 '96 planner steps, and 1 are left of the 1 of one act' \
    "$RATCHET" run cartpole "$TMP/plans.lua" -n 1 --set plan=true --set planner_steps=1 \
    --set max_frames=1
expect "hidden state needs to be declared" 1 'only plan_state=true gives a sim' \
    "$RATCHET" run breakout "$TMP/plans.lua" --set plan=true
expect "a part of the features does not tell the state" 1 'needs all of its features' \
    "$RATCHET" run cartpole "$TMP/plans.lua" --set plan=true --set fields=angle
expect "the table says where sim starts" 0 'it plans, from the TRUE STATE: [1-9]' \
    "$RATCHET" run cartpole "$TMP/plans.lua" -n 1 --set plan=true --set plan_state=true
expect "plan is true or false" 1 'it is true or false' \
    "$RATCHET" task cartpole --set plan=perhaps
expect "plan_state is one of two" 1 'it is observation or true' \
    "$RATCHET" task cartpole --set plan_state=hidden
echo '{"plan": 1, "env": "cartpole"}' >"$TMP/one.json"
expect "plan in a task is true or false" 1 '"plan" must be true or false' \
    "$RATCHET" task "$TMP/one.json"
echo '{"limits": {"planner_steps": 7}, "plan": true, "env": "cartpole"}' >"$TMP/seven.json"
expect "a task's own limits stand" 0 '"planner_steps": 7' "$RATCHET" task "$TMP/seven.json"
"$RATCHET" task cartpole --set plan=true --set plan_state=true >"$TMP/a.json"
"$RATCHET" task "$TMP/a.json" >"$TMP/b.json"
cmp -s "$TMP/a.json" "$TMP/b.json"
ok "a task that plans comes back as it went" $?

if "$RATCHET" envs half_cheetah >/dev/null 2>&1; then
    cat >"$TMP/mujoco.lua" <<'LUA'
local A, wanted
local function reset(info) A = #info.actions end
local function close(a, b) return math.abs(a - b) < 1e-3 * (1 + math.abs(b)) end
local function act(obs)
  local sim, action = obs.sim, {}
  if wanted then
    local a, b = wanted.joints, obs.joints
    for i = 1, #b do assert(close(a[i], b[i]), "joint " .. i) end
    assert(close(wanted.z, obs.z), "z")
  end
  local bad = sim:observe()
  for _, x in ipairs { 1e300, -1e9, 1e9, 0 / 0, 1 / 0 } do
    bad.z = x
    if pcall(sim.set, sim, bad) then sim:rollout(vec.new(A * 3, 1)) end
    bad.z = obs.z
    bad.joint_velocities[1] = x
    if pcall(sim.set, sim, bad) then sim:rollout(vec.new(A * 3, 1)) sim:step(vec.new(A):list()) end
    bad.joint_velocities[1] = 0
  end
  for i = 1, A do action[i] = math.random() - 0.5 end
  sim:set():step(action)
  wanted = sim:observe()
  return action
end
return { reset = reset, act = act }
LUA
    for env in half_cheetah ant humanoid; do
        expect "$env: sim foretells, and survives states that are none" 0 '2 verified, 0 with' \
            "$RATCHET" run $env "$TMP/mujoco.lua" -n 2 --set plan=true --set max_frames=30
        a=$(hashes $env policies/half_cheetah/start_plan.lua -n 2 -j 1 --set plan=true \
            --set max_frames=4)
        b=$(hashes $env policies/half_cheetah/start_plan.lua -n 2 -j 2 --outside \
            --set plan=true --set max_frames=4)
        if [ $env = half_cheetah ]; then
            [ -n "$a" ] && test "$a" = "$b"
            ok "$env: start_plan.lua is the same inside and outside" $? "$a, not $b"
        fi
    done
    expect "a run's budget of planner steps, from start_plan.lua" 1 \
        'start_plan.lua: dev.*|budget: steps' "$RATCHET" improve policies/half_cheetah/plan.json \
        --set dev=2 --set gate=8 --set max_frames=2 --set planner_total=1 --model search \
        --iterations 1 --out "$TMP/run"
    "$RATCHET" ledger "$TMP/run" --list steps --json >"$TMP/steps.json"
    test "$(json "$TMP/steps.json" 'sum(r["planner_steps"] for r in (j if type(j) is list else
        j["rows"]))')" = 800
    ok "planner steps stand in the ledger, apart, and end a run with the act that reaches the budget" $? "$(cat "$TMP/steps.json")"
else
    skip "sim of the MuJoCo tasks" "built without MuJoCo" mujoco
fi
done_testing
