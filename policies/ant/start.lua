-- start.lua - diagonal legs swing together, by torque alone: where learning starts.
local p, step, dt

local function reset(info)
  p = info.params
  dt = info.frame_skip / info.fps
  step = 0
end

-- The actions' order is leg 4, 1, 2, 3; legs 1 and 3 go together, 2 and 4 half a beat later.
local half = { math.pi, 0, math.pi, 0 }
local side = { -1, 1, 1, -1 } -- a hip that turns forward on the left turns back on the right

local function act()
  local phase = 2 * math.pi * p.frequency * step * dt
  local action = {}
  for leg = 1, 4 do
    action[2 * leg - 1] = side[leg] * p.hip * math.sin(phase + half[leg])
    action[2 * leg] = p.ankle * math.cos(phase + half[leg])
  end
  step = step + 1
  return action
end

return {
  params = {
    frequency = { default = 1.5, min = 0.3, max = 5 }, -- Hz
    hip = { default = 0.1, min = -1, max = 1 },
    ankle = { default = 0.1, min = -1, max = 1 },
  },
  reset = reset,
  act = act,
}
