# bridge_plan.t - policies that plan over the bridge: what sim may touch, what it costs, who may
# have one, and what a bridge that is lost meanwhile comes to.
. tests/tap.sh
. tests/peers/bridge.sh
bridge_ready || { done_testing; exit; }
plan='--set plan=true --set plan_state=true'

cat >"$TMP/looks.lua" <<'LUA'
local t = 0
return { act = function(obs)
  t = t + 1
  if obs.sim then
    local sim = obs.sim
    local reward = sim:step(1)
    local saved = sim:save()
    sim:rollouts(vec.new(3 * 4):normal(0), 3)
    assert(sim:set():step(1) == reward or STICKY, "the same state again")
    sim:rollout(vec.new(8))
    sim:set(saved):step(0)
    assert(type(sim:observe()) == "table")
  end
  return t % 2
end }
LUA
sed 's/STICKY/true/' "$TMP/looks.lua" >"$TMP/sticky.lua"
hashes() { # hashes OPTIONS...
    "$RATCHET" run "$@" --json >"$TMP/out.json" 2>"$TMP/err" &&
        json "$TMP/out.json" '[(e["trajectory"], e["return"]) for e in j["episodes"]]'
}
looks() { # looks ENV POLICY OPTIONS...
    env=$1 policy=$2
    shift 2
    plain=$(hashes "$env" "$policy" -n 4 --set max_frames=120 "$@")
    [ -n "$plain" ]
    ok "$env $*: it plays" $? "$(cat "$TMP/err")"
    for jobs in 1 2; do
        # shellcheck disable=SC2086
        got=$(hashes "$env" "$policy" -n 4 -j $jobs --set max_frames=120 $plan "$@")
        [ "$got" = "$plain" ]
        ok "$env $*: a planner that only looks changes nothing (-j $jobs)" $? \
            "$got, not $plain $(cat "$TMP/err")"
        [ "$(json "$TMP/out.json" 'j["planner_steps"] == sum(e["planner_steps"]
            for e in j["episodes"]) > j["steps"] and j["faults"] == 0')" = True ]
        ok "$env $*: its steps are counted apart" $? "$(head -c 900 "$TMP/out.json")"
    done
}
looks ale/boxing "$TMP/looks.lua" --set preset=v4
looks ale/pong "$TMP/sticky.lua" --set preset=v5
looks gym/FrozenLake-v1 "$TMP/sticky.lua"

# What sim foretells, the game then does, though not the episode's chance.
cat >"$TMP/foretells.lua" <<'LUA'
local wanted
return { act = function(obs)
  for name, value in pairs(wanted or {}) do assert(value == obs[name], name) end
  local action = math.random(0, 5)
  obs.sim:step(action)
  wanted = obs.sim:observe()
  return action
end }
LUA
# shellcheck disable=SC2086
{
expect "sim foretells the next observation" 0 '0 with faults' \
    "$RATCHET" run ale/pong "$TMP/foretells.lua" -n 2 --set frame_skip=4 --set max_frames=800 $plan
expect "but not sticky frames" 1 '2 with faults' \
    "$RATCHET" run ale/pong "$TMP/foretells.lua" -n 2 --set preset=v5 --set max_frames=800 $plan
}

# Random sequences and the best one's first action, against its first sequence's.
cat >"$TMP/plans.lua" <<'LUA'
local ROWS, LENGTH, A = 12, 10
return {
  reset = function(info) A = 18 end,
  act = function(obs)
    local batch = vec.new(ROWS * LENGTH)
    for i = 1, #batch do batch[i] = math.random(0, A - 1) end
    local best = 1
    if obs.sim then
      local _
      _, best = obs.sim:rollouts(batch, ROWS, 0.95):max()
    end
    return math.tointeger(batch[(best - 1) * LENGTH + 1])
  end,
}
LUA
"$RATCHET" run ale/boxing "$TMP/plans.lua" -n 2 --set preset=v5 --set max_frames=1200 --json \
    >"$TMP/without.json" 2>"$TMP/err"
# shellcheck disable=SC2086
"$RATCHET" run ale/boxing "$TMP/plans.lua" -n 2 --set preset=v5 --set max_frames=1200 $plan --json \
    >"$TMP/with.json" 2>>"$TMP/err"
without=$(json "$TMP/without.json" 'j["mean"]')
with=$(json "$TMP/with.json" 'j["mean"]')
[ "$(echo "$with > $without + 5" | bc)" = 1 ]
ok "ale/boxing: who plans wins ($with, without $without)" $? "$(cat "$TMP/err")"
[ "$(json "$TMP/with.json" '100 * j["steps"] < j["planner_steps"] <= 120 * j["steps"]')" = True ]
ok "120 planner steps for each step, fewer where the game would end" $? "$(head -c 600 "$TMP/with.json")"

# Budgets and leave.
# shellcheck disable=SC2086
{
expect "its own budget" 1 '120 planner steps, and 100 are left of the 100 of one act' \
    "$RATCHET" run ale/boxing "$TMP/plans.lua" -n 1 --set max_frames=8 $plan \
    --set planner_steps=100
printf 'return { act = function(obs)
  local first = obs.sim:save()
  for i = 1, 127 do obs.sim:save() end
  obs.sim:set(first)
  obs.sim:save()
  obs.sim:set(first)
  return 0 end }\n' >"$TMP/keeps.lua"
expect "128 saved states, then the oldest is gone" 1 'keeps.lua:6: sim:set: this state is refused' \
    "$RATCHET" run ale/boxing "$TMP/keeps.lua" -n 1 --set max_frames=8 $plan
}
expect "the true state needs to be declared" 1 'only plan_state=true gives a sim' \
    "$RATCHET" run ale/boxing "$TMP/plans.lua" --set plan=true
expect "no sim without leave" 1 "field 'sim'" \
    "$RATCHET" run ale/pong "$TMP/foretells.lua" -n 1 --set max_frames=8

bridge_with_spaces
# shellcheck disable=SC2086
{
expect "what cannot be copied is refused" 1 'a copy of it cannot be made: cannot pickle' \
    "$RATCHET" run gym/test/Locked-v0 "$TMP/plans.lua" $plan
expect "so is a copy that goes another way" 1 'a copy of it goes another way' \
    "$RATCHET" run gym/test/Elsewhere-v0 "$TMP/plans.lua" $plan
printf 'return { act = function(obs)
  if obs.sim then pcall(obs.sim.rollout, obs.sim, { 0, 0, 0 }) error("and this is its fault") end
  return 0 end }\n' >"$TMP/lost.lua"
"$RATCHET" run gym/test/Dies-v0 "$TMP/lost.lua" -n 2 --set max_frames=8 $plan --json \
    >"$TMP/out.json" 2>"$TMP/err"
}
[ "$(json "$TMP/out.json" '[(e["fault"], e["tries"], e["error"].startswith("planning: "))
    for e in j["episodes"]]')" = "[('environment', 2, True), ('environment', 2, True)]" ]
ok "a bridge that is lost in planning is not the policy's fault" $? "$(cat "$TMP/out.json" "$TMP/err")"
done_testing
