-- start.lua - leaps, drives and shoots in turn, by the clock alone: where learning starts.
local p, step
local FIRE, RIGHT, UPRIGHT = 1, 3, 6

local function reset(info)
  p = info.params
  step = 0
end

local function act()
  local at = step % math.max(1, math.floor(p.leap + p.drive + p.shoot))
  step = step + 1
  if at < p.leap then return UPRIGHT end
  return at < p.leap + p.drive and RIGHT or FIRE
end

return {
  params = { -- steps
    leap = { default = 2, min = 0, max = 40 },
    drive = { default = 8, min = 0, max = 40 },
    shoot = { default = 2, min = 0, max = 20 },
  },
  reset = reset,
  act = act,
}
