-- start.lua - a wave runs along the body, by torque alone: where learning starts.
local p, step, dt

local function reset(info)
  p = info.params
  dt = info.frame_skip / info.fps
  step = 0
end

local function act()
  local phase = 2 * math.pi * p.frequency * step * dt
  step = step + 1
  return { p.amplitude * math.sin(phase), p.amplitude * math.sin(phase - p.lag) }
end

return {
  params = {
    frequency = { default = 0.516112, min = 0.1, max = 4 }, -- Hz
    amplitude = { default = 0.964275, min = 0, max = 1 },
    lag = { default = 0.573969, min = -3.2, max = 3.2 }, -- rad
  },
  reset = reset,
  act = act,
}
