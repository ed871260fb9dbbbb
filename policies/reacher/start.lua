-- start.lua - pulls the fingertip to the target through the arm's transposed Jacobian.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local c, s, v, d = obs.cos, obs.sin, obs.joint_velocities, obs.to_fingertip
  local cos12 = c[1] * c[2] - s[1] * s[2]
  local sin12 = s[1] * c[2] + c[1] * s[2]
  local upper_x, upper_y = 0.1 * c[1], 0.1 * s[1]
  local fore_x, fore_y = 0.11 * cos12, 0.11 * sin12
  local pull_x, pull_y = -p.stiffness * d[1], -p.stiffness * d[2]
  return {
    -(upper_y + fore_y) * pull_x + (upper_x + fore_x) * pull_y - p.damping * v[1],
    -fore_y * pull_x + fore_x * pull_y - p.damping * v[2],
  }
end

return {
  params = {
    stiffness = { default = 5, min = 0, max = 100 },
    damping = { default = 0.02, min = 0, max = 1 },
  },
  reset = reset,
  act = act,
}
