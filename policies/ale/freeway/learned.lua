-- start.lua - up at once, unless a car is near in the next lane: where learning starts.
local p
local LANE, FIRST = 16, 11 -- px: a lane's height, where the lowest begins
local HEN = 44 -- px, left edge

local function reset(info)
  p = info.params
end

-- In the five lower lanes cars run to the right, in the upper ones to the left.
local function act(obs)
  local lane = math.floor((obs.player_y - FIRST + p.ahead) / LANE) + 1
  local x = obs.car_x[lane]
  if not x then return 1 end
  local toward = lane <= 5 and HEN - x or x - HEN
  if toward > -p.behind and toward < p.before then return 0 end
  return 1
end

return {
  params = {
    ahead = { default = 13.1857, min = 0, max = 24 }, -- px up to the lane that is looked at
    before = { default = 12.6541, min = 0, max = 60 }, -- px to a car that comes
    behind = { default = 5.36864, min = 0, max = 20 }, -- px to one that has passed
  },
  reset = reset,
  act = act,
}
