-- start.lua - a line through the state, with every weight still 0: where learning starts.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  return p.position * obs.position + p.velocity * obs.velocity + p.angle * obs.angle
    + p.angular_velocity * obs.angular_velocity
end

return {
  params = {
    position = { default = 0, min = -20, max = 20 },
    velocity = { default = 0, min = -20, max = 20 },
    angle = { default = 0, min = -100, max = 100 },
    angular_velocity = { default = 0, min = -20, max = 20 },
  },
  reset = reset,
  act = act,
}
