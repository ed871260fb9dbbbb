-- intercept.lua - predicts where the ball comes down, off the side walls, and waits there: typical
-- code of a learned policy, by which `ratchet bench` measures.
local LEFT_WALL, RIGHT_WALL = 8, 150 -- the ball's travel, px
local PADDLE_Y = 198                 -- where the ball meets the paddle
local A

local function reset(info)
  A = info.actions
end

-- The place of a ball that moves on between two walls.
local function fold(x)
  local width = RIGHT_WALL - LEFT_WALL
  local into = (x - LEFT_WALL) % (2 * width)
  if into > width then into = 2 * width - into end
  return LEFT_WALL + into
end

local function landing(obs)
  local x, y = obs.ball_x + obs.ball_x_part, obs.ball_y + obs.ball_y_part
  local dx, dy = obs.ball_dx, obs.ball_dy
  if dy <= 0 then return fold(x + 4 * dx) end
  return fold(x + dx * (PADDLE_Y - y) / dy)
end

local function act(obs)
  if obs.ball_in_play == 0 then return A.FIRE end
  -- Hitting off the middle, by turns, keeps the ball from going round in a circle.
  local aim = (obs.paddle_hits % 3 - 1) * 4
  local off = landing(obs) + 1 - (obs.paddle_x + obs.paddle_width / 2 + aim)
  if off > 3 then return A.RIGHT end
  if off < -3 then return A.LEFT end
  return A.NOOP
end

return { reset = reset, act = act }
