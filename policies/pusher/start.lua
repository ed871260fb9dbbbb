-- start.lua - holds the arm still by damping: a baseline.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local action = {}
  for i = 1, 7 do
    action[i] = -p.damping * obs.joint_velocities[i]
  end
  return action
end

return {
  params = { damping = { default = 0.5, min = 0, max = 10 } },
  reset = reset,
  act = act,
}
