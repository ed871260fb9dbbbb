-- start.lua - holds the pose that it starts in by springs in the joints: a baseline.
local p

-- obs.joints gives the abdomen as z, y, x; the actions take it as y, z, x.
local joint_of = { 2, 1 }
for i = 3, 17 do
  joint_of[i] = i
end

local function reset(info)
  p = info.params
end

local function act(obs)
  local q, v = obs.joints, obs.joint_velocities
  local action = {}
  for i = 1, 17 do
    local j = joint_of[i]
    action[i] = -p.stiffness * q[j] - p.damping * v[j]
  end
  return action
end

return {
  params = {
    stiffness = { default = 1, min = 0, max = 10 },
    damping = { default = 0.1, min = 0, max = 1 },
  },
  reset = reset,
  act = act,
}
