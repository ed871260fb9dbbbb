-- start.lua - a line through position and speed, with every weight still 0.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  return p.bias + p.position * obs.position + p.velocity * obs.velocity
end

return {
  params = {
    bias = { default = 0.0729795, min = -1, max = 1 },
    position = { default = 0.110467, min = -2, max = 2 },
    velocity = { default = 7.36757, min = -50, max = 50 },
  },
  reset = reset,
  act = act,
}
