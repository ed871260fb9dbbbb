-- landing_v5.lua - waits where the ball will land; knows that a move goes on after its step.
local A, P, aim, was, last, px

local function reset(info)
  A, P, aim, was, last, px = info.actions, info.params, 0, 0, 0, nil
end

-- Where the ball will be at the paddle's height, folded at the side walls, and in how many frames.
local function landing(obs)
  local x, frames = obs.ball_x + obs.ball_x_part, 60
  if obs.ball_dy > 0 and obs.ball_y < 186 then
    frames = (186 - obs.ball_y) / obs.ball_dy
    x = x + obs.ball_dx * frames
    if x < 5 then x = 10 - x end
    if x > 152 then x = 304 - x end
  elseif obs.ball_dy < 0 then
    x = x + P.centre * (80 - x)
  end
  return x, frames
end

local function act(obs)
  if obs.ball_in_play == 0 then last, px = 0, nil return A.FIRE end
  -- A new aim whenever the ball starts to rise: breaks cycles.
  if obs.ball_dy < 0 and was >= 0 then aim = (math.random() * 2 - 1) * P.spread end
  was = obs.ball_dy
  -- Where the paddle comes to rest: the last move is still under way, and may be repeated.
  local going = px and obs.paddle_x - px or 0
  px = obs.paddle_x
  local middle = obs.paddle_x + obs.paddle_width / 2 + P.speed * last + P.going * going
  local x, frames = landing(obs)
  local off = x + aim - middle
  local dead = P.dead + P.slack * math.min(frames, 60)
  last = off > dead and 1 or off < -dead and -1 or 0
  return last == 1 and A.RIGHT or last == -1 and A.LEFT or A.NOOP
end

return { reset = reset, act = act, params = {
  speed = { default = 9.99317, min = 0, max = 20 },
  going = { default = 0.0317365, min = -1, max = 1.5 },
  centre = { default = 0.202061, min = 0, max = 1 },
  slack = { default = 0.0496215, min = 0, max = 0.3 },
  spread = { default = 0.270371, min = 0, max = 8 },
  dead = { default = 6.77643, min = 1, max = 12 } } }
