-- start.lua - a line through the state, with every weight still 0: where learning starts.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local s, v = obs.sin, obs.angular_velocities
  return p.position * obs.position + p.velocity * obs.velocity + p.lower * s[1]
    + p.upper * s[2] + p.lower_velocity * v[1] + p.upper_velocity * v[2]
end

return {
  params = {
    position = { default = 0, min = -20, max = 20 },
    velocity = { default = 0, min = -20, max = 20 },
    lower = { default = 0, min = -100, max = 100 },
    upper = { default = 0, min = -100, max = 100 },
    lower_velocity = { default = 0, min = -20, max = 20 },
    upper_velocity = { default = 0, min = -20, max = 20 },
  },
  reset = reset,
  act = act,
}
