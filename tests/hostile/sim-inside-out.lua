-- an observation whose fields set sim meanwhile => none: nothing [plan=true max_frames=50]
local sim
local trap = setmetatable({}, { __index = function(_, name)
  sim:set()
  sim:step(1)
  pcall(sim.set, sim, setmetatable({}, { __index = function() error("no") end }))
  return 0.01
end })
local function act(obs)
  sim = obs.sim
  sim:set(trap)
  local seen = sim:observe()
  assert(seen.angle == 0.01 and seen.position == 0.01)
  sim:rollouts(vec.new(100, 1), 10)
  assert(sim:observe().angle == 0.01)
  return 0
end
return { act = act }
