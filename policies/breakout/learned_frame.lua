-- The paddle is a knob: each LEFT or RIGHT turns its goal by STEP pixels, and every frame the
-- paddle goes half of the way to the goal. So steer the goal, not the paddle, and put it where
-- the falling ball will land.
local RED, STEP, WALL, SPAN, HIT_Y = 0xC84848, 5.6, 7, 145, 186
local FIRE, RIGHT, LEFT = 1, 2, 3
local turn, knob, before, width, place = 0, 144, 144, 16, 0
local x0, y0, last_x, last_y, rightward, falling, land = 0, 0, 0, 0

-- Where the ball lands; its speed is measured from its last bounce on, for it has fractions.
local function watch_ball(x, y)
  local right, down = rightward, y > last_y
  if x ~= last_x then right = x > last_x end -- a slow ball stands still every other frame
  if down ~= falling then
    -- A new place on the paddle for every landing, on either half, for the half decides the
    -- ball's way: else it can run in circles for ever.
    land, place = nil, (math.random() - 0.5) * (width - 5)
  end
  if down ~= falling or right ~= rightward then
    x0, y0 = x, y
  elseif down then
    local far = (x + (HIT_Y - y) * (x - x0) / (y - y0) - WALL) % (2 * SPAN)
    land = WALL + math.min(far, 2 * SPAN - far)
  end
  rightward, falling, last_x, last_y = right, down, x, y
end

local function act(obs)
  local m, left, _, right = obs.frame:find(RED, 8, 191, 144, 2)
  if m == 0 then return FIRE end
  if right < 151 then width = right - left + 1 end
  -- 2 * left - before was the goal a frame ago; pixels are coarse, so believe it in part.
  knob = 0.6 * knob + 0.4 * (2 * left - before) + turn * STEP
  before = left

  local n, x, y = obs.frame:find(RED, 8, 93, 152, 96)
  if n > 0 then watch_ball(x, y) elseif last_y > 180 then land = nil end

  -- While the ball does not fall, the middle is near enough to every place. Below half a STEP
  -- the goal goes to and fro, and the paddle stands between: that is finer than a STEP.
  local goal = math.max(8, math.min(144, (land or 80) + 1 + place - width / 2))
  local reach = STEP * (land and 0.3 or 0.6)
  turn = goal > knob + reach and 1 or goal < knob - reach and -1 or 0
  return turn > 0 and RIGHT or turn < 0 and LEFT or FIRE
end

return { act = act }
