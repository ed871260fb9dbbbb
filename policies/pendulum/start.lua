-- start.lua - pulls to the upright by angle and speed: enough near the top, not from below.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local angle = math.atan(obs.sin, obs.cos)
  return -p.angle * angle - p.velocity * obs.angular_velocity
end

return {
  params = {
    angle = { default = 2, min = -20, max = 20 },
    velocity = { default = 0.5, min = -5, max = 5 },
  },
  reset = reset,
  act = act,
}
