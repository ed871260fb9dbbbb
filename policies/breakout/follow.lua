-- follow.lua - moves the paddle under the ball, nothing more: where learning starts.
local A

local function reset(info)
  A = info.actions
end

local function act(obs)
  if obs.ball_in_play == 0 then return A.FIRE end
  local middle = obs.paddle_x + obs.paddle_width / 2
  if obs.ball_x > middle + 2 then return A.RIGHT end
  if obs.ball_x < middle - 2 then return A.LEFT end
  return A.NOOP
end

return { reset = reset, act = act }
