-- start.lua - holds a pose by springs in the joints, legs apart: it falls soon.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local q, v = obs.joints, obs.joint_velocities
  local wanted = { -p.spread, -p.bend, 0, p.spread - p.bend, -p.bend, 0 }
  local action = {}
  for i = 1, 6 do
    action[i] = p.stiffness * (wanted[i] - q[i]) - p.damping * v[i]
  end
  return action
end

return {
  params = {
    spread = { default = 0.670394, min = 0, max = 1 }, -- rad
    bend = { default = 0.0590642, min = 0, max = 1 },
    stiffness = { default = 17.4455, min = 0, max = 20 },
    damping = { default = 0.12069, min = 0, max = 2 },
  },
  reset = reset,
  act = act,
}
