-- start.lua - goes for the nearest thing of worth, out of the way of what kills: where
-- learning starts.
local p
local KILLS, WORTH = 11, 108

local function reset(info)
  p = info.params
end

-- How good it is to be in a lane (1 at the top), for someone at x.
local function value(obs, lane, x)
  local kind, off = obs.object_kind[lane], obs.object_x[lane] - x
  local near = math.exp(-math.abs(off) / p.range)
  if kind == KILLS then return -p.fear * near end
  if kind == WORTH then return near end
  return 0
end

local function act(obs)
  local here = obs.player_lane + 1
  local best, most = here, -math.huge
  for lane = 1, 8 do
    local v = value(obs, lane, obs.player_x) - p.walk * math.abs(lane - here)
    if math.abs(lane - here) <= p.look and v > most then best, most = lane, v end
  end
  local kind, off = obs.object_kind[best], obs.object_x[best] - obs.player_x
  local side = kind == WORTH and off or kind == KILLS and -off or 0
  local right = side > p.slack and 1 or side < -p.slack and -1 or 0
  if best < here then return right > 0 and 5 or right < 0 and 6 or 1 end
  if best > here then return right > 0 and 7 or right < 0 and 8 or 4 end
  return right > 0 and 2 or right < 0 and 3 or 0
end

return {
  params = {
    range = { default = 75.0691, min = 5, max = 120 }, -- px
    fear = { default = 3.12726, min = 0, max = 6 }, -- of what kills, against what is of worth
    walk = { default = 0.0531173, min = 0, max = 0.5 }, -- a lane's cost
    look = { default = 4.28458, min = 1, max = 7 }, -- lanes
    slack = { default = 0.965111, min = 0, max = 20 }, -- px
  },
  reset = reset,
  act = act,
}
