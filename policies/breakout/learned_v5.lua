-- landing.lua - waits where the ball will land, hitting it with a random part of the paddle.
local A, P, aim, was, last

local function reset(info)
  A, P, aim, was, last = info.actions, info.params, 0, 0, 0
end

-- Where the ball will be at the paddle's height, folded at the side walls.
local function landing(obs)
  local x = obs.ball_x + obs.ball_x_part
  if obs.ball_dy > 0 and obs.ball_y < 186 then
    x = x + obs.ball_dx * (186 - obs.ball_y) / obs.ball_dy
    if x < 5 then x = 10 - x end
    if x > 152 then x = 304 - x end
  end
  return x
end

local function act(obs)
  if obs.ball_in_play == 0 then last = 0 return A.FIRE end
  -- A new aim whenever the ball starts to rise: breaks cycles.
  if obs.ball_dy < 0 and was >= 0 then aim = (math.random() * 2 - 1) * P.spread end
  was = obs.ball_dy
  -- The paddle answers late: count the last move as done.
  local middle = obs.paddle_x + obs.paddle_width / 2 + P.speed * last
  local off = landing(obs) + aim - middle
  last = off > P.dead and 1 or off < -P.dead and -1 or 0
  return last == 1 and A.RIGHT or last == -1 and A.LEFT or A.NOOP
end

return { reset = reset, act = act, params = {
  speed = { default = 7.9544, min = 2, max = 8 },
  spread = { default = 0.114625, min = 0, max = 8 },
  dead = { default = 6.23075, min = 1, max = 8 } } }
