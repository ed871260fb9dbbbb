-- start.lua - both legs swing to one beat, by torque alone: where learning starts.
local p, step, dt

local function reset(info)
  p = info.params
  dt = info.frame_skip / info.fps
  step = 0
end

-- Back thigh, shin, foot, then front: shares of the beat's amplitude and lags behind it.
local share = { 1, 0.7, 0.5, 1, 0.7, 0.5 }
local lag = { 0, 0.7, 1.4, 0, 0.7, 1.4 }

local function act()
  local phase = 2 * math.pi * p.frequency * step * dt
  local action = {}
  for i = 1, 6 do
    local behind = lag[i] + (i > 3 and p.front_lag or 0)
    action[i] = p.amplitude * share[i] * math.sin(phase - behind)
  end
  step = step + 1
  return action
end

return {
  params = {
    frequency = { default = 2.05902, min = 0.5, max = 6 }, -- Hz
    amplitude = { default = 0.597668, min = 0, max = 1 },
    front_lag = { default = 4.61138, min = 0, max = 6.3 }, -- rad
  },
  reset = reset,
  act = act,
}
