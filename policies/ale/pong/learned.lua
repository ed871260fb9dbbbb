-- start.lua - the paddle runs after the ball's height: where learning starts.
local p, last_y

local function reset(info)
  p = info.params
  last_y = nil
end

local function act(obs)
  local y = obs.ball_y
  local dy = last_y and y - last_y or 0
  last_y = y
  local off = y + p.lead * dy - (obs.player_y + p.grip)
  if off > p.slack then return 3 end -- LEFT is down
  if off < -p.slack then return 2 end -- RIGHT is up
  return 0
end

return {
  params = {
    grip = { default = 3.83621, min = -4, max = 20 }, -- px below the paddle's top
    slack = { default = 1.42486, min = 0, max = 10 }, -- px
    lead = { default = -2.31311, min = -4, max = 12 }, -- frames
  },
  reset = reset,
  act = act,
}
