-- start.lua - a line through the state, with every weight still 0: where learning starts.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local lean = p.position * obs.position + p.velocity * obs.velocity + p.angle * obs.angle
    + p.angular_velocity * obs.angular_velocity
  return lean > 0 and 1 or 0
end

return {
  params = {
    position = { default = 0, min = -2, max = 2 },
    velocity = { default = 0, min = -2, max = 2 },
    angle = { default = 0, min = -2, max = 2 },
    angular_velocity = { default = 0, min = -2, max = 2 },
  },
  reset = reset,
  act = act,
}
