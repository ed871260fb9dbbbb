-- start.lua - walks up to the other and hits: where learning starts.
local p, step

local function reset(info)
  p = info.params
  step = 0
end

-- Numbers of the 18 actions by direction: index 1 + (right - left) + 1 + 3 * (down - up + 1).
local WALK = { 7, 2, 6, 4, 0, 3, 9, 5, 8 }
local HIT = { 15, 10, 14, 12, 1, 11, 17, 13, 16 }

local function toward(off, slack)
  return off > slack and 1 or off < -slack and -1 or 0
end

local function act(obs)
  step = step + 1
  local dx, dy = obs.enemy_x - obs.player_x, obs.enemy_y - obs.player_y
  local side = dx > 0 and 1 or -1
  local x = toward(dx - side * p.reach_x, p.slack)
  local y = toward(dy - (dy > 0 and 1 or -1) * p.reach_y, p.slack)
  local is_near = math.abs(dx) < p.reach_x + p.range and math.abs(dy) < p.reach_y + p.range
  local actions = is_near and step % math.floor(p.rhythm) == 0 and HIT or WALK
  return actions[1 + x + 1 + 3 * (y + 1)]
end

return {
  params = {
    reach_x = { default = 6.41065, min = 0, max = 40 }, -- the distance to keep
    reach_y = { default = 7.89878, min = 0, max = 30 },
    slack = { default = 0.208126, min = 0, max = 8 },
    range = { default = 15.5934, min = 0, max = 40 }, -- beyond it no hits
    rhythm = { default = 3.93182, min = 1, max = 8 }, -- steps between hits
  },
  reset = reset,
  act = act,
}
