-- learned.lua - a line through position and speed, and a push along the speed that is the same for slow ones.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local v = obs.velocity
  return p.bias + p.position * obs.position + p.velocity * v + p.push * v / (math.abs(v) + 0.001)
end

return {
  params = {
    bias = { default = 0.0215102, min = -1, max = 1 },
    position = { default = -0.00638458, min = -2, max = 2 },
    velocity = { default = 3.43001, min = -50, max = 50 },
    push = { default = 0.032349, min = -1, max = 1 },
  },
  reset = reset,
  act = act,
}
