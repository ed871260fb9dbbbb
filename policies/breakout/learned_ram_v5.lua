-- landing_ram.lua - waits where the ball will land, by two bytes for the ball and one for the paddle.
local A, P, n, px, py, x0, y0, dx, dy, aim, last, half

local function reset(info)
  A, P = info.actions, info.params
  px, aim, last, half = nil, 0, 0, 8
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
  local ram = obs.ram
  local y = ram[101]
  if y == 0 then px, last, half = nil, 0, 8 return A.FIRE end
  if y < P.top then half = 6 end -- the paddle is narrow from now on
  local off = track(ram[99] - 49, y) + 1 + aim - (ram[72] - 47 + half + P.lead * last)
  last = off > P.dead and 1 or off < -P.dead and -1 or 0
  return last == 1 and A.RIGHT or last == -1 and A.LEFT or A.NOOP
end

return { reset = reset, act = act, params = {
  floor = { default = 177.228, min = 150, max = 230 },
  left = { default = 7.34042, min = 0, max = 16 },
  right = { default = 149.593, min = 142, max = 158 },
  top = { default = 26.9578, min = 0, max = 120 },
  lead = { default = 7.46492, min = 0, max = 10 },
  spread = { default = 0.137244, min = 0, max = 8 },
  dead = { default = 7.32749, min = 1, max = 8 } } }
