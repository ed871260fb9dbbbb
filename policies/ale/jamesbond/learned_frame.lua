-- agent.lua - shoots at what flies by, a lead ahead, steps out of the way of what falls, leaps over craters.
local p, x, y, before
local NOOP, FIRE, UP, RIGHT, LEFT, UPRIGHT = 0, 1, 2, 3, 4, 6
local OWN, CRATER = 0xe39759, 0x482c00

local function reset(info)
  p = info.params
  x, y = 54, 94
  before = {}
end

local function speed(o)
  for _, b in ipairs(before) do
    if b.color == o.color and math.abs(b.top - o.top) <= 4 and math.abs(b.left - o.left) <= 8 then
      return o.left - b.left, o.top - b.top
    end
  end
  return nil
end

local function act(obs)
  local frame = obs.frame
  local things, car = {}, nil
  for _, o in ipairs(frame:objects(0, 8, 56, 144, 67, 3)) do
    local w, h = o.right - o.left + 1, o.bottom - o.top + 1
    o.w, o.h = w, h
    if o.color == OWN and w >= 6 and w <= 9 and h >= 3 and h <= 5 then
      car = o
    elseif o.color ~= OWN and o.color ~= CRATER and w <= 24 and h <= 14 then
      things[#things + 1] = o
    end
  end
  if car then x, y = car.left, car.top end
  local middle, flee, fire = x + 4, 0, false
  for _, o in ipairs(things) do
    local vx, vy = speed(o)
    local above, side = y - o.bottom, (o.left + o.right) / 2 - middle
    if o.w <= 3 then -- it falls
      if above > -6 and above < p.height and math.abs(side) < p.width then
        flee = flee + (side >= 0 and -1 or 1)
      end
    elseif vx and above > 0 then
      local t = (above + 4) / 2 -- a shot goes 2 up and 2 ahead each frame
      local miss = side + vx * t - (p.muzzle + 2 * t)
      if math.abs(miss) < p.wide then fire = true end
    end
  end
  before = things
  local n, left, _, right = frame:find(CRATER, 8, 124, 144, 3)
  if flee ~= 0 then
    if flee > 0 and x >= 72 then return LEFT end
    return flee > 0 and RIGHT or LEFT
  end
  if fire then return FIRE end
  if n > 0 and left - (x + 8) < p.leap and right > x and y > p.ground then return UPRIGHT end
  if x < p.stand - 2 then return RIGHT elseif x > p.stand + 2 then return LEFT end
  return NOOP
end

return {
  params = {
    height = { default = 12.8219, min = 0, max = 60 }, -- pixels over it, where a bomb is a danger
    width = { default = 3.60753, min = 0, max = 24 },
    muzzle = { default = 3.62824, min = -4, max = 16 },
    wide = { default = 4.99724, min = 0, max = 16 },
    leap = { default = 23.3368, min = -10, max = 40 },
    ground = { default = 93.8247, min = 90, max = 122 },
    stand = { default = 58.1274, min = 12, max = 74 },
  },
  reset = reset,
  act = act,
}
