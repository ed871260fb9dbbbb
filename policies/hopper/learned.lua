-- start.lua - holds its pose by springs in the joints: it stands, and does not hop.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local q, v = obs.joints, obs.joint_velocities
  local wanted = { p.thigh, p.leg, p.foot }
  local action = {}
  for i = 1, 3 do
    action[i] = p.stiffness * (wanted[i] - q[i]) - p.damping * v[i]
  end
  action[1] = action[1] + p.lean * obs.pitch
  return action
end

return {
  params = {
    thigh = { default = -0.255111, min = -1, max = 0 }, -- rad
    leg = { default = -0.253017, min = -2, max = 0 },
    foot = { default = 0.345374, min = -0.8, max = 0.8 },
    stiffness = { default = 0.304128, min = 0, max = 20 },
    damping = { default = 1.38328, min = 0, max = 2 },
    lean = { default = -13.0129, min = -20, max = 20 },
  },
  reset = reset,
  act = act,
}
