-- start.lua - moves the paddle under the ball, nothing more: where learning starts.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  if obs.ball_in_play == 0 then return 1 end -- FIRE
  local off = obs.ball_x - (obs.paddle_x + obs.paddle_width / 2)
  return off > p.slack and 2 or off < -p.slack and 3 or 0
end

return {
  params = { slack = { default = 2, min = 0, max = 8 } }, -- px
  reset = reset,
  act = act,
}
