-- landing_frame.lua - waits where the ball will land; the ball and the paddle are found by colour.
local A, P, n, px, py, x0, y0, dx, dy, aim, last
local RED = 0xC84848

local function reset(info)
  A, P = info.actions, info.params
  px, aim, last = nil, 0, 0
end

-- Ball and paddle middle; nil where the ball is among the bricks or gone.
local function see(frame)
  local found, x, y = frame:find(RED, 8, 93, 144, 96)
  local m, left, _, right = frame:find(RED, 8, 189, 144, 4)
  if found == 0 or m == 0 then return nil end
  return x, y, (left + right + 1) / 2
end

-- Where the ball will be at the paddle's height: the speed is the mean since its last turn.
local function track(x, y)
  if px then
    if (x - px) * dx < 0 or (y - py) * dy < 0 then
      if dy > 0 and y < py then aim = (math.random() * 2 - 1) * P.spread end
      x0, y0, n = px, py, 0
    end
    dx, dy = (x - x0) / (n + 1), (y - y0) / (n + 1)
    n = n + 1
  else
    x0, y0, dx, dy, n = x, y, 0, 0, 0
  end
  px, py = x, y
  if dy > 0 and y < P.floor then
    x = x + dx * (P.floor - y) / dy
    if x < P.left then x = 2 * P.left - x end
    if x > P.right then x = 2 * P.right - x end
  end
  return x
end

local function act(obs)
  local x, y, middle = see(obs.frame)
  if not x then px, last = nil, 0 return A.FIRE end
  local off = track(x, y) + 1 + aim - (middle + P.lead * last)
  last = off > P.dead and 1 or off < -P.dead and -1 or 0
  return last == 1 and A.RIGHT or last == -1 and A.LEFT or A.NOOP
end

return { reset = reset, act = act, params = {
  floor = { default = 183, min = 170, max = 200 },
  left = { default = 8, min = 0, max = 16 },
  right = { default = 150, min = 142, max = 158 },
  lead = { default = 4, min = 0, max = 10 },
  spread = { default = 2.5, min = 0, max = 8 },
  dead = { default = 2, min = 1, max = 8 } } }
