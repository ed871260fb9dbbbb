-- start.lua - shoots, and goes to and fro, by the clock alone: where learning starts.
local p, step
local RIGHTFIRE, LEFTFIRE, UPFIRE, DOWNFIRE = 11, 12, 10, 13

local function reset(info)
  p = info.params
  step = 0
end

local function act()
  local at = step % (2 * math.max(1, math.floor(p.way)))
  step = step + 1
  if at % math.max(2, math.floor(p.every)) < p.climb then
    return at < p.way and UPFIRE or DOWNFIRE
  end
  return at < p.way + p.drift and RIGHTFIRE or LEFTFIRE
end

return {
  params = { -- steps
    way = { default = 20, min = 2, max = 160 },   -- to one side
    drift = { default = 0, min = -20, max = 20 }, -- longer than to the other
    every = { default = 16, min = 2, max = 60 },  -- how often it climbs or sinks
    climb = { default = 0, min = 0, max = 6 },    -- for so long
  },
  reset = reset,
  act = act,
}
