-- sim with everything but what it takes => none: nothing [plan=true max_frames=5]
local huge = math.maxinteger
local function wrong(f, ...)
  assert(not pcall(f, ...), "it was taken")
end
local function act(obs)
  local sim = obs.sim
  local set, step, rollout, rollouts = sim.set, sim.step, sim.rollout, sim.rollouts
  for _, x in ipairs { 1, "state", true, print, vec.new(3), sim, coroutine.create(print) } do
    wrong(set, sim, x)
    if x ~= 1 then
      wrong(step, sim, x)
    end
    if x ~= sim then
      wrong(set, x)
      wrong(step, x, 1)
    end
    wrong(rollouts, sim, x, x)
  end
  wrong(set, sim, {})
  wrong(set, sim, { position = 1e300, velocity = "1", angle = {}, angular_velocity = 0 })
  wrong(set)
  wrong(step, sim)
  wrong(step, sim, 0.5)
  wrong(step, sim, { 1, 2 })
  wrong(rollout, sim)
  wrong(rollout, sim, { 1, 2 })
  wrong(rollout, sim, { 1, 0 / 0 })
  wrong(rollout, sim, { 1, {} })
  wrong(rollout, sim, vec.new(10, 1e300))
  for _, n in ipairs { 0, -1, 3, 1.5, huge, math.mininteger, 0 / 0, "x" } do
    wrong(rollouts, sim, vec.new(10), n)
  end
  wrong(rollouts, sim, vec.new(0), huge)
  wrong(getmetatable(sim), sim)
  wrong(setmetatable, sim, {})
  sim:set(sim:save()):set(obs):set()
  assert(sim:rollout({ 0, 1, 1 }) == 3 and sim:rollout({}) == 0)
  return 0
end
return { act = act }
