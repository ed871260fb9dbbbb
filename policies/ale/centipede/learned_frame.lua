-- hunter.lua - stands under what comes down, a little ahead of it, shoots, and keeps away from what is near.
local p, mine, x, y, before, older
local RIGHT, LEFT, FIRE, UP, DOWN = 11, 12, 1, 10, 13

local function reset(info)
  p = info.params
  mine, x, y = 0xb55328, 80, 172
  before, older = {}, {}
end

-- The player's color changes from wave to wave: it is that of the small things.
local function look(frame)
  local things, own, best = {}, nil, 1e9
  local small = {}
  for _, o in ipairs(frame:objects(0, 16, 5, 128, 177, 4)) do
    local w, h = o.right - o.left + 1, o.bottom - o.top + 1
    if w == 4 and h == 3 then
      small[o.color] = (small[o.color] or 0) + 1
    end
    if w == 4 and (h == 9 or h == 4) and o.top > 120 and small[o.color] then
      local far = math.abs(o.left - x) + math.abs(o.bottom - 8 - y)
      if far < best then best, own = far, o end
    end
    o.w, o.h = w, h
    things[#things + 1] = o
  end
  if own and best < 40 then x, y, mine = own.left, own.bottom - 8, own.color end
  local out = {}
  for _, o in ipairs(things) do
    if o.color ~= mine and o.h >= 4 and o.h <= 9 and o.w <= 60 then out[#out + 1] = o end
  end
  return out
end

-- Where a thing goes, from the picture two frames ago: the sprites flicker.
local function going(o)
  for _, b in ipairs(older) do
    if b.color == o.color and b.top == o.top and math.abs(b.left - o.left) <= 4 and b.w == o.w then
      return o.left > b.left and 1 or o.left < b.left and -1 or 0
    end
  end
  return 0
end

local function act(obs)
  local now = look(obs.frame)
  local all = {}
  for _, o in ipairs(now) do all[#all + 1] = o end
  for _, o in ipairs(before) do all[#all + 1] = o end
  local goal, value, push = nil, -1e9, 0
  local middle = x + 1.5
  for _, o in ipairs(all) do
    local way = o.way or going(o)
    o.way = way
    local left, right, depth = o.left, o.right, y - o.bottom
    -- The end that leads.
    local aim = (way >= 0 and right - 1.5 or left + 1.5) + way * p.lead * math.max(0, depth) / 9
    local near = middle < left and left - middle or middle > right and middle - right or 0
    if depth < p.low and near < p.reach then
      local side = middle < (left + right) / 2 and -1 or 1
      push = push + side * (p.reach - near) * (depth < 4 and 2 or 1)
    end
    if depth > 0 then
      local v = p.down * o.top - math.abs(aim - middle)
      if v > value then value, goal = v, aim end
    end
  end
  older, before = before, now
  local wanted = goal and goal - middle or 0
  if math.abs(push) > p.fear then wanted = push end
  if x <= 17 and wanted < 0 and push < 0 then wanted = 0 end
  if wanted > 1 then return RIGHT end
  if wanted < -1 then return LEFT end
  return FIRE
end

return {
  params = {
    lead = { default = 1.49596, min = 0, max = 3 },     -- shots fly 9 pixels a frame
    low = { default = 3.71984, min = 0, max = 60 },    -- what is so near the ground is a danger
    reach = { default = 4.60101, min = 2, max = 40 },  -- within so many pixels
    fear = { default = 3.43428, min = 0, max = 30 },
    down = { default = 0.751879, min = 0, max = 5 },     -- how much lower things come first
  },
  reset = reset,
  act = act,
}
