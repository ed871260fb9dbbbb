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
    position = { default = 0.684271, min = -20, max = 20 },
    velocity = { default = 15.8161, min = -20, max = 20 },
    angle = { default = 96.7597, min = -100, max = 100 },
    angular_velocity = { default = 11.6615, min = -20, max = 20 },
  },
  reset = reset,
  act = act,
}
